"""Every sample picture that the project ships: `python -m pipelines.vision.rendering.samples DIR` renders them all. CGI throughout."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from pipelines.images import Floats, picture, srgb
from pipelines.sizes import Size
from pipelines.vision.rendering.backdrop import Backdrop, grained
from pipelines.vision.rendering.cloth import render_garment
from pipelines.vision.rendering.figure import Figure
from pipelines.vision.rendering.light import Light
from pipelines.vision.rendering.render import render_body, staged
from pipelines.vision.rendering.sets import arch, daylight, terrace
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec

Group = Literal["people", "garments", "backgrounds", "small"]
PERSON, PRODUCT, PLACE = Size(832, 1248), Size(832, 1040), Size(832, 1248)
QUALITY = 85


@dataclass(frozen=True, slots=True)
class Sample:
    """One shipped picture; `name` is its file name without the ending."""

    name: str
    group: Group
    title: str
    render: Callable[[], Floats]
    """float32 (h, w, 3), sRGB."""

    @property
    def file(self) -> str:
        return f"{self.name}.webp"


INK, BONE, SAND, CLAY = (0.13, 0.16, 0.24), (0.945, 0.935, 0.905), (0.80, 0.72, 0.60), (0.70, 0.38, 0.27)
FOREST, ROSE, SKY, STONE = (0.13, 0.29, 0.24), (0.88, 0.68, 0.66), (0.66, 0.77, 0.88), (0.62, 0.60, 0.57)
INDIGO, CHARCOAL, WINE, BUTTER = (0.20, 0.29, 0.45), (0.20, 0.205, 0.22), (0.42, 0.13, 0.19), (0.95, 0.86, 0.62)
WHITE_SHOE, DARK_SHOE, TAN_SHOE = (0.92, 0.915, 0.90), (0.14, 0.12, 0.11), (0.60, 0.42, 0.28)


def _person(
    figure: Figure, outfit: tuple[GarmentSpec, ...], paper: tuple[float, float, float], size: Size = PERSON
) -> Callable[[], Floats]:
    def render() -> Floats:
        rendered = render_body(figure, size, np.random.default_rng(1), outfit, Light(warmth=0.12))
        return staged(rendered, Backdrop(paper), np.random.default_rng(2), plate=figure.is_mannequin)

    return render


def _product(
    spec: GarmentSpec, paper: tuple[float, float, float] = (0.945, 0.94, 0.93), size: Size = PRODUCT
) -> Callable[[], Floats]:
    return lambda: render_garment(spec, size, np.random.default_rng(3), Backdrop(paper, 0.03), shadow=0.0).rgb


def _place(paint: Callable[[Size], Floats]) -> Callable[[], Floats]:
    return lambda: grained(srgb(np.clip(paint(PLACE), 0, 1)), np.random.default_rng(4), 0.006)


STRIPED = GarmentSpec("t-shirt", Textile(BONE, INK, "stripes", 0.8), seed=1)
JEANS = GarmentSpec("trousers", Textile(INDIGO, (0.62, 0.70, 0.80), "denim"), seed=2)
PEOPLE = (
    Sample("person-striped-tee", "people", "Striped tee and jeans", _person(
        Figure("woman", "average", "relaxed", "tan", "bob", (0.14, 0.09, 0.07), WHITE_SHOE), (JEANS, STRIPED), (0.885, 0.88, 0.87))),
    Sample("person-knit-sweater", "people", "Knit sweater and chinos", _person(
        Figure("man", "average", "contrapposto", "dark", "crop", (0.07, 0.06, 0.06), TAN_SHOE),
        (GarmentSpec("trousers", Textile(SAND), seed=4), GarmentSpec("sweater", Textile(FOREST, (0.07, 0.17, 0.14), "knit"), seed=5)),
        (0.875, 0.86, 0.83))),
    Sample("person-white-tank", "people", "White tank and wide trousers", _person(
        Figure("woman", "slim", "contrapposto", "fair", "long", (0.50, 0.29, 0.16), DARK_SHOE),
        (GarmentSpec("trousers", Textile(CHARCOAL), 0.003, seed=6), GarmentSpec("tank", Textile(BONE), seed=7)), (0.86, 0.875, 0.885))),
    Sample("person-checked-shirt", "people", "Checked shirt and jeans", _person(
        Figure("man", "athletic", "relaxed", "light", "crop", (0.30, 0.20, 0.12), WHITE_SHOE),
        (JEANS, GarmentSpec("shirt", Textile(SKY, (0.28, 0.38, 0.58), "check"), seed=8)), (0.885, 0.88, 0.87))),
    Sample("person-plain-tee", "people", "Rose tee and skirt", _person(
        Figure("woman", "curvy", "hand_on_hip", "brown", "bun", (0.07, 0.05, 0.05), TAN_SHOE),
        (GarmentSpec("t-shirt", Textile(ROSE), -0.003, seed=10, tucked=True), GarmentSpec("skirt", Textile(WINE), seed=9)),
        (0.89, 0.865, 0.85))),
    Sample("person-mannequin", "people", "Store mannequin in basics", _person(
        Figure("neutral", "average", "relaxed", "white"),
        (GarmentSpec("trousers", Textile(CHARCOAL), seed=11), GarmentSpec("t-shirt", Textile(STONE), seed=12)), (0.88, 0.88, 0.885))),
)  # fmt: skip
GARMENTS = (
    Sample("garment-graphic-tee", "garments", "Graphic tee", _product(GarmentSpec("t-shirt", Textile(BONE, CLAY, "print"), seed=21))),
    Sample("garment-floral-dress", "garments", "Floral dress", _product(GarmentSpec("dress", Textile(FOREST, BUTTER, "floral", 1.0, 3), seed=22))),
    Sample("garment-knit-sweater", "garments", "Knit sweater", _product(GarmentSpec("sweater", Textile(CLAY, (0.45, 0.2, 0.13), "knit"), seed=23))),
    Sample("garment-oxford-shirt", "garments", "Striped shirt", _product(GarmentSpec("shirt", Textile(BONE, SKY, "check", 0.9), seed=24))),
    Sample("garment-dotted-skirt", "garments", "Dotted skirt", _product(GarmentSpec("skirt", Textile(WINE, BONE, "dots", 0.9), seed=25))),
    Sample("garment-jeans", "garments", "Straight jeans", _product(JEANS)),
)  # fmt: skip
BACKGROUNDS = (
    Sample("background-daylight", "backgrounds", "Plaster wall in window light", _place(daylight)),
    Sample("background-arch", "backgrounds", "Arch and step", _place(arch)),
    Sample("background-terrace", "backgrounds", "Terrace at dusk", _place(terrace)),
)
SMALL = (
    Sample("small-striped-tee", "small", "A small picture to upscale", _person(
        Figure("woman", "average", "relaxed", "tan", "bob", (0.14, 0.09, 0.07), WHITE_SHOE, "upper_body"), (JEANS, STRIPED),
        (0.885, 0.88, 0.87), Size(320, 400))),
    Sample("small-jacket", "small", "A square product to reframe", _product(
        GarmentSpec("jacket", Textile((0.36, 0.38, 0.31)), seed=26), (0.90, 0.885, 0.86), Size(512, 512))),
)  # fmt: skip
SAMPLES = (*PEOPLE, *GARMENTS, *BACKGROUNDS, *SMALL)


def main(folder: Path) -> None:
    """Render every sample into `folder` as WebP."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        saved(picture(sample.render()), folder / sample.file)


def saved(image: Image.Image, path: Path) -> None:
    """Write a picture as samples are shipped."""
    image.save(path, "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
