"""Rendered scenes whose answers are known exactly, to hold tools to in tests. CGI: no proof of how photographs come out."""

from dataclasses import dataclass, replace
from typing import TypeVar, get_args

import numpy as np

from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision.rendering.backdrop import Backdrop
from pipelines.vision.rendering.cloth import RenderedGarment, render_garment
from pipelines.vision.rendering.figure import SKIN_FINISHES, Build, Figure, Hair, Pose, Sex
from pipelines.vision.rendering.render import Rendered, render_body, staged
from pipelines.vision.rendering.textile import Colour, Pattern, Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

SIZE = Size(512, 768)
PRODUCT_SIZE = Size(480, 600)
Choice = TypeVar("Choice")
_TOPS: tuple[Kind, ...] = ("t-shirt", "sweater", "shirt", "tank")
_POSES: tuple[Pose, ...] = ("relaxed", "contrapposto")
_HAIRS: dict[Sex, tuple[Hair, ...]] = {"woman": ("bob", "bun", "long", "crop"), "man": ("crop",), "neutral": ("crop", "bob")}


@dataclass(frozen=True, slots=True)
class Scene:
    """One person twice, in garment A and in garment B, and B's product picture. Pictures are float32 (h, w, 3), sRGB."""

    person: Floats
    """Wearing A, in a studio."""
    figure: Rendered
    """The same without its background: exact alpha, labels and joints."""
    product: RenderedGarment
    """B lying flat."""
    target: Floats
    """The person wearing B: what a try-on should come to."""
    dressed: Rendered
    """The target without its background."""


@dataclass(frozen=True, slots=True)
class Script:
    """Who and what a scene shows."""

    seed: int
    """Of grain and folds in the pictures of the person."""
    figure: Figure
    trousers: GarmentSpec
    worn: GarmentSpec
    other: GarmentSpec
    other_seed: int
    """Of the grain in the product picture."""
    backdrop: Backdrop


def script_of(seed: int) -> Script:
    """Drawn by chance; equal seeds give equal scripts."""
    rng = np.random.default_rng(seed)
    spec, trousers = _figure(rng), GarmentSpec("trousers", _textile(rng, "plain"))
    worn = GarmentSpec(_pick(rng, _TOPS), _textile(rng), seed=seed)
    other = GarmentSpec(_pick(rng, _TOPS), _textile(rng), seed=seed + 1)
    return Script(seed, spec, trousers, worn, other, seed, Backdrop(_colour(rng, 0.55, 0.95, 0.10)))


def shot(script: Script, top: GarmentSpec, size: Size, oversample: int = 2) -> Rendered:
    """The person in a top, without background."""
    rng = np.random.default_rng([script.seed, 1])
    return render_body(script.figure, size, rng, (script.trousers, top), oversample=oversample)


def stood(script: Script, figure: Rendered) -> Floats:
    """float32 (h, w, 3): a shot of the script in its studio."""
    return staged(figure, script.backdrop, np.random.default_rng([script.seed, 2]))


def laid(script: Script, size: Size = PRODUCT_SIZE, oversample: int = 2) -> RenderedGarment:
    """The product picture."""
    return render_garment(script.other, size, np.random.default_rng([script.other_seed, 3]), oversample=oversample)


def played(script: Script, size: Size = SIZE, oversample: int = 2, product: Size = PRODUCT_SIZE) -> Scene:
    """The scene of a script; equal scripts give equal pixels. CGI, no face, no real drape."""
    first, second = (shot(script, top, size, oversample) for top in (script.worn, script.other))
    return Scene(stood(script, first), first, laid(script, product, oversample), stood(script, second), second)


def render_scene(seed: int, size: Size = SIZE, oversample: int = 2) -> Scene:
    """A scene drawn by chance; the same seed gives the same pixels."""
    return played(script_of(seed), size, oversample)


def _figure(rng: np.random.Generator) -> Figure:
    sex: Sex = _pick(rng, ("woman", "man"))
    builds: tuple[Build, ...] = get_args(Build)
    plain = Figure(sex, _pick(rng, builds), _pick(rng, _POSES), _pick(rng, SKIN_FINISHES), sway=float(rng.uniform(-1, 1)))
    return replace(
        plain, hair=_pick(rng, _HAIRS[sex]), hair_colour=_colour(rng, 0.08, 0.5, 0.1), shoes=_colour(rng, 0.1, 0.9, 0.05)
    )


def _textile(rng: np.random.Generator, pattern: Pattern | None = None) -> Textile:
    patterns: tuple[Pattern, ...] = get_args(Pattern)
    dark, light = _colour(rng, 0.10, 0.45, 0.25), _colour(rng, 0.60, 0.95, 0.20)
    first, second = (dark, light) if rng.random() < 0.5 else (light, dark)
    drawn: Pattern = _pick(rng, patterns)
    return Textile(first, second, pattern or drawn, float(rng.uniform(0.8, 1.4)), int(rng.integers(1000)))


def _colour(rng: np.random.Generator, low: float, high: float, spread: float) -> Colour:
    level = rng.uniform(low, high)
    red, green, blue = np.clip(level + rng.uniform(-spread, spread, 3), 0.03, 0.97)
    return float(red), float(green), float(blue)


def _pick(rng: np.random.Generator, choices: tuple[Choice, ...]) -> Choice:
    return choices[int(rng.integers(len(choices)))]
