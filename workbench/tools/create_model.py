"""Create Model: a new model from words, reusable in other tools."""

from typing import Annotated

from pydantic import Field

from pipelines import tasks
from workbench.credits.tariffs import ImagePrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import (
    AspectRatio,
    FaceReferenceMode,
    GenerationMode,
    ImageRef,
    NumImages,
    RequiredPrompt,
    Resolution,
    Seed,
)
from workbench.tools.rules import decide_image


class CreateModelRequest(Request):
    prompt: Annotated[
        RequiredPrompt,
        Field(
            description="Age, build, skin tone, hair, expression, clothes, framing and light. For a full body name hair and shoes."
        ),
    ]
    face_reference: ImageRef | None = Field(None, title="Face reference", description="A face photo to take the identity from.")
    pose_reference: ImageRef | None = Field(
        None, title="Pose reference", description="A picture to take pose and composition from; never copied in detail."
    )
    face_reference_mode: FaceReferenceMode = "match_reference"
    aspect_ratio: AspectRatio | None = Field(
        None, title="Aspect ratio", description="Empty: that of the pose reference, else 2:3."
    )
    num_images: NumImages = 1
    resolution: Resolution = "auto"
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


create_model = Tool(
    name="create-model",
    title="Create Model",
    summary="Invent a model in words and keep the identity for later pictures.",
    group="Generate",
    request=CreateModelRequest,
    task=tasks.CreateModel,
    price=ImagePrice(),
    decide=decide_image,
    ratio_from=("pose_reference",),
    default_ratio="2:3",
)
