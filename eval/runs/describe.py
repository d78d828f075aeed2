"""What a run is, as far as this process can tell: versions, device, state of the code."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

from eval.errors import BadRun
from eval.runs.journal import Entry
from eval.runs.manifest import FILE, Grid, Manifest, Told
from eval.runs.setup import Setup
from eval.suites.case import Card
from pipelines.engine import Engines

DISTRIBUTIONS = (
    "fashion-workbench", "accelerate", "av", "datasets", "diffusers", "numpy", "opencv-python-headless", "pillow",
    "pyarrow", "safetensors", "scikit-image", "scipy", "torch", "torchmetrics", "transformers",
)  # fmt: skip
"""What may change a pixel, a score or a second."""
ROOT = Path(__file__).parents[2]


def manifest_of(setup: Setup, grid: Grid) -> Manifest:
    """Of a run that begins now."""
    return Manifest(
        id=uuid4().hex,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        suite=setup.suite.card,
        grid=grid,
        metrics=tuple(map(Told.of, setup.metrics)),
        set_metrics=tuple(map(Told.of, setup.set_metrics)),
        versions=versions(),
        engines=engine_versions(setup.engines, grid.engines),
        device=device(),
        git=git(),
    )


def begun(setup: Setup, grid: Grid, folder: Path) -> Manifest:
    """The manifest of a folder: a new one, or that of the same run begun before; BadRun says how another run differs."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = manifest_of(setup, grid)
    if not (folder / FILE).exists():
        _write(asked, folder)
        return asked
    kept = Manifest.read(folder)
    refuse_other(kept, asked, f"{folder} holds another run; give another --out, or take away what differs")
    return kept


def refuse_other(kept: Manifest, asked: Manifest, lead: str) -> None:
    """BadRun with `lead` and all that differs, where rows of both can't stand beside each other."""
    found = differences(kept, asked)
    if found:
        raise BadRun(f"{lead}: {'; '.join(found)}")


def differences(kept: Manifest, asked: Manifest) -> list[str]:
    """What keeps two manifests from being one run: grid, suite, engines, metrics; `there` against `now`."""
    found = _differences("", asdict(kept.grid), asdict(asked.grid))
    found += _differences("suite ", _identity(kept.suite), _identity(asked.suite))
    found += _differences("engine ", kept.engines, asked.engines)
    prints = [{each.name: each.fingerprint for each in (*manifest.metrics, *manifest.set_metrics)} for manifest in (kept, asked)]
    return found + _differences("metric ", *prints)


def drifted(kept: Manifest, asked: Manifest) -> list[str]:
    """What may change pixels or seconds without making the runs two: versions, device, code."""
    found = _differences("", kept.versions, asked.versions) + _differences("", kept.device, asked.device)
    return found + _differences("git ", kept.git, asked.git)


def with_models(manifest: Manifest, entries: Iterable[Entry]) -> Manifest:
    """The manifest with the revisions of models that outputs tell of."""
    told = {
        str(each.details.get("repository") or each.details.get("card")): str(each.details["revision"])
        for each in entries
        if each.details.get("revision")
    }
    return replace(manifest, models=dict(sorted(told.items())))


def finish(manifest: Manifest, folder: Path) -> None:
    """Write it anew, whole or not at all."""
    _write(manifest, folder)


def versions() -> dict[str, str]:
    """Python and the distributions that are installed."""
    found = {"python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def engine_versions(engines: Engines, names: Iterable[str]) -> dict[str, str]:
    """BadRun where there is no engine of a name."""
    unknown = [name for name in names if name not in engines]
    if unknown:
        raise BadRun(f"there is no engine {unknown[0]!r}; there are {', '.join(each.name for each in engines)}")
    return {name: engines[name].version for name in names}


def device() -> dict[str, str]:
    """Processor, cores, memory, system, GPUs."""
    found = {
        "processor": _cpuinfo("model name") or platform.processor() or platform.machine(),
        "cores": str(os.cpu_count() or 1),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}",
    }
    gpus = _gpus()
    return found | ({"gpus": gpus} if gpus else {})


def git(root: Path = ROOT) -> dict[str, str]:
    """Commit and whether anything was changed after it; empty outside of a checkout."""
    commit, changed = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    return {} if commit is None or changed is None else {"commit": commit, "changed": "yes" if changed else "no"}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=20)  # noqa: S603, S607
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cpuinfo(name: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _memory() -> str:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{total / 1e9:.1f} GB"


def _gpus() -> str:
    """Names by the driver's own tool, so that nothing has to be imported; empty where there is none."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "; ".join(done.stdout.strip().splitlines()) if done.returncode == 0 else ""


def _differences(what: str, there: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    names = [name for name in dict.fromkeys((*there, *now)) if there.get(name) != now.get(name)]
    return [f"{what}{name}: {_said(there.get(name))} there, {_said(now.get(name))} now" for name in names]


def _identity(card: Card) -> dict[str, str]:
    return {"name": card.name, "version": card.version}


def _said(value: object) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _write(manifest: Manifest, folder: Path) -> None:
    partial = folder / f".{FILE}"
    partial.mkdir(exist_ok=True)
    manifest.write(partial)
    (partial / FILE).replace(folder / FILE)
    partial.rmdir()
