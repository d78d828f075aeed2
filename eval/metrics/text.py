"""Whether the writing on the garment can still be read, by Tesseract where this machine has it."""

import subprocess
from difflib import SequenceMatcher
from functools import lru_cache
from io import BytesIO
from shutil import which

import numpy as np

from eval.errors import Unscored
from eval.metrics.garment_delta_e import region_of
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, picture, resized
from pipelines.sizes import Size

PROGRAM = "tesseract"
SIDE = 1200
"""Longer side at which a region is read, in pixels; Tesseract wants letters of 20 pixels and more."""
SECONDS = 30


def text_similarity(read: str, wanted: str) -> float:
    """0 to 1, 1 where every letter and digit of `wanted` is read in its order, case and spaces aside; surplus is not punished.

    >>> text_similarity("xx N0RTH |", "North")
    0.8
    """
    own, letters = ("".join(each for each in text.casefold() if each.isalnum()) for text in (read, wanted))
    blocks = SequenceMatcher(None, own, letters, autojunk=False).get_matching_blocks()
    return sum(each.size for each in blocks) / len(letters) if letters else float("nan")


def missing() -> str:
    """What has to be installed; empty where it is."""
    return "" if which(PROGRAM) else "install Tesseract (Apache-2.0; apt install tesseract-ocr) so that writing can be read"


@lru_cache(maxsize=1)
def _version(program: str) -> str:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=SECONDS)  # noqa: S603 - found by `which`
    return told.stdout.splitlines()[0] if told.stdout else "unknown"


def reader() -> str:
    """The program's own version; empty where it is missing."""
    program = which(PROGRAM)
    return _version(program) if program else ""


def read_text(rgb: Bytes) -> str:
    """What Tesseract reads in uint8 (h, w, 3). Raises Unscored where it is missing or fails."""
    program = which(PROGRAM)
    if program is None:
        raise Unscored(missing())
    file = BytesIO()
    picture(rgb).save(file, "png")
    command = [program, "stdin", "stdout", "--psm", "11"]
    try:
        done = subprocess.run(command, input=file.getvalue(), capture_output=True, check=True, timeout=SECONDS)  # noqa: S603 - found by `which`
    except (OSError, subprocess.SubprocessError) as error:
        raise Unscored(f"Tesseract could not read the picture: {error}") from error
    return done.stdout.decode(errors="replace")


def _measure(sample: Sample) -> float:
    region = region_of(sample)
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    part = np.ascontiguousarray(sample.shown[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    scale = SIDE / max(part.shape[:2])
    return text_similarity(
        read_text(resized(part, Size(*(max(1, round(side * scale)) for side in part.shape[1::-1])))), sample.truth.text or ""
    )


METRIC = Metric(
    name="text_similarity",
    title="writing read",
    group="garment",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"text", "region"}),
    measure=_measure,
    margin=0.05,
    source="Matching blocks of Ratcliff and Obershelp 1988 over what Tesseract reads",
    method={
        "reader": "Tesseract, sparse text",
        "resize": f"bicubic, region to {SIDE} pixels",
        "letters": "and digits, case aside",
    },
    sees=frozenset({"garment"}),
    missing=missing,
    weights=reader,
)
