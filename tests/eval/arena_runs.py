"""Small runs for tests of the arena: flat pictures whose metadata tells everything, and rows in a file of JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from eval.runs.manifest import Grid, Manifest, Told
from eval.runs.results import Results
from eval.runs.row import Cell, Row
from eval.suites.case import Card, Case, Truth
from workbench.gallery.metadata import embed

CARD = Card(name="shop", version="1", title="Shop", licence="CC0-1.0", citation="none", source="drawn")
METRIC = Told(
    name="sharp", title="Sharpness", group="picture", better="higher", range=(0, 1), margin=0.01, digits=3, source="none",
    fingerprint="sharp:1", described={}, sees=(),
)  # fmt: skip
MODES = ("fast", "balanced", "quality")
COLOURS: Mapping[str, str] = {"fast": "#b3a79a", "balanced": "#8fa08a", "quality": "#7d8ba6"}


def make_run(
    folder: Path,
    run: str = "run-one",
    *,
    tools: Sequence[str] = ("try-on",),
    cases: int = 3,
    modes: Sequence[str] = MODES,
    seeds: Sequence[int] = (0,),
    same: Sequence[str] = (),
    size: tuple[int, int] = (60, 80),
    fingerprint: str = "sharp:1",
) -> Path:
    """A run's folder; outputs of modes in `same` look alike."""
    (folder / "pictures").mkdir(parents=True)
    told = replace(METRIC, fingerprint=fingerprint)
    grid = Grid(suite="shop", tools=tuple(tools), engines=("draft",), modes=tuple(modes), resolutions=("1k",), seeds=tuple(seeds))
    Manifest(id=run, made="2026-01-01T00:00:00+00:00", suite=CARD, grid=grid, metrics=(told,)).write(folder)
    rows = [
        _row(folder, Cell(tool, f"{tool}-{number:04}", "draft", mode, "1k", seed), mode in same, size)
        for tool in tools
        for number in range(cases)
        for seed in seeds
        for mode in modes
    ]
    (folder / "rows.json").write_text(json.dumps([each.as_json() for each in rows]))
    return folder


def read_run(folder: Path) -> Results:
    """What `make_run` made."""
    rows = json.loads((folder / "rows.json").read_text())
    return Results(Manifest.read(folder), tuple(Row.of(each) for each in rows))


def case_of(manifest: Manifest, case_id: str) -> Case:
    """A case with two input pictures."""
    tool = case_id.rpartition("-")[0]
    pictures = {
        name: (Image.new("RGB", (40, 60), colour),) for name, colour in (("model_image", "#ccb"), ("product_image", "#345"))
    }
    return Case(id=case_id, tool=tool, kind="top", pictures=pictures, values={"prompt": f"worn open, {case_id}"}, truth=Truth())


def _row(folder: Path, cell: Cell, alike: bool, size: tuple[int, int]) -> Row:
    name = f"pictures/{cell.id}.png"
    data = BytesIO()
    number = int(cell.case[-4:])
    image = Image.new("RGB", size, f"#{60 + 20 * (number % 8):02x}5060" if alike else COLOURS[cell.mode])
    ImageDraw.Draw(image).ellipse((10, 10 + number, size[0] - 10, size[1] - 10 + number), fill="#f0e8e0")
    image.save(data, "PNG")
    (folder / name).write_bytes(embed(data.getvalue(), {"generation_mode": cell.mode, "engine": "draft", "prompt": cell.id}))
    return Row(
        cell=cell.id, way="engine", suite="shop", suite_version="1", tool=cell.tool, case=cell.case, kind="top", engine="draft",
        mode=cell.mode, resolution="1k", seed=cell.seed, status="done", picture=name, scores={"sharp": MODES.index(cell.mode) / 2},
    )  # fmt: skip


def voters(count: int) -> Iterator[str]:
    """Ids as a browser makes them."""
    return (f"voter-{number:04}" for number in range(count))
