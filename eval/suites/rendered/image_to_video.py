"""Rendered people set in motion: does it move, does what should rest rest, does it begin with the picture?"""

from io import BytesIO

import av
import cv2
import numpy as np

from eval.metrics.flicker import flicker
from eval.metrics.psnr import psnr
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import SIZE, around, chosen, scene_of
from pipelines.engine import Output
from pipelines.images import Bytes, Floats, Mask, picture, to_bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import ImageToVideo

KINDS = ("static camera, gentle breeze", "slow zoom in, seamless loop")
FRAMES = 120
REACH = 61
"""Pixels around the person in which hair and cloth may move, in most cases' size."""


def case(number: int) -> Case:
    """Five seconds with the camera at rest or in motion."""
    prompt, seed = chosen(number, KINDS), FIRST_SEED + number
    scene = scene_of(seed)
    still = to_bytes(scene.target)
    away = at_rest(scene.dressed.alpha)

    def task(mode: Mode) -> ImageToVideo:
        return ImageToVideo(image=picture(still), prompt=prompt, duration=5, size=SIZE, mode=mode, seed=seed)

    return Case(prompt, task, lambda output: _scores(output, still, away), {"copy the input": lambda: Output(picture(still))})


def at_rest(alpha: Floats) -> Mask:
    """Where nothing moves while the camera is at rest, around a person's matte (h, w)."""
    size = Size(alpha.shape[1], alpha.shape[0])
    return np.asarray(cv2.dilate((alpha > 0.02).astype(np.uint8), around(REACH, size)) == 0)


def frames_of(video: bytes) -> list[Bytes]:
    """Every frame, uint8 (h, w, 3)."""
    with av.open(BytesIO(video), "r") as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8) for frame in container.decode(video=0)]


def _scores(output: Output, still: Bytes, away: Mask) -> Scores:
    frames = frames_of(output.video) if output.video else [still] * FRAMES
    steps = [float(np.abs(frame.astype(np.int16) - frames[0].astype(np.int16)).mean()) for frame in frames[:: FRAMES // 12]]
    return {
        "frames": float(len(frames)),
        "first": min(psnr(frames[0], still), 99.0),
        "motion": max(steps),
        "rest": flicker(frames[::4], away),
        "loop": float(np.abs(frames[-1].astype(np.int16) - frames[0].astype(np.int16)).mean()) / max(max(steps), 0.1),
    }


SUITE = ToolSuite(
    "image-to-video",
    8,
    case,
    (
        Measure("frames", "frames", "higher", "least", FRAMES, digits=0, judges=False),
        Measure("first", "PSNR of the first frame", "higher", bar=32.0, digits=1, judges=False),
        Measure("motion", "largest motion", "higher", bar=0.5, digits=2),
        Measure("rest", "flicker behind, camera at rest", "lower", bar=0.5, kind=KINDS[0], judges=False),
        Measure("loop", "last to first over largest motion", "lower", bar=0.35, kind=KINDS[1], digits=2, judges=False),
    ),
    (Mode.BALANCED,),
)
