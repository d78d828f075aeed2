"""Another background, another colour of the top, an object that is gone."""

import numpy as np
from PIL import Image

from eval.suites.case import Case, Truth
from eval.suites.rendered.drawing import chosen
from eval.suites.rendered.edit import COLOURS, KINDS, Sitter, changed
from eval.suites.rendered.model_swap import sitter, top_of
from eval.suites.rendered.requests.cast import FIRST, Pairing, Requests, frame, pairing
from pipelines.images import Bytes, picture


def draw(case_id: str, number: int, shrink: int) -> Case:
    """The kinds of change in turn."""
    kind, turn, pair = chosen(number, KINDS), number // len(KINDS), pairing(number)
    change = changed(kind, turn, _sitter(pair, number), frame("2:3", shrink))
    masks = {} if change.mask is None else {"mask": (Image.fromarray(change.mask).convert("RGB"),)}
    words = {"background": chosen(turn, tuple(COLOURS))} if kind == "background" else None
    answer = change.truth if change.answer is None else change.answer
    target: Bytes = np.where(change.kept[..., None], change.before, answer)
    truth = Truth(
        target=target,
        before=change.before,
        region=change.region,
        away=change.kept,
        words=words,
    )
    return Case(
        id=case_id,
        tool="edit",
        kind=kind,
        pictures={"image": (picture(change.before),), **masks},
        values={"prompt": change.prompt},
        truth=truth,
        clusters=pair.clusters,
    )


def _sitter(pair: Pairing, number: int) -> Sitter:
    """The person in a top of one colour, so that another colour is all that a change of it has to bring."""
    return Sitter(sitter(pair.person), top_of(pair.garment, pair.garment_seed), FIRST + 10_000 + number)


REQUESTS = Requests("edit", draw)
