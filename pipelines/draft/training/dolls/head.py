"""Heads: skull and ears, hair of any cut, hats, beards and the features of a face."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipelines.draft.training.dolls.anatomy import SKIN, Camera, profile, tube
from pipelines.draft.training.dolls.canvas import Array, Keep, Tube
from pipelines.draft.training.dolls.pose import Doll
from pipelines.images import Floats, Mask
from pipelines.vision.people.body import Part

HAIR, HAT = 2, 3
SKULL = (0.018, 0.0330, 0.0405, 0.0424, 0.0420, 0.0405, 0.0375, 0.0330, 0.0270, 0.016)
"""Half widths from the crown to the chin."""
CROWN, CHIN = 0.128, 0.002


@dataclass(frozen=True, slots=True)
class Decal:
    """A painted feature of the face."""

    place: Array
    """(3,) in body heights."""
    wide: float
    high: float
    colour: str
    """What it is of: "eye", "iris", "brow", "lip", "nostril", "beard", "frame"."""
    turn: float = 0.0


@dataclass(frozen=True, slots=True)
class Head:
    """A dressed head."""

    tubes: Sequence[Tube]
    features: Sequence[Decal]


class _Sculptor:
    """Places on one doll's head, in its own right, up and forward."""

    def __init__(self, doll: Doll, camera: Camera) -> None:
        self.doll, self.camera, self.by = doll, camera, doll.shape.head
        self.aside = float(doll.facing[0, 2])
        """How far the middle of the face has turned to the right of the picture, -1 to 1."""
        self.away = float(doll.facing[2, 2]) < 0.15

    def place(self, right: float, up: float, forward: float) -> Array:
        return np.asarray(self.doll.head + self.doll.facing @ np.array([right, up, forward]))

    def path(self, *points: tuple[float, float, float]) -> Array:
        return np.stack([self.place(*point) for point in points])

    def column(self, top: float, bottom: float, count: int, back: float = 0.0) -> Array:
        """From the crown downwards inside the skull."""
        return np.stack([self.place(0, up, -0.012 - back) for up in np.linspace(top, bottom, count)])

    def tube(self, path: Array, wide: Array | Sequence[float], material: int, part: int, **more: object) -> Tube:
        return tube(self.camera, path, np.asarray(wide) * self.by, part, material, **more)  # type: ignore[arg-type]


def dressed_head(doll: Doll, camera: Camera, generator: Generator, plain: bool = False) -> Head:
    """A head with hair, and a face unless it is turned away; `plain` is a mannequin's."""
    made = _Sculptor(doll, camera)
    skull = made.tube(made.column(CROWN - 0.004, CHIN, 10), SKULL, SKIN, Part.FACE, linked=False, deep=1.2)
    tubes = [skull]
    if not plain or generator.random() < 0.4:
        tubes += _ears(made)
    if not plain or generator.random() < 0.3:
        tubes += _hair(made, generator)
    return Head(tubes, () if made.away or (plain and generator.random() < 0.8) else _face(made, generator))


def _ears(made: _Sculptor) -> list[Tube]:
    return [
        made.tube(made.path((sign * 0.043, 0.068, -0.02), (sign * 0.041, 0.046, -0.018)), (0.008, 0.006), SKIN, Part.FACE)
        for sign in (1, -1)
    ]


def _hair(made: _Sculptor, generator: Generator) -> list[Tube]:
    """A cap with an opening for the face, and masses that hang from it, or a hat, or nothing."""
    kind = generator.choice(9, p=(0.07, 0.21, 0.14, 0.25, 0.08, 0.06, 0.06, 0.09, 0.04))
    if kind == 0:
        return [_cap(made, generator, 0.002, 0.11)] if generator.random() < 0.5 else []
    if kind == 8:
        return _scarf(made, generator)
    volume = float(generator.uniform(0.002, 0.012))
    tubes = [_cap(made, generator, volume, None)]
    if kind in (2, 3):
        tubes += _hanging(made, generator, 0.02 if kind == 2 else None)
    if kind == 4:
        tubes += _afro(made, generator)
    if kind == 5:
        tubes += _knot(made, generator)
    if kind == 6:
        tubes += _tail(made, generator)
    if kind == 7:
        tubes += _hanging(made, generator, None) if generator.random() < 0.4 else []
        tubes += _hat(made, generator)
    return tubes


def _opening(made: _Sculptor, line: float, half: float, low: float, part: float) -> Keep | None:
    """Everything but the face: below the hairline and between the temples; `low` is where the sides end, along the cap."""
    if made.away:
        return None
    shift, narrow = made.aside * 0.95, max(0.3, 1 - abs(made.aside) * 0.5)

    def keep(along: Floats, across: Floats) -> Mask:
        off = (across - shift) / (half * narrow)
        arch = line + 0.10 * np.abs(off - part) ** 2
        return np.asarray(((along < arch) | (np.abs(off) > 1)) & ((along < low) | (np.abs(across - shift) > 2)))

    return keep


def _cap(made: _Sculptor, generator: Generator, volume: float, bald: float | None) -> Tube:
    """Hair close to the skull, from the crown to the ears or the nape."""
    end = float(generator.uniform(0.035, 0.075))
    top = CROWN + 0.4 * volume
    wide = np.interp(np.linspace(top, end, 8), np.linspace(CHIN, CROWN - 0.004, 10), SKULL[::-1]) + volume
    wide[0] = 0.02 + volume
    reach = top - end
    forehead = bald or float(generator.uniform(0.080, 0.108))
    keep = _opening(made, (top - forehead) / reach, generator.uniform(0.72, 0.95), 1.0, generator.normal(0, 0.5))
    return made.tube(made.column(top, end, 8), wide, HAIR, Part.HAIR, linked=False, deep=1.28, keep=keep)


def _hanging(made: _Sculptor, generator: Generator, end: float | None) -> list[Tube]:
    """Hair behind the head and at its sides, down to `end` below the chin, else to any length."""
    low = -(end if end is not None else float(generator.uniform(0.03, 0.24)))
    low = float(low * generator.uniform(0.6, 1.2))
    full = float(generator.uniform(0.044, 0.064))
    back = np.stack([made.place(0, up, -0.03 - 0.02 * (up < 0)) for up in np.linspace(CROWN - 0.02, low, 8)])
    wide = profile((0.03, 0.045, full, full, full * float(generator.uniform(0.7, 1.2)), full * 0.7), 8)
    tubes = [made.tube(back, wide, HAIR, Part.HAIR, linked=False, deep=0.35)]
    kind = generator.random()
    for sign in (1, -1):
        if kind < 0.25 or (kind < 0.5 and sign == (1 if kind < 0.375 else -1)):
            continue
        tubes.append(_lock(made, generator, sign, low, full))
    return tubes


def _lock(made: _Sculptor, generator: Generator, sign: float, low: float, full: float) -> Tube:
    """A strand from the parting down beside the face and over the shoulder."""
    thick = float(generator.uniform(0.010, 0.022))
    wave = generator.normal(0, 0.006, 9)
    heights = np.linspace(0.112, low * float(generator.uniform(0.7, 1.1)), 9)
    out = np.interp(heights, (-0.2, -0.03, 0.05, 0.09, 0.112), (full * 0.9, full, 0.044, 0.036, 0.015)) + wave * (heights < 0.05)
    forward = np.interp(heights, (-0.2, -0.06, 0.0, 0.06, 0.112), (0.075, 0.055, 0.0, 0.01, 0.02))
    path = np.stack([made.place(sign * x, y, z) for x, y, z in zip(out, heights, forward, strict=True)])
    return made.tube(path, thick * profile((0.4, 0.8, 1, 1.2, 1.2, 1.0, 0.5), 9), HAIR, Part.HAIR)


def _afro(made: _Sculptor, generator: Generator) -> list[Tube]:
    big = float(generator.uniform(0.055, 0.085))
    middle = float(generator.uniform(0.06, 0.09))
    share = np.linspace(-1, 1, 9)
    wide = big * np.sqrt(np.maximum(1 - share**2, 0.02)) * generator.normal(1, 0.05, 9)
    path = np.stack([made.place(0, middle - big * at, -0.03) for at in share])
    return [made.tube(path, wide, HAIR, Part.HAIR, linked=False, deep=0.8)]


def _knot(made: _Sculptor, generator: Generator) -> list[Tube]:
    x, y = generator.normal(0, 0.012), generator.uniform(0.118, 0.16)
    size = generator.uniform(0.014, 0.028)
    return [made.tube(made.path((x, y, -0.03), (x, y - 0.012, -0.035)), (size, size), HAIR, Part.HAIR)]


def _tail(made: _Sculptor, generator: Generator) -> list[Tube]:
    side = float(generator.choice((-1, 1)))
    x, end = side * generator.uniform(0.02, 0.07), -generator.uniform(0.02, 0.2)
    front = generator.uniform(-0.06, 0.07)
    path = made.path((0, 0.10, -0.06), (x * 0.6, 0.08, -0.075), (x, 0.0, -0.05 + front * 0.4), (x * 1.1, end, front))
    thick = generator.uniform(0.014, 0.024)
    return [made.tube(path, thick * np.array([0.8, 1.0, 1.1, 0.4]), HAIR, Part.HAIR)]


def _hat(made: _Sculptor, generator: Generator) -> list[Tube]:
    """A beanie, a cap with a peak or a hat with a brim."""
    low, tall = float(generator.uniform(0.078, 0.100)), float(generator.uniform(0.142, 0.185))
    crown = np.stack([made.place(0, up, -0.010) for up in np.linspace(tall, low, 6)])
    wide = np.array([generator.uniform(0.015, 0.036), 0.038, 0.044, 0.047, 0.048, 0.049])
    tubes = [made.tube(crown, wide, HAT, Part.HAIR, linked=False, deep=1.25)]
    kind = generator.random()
    if kind < 0.5:
        brim, thick = float(generator.uniform(0.065, 0.11)), float(generator.uniform(0.004, 0.014))
        tilt = float(generator.normal(0, 0.012))
        share = np.linspace(-1, 1, 9)
        path = np.stack([made.place(brim * at, low + 0.003 + tilt * at, 0.03 * (1 - at * at)) for at in share])
        tubes.append(made.tube(path, thick * np.sqrt(np.maximum(1.05 - share**2, 0.1)), HAT, Part.HAIR, deep=3.0))
    elif kind < 0.75:
        path = np.stack([made.place(0.036 * at, low + 0.002, 0.075) for at in (-1, -0.3, 0.3, 1)])
        tubes.append(made.tube(path, (0.006, 0.010, 0.010, 0.006), HAT, Part.HAIR))
    return tubes


def _scarf(made: _Sculptor, generator: Generator) -> list[Tube]:
    """Cloth around head and neck with an opening for the face."""
    end = -float(generator.uniform(0.02, 0.07))
    path = np.stack([made.place(0, up, -0.010) for up in np.linspace(CROWN + 0.004, end, 9)])
    wide = profile((0.022, 0.040, 0.048, 0.050, 0.050, 0.048, 0.052, 0.062), 9)
    reach = CROWN + 0.004 - end
    keep = None
    if not made.away:
        shift = made.aside * 0.8

        def keep(along: Floats, across: Floats) -> Mask:
            up = (along * reach - 0.078) / 0.046
            return np.asarray(((across - shift) / 0.68) ** 2 + up**2 > 1)

    return [made.tube(path, wide, HAT, Part.HAIR, linked=False, deep=1.25, keep=keep)]


def _face(made: _Sculptor, generator: Generator) -> list[Decal]:
    """Brows, eyes, nose and mouth, at times glasses or a beard."""
    eyes, mouth, nose = (float(generator.normal(mean, 0.0025)) for mean in (0.064, 0.026, 0.043))
    gap = float(generator.normal(0.0175, 0.0012))
    features: list[Decal] = []
    if generator.random() < 0.16:
        grow = generator.uniform(0.7, 1.3)
        features.append(Decal(made.place(0, 0.014, 0.03), 0.027 * grow, 0.013 * grow, "beard"))
        features.append(Decal(made.place(0, mouth + 0.009, 0.045), 0.015 * grow, 0.0035, "beard"))
    for sign in (1, -1):
        open_ = float(generator.uniform(0.0018, 0.0045))
        features.append(Decal(made.place(sign * gap, eyes + 0.002, 0.034), 0.0105, 0.007, "socket"))
        features.append(Decal(made.place(sign * gap, eyes, 0.036), 0.0078, open_, "eye", sign * 4))
        features.append(Decal(made.place(sign * gap, eyes, 0.037), 0.0034, min(open_, 0.0036), "iris"))
        features.append(Decal(made.place(sign * gap * 1.05, eyes + generator.uniform(0.009, 0.0125), 0.036), 0.0105,
                              generator.uniform(0.0012, 0.0028), "brow", -sign * generator.uniform(-4, 12)))  # fmt: skip
    features.append(Decal(made.place(0, nose, 0.052), 0.0065, 0.0028, "nostril"))
    features.append(Decal(made.place(0.004 * generator.choice((-1, 1)), nose + 0.010, 0.048), 0.003, 0.010, "nostril"))
    features.append(Decal(made.place(0, mouth, 0.044), generator.uniform(0.011, 0.016), generator.uniform(0.0022, 0.005), "lip"))
    if generator.random() < 0.12:
        dark = "frame" if generator.random() < 0.6 else "shade"
        features += [Decal(made.place(sign * gap, eyes - 0.001, 0.048), 0.0145, 0.0105, dark) for sign in (1, -1)]
    return features
