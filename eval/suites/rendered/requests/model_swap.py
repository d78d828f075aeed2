"""People who are to get the skin that the prompt names, in the same clothes and the same place."""

from eval.suites.case import Case, Truth
from eval.suites.rendered.drawing import chosen
from eval.suites.rendered.model_swap import CLOTHES, SKIN, WORDS, pair_of, sitter, top_of, within
from eval.suites.rendered.requests.cast import GARMENTS, Requests, alike, frame, pairing
from pipelines.images import picture
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.figure import SKIN_FINISHES


def draw(case_id: str, number: int, shrink: int) -> Case:
    """The kind is the skin that is asked for, never the own."""
    pair = pairing(number)
    spec, top = sitter(pair.person), top_of(pair.garment, pair.garment_seed)
    other = tuple(each for each in SKIN_FINISHES if each != spec.finish)
    wanted = chosen(pair.garment + number // GARMENTS, other)
    made = pair_of(spec, top, wanted, pair.person_seed, frame("2:3", shrink))
    body = made.figure.body
    truth = Truth(
        target=made.after,
        before=made.before,
        region=within(body.parts, SKIN),
        away=within(body.parts, (*CLOTHES, Part.BACKGROUND)) & alike(made.before, made.after),
        joints=body.joints,
        words={"skin": wanted},
    )
    return Case(
        id=case_id,
        tool="model-swap",
        kind=wanted,
        pictures={"model_image": (picture(made.before),)},
        values={"prompt": f"a woman with {WORDS[wanted]}"},
        truth=truth,
        clusters=pair.clusters,
    )


REQUESTS = Requests("model-swap", draw)
