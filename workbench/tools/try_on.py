"""Try-On: a product worn by the person of another photo."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field

from pipelines import tasks
from pipelines.sizes import Mode
from workbench.credits.tariffs import ImagePrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import ImageRef, NumImages, Prompt, Resolution, Seed, TryOnMode, drawn
from workbench.tools.rules import decide_image

Share = Annotated[float, Field(ge=0, le=1)]


def _points(value: Any) -> Any:
    """Names that exist and pairs of numbers from 0 to 1; ValueError says which ones aren't."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError('takes an object of names and points, such as {"collar_left": [0.4, 0.1]}')  # noqa: TRY004
    known = get_args(tasks.Landmark)
    unknown = [str(name) for name in value if name not in known]
    if unknown:
        raise ValueError(f"{unknown[0][:40]!r} is no landmark; there are {', '.join(known)}")
    wrong = [name for name, at in value.items() if not _is_point(at)]
    if wrong:
        raise ValueError(f"{wrong[0]} must be two numbers from 0 to 1, x and y as shares of the product picture's sides")
    return value or None


def _is_point(value: Any) -> bool:
    whole = isinstance(value, list | tuple) and len(value) == 2
    return whole and all(isinstance(each, int | float) and not isinstance(each, bool) and 0 <= each <= 1 for each in value)


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
    landmarks: Annotated[
        dict[tasks.Landmark, tuple[Share, Share]] | None,
        BeforeValidator(_points),
        Field(
            title="Landmarks",
            description="Points of the garment on the product picture where the ones found are wrong: names to [x, y], "
            "0 to 1 of its width and height. Points that are given win.",
            json_schema_extra=drawn("product_image", "points"),
        ),
    ] = None
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
