"""What was measured, kept in a file as it comes and printed as tables."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from bench.gpu.measure import Measured

BEGIN, END = "<!-- bench-gpu begin -->", "<!-- bench-gpu end -->"
HEAD = "| setting | s a picture | speed | peak GB | PSNR dB | blocks run | first call s |\n|---|---:|---:|---:|---:|---:|---:|"
GOAL_SPEED, GOAL_PSNR = 1.5, 30.0


@dataclass(frozen=True, slots=True)
class Machine:
    """Where figures come from; figures of two machines are never mixed."""

    device: str
    torch: str
    diffusers: str

    def __str__(self) -> str:
        return f"{self.device}, torch {self.torch}, diffusers {self.diffusers}"


@dataclass(frozen=True, slots=True)
class Results:
    """Measurements of one machine in a JSON file; one that was cut off goes on where it ended."""

    path: Path
    machine: Machine

    def read(self) -> tuple[Measured, ...]:
        """What is there from this machine; nothing where the file is another's or not there."""
        if not self.path.exists():
            return ()
        found = json.loads(self.path.read_text(encoding="utf-8"))
        return tuple(Measured(**each) for each in found["measured"]) if found["machine"] == asdict(self.machine) else ()

    def write(self, measured: Sequence[Measured]) -> None:
        """Keep `measured`; atomic, so that a run that is cut off leaves whole files."""
        fresh = self.path.with_suffix(".part")
        text = json.dumps({"machine": asdict(self.machine), "measured": [asdict(each) for each in measured]}, indent=1)
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(self.path)


def tables(measured: Iterable[Measured]) -> str:
    """One Markdown table a case."""
    return "\n\n".join(f"### {name}\n\n{_table(list(rows))}" for name, rows in groupby(measured, key=lambda each: each.case))


def _table(rows: Sequence[Measured]) -> str:
    plain = rows[0].seconds
    return "\n".join([HEAD, *(_line(each, plain) for each in rows)])


def _line(row: Measured, plain: float | None) -> str:
    if row.seconds is None:
        return f"| {row.setting} | - | - | - | - | - | {row.failed} |"
    figures = (
        f"{row.seconds:.3g}",
        _or_dash(plain and plain / row.seconds, ".2f", " x"),
        _or_dash(row.gigabytes, ".1f"),
        _or_dash(row.psnr, ".1f"),
        _or_dash(row.ran and 100 * row.ran, ".0f", " %"),
        _or_dash(row.first, ".3g"),
    )
    return f"| {row.setting} | {' | '.join(figures)} |"


def _or_dash(value: float | None, form: str, unit: str = "") -> str:
    return "-" if value is None else f"{value:{form}}{unit}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether Quality became as much faster as it should, without leaving the plain picture."""

    text: str
    met: bool


def verdicts(measured: Iterable[Measured]) -> tuple[Verdict, ...]:
    """One for each case of Quality that was measured: its fastest setting that stays near enough to the plain picture."""
    found = []
    for name, rows in groupby(measured, key=lambda each: each.case):
        plain, *others = rows
        if not name.startswith("Quality") or plain.seconds is None:
            continue
        near = [each for each in others if each.seconds and each.psnr is not None and each.psnr >= GOAL_PSNR]
        best = min(near, key=lambda each: each.seconds or 0, default=plain)
        speed = plain.seconds / (best.seconds or plain.seconds)
        text = (
            f"{name}: {speed:.2f} x at {_or_dash(best.psnr, '.1f')} dB ({best.setting}); bar {GOAL_SPEED} x at {GOAL_PSNR:g} dB"
        )
        found.append(Verdict(text, speed >= GOAL_SPEED))
    return tuple(found)


def publish(page: Path, fragment: str) -> None:
    """Put `fragment` between the markers of a page; ValueError where it has none."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no {BEGIN} and {END}, between which the tables go")
    page.write_text(f"{before}{BEGIN}\n\n{fragment}\n\n{END}{after}", encoding="utf-8")
