"""Examples: one click fills a tool's inputs. Their pictures are rendered by the project itself and lie in `samples/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.studio import Studio

SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs to start from: sample files by image field, and other values."""

    title: str
    pictures: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Any] = field(default_factory=dict)


EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "product-to-model": (
        Example("Graphic tee", {"product_images": ("garment-graphic-tee.webp",)}),
        Example("Knit sweater", {"product_images": ("garment-knit-sweater.webp",)}),
        Example(
            "Tee and skirt in window light",
            {
                "product_images": ("garment-graphic-tee.webp", "garment-dotted-skirt.webp"),
                "background_reference": ("background-daylight.webp",),
            },
        ),
    ),
    "try-on": (
        Example(
            "A printed tee over a plain one",
            {"model_image": ("person-plain-tee.webp",), "product_image": ("garment-graphic-tee.webp",)},
        ),
        Example(
            "A sweater over a tank top",
            {"model_image": ("person-white-tank.webp",), "product_image": ("garment-knit-sweater.webp",)},
        ),
    ),
    "packshot": (
        Example("Shirt, ghost mannequin on white", {"product_image": ("garment-oxford-shirt.webp",)}),
        Example("Dress as a flat lay", {"product_image": ("garment-floral-dress.webp",)}, {"prompt": "flat-lay, soft shadow"}),
        Example("Only the sweater of a look", {"product_image": ("person-knit-sweater.webp",)}, {"prompt": "only the sweater"}),
    ),
    "model-swap": (Example("Another person in the same look", {"model_image": ("person-checked-shirt.webp",)}),),
    "edit": (Example("Move it outdoors", {"image": ("person-plain-tee.webp",)}, {"prompt": "put her on a terrace at dusk"}),),
    "reframe": (
        Example("A portrait as a banner", {"image": ("person-striped-tee.webp",)}, {"aspect_ratio": "16:9"}),
        Example("A square product as a story", {"image": ("small-jacket.webp",)}, {"aspect_ratio": "9:16"}),
    ),
    "background-remove": (
        Example("A person on transparency", {"image": ("person-plain-tee.webp",)}),
        Example("A dress on paper white", {"image": ("garment-floral-dress.webp",)}, {"color": "#f4f1ec"}),
    ),
    "upscale": (Example("Four times as large", {"image": ("small-striped-tee.webp",)}, {"factor": "4x"}),),
    "image-to-video": (Example("A gentle breeze", {"image": ("person-plain-tee.webp",)}, {"prompt": "gentle breeze"}),),
}
"""By tool; an example whose files are not shipped is not shown."""


def examples_of(tool: str) -> tuple[Example, ...]:
    """The examples of a tool whose pictures are here."""
    return tuple(each for each in EXAMPLES.get(tool, ()) if all((SAMPLES / name).is_file() for name in samples_of(each)))


def samples_of(example: Example) -> tuple[str, ...]:
    """The file names of an example's pictures, in the order of its fields."""
    return tuple(name for names in example.pictures.values() for name in names)


def fill(studio: Studio, example: Example) -> dict[str, Any]:
    """An example as values of a request; its samples become pictures of the studio."""
    pictures = {name: [_taken_in(studio, sample) for sample in samples] for name, samples in example.pictures.items()}
    return {**example.values, **pictures}


def _taken_in(studio: Studio, sample: str) -> str:
    return studio.add_picture((SAMPLES / sample).read_bytes(), sample).id
