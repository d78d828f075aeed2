"""Model Swap: another person, the same outfit, pose and place."""

from typing import Annotated

from pydantic import Field

from pipelines import tasks
from workbench.credits.tariffs import ImagePrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import FaceReferenceMode, GenerationMode, ImageRef, NumImages, Prompt, Resolution, Seed
from workbench.tools.rules import decide_image


class ModelSwapRequest(Request):
    model_image: Annotated[
        ImageRef,
        Field(title="Source", description="A person or mannequin wearing the product. Outfit, pose and background stay."),
    ]
    face_reference: ImageRef | None = Field(
        None, title="Face reference", description="A clear, front-facing face photo to match."
    )
    prompt: Annotated[
        Prompt,
        Field(description="The new person: age, skin tone, hair, face. Empty: a subtle change of the same age and origin."),
    ] = ""
    face_reference_mode: FaceReferenceMode = "match_reference"
    num_images: NumImages = 1
    resolution: Resolution = "auto"
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


model_swap = Tool(
    name="model-swap",
    title="Model Swap",
    summary="Replace the person and keep the outfit, the pose, the light and the background.",
    group="Generate",
    request=ModelSwapRequest,
    task=tasks.ModelSwap,
    price=ImagePrice(),
    decide=decide_image,
    primary=("model_image",),
    ratio_from=("model_image",),
    default_ratio="2:3",
)
