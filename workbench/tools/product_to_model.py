"""Product to Model: up to three products worn by a model that fits them."""

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
    Prompt,
    Resolution,
    Seed,
)
from workbench.tools.rules import decide_image


class ProductToModelRequest(Request):
    product_images: Annotated[
        list[ImageRef],
        Field(
            min_length=1,
            max_length=3,
            title="Products",
            description="Clear flat-lay, ghost-mannequin or on-hanger photos of what is to be worn; up to three make one look.",
        ),
    ]
    image_prompt: ImageRef | None = Field(
        None, title="Image prompt", description="A picture to take pose, setting and light from; never copied in detail."
    )
    background_reference: ImageRef | None = Field(
        None, title="Background", description="The place to stand in. People in it are ignored."
    )
    face_reference: ImageRef | None = Field(
        None, title="Face reference", description="A clear face photo to take the identity from."
    )
    prompt: Annotated[
        Prompt,
        Field(
            description="Who wears it, pose and framing, place and light. Empty: what fits the product. No need to describe it."
        ),
    ] = ""
    face_reference_mode: FaceReferenceMode = "match_reference"
    aspect_ratio: AspectRatio | None = Field(
        None, title="Aspect ratio", description="Empty: that of the background, else the image prompt, else the first product."
    )
    num_images: NumImages = 1
    resolution: Resolution = "auto"
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


product_to_model = Tool(
    name="product-to-model",
    title="Product to Model",
    summary="Show a product worn by a model, from nothing but the product's photo.",
    group="Generate",
    request=ProductToModelRequest,
    task=tasks.ProductToModel,
    price=ImagePrice(),
    decide=decide_image,
    primary=("product_images",),
    ratio_from=("background_reference", "image_prompt", "product_images"),
)
