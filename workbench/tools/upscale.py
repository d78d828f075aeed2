"""Upscale: more pixels, or better ones."""

from typing import Annotated, Literal

from pydantic import Field

from pipelines import tasks
from workbench.credits.tariffs import FixedPrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import GenerationMode, ImageRef, Seed
from workbench.tools.rules import decide_upscale


class UpscaleRequest(Request):
    image: Annotated[ImageRef, Field(title="Picture", description="The picture to enlarge or to refine.")]
    factor: Literal["2x", "4x", "enhance"] = Field(
        "2x",
        title="Upscaling factor",
        description="2x suits most pictures; 4x for full screen and print, up to 4K; enhance refines without changing the size.",
    )
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


upscale = Tool(
    name="upscale",
    title="Upscale",
    summary="Enlarge a picture two or four times, or refine it at its size.",
    group="Enhance and Animate",
    request=UpscaleRequest,
    task=tasks.Upscale,
    price=FixedPrice(1),
    decide=decide_upscale,
    primary=("image",),
)
