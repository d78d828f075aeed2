"""Colours by name: those of casting, those of cloth and hair beside them, lighter, darker, stronger, and hex."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.draft.casting import COLOURS, HAIR_COLOURS, Colour

MORE: Mapping[str, Colour] = {
    "burgundy": (0.38, 0.09, 0.15), "wine": (0.42, 0.13, 0.19), "maroon": (0.40, 0.11, 0.13), "charcoal": (0.22, 0.22, 0.24),
    "camel": (0.74, 0.57, 0.38), "khaki": (0.66, 0.60, 0.45), "tan": (0.78, 0.63, 0.47), "ivory": (0.96, 0.94, 0.87),
    "taupe": (0.60, 0.54, 0.49), "coral": (0.93, 0.50, 0.43), "rust": (0.65, 0.30, 0.17), "mustard": (0.80, 0.62, 0.20),
    "gold": (0.83, 0.67, 0.33), "silver": (0.77, 0.78, 0.80), "emerald": (0.07, 0.44, 0.32), "turquoise": (0.27, 0.72, 0.71),
    "fuchsia": (0.80, 0.18, 0.50), "magenta": (0.76, 0.16, 0.50), "lilac": (0.80, 0.70, 0.86), "violet": (0.45, 0.30, 0.65),
    "rose": (0.88, 0.62, 0.63), "blush": (0.95, 0.84, 0.82), "indigo": (0.22, 0.24, 0.46), "denim": (0.29, 0.39, 0.54),
    "royal blue": (0.16, 0.28, 0.68), "sky blue": (0.62, 0.78, 0.92), "forest green": (0.14, 0.31, 0.21),
    "bottle green": (0.10, 0.26, 0.20), "lime": (0.74, 0.85, 0.30), "chocolate": (0.28, 0.18, 0.13), "stone": (0.78, 0.75, 0.69),
    "nude": (0.89, 0.76, 0.67), "ecru": (0.91, 0.87, 0.77), "cobalt": (0.10, 0.27, 0.62), "plum": (0.36, 0.17, 0.33),
    "blonde": HAIR_COLOURS["blond"], "blond": HAIR_COLOURS["blond"], "ginger": HAIR_COLOURS["ginger"],
    "auburn": (0.40, 0.18, 0.12), "brunette": HAIR_COLOURS["brown"], "copper": (0.62, 0.33, 0.18),
}  # fmt: skip
NAMES: Mapping[str, Colour] = {**MORE, **COLOURS}
SHADES: Mapping[str, tuple[float, float]] = {
    "light": (0.45, 0.85), "pale": (0.6, 0.6), "pastel": (0.55, 0.7), "soft": (0.3, 0.75), "dark": (-0.42, 0.9),
    "deep": (-0.35, 1.1), "bright": (0.1, 1.35), "vivid": (0.0, 1.4), "hot": (-0.1, 1.7), "muted": (0.0, 0.6),
    "dusty": (0.05, 0.55), "warm": (0.0, 1.0), "cool": (0.0, 1.0), "pure": (0.0, 1.0), "neutral": (0.0, 1.0), "mid": (0.0, 1.0),
}  # fmt: skip
"""For each shade word: how far lightness goes towards white (or, below zero, towards black), and the factor of chroma."""
_WORDS = "|".join(re.escape(name).replace(r"\ ", "[ -]") for name in sorted(NAMES, key=len, reverse=True))
_SHADES = "|".join(SHADES)
PATTERN = rf"(?:#(?:[0-9a-f]{{6}}|[0-9a-f]{{3}})\b|(?:\b(?:{_SHADES})[ -])?\b(?:{_WORDS})\b)"
"""Matches a colour in lower-case text."""
WHITE, BLACK = (1.0, 1.0, 1.0), (0.035, 0.035, 0.04)


@dataclass(frozen=True, slots=True)
class Named:
    """A colour and what it was called."""

    name: str
    rgb: Colour
    """sRGB in [0, 1]."""


def colour_of(words: str) -> Named:
    """What `PATTERN` matched, as a colour. "pure white" is 255, plain white is that of paper."""
    if words.startswith("#"):
        digits = words[1:] if len(words) == 7 else "".join(2 * each for each in words[1:])
        return Named(words, cast(Colour, tuple(int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))))
    spaced = re.sub(r"[ -]+", " ", words)
    for name in (spaced, spaced.replace(" ", "-")):
        if name in NAMES:
            return Named(name, NAMES[name])
    shade, _, rest = spaced.partition(" ")
    base = NAMES.get(rest) or NAMES[rest.replace(" ", "-")]
    if shade == "pure" and rest in ("white", "black"):
        return Named(spaced, WHITE if rest == "white" else BLACK)
    return Named(spaced, _shaded(base, *SHADES[shade]))


def _shaded(colour: Colour, lift: float, chroma: float) -> Colour:
    lab = lab_of(colour)
    lab[0] += lift * ((96 - lab[0]) if lift > 0 else lab[0])
    lab[1:] *= chroma
    rgb = np.clip(cv2.cvtColor(lab[None, None].astype(np.float32), cv2.COLOR_LAB2RGB)[0, 0], 0, 1)
    return float(rgb[0]), float(rgb[1]), float(rgb[2])


def lab_of(colour: Colour) -> NDArray[np.float32]:
    """float32 (3,): CIE Lab of a colour."""
    return cast(NDArray[np.float32], cv2.cvtColor(np.array([[colour]], np.float32), cv2.COLOR_RGB2LAB)[0, 0])
