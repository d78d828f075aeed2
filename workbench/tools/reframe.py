"""Reframe: another aspect ratio by expanding or cropping, whichever the content allows."""

from typing import Annotated

from pydantic import Field

from pipelines import tasks
from workbench.credits.tariffs import ImagePrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import AspectRatio, GenerationMode, ImageRef, Resolution, Seed
from workbench.tools.rules import decide_reframe


class ReframeRequest(Request):
    image: Annotated[ImageRef, Field(title="Picture", description="The picture to bring into another format.")]
    aspect_ratio: Annotated[
        AspectRatio, Field(description="The format wanted. Whether to expand or to crop follows from the content.")
    ]
    resolution: Resolution = "auto"
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


reframe = Tool(
    name="reframe",
    title="Reframe",
    summary="Fit a picture to another format by expanding or cropping around what matters.",
    group="Refine",
    request=ReframeRequest,
    task=tasks.Reframe,
    price=ImagePrice(),
    decide=decide_reframe,
    primary=("image",),
)
