"""Values that belong to all outputs of a setting together: how far they are, as a set, from the right answers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image
from pydantic import TypeAdapter

from eval.errors import Unscored
from eval.metrics.frames import frames_of
from eval.metrics.metric import SetMetric
from eval.runs.row import Row
from eval.runs.shown import target_path
from pipelines.images import Bytes, Floats, pixels

FILE = "sets.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetScore:
    """One value of a setting, or the reason why there is none."""

    tool: str
    engine: str
    mode: str
    resolution: str
    metric: str
    value: float | None = None
    unscored: str = ""


_SCORES = TypeAdapter(tuple[SetScore, ...])


def set_scores(rows: Sequence[Row], folder: Path, metrics: Sequence[SetMetric]) -> tuple[SetScore, ...]:
    """Every set metric of every setting whose cases have a right answer; features of a picture are made once.

    `rows` are engines' rows of a run whose pictures lie below `folder`.
    """
    settings: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        if row.done and target_path(folder, row.case).is_file():
            settings.setdefault((row.tool, row.engine, row.mode, row.resolution), []).append(row)
    return tuple(score for metric in metrics for score in _scores(settings, folder, metric))


def _scores(settings: dict[tuple[str, str, str, str], list[Row]], folder: Path, metric: SetMetric) -> Iterator[SetScore]:
    missing = metric.missing()
    features = cache(lambda path: metric.features(_picture(path)))
    for (tool, engine, mode, resolution), rows in settings.items():
        found = _Found(None, missing) if missing else _measured(metric, features, rows, folder)
        yield SetScore(
            tool=tool, engine=engine, mode=mode, resolution=resolution, metric=metric.name, value=found.value, unscored=found.why
        )


@dataclass(frozen=True, slots=True)
class _Found:
    value: float | None
    why: str = ""


def _measured(metric: SetMetric, features: Callable[[Path], Floats], rows: Sequence[Row], folder: Path) -> _Found:
    outputs = [features(folder / row.picture) for row in rows]
    answers = [features(target_path(folder, case)) for case in dict.fromkeys(row.case for row in rows)]
    try:
        value = metric.distance(np.stack(outputs), np.stack(answers))
    except Unscored as error:
        return _Found(None, str(error))
    return _Found(value) if np.isfinite(value) else _Found(None, f"the value is {value}")


def _picture(path: Path) -> Bytes:
    """uint8 (h, w, 3), on white; of a video its first frame."""
    if path.suffix == ".mp4":
        return frames_of(path.read_bytes())[0]
    with Image.open(path) as image:
        return pixels(image)


def write(scores: Sequence[SetScore], folder: Path) -> None:
    """Into a run's folder."""
    (folder / FILE).write_bytes(_SCORES.dump_json(tuple(scores), indent=1))


def read(folder: Path) -> tuple[SetScore, ...]:
    """Of a run's folder; none where it has none yet."""
    path = folder / FILE
    return _SCORES.validate_json(path.read_bytes()) if path.is_file() else ()
