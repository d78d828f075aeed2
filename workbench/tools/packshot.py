"""Packshot: a clean catalogue picture of the product alone."""

from typing import Annotated

from pydantic import Field

from pipelines import tasks
from workbench.credits.tariffs import ImagePrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import AspectRatio, GenerationMode, ImageRef, NumImages, Prompt, Resolution, Seed
from workbench.tools.rules import decide_image


class PackshotRequest(Request):
    product_image: Annotated[
        ImageRef,
        Field(title="Product", description="The product: laid out, on a hanger or mannequin, on the floor, or worn."),
    ]
    image_context: ImageRef | None = Field(
        None, title="Image context", description="A picture to take light, surface and mood from."
    )
    prompt: Annotated[
        Prompt,
        Field(
            description="Presentation and staging: “flat-lay on marble”, “on-hanger”, “floating, hard shadow”, “only the jacket”. "
            "Empty: ghost mannequin on clean white."
        ),
    ] = ""
    aspect_ratio: AspectRatio | None = Field(
        None, title="Aspect ratio", description="Empty: that of the image context, else of the product's photo."
    )
    num_images: NumImages = 1
    resolution: Resolution = "auto"
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


packshot = Tool(
    name="packshot",
    title="Packshot",
    summary="Turn any photo of a product into a clean catalogue shot.",
    group="Generate",
    request=PackshotRequest,
    task=tasks.Packshot,
    price=ImagePrice(),
    decide=decide_image,
    primary=("product_image",),
    ratio_from=("image_context", "product_image"),
)
