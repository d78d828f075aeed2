"""One frozen value per tool: everything that an engine needs to make one output, and nothing else.

Pictures are Pillow images in sRGB, 8 bits a channel, mode RGB or RGBA, upright. `size` is the exact output size. `seed`
is the seed of this one output: output k of a job has the job's seed plus k, so that it equals its own single run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from PIL.Image import Image

from pipelines.sizes import Mode, Size

FaceReferenceMode = Literal["match_reference", "match_base"]
Landmark = Literal[
    "collar_left", "collar_right", "collar_bottom", "shoulder_left", "shoulder_right", "armpit_left", "armpit_right",
    "cuff_left_outer", "cuff_left_inner", "cuff_right_outer", "cuff_right_inner", "waist_left", "waist_right",
    "hem_left", "hem_right", "crotch", "leg_left_inner", "leg_right_inner",
]  # fmt: skip
"""A point of a garment that a person may put right; left is at smaller x of the garment's picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductToModel:
    product_images: tuple[Image, ...]
    image_prompt: Image | None = None
    background_reference: Image | None = None
    face_reference: Image | None = None
    prompt: str = ""
    face_reference_mode: FaceReferenceMode = "match_reference"
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TryOn:
    model_image: Image
    product_image: Image
    prompt: str = ""
    landmarks: Mapping[Landmark, tuple[float, float]] | None = None
    """Points x, y on the product picture, 0 to 1 of its width and height; these win over what an engine finds."""
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Packshot:
    product_image: Image
    image_context: Image | None = None
    prompt: str = ""
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSwap:
    model_image: Image
    face_reference: Image | None = None
    prompt: str = ""
    face_reference_mode: FaceReferenceMode = "match_reference"
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateModel:
    prompt: str
    face_reference: Image | None = None
    pose_reference: Image | None = None
    face_reference_mode: FaceReferenceMode = "match_reference"
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFace:
    prompt: str
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    image: Image
    prompt: str
    image_context: Image | None = None
    annotations: Image | None = None
    mask: Image | None = None
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reframe:
    image: Image
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundRemove:
    image: Image
    color: str | None = None
    """`#rrggbb`; None leaves the background transparent."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom from 0 to 1: the subject is inside, and nothing outside is kept."""
    scribble: Image | None = None
    """Drawn over the picture, transparent where nothing is: red strokes are background, all others the subject."""
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSwap:
    image: Image
    face_reference: Image
    match: Literal["reference", "current"] = "reference"
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upscale:
    image: Image
    factor: Literal["2x", "4x", "enhance"] = "2x"
    size: Size
    mode: Mode
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageToVideo:
    image: Image
    end_image: Image | None = None
    prompt: str = ""
    duration: Literal[5, 10] = 5
    size: Size
    mode: Mode
    seed: int


Task = (
    ProductToModel
    | TryOn
    | Packshot
    | ModelSwap
    | CreateModel
    | CreateFace
    | Edit
    | Reframe
    | BackgroundRemove
    | FaceSwap
    | Upscale
    | ImageToVideo
)
