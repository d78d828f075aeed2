"""Made-up runs whose truth is known: what tests, benchmarks and documentation of the verdicts are held against."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from eval.runs.manifest import Grid, Manifest, Told
from eval.runs.results import ENGINE, Results
from eval.runs.row import Cell, Row, Status
from eval.statistics import Values
from eval.suites.case import Card

SUITE = Card(
    name="example",
    version="1",
    title="Made-up numbers",
    licence="Apache-2.0",
    citation="",
    source="eval/verdicts/example.py",
)
CREDITS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "fast": {"1k": (1, 1), "2k": (1, 2), "4k": (1, 3)},
    "balanced": {"1k": (1, 2), "2k": (1, 3), "4k": (2, 4)},
    "quality": {"1k": (1, 3), "2k": (2, 4), "4k": (3, 5)},
}
"""Mode and tier to credits in the app and over the API."""
SECONDS = {"fast": 1.2, "balanced": 3.0, "quality": 7.5}
PIXELS = {"1k": 1.0, "2k": 4.0, "4k": 16.0}
COLD = 4.0
"""Seconds that the first run of a setting takes longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of one metric of one tool."""

    metric: str
    title: str
    better: Literal["higher", "lower"]
    level: float
    """Mean of the first mode."""
    gains: Mapping[str, float] = field(default_factory=dict)
    """Mode to what it is better by, positive being better."""
    shared: float = 0.0
    """Spread of what the outputs of a garment, a person and a case have in common in every mode."""
    own: float = 0.0
    """Spread of a mode's gain from garment to garment."""
    noise: float = 0.1
    """Spread of an output."""
    margin: float = 0.2
    digits: int = 2

    @property
    def told(self) -> Told:
        """As a manifest has it."""
        return Told(
            name=self.metric,
            title=self.title,
            group="garment",
            better=self.better,
            range=(0.0, 100.0),
            margin=self.margin,
            digits=self.digits,
            source="made up",
            fingerprint=f"{self.metric}:000000000000",
            described={"colour": "none"},
            sees=(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A run to be made up."""

    tools: Mapping[str, tuple[Truth, ...]]
    cases: int = 24
    seeds: int = 3
    garments: int = 8
    people: int = 6
    modes: tuple[str, ...] = ("fast", "balanced", "quality")
    resolutions: tuple[str, ...] = ("1k",)
    engines: tuple[str, ...] = ("draft",)
    auto_mode: str = "balanced"
    failed: float = 0.0
    """Share of rows that failed."""
    unscored: float = 0.0
    """Share of outputs that the first metric has no value for."""
    seed: int = 0


def example(design: Design) -> Results:
    """The run; equal designs give equal rows."""
    rng = np.random.default_rng(design.seed)
    told = {truth.metric: truth.told for truths in design.tools.values() for truth in truths}
    grid = Grid(
        suite="example",
        tools=tuple(design.tools),
        engines=design.engines,
        modes=design.modes,
        resolutions=design.resolutions,
        seeds=tuple(range(design.seeds)),
    )
    manifest = Manifest(
        id="example", made="2026-11-30T12:00:00+00:00", suite=SUITE, grid=grid, metrics=tuple(told.values()),
        versions={"python": "3.11"}, engines=dict.fromkeys(design.engines, "1"), device={"processor": "made up"},
        git={"commit": "0" * 40},
    )  # fmt: skip
    return Results(manifest, tuple(row for tool in design.tools for row in _rows(design, tool, rng)))


def _rows(design: Design, tool: str, rng: np.random.Generator) -> Iterator[Row]:
    worlds = [_World.of(design, truth, rng) for truth in design.tools[tool]]
    for engine in design.engines:
        for resolution in design.resolutions:
            for mode in design.modes:
                for number in range(design.cases):
                    for seed in range(design.seeds):
                        cell = Cell(tool, f"{tool}-{number:04}", engine, mode, resolution, seed)
                        yield _row(design, cell, number, worlds, rng)


@dataclass(frozen=True, slots=True)
class _World:
    truth: Truth
    garments: Values
    people: Values
    cases: Values
    own: Mapping[str, Values]

    @classmethod
    def of(cls, design: Design, truth: Truth, rng: np.random.Generator) -> "_World":
        garments, people, cases = (rng.normal(0, truth.shared, size) for size in (design.garments, design.people, design.cases))
        return cls(truth, garments, people, cases, {mode: rng.normal(0, truth.own, design.garments) for mode in design.modes})

    def value(self, mode: str, case: int, garment: int, person: int, noise: float) -> float:
        sign = 1 if self.truth.better == "higher" else -1
        gain = self.truth.gains.get(mode, 0.0) + self.own[mode][garment]
        common = self.garments[garment] + self.people[person] + self.cases[case]
        return max(0.0, float(self.truth.level + common + sign * gain + noise * self.truth.noise))


def _row(design: Design, cell: Cell, number: int, worlds: list[_World], rng: np.random.Generator) -> Row:
    garment, person = number % design.garments, number // design.garments % design.people
    drawn = rng.normal(size=len(worlds))
    scores = {
        world.truth.metric: world.value(cell.mode, number, garment, person, noise)
        for world, noise in zip(worlds, drawn, strict=True)
    }
    chance = rng.uniform(size=3)
    status: Status = "failed" if chance[0] < design.failed else "done"
    unscored = {worlds[0].truth.metric: "the garment was not found"} if chance[1] < design.unscored else {}
    first, done = number == 0 and cell.seed == 0, status == "done"
    app, api = CREDITS[cell.mode][cell.resolution]
    run = SECONDS[cell.mode] * PIXELS[cell.resolution] * (1 + 0.1 * (chance[2] - 0.5)) + (COLD if first else 0.0)
    return Row(
        cell=cell.id, way=ENGINE, suite="example", suite_version="1", tool=cell.tool, case=cell.case, kind=f"kind {garment % 3}",
        engine=cell.engine, engine_version="1", mode=cell.mode, resolution=cell.resolution, seed=cell.seed, status=status,
        error="" if done else "the engine broke", width=832, height=1248, cold=first, queue_seconds=0.0,
        load_seconds=COLD if first else 0.0, run_seconds=run if done else None, encode_seconds=0.1 if done else None,
        host_mb=900.0 if done else None, credits_app=app if done else 0, credits_api=api if done else 0,
        auto_mode=design.auto_mode, auto_resolution=cell.resolution if len(design.resolutions) == 1 else "1k",
        picture=f"pictures/{cell.id}.webp" if done else "",
        clusters={"garment": f"g{garment}", "person": f"p{person}"},
        scores={name: value for name, value in scores.items() if done and name not in unscored},
        unscored=unscored if done else {},
    )  # fmt: skip
