"""People and garments before backgrounds of four kinds, and white garments on white, to be cut out."""

import numpy as np

from eval.suites.case import Case, Truth
from eval.suites.rendered.background_remove import GARMENTS, KINDS, white_garment
from eval.suites.rendered.drawing import BACKGROUNDS, across, chosen, on_white, standing
from eval.suites.rendered.requests.cast import Pairing, Requests, frame, pairing
from pipelines.images import Floats, picture
from pipelines.sizes import Size
from pipelines.vision.rendering.scenes import laid, shot

COUNT = 25
"""Five of each kind; every second subject before a background is a person."""


def draw(case_id: str, number: int, shrink: int) -> Case:
    """The kind is the background."""
    kind, pair = chosen(number, KINDS), pairing(number)
    worn = kind != "white on white" and number // len(KINDS) % 2 == 0
    colour, alpha = _person(pair, shrink) if worn else _garment(pair, kind, shrink)
    size = Size(alpha.shape[1], alpha.shape[0])
    rng = np.random.default_rng([pair.person_seed, 7, number])
    behind = BACKGROUNDS["white" if kind == "white on white" else kind](size, rng, across(1, size))
    before = standing(colour, alpha, behind, rng, shadow=worn and kind != "white").rgb
    return Case(
        id=case_id,
        tool="background-remove",
        kind=kind,
        pictures={"image": (picture(before),)},
        truth=Truth(target=on_white(colour, alpha), before=before, alpha=alpha),
        clusters=pair.clusters if worn else {"garment": pair.clusters["garment"]},
    )


def _person(pair: Pairing, shrink: int) -> list[Floats]:
    script = pair.script()
    figure = shot(script, script.other, frame("2:3", shrink), 1)
    return [figure.rgb, figure.alpha]


def _garment(pair: Pairing, kind: str, shrink: int) -> list[Floats]:
    size = frame("4:5", shrink)
    if kind == "white on white":
        rng = np.random.default_rng([pair.garment_seed, 8])
        drawn = white_garment(chosen(pair.garment, GARMENTS), pair.garment_seed, size, rng)
    else:
        drawn = laid(pair.script(), size, 1)
    return [drawn.garment.colour, drawn.alpha]


REQUESTS = Requests("background-remove", draw, COUNT)
