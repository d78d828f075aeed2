"""Create Face: a new face from words, for use as a face reference."""

from typing import Annotated

from pydantic import Field

from pipelines import tasks
from workbench.credits.tariffs import ImagePrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import GenerationMode, NumImages, RequiredPrompt, Resolution, Seed
from workbench.tools.rules import decide_image


class CreateFaceRequest(Request):
    prompt: Annotated[
        RequiredPrompt,
        Field(description="Age, skin tone, hair, features: “woman in her 30s, warm brown skin, short curly hair”."),
    ]
    num_images: NumImages = 1
    resolution: Resolution = "auto"
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


create_face = Tool(
    name="create-face",
    title="Create Face",
    summary="Invent a face in words and use it as a face reference elsewhere.",
    group="Generate",
    request=CreateFaceRequest,
    task=tasks.CreateFace,
    price=ImagePrice(),
    decide=decide_image,
)
