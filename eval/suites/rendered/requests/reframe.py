"""Portraits cut from wide pictures, which are asked for again."""

import numpy as np

from eval.suites.case import Case, Truth
from eval.suites.rendered.drawing import chosen
from eval.suites.rendered.reframe import KINDS, wide
from eval.suites.rendered.requests.cast import Requests, frame, pairing
from pipelines.images import Bytes, Mask, picture
from pipelines.sizes import Size
from pipelines.vision.rendering.scenes import shot

GREY = 128
"""What `before` shows where there is nothing yet."""


def draw(case_id: str, number: int, shrink: int) -> Case:
    """The kind is what is behind the person."""
    pair, kind, whole = pairing(number), chosen(number + number // len(KINDS), KINDS), frame("4:3", shrink)
    narrow = Size(whole.width // 2, whole.height)
    script = pair.script()
    target = wide(shot(script, script.other, narrow, 1), kind, whole, np.random.default_rng([pair.person_seed, 11, number]))
    given = _middle(whole, narrow)
    before: Bytes = np.where(given[..., None], target, np.uint8(GREY))
    left = (whole.width - narrow.width) // 2
    return Case(
        id=case_id,
        tool="reframe",
        kind=kind,
        pictures={"image": (picture(target[:, left : left + narrow.width]),)},
        values={"aspect_ratio": "4:3"},
        truth=Truth(target=target, before=before, region=~given),
        clusters=pair.clusters,
    )


def _middle(whole: Size, narrow: Size) -> Mask:
    mask = np.zeros((whole.height, whole.width), np.bool_)
    left = (whole.width - narrow.width) // 2
    mask[:, left : left + narrow.width] = True
    return mask


REQUESTS = Requests("reframe", draw)
