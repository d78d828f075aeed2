"""Face Swap: another face, everything else as it is."""

from typing import Annotated, Literal

from pydantic import Field

from pipelines import tasks
from pipelines.sizes import Tier
from workbench.credits.tariffs import FixedPrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import GenerationMode, ImageRef, Seed
from workbench.tools.rules import decide_same_size


class FaceSwapRequest(Request):
    image: Annotated[ImageRef, Field(title="Picture", description="The picture in which only the face should change.")]
    face_reference: Annotated[
        ImageRef, Field(title="Face reference", description="A clear face photo, best at a similar angle and in similar light.")
    ]
    match: Literal["reference", "current"] = Field(
        "reference",
        title="Match",
        description="reference keeps the reference's expression, angle and gaze; current adapts it to the picture's.",
    )
    generation_mode: GenerationMode = "auto"
    seed: Seed = None


face_swap = Tool(
    name="face-swap",
    title="Face Swap",
    summary="Change the face and keep outfit, pose, light and composition.",
    group="Refine",
    request=FaceSwapRequest,
    task=tasks.FaceSwap,
    price=FixedPrice(2),
    decide=decide_same_size,
    primary=("image",),
    max_tier=Tier.K2,
)
