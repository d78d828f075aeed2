"""A task of every tool that the diffusion engine makes, on the pictures that the project ships and one with a real face."""

from functools import cache
from pathlib import Path
from typing import Any

import skimage.data
from PIL import Image, ImageDraw

from pipelines.images import size_of
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace, CreateModel, Edit, FaceSwap, ModelSwap, Packshot, ProductToModel, Reframe, Task, TryOn

SAMPLES = Path("workbench/ui/samples")
SIZE = Size(192, 256)


@cache
def sample(name: str) -> Image.Image:
    """A shipped picture, reduced so that the masks of recipes take little time."""
    image = Image.open(SAMPLES / f"{name}.webp").convert("RGB")
    image.thumbnail((400, 400))
    return image


@cache
def portrait() -> Image.Image:
    """A photograph with a face, in the public domain, as small as faces are found in."""
    return Image.fromarray(skimage.data.astronaut()).resize((256, 256))


@cache
def scribble(size: Size) -> Image.Image:
    """A white disc on black: a mask, or a drawing over a picture."""
    drawn = Image.new("L", (size.width, size.height))
    side = min(size.width, size.height)
    ImageDraw.Draw(drawn).ellipse((side // 3, side // 3, side // 2, side // 2), fill=255)
    return drawn


def full_task(tool: str, mode: Mode, seed: int = 1) -> Task:
    """The task of a request that fills in everything."""
    face, place, person = portrait(), sample("background-terrace"), sample("person-plain-tee")
    everything: dict[str, dict[str, Any]] = {
        "product-to-model": {
            "product_images": (sample("garment-graphic-tee"), sample("garment-jeans"), sample("garment-knit-sweater")),
            "image_prompt": sample("person-checked-shirt"),
            "background_reference": place,
            "face_reference": face,
        },
        "try-on": {"prompt": "tucked in"},
        "packshot": {"image_context": place, "prompt": "flat-lay on marble"},
        "model-swap": {"face_reference": face, "face_reference_mode": "match_base"},
        "create-model": {"face_reference": face, "pose_reference": person},
        "create-face": {},
        "edit": {"image_context": place, "mask": scribble(size_of(person))},
        "reframe": {"size": Size(256, 192)},
        "face-swap": {"match": "current"},
    }
    return task_of(tool, mode, seed=seed, **everything[tool])


def task_of(tool: str, mode: Mode, *, size: Size = SIZE, seed: int = 1, **changes: Any) -> Task:
    """The task of a usual request."""
    common: dict[str, Any] = {"size": size, "mode": mode, "seed": seed}
    person, garment = sample("person-plain-tee"), sample("garment-graphic-tee")
    makers: dict[str, tuple[type[Any], dict[str, Any]]] = {
        "product-to-model": (ProductToModel, {"product_images": (garment,), "prompt": "young woman, full body"}),
        "try-on": (TryOn, {"model_image": person, "product_image": garment}),
        "packshot": (Packshot, {"product_image": garment}),
        "model-swap": (ModelSwap, {"model_image": person, "prompt": "middle-aged man with a short beard"}),
        "create-model": (CreateModel, {"prompt": "young man with curly hair"}),
        "create-face": (CreateFace, {"prompt": "woman with freckles"}),
        "edit": (Edit, {"image": person, "prompt": "add black sunglasses"}),
        "reframe": (Reframe, {"image": person}),
        "face-swap": (FaceSwap, {"image": portrait(), "face_reference": portrait()}),
    }
    made, values = makers[tool]
    return made(**(values | common | changes))
