"""Who a drawn head is, what it does with its face and where it looks: values only, drawn from a seed where nothing is said.

Lengths are in heads, chin to crown.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from pipelines.vision.rendering import palette
from pipelines.vision.rendering.figure import Sex
from pipelines.vision.rendering.palette import Colour

Style = Literal[
    "bald", "buzz", "crop", "side part", "quiff", "pixie", "bob", "lob", "long", "wavy", "curly", "coily", "afro", "bun",
    "low bun", "ponytail", "slicked",
]  # fmt: skip
Texture = Literal["own", "straight", "wavy", "curly", "coily"]
Beard = Literal["none", "stubble", "moustache", "short", "full"]
Glasses = Literal["none", "round", "square", "sun"]
Shape = Literal["oval", "round", "square", "heart", "long"]


@dataclass(frozen=True, slots=True)
class Hairdo:
    """How the hair is worn."""

    style: Style = "lob"
    colour: Colour = (0.20, 0.13, 0.09)
    """sRGB in [0, 1]."""
    texture: Texture = "own"
    """`own` is what is usual for the style."""
    grey: float = 0.0
    """0 to 1: share of strands that have gone grey."""
    fringe: bool = False
    parting: float = 0.0
    """-1 to 1: where the parting is, 0 is the middle, positive is the person's left."""


@dataclass(frozen=True, slots=True)
class Face:
    """An identity: nothing in it depends on angle, expression, light or size."""

    sex: Sex = "woman"
    age: float = 28.0
    """Years; from about 8."""
    skin: Colour = palette.SKINS["light"]
    eyes: Colour = palette.EYES["brown"]
    hairdo: Hairdo = field(default_factory=Hairdo)
    beard: Beard = "none"
    glasses: Glasses = "none"
    freckles: float = 0.0
    makeup: float = 0.4
    shape: Shape = "oval"
    width: float = 1.0
    """Factors around 1 from here on."""
    jaw: float = 1.0
    eye_size: float = 1.0
    eye_spacing: float = 1.0
    eye_tilt: float = 4.0
    """Degrees by which the outer corner of an eye is higher than the inner one."""
    eye_opening: float = 1.0
    nose_length: float = 1.0
    nose_width: float = 1.0
    nose_bridge: float = 1.0
    lips: float = 1.0
    """Fullness."""
    mouth_width: float = 1.0
    brow_weight: float = 1.0
    brow_arch: float = 1.0
    cheekbones: float = 1.0


@dataclass(frozen=True, slots=True)
class Expression:
    """What the face does."""

    smile: float = 0.12
    """-1 is earnest, 1 a broad smile."""
    teeth: float = 0.0
    """0 to 1: how far the lips part."""
    brows: float = 0.0
    """-1 is drawn together, 1 raised."""
    lids: float = 1.0
    """How far the eyes are open; 0 is closed."""
    gaze: float = 0.0
    """-1 to 1, to the right of the picture."""


@dataclass(frozen=True, slots=True)
class Angle:
    """How the head is turned, in degrees."""

    yaw: float = 0.0
    """Positive turns the face to the right of the picture; 90 is a profile."""
    pitch: float = 0.0
    """Positive looks up."""
    roll: float = 0.0
    """Positive leans to the right of the picture."""


def drawn(seed: int, sex: Sex | None = None, age: float | None = None) -> Face:
    """The identity of a seed: the same numbers are drawn whatever is fixed, so that other words leave the rest as it was."""
    rng = np.random.default_rng([seed, 11])
    own: Sex = "woman" if rng.random() < 0.55 else "man"
    sex = sex or own
    years = float(rng.uniform(21, 36))
    tone = palette.complexion(rng)
    style, parting, cut = rng.random(), rng.uniform(-1, 1), rng.random()
    n = rng.standard_normal(16).clip(-1.8, 1.8)
    shapes: tuple[Shape, ...] = ("oval", "oval", "oval", "heart", "round", "square", "long")
    shape = shapes[int(rng.integers(len(shapes)))]
    hairdo = Hairdo(usual_style(sex, style), tone.hair, parting=float(round(parting)) * 0.7, fringe=bool(cut < 0.16))
    face = Face(
        sex=sex, age=age if age is not None else years, skin=tone.skin, eyes=tone.eyes, hairdo=hairdo, shape=shape,
        makeup=0.45 if sex == "woman" else 0.0,
        width=1 + 0.018 * n[0], jaw=1 + 0.05 * n[1], eye_size=1 + 0.045 * n[2], eye_spacing=1 + 0.03 * n[3],
        eye_tilt=4 + 2.2 * n[4], eye_opening=1 + 0.07 * n[5], nose_length=1 + 0.05 * n[6], nose_width=1 + 0.10 * n[7],
        nose_bridge=1 + 0.14 * n[8], lips=1 + 0.14 * n[9], mouth_width=1 + 0.05 * n[10], brow_weight=1 + 0.14 * n[11],
        brow_arch=1 + 0.30 * n[12], cheekbones=1 + 0.3 * n[13],
        beard=beard_of(sex, years, float(rng.random())),
    )  # fmt: skip
    return youthful(replace(face, hairdo=replace(hairdo, grey=greying(face.age))))


def youthful(face: Face) -> Face:
    """With the rounder face, larger eyes and smaller nose of a child, as far as the age says."""
    young = float(np.clip((17 - face.age) / 8, 0, 1))
    return face if young == 0 else replace(
        face, shape="round", jaw=face.jaw * (1 - 0.05 * young), eye_size=face.eye_size * (1 + 0.12 * young),
        nose_length=face.nose_length * (1 - 0.16 * young), nose_width=face.nose_width * (1 - 0.10 * young),
        nose_bridge=face.nose_bridge * (1 - 0.6 * young), brow_weight=face.brow_weight * (1 - 0.35 * young),
        mouth_width=face.mouth_width * (1 - 0.08 * young), cheekbones=face.cheekbones * (1 - 0.5 * young),
    )  # fmt: skip


def usual_style(sex: Sex, chance: float) -> Style:
    """A style that suits, by a number in [0, 1)."""
    women: tuple[Style, ...] = ("lob", "bob", "long", "wavy", "low bun", "ponytail", "pixie", "curly")
    men: tuple[Style, ...] = ("crop", "side part", "quiff", "crop", "slicked", "buzz")
    styles = men if sex == "man" else women
    return styles[int(chance * len(styles))]


def beard_of(sex: Sex, age: float, chance: float) -> Beard:
    """Every third man has one."""
    if sex != "man" or age < 20 or chance > 0.36:
        return "none"
    return "stubble" if chance > 0.12 else "short"


def greying(age: float) -> float:
    """Share of grey hair at an age."""
    return float(np.clip((age - 42) / 28, 0, 1) ** 1.2)
