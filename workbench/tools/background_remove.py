"""Background Remove: the subject alone, on transparency or on one colour."""

from string import hexdigits
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pipelines import tasks
from pipelines.sizes import Tier
from workbench.credits.tariffs import FixedPrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import BoxOrNone, GenerationMode, ImageRef, drawn
from workbench.tools.rules import decide_same_size


def _six_digits(value: Any) -> Any:
    """`#abc` and `AABBCC` as `#aabbcc`, an empty text as no colour; anything else as it is."""
    if not isinstance(value, str):
        return value
    digits = value.strip().lower().removeprefix("#")
    if len(digits) not in (0, 3, 6) or not set(digits) <= set(hexdigits):
        return value
    return f"#{''.join(each * 2 for each in digits) if len(digits) == 3 else digits}" if digits else None


class BackgroundRemoveRequest(Request):
    image: Annotated[ImageRef, Field(title="Picture", description="The picture whose subject is to be cut out.")]
    color: Annotated[str | None, BeforeValidator(_six_digits)] = Field(
        None,
        pattern=r"^#[0-9a-f]{6}$",
        title="Background colour",
        description="A colour such as #f4f1ec to put behind the subject. Empty: transparent.",
    )
    box: BoxOrNone = Field(
        None,
        title="Box",
        description="Left, top, right and bottom of a box around the subject, from 0 to 1; all outside it becomes background.",
        json_schema_extra=drawn("image", "box"),
    )
    scribble: ImageRef | None = Field(
        None,
        title="Scribble",
        description="A drawing over the picture, transparent where nothing is drawn: green strokes keep, red strokes drop.",
        json_schema_extra=drawn("image", "scribble"),
    )
    generation_mode: GenerationMode = "auto"


background_remove = Tool(
    name="background-remove",
    title="Background Remove",
    summary="Cut the subject out, on transparency or on a colour.",
    group="Refine",
    request=BackgroundRemoveRequest,
    task=tasks.BackgroundRemove,
    price=FixedPrice(1),
    decide=decide_same_size,
    primary=("image",),
    max_tier=Tier.K2,
)
