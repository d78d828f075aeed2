"""Garments on white to be worn by people whom the prompt describes."""

from eval.suites.case import Case, Truth
from eval.suites.rendered.drawing import chosen, on_white
from eval.suites.rendered.product_to_model import KINDS, PATTERNS, laid_of
from eval.suites.rendered.requests.cast import Requests, frame, pairing
from eval.suites.rendered.requests.create import CAST
from pipelines.images import picture


def draw(case_id: str, number: int, shrink: int) -> Case:
    """The kind is the garment's."""
    pair = pairing(number)
    kind, person = chosen(pair.garment, KINDS), CAST[pair.person]
    laid = laid_of(kind, chosen(pair.garment, PATTERNS), pair.garment_seed, frame("4:5", shrink))
    product = on_white(laid.garment.colour, laid.alpha)
    return Case(
        id=case_id,
        tool="product-to-model",
        kind=kind,
        pictures={"product_images": (picture(product),)},
        values={"prompt": person.prompt, "aspect_ratio": "2:3"},
        truth=Truth(product=product, product_alpha=laid.alpha, words=person.words),
        clusters=pair.clusters,
    )


REQUESTS = Requests("product-to-model", draw)
