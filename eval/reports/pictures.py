"""The best and worst cases of a tool, small enough to be carried within the page."""

from base64 import b64encode
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

from PIL import Image

from eval.runs.manifest import Told
from eval.runs.row import Row
from eval.runs.shown import INPUTS, TARGETS

SIDE = 448
"""Longer side, in pixels, of a picture in the page."""
EACH = 2
"""Best and worst cases of a tool."""
BUDGET = 10_000_000
"""Characters of all pictures of a page."""
QUALITY = 82
THREADS = 2
MOMENT = 24
"""Frame of a video that stands for it: after one second, or the last one."""
CAN_NOT_READ = (OSError, ValueError, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a data URI."""

    label: str
    uri: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One output with what was given and what is right, as far as they are stored."""

    row: Row
    told: Told
    rank: str
    """`worst` or `best`."""
    pictures: tuple[Picture, ...]
    """Input, output, target."""


def chosen(rows: Sequence[Row], told: Told, each: int = EACH) -> list[tuple[str, Row]]:
    """`worst` and `best` rows by a metric, no case twice; worst first."""
    scored = sorted(
        (row for row in rows if told.name in row.scores and row.picture), key=lambda row: told.sign * row.scores[told.name]
    )
    seen: set[str] = set()
    worst = list(_first(scored, each, seen))
    best = list(_first(scored[::-1], each, seen))
    return [("worst", row) for row in worst] + [("best", row) for row in best]


def _first(rows: Sequence[Row], count: int, seen: set[str]) -> Iterator[Row]:
    for row in rows:
        if count and row.case not in seen:
            seen.add(row.case)
            count -= 1
            yield row


def shown(folder: Path, wanted: Sequence[tuple[str, Row, Told]]) -> list[Shown]:
    """Pictures of rows below a run's folder, until the page has as many as it can carry; what isn't there is left out."""
    with ThreadPoolExecutor(THREADS) as pool:
        read = list(pool.map(lambda each: _pictures(folder, each[1]), wanted))
    found, spent = [], 0
    for (rank, row, told), pictures in zip(wanted, read, strict=True):
        spent += sum(len(each.uri) for each in pictures)
        if pictures and spent <= BUDGET:
            found.append(Shown(row, told, rank, pictures))
    return found


def _pictures(folder: Path, row: Row) -> tuple[Picture, ...]:
    places = {
        "input": f"{INPUTS}/{row.case}.webp",
        "output": row.picture,
        "target": f"{TARGETS}/{row.case}.webp",
    }
    found = ((label, _inside(folder, place)) for label, place in places.items())
    made = tuple(picture for label, path in found if path is not None and (picture := small(path, label)) is not None)
    return made if any(each.label == "output" for each in made) else ()


def _inside(folder: Path, place: str) -> Path | None:
    """The file, where it exists and lies below the folder: rows of other people's runs may name anything."""
    path = (folder / place).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


def small(path: Path, label: str) -> Picture | None:
    """A picture, or a frame of a video; None where it can't be read."""
    try:
        image = _frame(path) if path.suffix == ".mp4" else Image.open(path)
        image.draft("RGB", (SIDE, SIDE))
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    except CAN_NOT_READ:
        return None
    image.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    kept, kind = BytesIO(), "webp" if image.mode == "RGBA" else "jpeg"
    image.save(kept, kind, quality=QUALITY)
    return Picture(label, f"data:image/{kind};base64,{b64encode(kept.getvalue()).decode()}", *image.size)


def _frame(path: Path) -> Image.Image:
    import av

    with av.open(str(path), "r") as container:
        frames = deque(islice(container.decode(video=0), MOMENT + 1), maxlen=1)
        if not frames:
            raise ValueError(f"{path} has no frames")
        return Image.fromarray(frames[0].to_ndarray(format="rgb24"))
