"""Pictures of people and products made half as large in four ways."""

from collections.abc import Mapping

from eval.suites.case import Case, Truth
from eval.suites.rendered.drawing import chosen
from eval.suites.rendered.requests.cast import Pairing, Requests, frame, pairing
from eval.suites.rendered.upscale import KERNELS
from pipelines.images import Bytes, picture, to_bytes, to_float
from pipelines.vision.rendering.scenes import laid, shot, stood


def draw(case_id: str, number: int, shrink: int) -> Case:
    """The kind is how it was made small; every second four are products."""
    kind, pair = chosen(number, tuple(KERNELS)), pairing(number)
    whole = number // len(KERNELS) % 2 == 0
    target = _person(pair, shrink) if whole else to_bytes(laid(pair.script(), frame("4:5", shrink), 1).rgb)
    return Case(
        id=case_id,
        tool="upscale",
        kind=kind,
        pictures={"image": (picture(KERNELS[kind](to_float(target))),)},
        values={"factor": "2x"},
        truth=Truth(target=target),
        clusters=_clusters(pair, whole),
    )


def _person(pair: Pairing, shrink: int) -> Bytes:
    script = pair.script()
    return to_bytes(stood(script, shot(script, script.other, frame("2:3", shrink), 1)))


def _clusters(pair: Pairing, whole: bool) -> Mapping[str, str]:
    return pair.clusters if whole else {"garment": pair.clusters["garment"]}


REQUESTS = Requests("upscale", draw)
