"""What people are shown beside an output: the picture that was given, and the right answer."""

from pathlib import Path

from PIL import Image

from eval.suites.case import Case

INPUTS, TARGETS = "pictures/inputs", "pictures/targets"
QUALITY = 92


def input_path(folder: Path, case_id: str) -> Path:
    """Where a case's first picture lies."""
    return folder / INPUTS / f"{case_id}.webp"


def target_path(folder: Path, case_id: str) -> Path:
    """Where a case's right answer lies."""
    return folder / TARGETS / f"{case_id}.webp"


def keep(case: Case, folder: Path) -> None:
    """Write a case's first picture and its right answer, those that there are and that aren't there yet."""
    first = next((found[0] for found in case.pictures.values() if found), None)
    if first is not None:
        _write(first, input_path(folder, case.id))
    if case.truth.target is not None:
        _write(Image.fromarray(case.truth.target), target_path(folder, case.id))


def _write(image: Image.Image, path: Path) -> None:
    """Whole or not at all: a reader may be there already."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    image.save(part, "WEBP", quality=QUALITY, method=0)
    part.replace(path)
