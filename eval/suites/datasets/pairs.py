"""What such data sets share: pairs of a person and a garment, each one request to Try-On."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from PIL.Image import Image

from eval.errors import BadSuite
from eval.suites.case import Card, Case, Truth
from eval.suites.pictures import bytes_at
from pipelines.images import Bytes, Mask, picture
from pipelines.vision.people.body import Point

GREY = 128
"""What a person's picture shows where the garment was, in pairs whose answer is known."""
MARGIN = 0.03
"""Of the height: how far around the old garment a new one may reach."""
OPENPOSE = {
    3: "right_elbow", 4: "right_wrist", 6: "left_elbow", 7: "left_wrist",
}  # fmt: skip
"""Key points that mean the same as this project's joints and have one number in all of OpenPose's models."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Names as the data set has them."""

    person: str
    garment: str
    kind: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The two pictures of a request, and what is known of the answer."""

    model: Image
    product: Image
    truth: Truth


@dataclass(frozen=True, slots=True)
class Pairs:
    """A suite of pairs in the order of the data set's own list."""

    card: Card
    pairs: tuple[Pair, ...] = field(repr=False)
    read: Callable[[Pair], Asked] = field(repr=False)
    tools: tuple[str, ...] = ("try-on",)

    def ids(self, tool: str) -> Sequence[str]:
        """`try-on-00000` and so on; none for other tools."""
        return [f"try-on-{number:05}" for number in range(len(self.pairs))] if tool == "try-on" else []

    def case(self, case_id: str) -> Case:
        """One pair. Raises BadSuite where there is none of that id or a file of it is missing."""
        ids = self.ids("try-on")
        if case_id not in ids:
            raise BadSuite(f"{self.card.name} has no case {case_id!r}; there are {ids[0]} to {ids[-1]}")
        pair = self.pairs[ids.index(case_id)]
        asked = self.read(pair)
        return Case(
            id=case_id,
            tool="try-on",
            kind=pair.kind,
            pictures={"model_image": (asked.model,), "product_image": (asked.product,)},
            truth=asked.truth,
            clusters={"person": Path(pair.person).stem, "garment": Path(pair.garment).stem},
        )


def listed(path: Path, kind: str) -> list[Pair]:
    """Lines of two names, the person's first; BadSuite names the line that is none."""
    lines = bytes_at(path).decode(errors="replace").splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        names = line.split()
        if not names:
            continue
        if len(names) < 2:
            raise BadSuite(f"{path}:{number}: two file names belong here, a person's and a garment's; got {line!r}")
        found.append(Pair(names[0], names[1], kind))
    return found


def version_of(pairs: Sequence[Pair], files: Mapping[Pair, Sequence[Path]]) -> str:
    """12 hex digits that change with the list of pairs and with the size of any file; such sets have no versions of their own."""
    sizes = [f"{path.name} {path.stat().st_size if path.is_file() else 'missing'}" for pair in pairs for path in files[pair]]
    told = [f"{pair.person} {pair.garment} {pair.kind}" for pair in pairs]
    return sha256("\n".join([*told, *sizes]).encode()).hexdigest()[:12]


def folder_of(path: str, name: str, wanted: Sequence[str], among: Sequence[str] = (".",)) -> Path:
    """`path`, or the folder of `among` in it that has all that is `wanted`; else BadSuite says what is expected."""
    for each in among:
        root = (Path(path) / each).resolve()
        if all((root / entry).exists() for entry in wanted):
            return root
    raise BadSuite(
        f"{path} has not the layout of {name}: {', '.join(wanted)} belong in it; give the folder that the data set was unpacked into"
    )


def around(region: Mask, margin: float = MARGIN) -> Mask:
    """The region and what is near it."""
    side = 2 * round(margin * region.shape[0]) + 1
    return np.asarray(cv2.dilate(region.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def emptied(image: Bytes, region: Mask) -> Image:
    """The picture with grey in the region, so that a copy of it is no answer."""
    return picture(np.where(region[..., None], np.uint8(GREY), image).astype(np.uint8))


def joints_of(points: Sequence[Sequence[float]], scale_x: float = 1.0, scale_y: float = 1.0) -> dict[str, Point]:
    """Elbows and wrists of OpenPose's key points (x, y, ...) in pixels; what is at 0, 0 was not found."""
    return {
        name: Point(points[at][0] * scale_x, points[at][1] * scale_y)
        for at, name in OPENPOSE.items()
        if at < len(points) and points[at][0] > 1 and points[at][1] > 1
    }
