"""The fields that tools share: type, bounds, default text and help, said once each."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, JsonValue, WithJsonSchema

MAX_PROMPT = 4000

ImageRef = Annotated[str, Field(min_length=1), WithJsonSchema({"type": "string", "format": "image"})]
"""An asset id, a data URI or an http(s) URL. Surfaces turn uploads and paths into asset ids first."""

Drawing = Literal["scribble", "pen", "mask", "box", "points"]
"""What a person draws: strokes that keep or drop, a pen, a mask, a box, or points that are dragged."""


def drawn(over: str, kind: Drawing) -> dict[str, JsonValue]:
    """For the schema of a field: a page lets it be drawn over the picture of the field `over`."""
    return {"over": over, "draw": kind}


def _box(value: Any) -> Any:
    """Four numbers in order, else an error that names them; None is no box."""
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or len(value) != 4 or any(type(each) not in (int, float) for each in value):
        raise ValueError("not four numbers")
    left, top, right, bottom = (float(each) for each in value)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError("not left to right and top to bottom within 0 to 1")
    return left, top, right, bottom


Box = Annotated[
    tuple[float, float, float, float],
    WithJsonSchema({
        "type": "array", "format": "box", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 4, "maxItems": 4,
    }),
]  # fmt: skip
"""Left, top, right and bottom as shares of width and height, 0 to 1."""
BoxOrNone = Annotated[Box | None, BeforeValidator(_box)]


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return "" if value is None else value


Prompt = Annotated[str, BeforeValidator(_text), Field(max_length=MAX_PROMPT, title="Prompt")]
RequiredPrompt = Annotated[str, Field(min_length=1, max_length=MAX_PROMPT, title="Prompt", pattern=r"\S")]

AspectRatio = Annotated[
    Literal["1:1", "3:4", "4:3", "9:16", "16:9", "2:3", "3:2", "4:5", "5:4", "21:9"],
    Field(title="Aspect ratio"),
]
NumImages = Annotated[
    int,
    Field(ge=1, le=4, title="Number of images", description="Outputs in one run, 1 to 4. The price is per output."),
]
Resolution = Annotated[
    Literal["auto", "1k", "2k", "4k"],
    BeforeValidator(_lower),
    Field(
        title="Resolution",
        description="1K, 2K or 4K: about 1, 4 or 16 megapixels. Auto takes the tier nearest to the input picture's pixel count.",
    ),
]
GenerationMode = Annotated[
    Literal["auto", "fast", "balanced", "quality"],
    BeforeValidator(_lower),
    Field(
        title="Generation mode",
        description="How much effort goes into one output. Auto picks Fast or Balanced, never Quality.",
    ),
]
TryOnMode = Annotated[
    Literal["auto", "balanced", "quality"],
    BeforeValidator(_lower),
    Field(
        title="Generation mode",
        description="Balanced or Quality; Try-On has no Fast. Auto picks Balanced.",
    ),
]
VideoResolution = Annotated[
    Literal["480p", "720p", "1080p"],
    BeforeValidator(_lower),
    Field(title="Resolution", description="Short side of the video. An end image needs 1080p."),
]
Seed = Annotated[
    int | None,
    Field(
        ge=0,
        le=2**32 - 1,
        title="Seed",
        description="The same request with the same seed gives the same pixels. Empty: a new one for every run.",
    ),
]
FaceReferenceMode = Annotated[
    Literal["match_reference", "match_base"],
    Field(
        title="Face reference mode",
        description="match_reference follows the reference's expression and angle; match_base keeps the picture's or the prompt's.",
    ),
]
