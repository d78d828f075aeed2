"""Whether a video begins and ends with the pictures that it was given."""

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from eval.metrics.psnr import EQUAL, psnr
from pipelines.images import Bytes

METHOD = {"colour": "sRGB, 8 bits, all channels, after decoding", "resize": "area, to the truth's frame"}
LIBRARIES = ("numpy", "opencv-python-headless", "av")
SOURCE = "Huynh-Thu and Ghanbari 2008, Scope of validity of PSNR"


def fidelity(frame: Bytes, given: Bytes) -> float:
    """PSNR in dB of uint8 (h, w, 3), 100 for equal pictures.

    >>> import numpy as np
    >>> fidelity(np.ones((2, 2, 3), np.uint8), np.ones((2, 2, 3), np.uint8))
    100.0
    """
    return min(EQUAL, psnr(frame, given))


def _first(sample: Sample) -> float:
    if sample.truth.before is None:
        raise Unscored("the picture that it began with is unknown")
    return fidelity(sample.frames[0], sample.truth.before)


def _last(sample: Sample) -> float:
    if sample.truth.end is None:
        raise Unscored("the picture that it should end with is unknown")
    return fidelity(sample.frames[-1], sample.truth.end)


FIRST = Metric(
    name="first_frame",
    title="PSNR of the first frame, dB",
    group="video",
    better="higher",
    range=(0.0, EQUAL),
    needs=frozenset({"before"}),
    measure=_first,
    margin=1.0,
    source=SOURCE,
    method=METHOD,
    libraries=LIBRARIES,
    tools=frozenset({"image-to-video"}),
    digits=1,
)
LAST = Metric(
    name="last_frame",
    title="PSNR of the last frame, dB",
    group="video",
    better="higher",
    range=(0.0, EQUAL),
    needs=frozenset({"end"}),
    measure=_last,
    margin=1.0,
    source=SOURCE,
    method=METHOD,
    libraries=LIBRARIES,
    tools=frozenset({"image-to-video"}),
    digits=1,
)
