"""Try-On: a product worn by the person of another photo."""

from typing import Annotated

from pydantic import Field

from pipelines import tasks
from pipelines.sizes import Mode
from workbench.credits.tariffs import ImagePrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import ImageRef, NumImages, Prompt, Resolution, Seed, TryOnMode
from workbench.tools.rules import decide_image


class TryOnRequest(Request):
    model_image: Annotated[
        ImageRef,
        Field(title="Model", description="The person who will wear it: one person, front view, whole outfit in the picture."),
    ]
    product_image: Annotated[
        ImageRef, Field(title="Product", description="What to wear: an on-model, ghost-mannequin or flat-lay photo.")
    ]
    prompt: Annotated[
        Prompt,
        Field(
            description="How to wear it: “open jacket”, “tucked in”, “sleeves rolled up”; or which item to take from the photo."
        ),
    ] = ""
    num_images: NumImages = 1
    resolution: Resolution = "auto"
    generation_mode: TryOnMode = "auto"
    seed: Seed = None


try_on = Tool(
    name="try-on",
    title="Try-On",
    summary="Dress the person of a photo in a product, keeping person, pose and place.",
    group="Generate",
    request=TryOnRequest,
    task=tasks.TryOn,
    price=ImagePrice(),
    decide=decide_image,
    primary=("model_image",),
    ratio_from=("model_image",),
    default_ratio="2:3",
    modes=(Mode.BALANCED, Mode.QUALITY),
)
