"""Crooked product pictures for the white catalogue picture that a packshot is by default."""

import numpy as np

from eval.suites.case import Case, Truth
from eval.suites.rendered.drawing import chosen, on_white
from eval.suites.rendered.packshot import KINDS, crooked, laid_of
from eval.suites.rendered.requests.cast import GARMENTS, Requests, frame, pairing
from pipelines.images import picture

BEHIND = ("gradient", "textured", "busy")


def draw(case_id: str, number: int, shrink: int) -> Case:
    """Eight garments before three backgrounds; the kind is the garment's."""
    garment, seed = pairing(number).garment, pairing(number).garment_seed
    kind = chosen(garment, KINDS)
    laid = laid_of(kind, seed, frame("4:5", shrink), np.random.default_rng([seed, 13]))
    rng = np.random.default_rng([seed, 14, number])
    tilt = float(rng.uniform(-8, 8))
    source = crooked(laid, chosen(number // GARMENTS, BEHIND), rng, tilt, tilt)
    return Case(
        id=case_id,
        tool="packshot",
        kind=kind,
        pictures={"product_image": (picture(source),)},
        values={"aspect_ratio": "1:1"},
        truth=Truth(product=on_white(laid.garment.colour, laid.alpha), product_alpha=laid.alpha, words={"background": "white"}),
        clusters={"garment": f"garment-{garment}"},
    )


REQUESTS = Requests("packshot", draw)
