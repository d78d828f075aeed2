"""Rows as a Parquet table: one column a field, `score.NAME`, `unscored.NAME` and `cluster.NAME` for what is kept by name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.errors import BadRun
from eval.runs.row import Row

if TYPE_CHECKING:
    from datasets.features.features import FeatureType

FILE = "results.parquet"
PREFIXES = {"clusters": "cluster.", "scores": "score.", "unscored": "unscored."}
KINDS = {
    "seed": "int64", "width": "int64", "height": "int64", "credits_app": "int64", "credits_api": "int64", "cold": "bool",
    "queue_seconds": "float64", "load_seconds": "float64", "run_seconds": "float64", "encode_seconds": "float64",
    "host_mb": "float64", "gpu_mb": "float64",
}  # fmt: skip
"""Columns that are no text."""


def write(rows: Sequence[Row], folder: Path, metrics: Iterable[str]) -> None:
    """Into a run's folder, whole or not at all; there is a column for each metric, even where nothing was scored."""
    import datasets

    flat = [flattened(row) for row in rows]
    columns = dict.fromkeys(
        (*_fixed(), *(f"{PREFIXES['scores']}{each}" for each in metrics), *(name for each in flat for name in each))
    )
    features = datasets.Features({name: _feature(name) for name in columns})
    table = datasets.Dataset.from_list([{name: each.get(name) for name in columns} for each in flat], features=features)
    partial = folder / f".{FILE}"
    with _quiet(), partial.open("wb") as file:
        table.to_parquet(file)
    partial.replace(folder / FILE)


def read(folder: Path) -> tuple[Row, ...]:
    """Of a run's folder; BadRun where the file can't be read."""
    from pyarrow import ArrowException, parquet

    try:
        kept = parquet.read_table(folder / FILE).to_pylist()
    except (OSError, ArrowException) as error:
        raise BadRun(f"{folder / FILE} can't be read: {error}; run the same command again, or fetch the file anew") from error
    return tuple(Row.of(nested(each)) for each in kept)


def flattened(row: Row) -> dict[str, Any]:
    """A row by column.

    >>> from eval.runs.row import Row
    >>> row = Row(cell="c", way="engine", suite="s", suite_version="1", tool="t", case="a", kind="k", engine="e", mode="fast",
    ...           resolution="1k", seed=1, status="done", scores={"psnr": 30.0})
    >>> flattened(row)["score.psnr"]
    30.0
    """
    kept = row.as_json()
    for name, prefix in PREFIXES.items():
        kept |= {f"{prefix}{key}": value for key, value in kept.pop(name).items()}
    return kept


def nested(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What `flattened` made, the other way; what is empty is absent."""
    plain = {name: value for name, value in kept.items() if not name.startswith(tuple(PREFIXES.values()))}
    for name, prefix in PREFIXES.items():
        plain[name] = {
            key.removeprefix(prefix): value for key, value in kept.items() if key.startswith(prefix) and value is not None
        }
    return plain


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the progress bars of `datasets`."""
    from datasets import utils

    shown = not utils.are_progress_bars_disabled()
    utils.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            utils.enable_progress_bars()


def _fixed() -> list[str]:
    return [each.name for each in fields(Row) if each.name not in PREFIXES]


def _feature(column: str) -> "FeatureType":
    from datasets import List, Value

    if column == "notes":
        return List(Value("string"))
    return Value("float64" if column.startswith(PREFIXES["scores"]) else KINDS.get(column, "string"))
