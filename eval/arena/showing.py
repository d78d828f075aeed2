"""What a person may see of a pair: the two pictures and what was asked, without anything that tells how they were made."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from eval.errors import EvalError
from eval.runs.manifest import Manifest
from eval.suites.case import Case
from workbench.gallery.metadata import strip
from workbench.views import FileView

Cases = Callable[[Manifest, str], Case]
"""A case of a run's suite by its id. Raises BadSuite where the suite can't be opened here."""
INPUT_SIDE = 1600
"""Longer side of an input picture as it is shown, in pixels."""
MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".mp4": "video/mp4"}


@dataclass(frozen=True, slots=True)
class Given:
    """An input picture of a case."""

    field: str
    file: FileView


@dataclass(frozen=True, slots=True)
class Background:
    """What was asked of both sides."""

    prompt: str = ""
    inputs: tuple[Given, ...] = ()
    trouble: str = ""
    """Why the inputs can't be shown."""


def bare(path: Path) -> FileView:
    """An output's file without its metadata, which tells engine and mode. A kind of file that can't be stripped is made anew."""
    kind = MEDIA_TYPES.get(path.suffix.lower())
    if kind is not None:
        try:
            return FileView(strip(path.read_bytes()), kind)
        except ValueError:  # a file that is not what its name says
            pass
    with Image.open(path) as image:
        return FileView(_encoded(image.convert("RGBA"), "PNG", compress_level=1), "image/png")


def background(cases: Cases, manifest: Manifest, case_id: str) -> Background:
    """Prompt and inputs of a case; where its suite can't be opened, why."""
    try:
        case = cases(manifest, case_id)
    except (EvalError, OSError) as error:
        return Background(trouble=f"The input pictures can't be shown: {error}")
    inputs = tuple(Given(field, shown(image)) for field, images in case.pictures.items() for image in images)
    return Background(str(case.values.get("prompt") or ""), inputs)


def shown(image: Image.Image) -> FileView:
    """A picture of a case, small enough to be looked at."""
    small = image if image.mode in ("RGB", "RGBA") else image.convert("RGBA")
    small = small.copy()
    small.thumbnail((INPUT_SIDE, INPUT_SIDE))
    return FileView(_encoded(small, "WEBP", quality=90, method=2), "image/webp")


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    data = BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()
