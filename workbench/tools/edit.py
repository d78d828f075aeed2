"""Edit: one change at a time, said in words or drawn on the picture."""

from typing import Annotated

from pydantic import Field

from pipelines import tasks
from workbench.credits.tariffs import ImagePrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import GenerationMode, ImageRef, NumImages, RequiredPrompt, Resolution, Seed, drawn
from workbench.tools.rules import decide_image


class EditRequest(Request):
    image: Annotated[ImageRef, Field(title="Picture", description="The picture to change.")]
    prompt: Annotated[
        RequiredPrompt,
        Field(description="One change in plain words: pose, background, accessory, light, or “remove what I circled”."),
    ]
    image_context: ImageRef | None = Field(
        None, title="Image context", description="A picture that shows the pose, place or texture meant."
    )
    annotations: ImageRef | None = Field(
        None,
        title="Annotations",
        description="A drawing over the picture, transparent where nothing is drawn; the prompt refers to it.",
        json_schema_extra=drawn("image", "pen"),
    )
    mask: ImageRef | None = Field(
        None,
        title="Mask",
        description="White where to change, black where to keep; same size as the picture.",
        json_schema_extra=drawn("image", "mask"),
    )
    num_images: NumImages = 1
    resolution: Resolution = "auto"
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


edit = Tool(
    name="edit",
    title="Edit",
    summary="Change pose, background, styling or light, and keep the person and the product.",
    group="Refine",
    request=EditRequest,
    task=tasks.Edit,
    price=ImagePrice(),
    decide=decide_image,
    primary=("image",),
    ratio_from=("image",),
)
