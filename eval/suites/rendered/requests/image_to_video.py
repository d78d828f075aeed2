"""People set in motion: with the camera at rest, in a loop, and towards an end image."""

from PIL.Image import Image

from eval.suites.case import Case, Truth
from eval.suites.rendered.drawing import chosen
from eval.suites.rendered.image_to_video import KINDS, at_rest
from eval.suites.rendered.requests.cast import Requests, pairing
from pipelines.images import picture, to_bytes
from pipelines.sizes import Size
from pipelines.vision.rendering.scenes import shot, stood

FRAME = Size(720, 1080)
"""Of a 720p video of a picture in 2:3."""
REST, LOOP, END = ("camera at rest", "seamless loop", "end image")
PROMPTS = {REST: KINDS[0], LOOP: KINDS[1], END: ""}


def draw(case_id: str, number: int, shrink: int) -> Case:
    """Five seconds; the end image shows the person in another top, and asks for 1080p because tools want that."""
    kind, pair, size = chosen(number, tuple(PROMPTS)), pairing(number), Size(FRAME.width // shrink, FRAME.height // shrink)
    script = pair.script()
    figure = shot(script, script.other, size, 1)
    before = to_bytes(stood(script, figure))
    pictures: dict[str, tuple[Image, ...]] = {"image": (picture(before),)}
    values: dict[str, object] = {"prompt": PROMPTS[kind], "duration": 5}
    end = to_bytes(stood(script, shot(script, script.worn, size, 1))) if kind == END else None
    if end is not None:
        pictures["end_image"] = (picture(end),)
        values["resolution"] = "1080p"
    return Case(
        id=case_id,
        tool="image-to-video",
        kind=kind,
        pictures=pictures,
        values=values,
        truth=Truth(before=before, end=end, rest=at_rest(figure.alpha) if kind == REST else None),
        clusters=pair.clusters,
    )


REQUESTS = Requests("image-to-video", draw)
