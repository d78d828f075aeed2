"""People in a studio who are to wear another top, lying on a table; the same people were rendered in it."""

from eval.suites.case import Case, Truth
from eval.suites.rendered.requests.cast import Requests, alike, frame, pairing
from eval.suites.rendered.try_on import away_from, worn
from pipelines.images import picture, to_bytes
from pipelines.vision.rendering.scenes import played


def draw(case_id: str, number: int, shrink: int) -> Case:
    """The kind is the garment's."""
    pair = pairing(number)
    script = pair.script()
    scene = played(script, frame("2:3", shrink), 1, frame("4:5", shrink))
    region, product = worn(scene), to_bytes(scene.product.rgb)
    before, target = to_bytes(scene.person), to_bytes(scene.target)
    truth = Truth(
        target=target,
        before=before,
        region=region,
        away=away_from(region) & alike(before, target),
        joints=scene.figure.body.joints,
        product=product,
        product_alpha=scene.product.alpha,
    )
    pictures = {"model_image": (picture(before),), "product_image": (picture(product),)}
    return Case(id=case_id, tool="try-on", kind=script.other.kind, pictures=pictures, truth=truth, clusters=pair.clusters)


REQUESTS = Requests("try-on", draw)
