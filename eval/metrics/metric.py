"""What a metric declares of itself, and what it is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from math import isfinite
from typing import Literal

import numpy as np

from eval.errors import Unscored
from eval.suites.case import Truth
from pipelines.engine import Output
from pipelines.images import Bytes, Floats, alpha_of, pixels, resized
from pipelines.sizes import Size

Group = Literal["picture", "garment", "outside", "cut-out", "video", "prompt", "set"]
SAME_RATIO = 0.02
"""Relative difference of two aspect ratios up to which an output is stretched into the frame of the truth."""
OWN_SIDE = 1024
"""Longer side, in pixels, at which an output is looked at where the truth has no frame."""


class Sample:
    """One output beside what is known of the right answer; each reading is made once, when a metric first asks for it."""

    def __init__(self, output: Output, truth: Truth, tool: str = "") -> None:
        self.output, self.truth, self.tool = output, truth, tool

    @cached_property
    def size(self) -> Size:
        """The frame in which everything is compared. Raises Unscored where the output has another aspect ratio."""
        own, frame = Size(*self.output.image.size), self.truth.frame
        if frame is None:
            scale = min(1.0, OWN_SIDE / max(own.width, own.height))
            return Size(max(1, round(own.width * scale)), max(1, round(own.height * scale)))
        if abs(own.ratio / frame.ratio - 1) > SAME_RATIO:
            raise Unscored(f"the output is {own}, another aspect ratio than the truth's {frame}")
        return frame

    @cached_property
    def shown(self) -> Bytes:
        """uint8 (h, w, 3): the output, on white where it is transparent, in the frame."""
        return resized(pixels(self.output.image), self.size)

    @cached_property
    def alpha(self) -> Floats:
        """float32 (h, w): the output's matte in the frame; 1 everywhere where it has none."""
        own = alpha_of(self.output.image)
        return np.ones((self.size.height, self.size.width), np.float32) if own is None else resized(own, self.size)

    @property
    def target(self) -> Bytes:
        """The right answer. Raises Unscored where it is unknown."""
        if self.truth.target is None:
            raise Unscored("there is no right answer to compare with")
        return self.truth.target

    @cached_property
    def frames(self) -> list[Bytes]:
        """uint8 (h, w, 3) each: every frame of the video in the frame. Raises Unscored for a picture."""
        from eval.metrics.frames import frames_of

        if self.output.video is None:
            raise Unscored("the output is no video")
        return [resized(each, self.size) for each in frames_of(self.output.video)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What every metric says of itself, whether it judges one output or a set of them."""

    name: str
    """Of its column: `garment_delta_e`."""
    title: str
    group: Group
    better: Literal["higher", "lower"]
    range: tuple[float, float]
    """Least and largest value that it can have; infinite where there is no bound."""
    margin: float
    """A difference that nobody would mind: what "not worse" allows."""
    source: str
    """Paper, standard or page that defines it."""
    method: Mapping[str, str] = field(default_factory=dict)
    """How it is measured here: net, resize, colour space, window. Part of the fingerprint."""
    libraries: tuple[str, ...] = ("numpy",)
    """Distributions whose version may change the value. Part of the fingerprint."""
    sees: frozenset[str] = frozenset()
    """Planted degradations that it has to rank below the truth; see `eval.controls`."""
    missing: Callable[[], str] = field(default=lambda: "")
    """What has to be brought before it can be measured, in one sentence; empty where nothing is missing."""
    weights: Callable[[], str] = field(default=lambda: "")
    """Hash of the weights that it measures with, part of the fingerprint; empty where it has none or they are missing."""
    digits: int = 3

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is: a value times it grows with quality."""
        return 1 if self.better == "higher" else -1

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The range as JSON can tell it: None where it is infinite."""
        low, high = self.range
        return (low if isfinite(low) else None, high if isfinite(high) else None)

    def fingerprint(self) -> str:
        """Name and 12 hex digits that change with everything that may change a value; equal ones may be compared."""
        told = {"name": self.name, **self.described()}
        text = "\n".join(f"{key}={told[key]}" for key in sorted(told))
        return f"{self.name}:{sha256(text.encode()).hexdigest()[:12]}"

    def described(self) -> dict[str, str]:
        """What the fingerprint stands for."""
        weights = self.weights()
        return dict(self.method) | {each: version(each) for each in self.libraries} | ({"weights": weights} if weights else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Declaration):
    """One column of every report: a value for each output."""

    needs: frozenset[str]
    """Names of `Truth.known` without which there is no value."""
    measure: Callable[[Sample], float]
    """The value; raises Unscored with the reason where there is none."""
    tools: frozenset[str] = frozenset()
    """Tools whose outputs it is for; empty is every tool."""
    perfect: float | None = None
    """Value of the right answer itself; None where reading the picture has an error of its own."""
    symmetric: bool = False
    """Whether output and right answer may change places."""

    def applies(self, sample: Sample) -> bool:
        """Whether it has anything to say of the sample's case."""
        return self.needs <= sample.truth.known() and (not self.tools or sample.tool in self.tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMetric(Declaration):
    """How far a set of outputs is from a set of right answers: one value for all of them together."""

    features: Callable[[Bytes], Floats]
    """float32 (d,) of one picture, uint8 (h, w, 3): made once for each picture and kept."""
    distance: Callable[[Floats, Floats], float]
    """Of features (n, d) of outputs from (m, d) of right answers; raises Unscored where there are too few."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Values of one output by metric, and why others have none."""

    values: Mapping[str, float]
    unscored: Mapping[str, str]


def score(metrics: tuple[Metric, ...], sample: Sample) -> Scored:
    """Every metric that applies to the case; the others are no part of it and appear nowhere."""
    values: dict[str, float] = {}
    unscored: dict[str, str] = {}
    for metric in metrics:
        if not metric.applies(sample):
            continue
        missing = metric.missing()
        if missing:
            unscored[metric.name] = missing
            continue
        try:
            value = metric.measure(sample)
        except Unscored as error:
            unscored[metric.name] = str(error)
            continue
        if np.isfinite(value):
            values[metric.name] = float(value)
        else:
            unscored[metric.name] = f"the value is {value}"
    return Scored(values, unscored)
