"""Cases one after the other, each figure kept as soon as it is there."""

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bench.gpu.cases import Case
from bench.gpu.measure import Measured, measure
from bench.gpu.report import Results
from bench.gpu.settings import PLAIN, settings
from bench.gpu.stage import Stage

UNSAFE = str.maketrans(" ,:", "-__")


def session(stage: Stage, results: Results, cases: Sequence[Case], *, enough: float) -> tuple[Measured, ...]:
    """Measure what the results don't have yet; all that they have then, case by case, the plain loop first."""
    done = list(results.read())
    known = {(each.case, each.setting) for each in done}
    for case in cases:
        kept = results.path.with_name(f"{results.path.stem}-{case.name.translate(UNSAFE)}.png")
        for setting in (each for each in settings(case) if (case.name, each.name) not in known):
            print(f"{case.name}: {setting.name}", file=sys.stderr, flush=True)
            shot = measure(stage, case, setting, None if setting is PLAIN else _picture(kept), enough=enough)
            if shot.image is not None and setting is PLAIN:
                shot.image.save(kept)
            done.append(shot.measured)
            results.write(done)
    order = list(dict.fromkeys(each.case for each in done))
    return tuple(sorted(done, key=lambda each: order.index(each.case)))


def _picture(path: Path) -> Image.Image | None:
    """The plain picture, which a run that goes on later has to compare with."""
    return Image.open(path).convert("RGB") if path.exists() else None
