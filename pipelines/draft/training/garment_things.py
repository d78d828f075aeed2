"""What is in product pictures besides garments: shoes, hats, bags and anything else, as outlines in the plane."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from pipelines.draft.training.garment_cuts import Line, Piece, Points, Sketch, any_of, at, bow


def thing(rng: Generator, category: str) -> Sketch:
    """A shoe, a hat, a bag or something else."""
    return {"shoes": _shoes, "hat": _hat, "bag": _bag, "other": _other}[category](rng)


def _ring(rng: Generator, wide: float, high: float, power: float = 2.0, count: int = 24) -> Points:
    """A superellipse, a little dented."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, y = np.cos(turn), np.sin(turn)
    bent = np.sign(x) * np.abs(x) ** (2 / power), np.sign(y) * np.abs(y) ** (2 / power)
    return np.column_stack([bent[0] * wide, bent[1] * high]) * (1 + 0.02 * rng.standard_normal((count, 1)))


def _shoes(rng: Generator) -> Sketch:
    shoe = _SHOES[any_of(rng, {"low": 0.5, "boot": 0.25, "heel": 0.25})](rng)
    turned = [Piece(each.points * at(-1, 1), each.role) for each in shoe] if rng.random() < 0.5 else shoe
    if rng.random() < 0.6:
        away, mirror = at(rng.uniform(-0.8, 0.8), rng.uniform(-0.9, 0.4)), float(rng.choice([-1, 1], p=[0.25, 0.75]))
        turned = [*(Piece(each.points * at(mirror, 1) + away, each.role) for each in turned), *turned]
    lines = [Line(bow(at(x, -0.1), at(x + 0.25, 0.1), 0.1, 4), 0.03, True) for x in np.linspace(0, 0.5, int(rng.integers(0, 6)))]
    return Sketch("shoes", tuple(turned), tuple(lines))


def _low(rng: Generator) -> list[Piece]:
    u = rng.uniform
    high, toe, sole = u(0.35, 0.75), u(0.18, 0.4), u(0.06, 0.25)
    upper = np.concatenate([bow(at(-1, 0.1), at(-0.95, -high), -0.05), bow(at(-0.95, -high), at(-0.3, -high * u(0.6, 1.0)), u(-0.2, 0.02)),
                            bow(at(-0.3, -high * 0.8), at(0.6, -toe), u(-0.12, 0.05)), bow(at(0.6, -toe), at(1.1, 0.1), 0.25)])  # fmt: skip
    bottom = np.concatenate(
        [bow(at(-1.05, 0.05), at(1.15, 0.05), u(-0.02, 0.02)), bow(at(1.15, 0.05 + sole), at(-1.05, 0.05 + sole), u(-0.04, 0.04))]
    )
    return [Piece(upper), Piece(bottom, "trim")]


def _boot(rng: Generator) -> list[Piece]:
    u = rng.uniform
    tall, wide, sole = u(0.9, 2.6), u(0.3, 0.5), u(0.06, 0.25)
    upper = np.concatenate([bow(at(-0.9, 0.1), at(-0.9, -tall), u(-0.03, 0.03)), bow(at(-0.9, -tall), at(-0.9 + 2 * wide, -tall), u(-0.03, 0.03)),
                            bow(at(-0.9 + 2 * wide, -tall), at(0.0, -0.5), -0.02), bow(at(0.0, -0.5), at(0.6, -0.3), -0.1), bow(at(0.6, -0.3), at(1, 0.1), 0.25)])  # fmt: skip
    return [Piece(upper), Piece(np.array([(-0.95, 0.05), (1.05, 0.05), (1.05, 0.05 + sole), (-0.95, 0.05 + sole)]), "trim")]


def _heel(rng: Generator) -> list[Piece]:
    u = rng.uniform
    high = u(0.3, 0.9)
    body = np.concatenate([bow(at(-0.9, -high), at(-0.7, -high - 0.4), -0.1, 4), bow(at(-0.6, -high - 0.35), at(0.4, -0.25), u(-0.25, -0.1)),
                           bow(at(0.4, -0.25), at(1, 0), 0.2), bow(at(1, 0.03), at(0.3, 0.0), 0), bow(at(0.3, 0), at(-0.8, -high + 0.1), u(0.08, 0.18))])  # fmt: skip
    thick = u(0.03, 0.2)
    return [Piece(np.array([(-0.92, -high), (-0.75 + thick, -high), (-0.85 + thick, 0.03), (-0.88, 0.03)]), "trim"), Piece(body)]


_SHOES: dict[str, Callable[[Generator], list[Piece]]] = {"low": _low, "boot": _boot, "heel": _heel}


def _hat(rng: Generator) -> Sketch:
    u = rng.uniform
    tall, wide = u(0.5, 1.1), u(0.8, 1.0)
    dome = np.concatenate([bow(at(-wide, 0), at(-wide * u(0.5, 0.9), -tall), -0.15), bow(at(-wide * 0.7, -tall), at(wide * 0.7, -tall), u(-0.2, 0.02) * -1),
                           bow(at(wide * u(0.5, 0.9), -tall), at(wide, 0), -0.15), bow(at(wide, 0), at(-wide, 0), 0.06)])  # fmt: skip
    kind = any_of(rng, {"cap": 0.35, "brim": 0.4, "beanie": 0.25})
    if kind == "cap":
        side = float(rng.choice([-1, 1]))
        return Sketch(
            "hat",
            (
                Piece(dome),
                Piece(
                    np.concatenate(
                        [
                            bow(at(side * 0.2, 0), at(side * 1.9, u(0.1, 0.4)), -side * 0.1),
                            bow(at(side * 1.9, 0.4), at(-side * 0.3, 0.12), 0),
                        ]
                    ),
                    "trim" if rng.random() < 0.4 else "cloth",
                ),
            ),
        )
    if kind == "beanie":
        return Sketch(
            "hat",
            (Piece(dome), Piece(np.array([(-wide, -0.1), (wide, -0.1), (wide, u(0.2, 0.5)), (-wide, u(0.2, 0.5))]), "trim")),
        )
    brim = Piece(_ring(rng, u(1.3, 2.2), u(0.15, 0.6)) + at(0, 0.05))
    band = Piece(np.array([(-wide, -0.2), (wide, -0.2), (wide, 0.02), (-wide, 0.02)]), "trim")
    return Sketch("hat", (brim, Piece(dome), band) if rng.random() < 0.7 else (Piece(dome), brim))


def _bag(rng: Generator) -> Sketch:
    u = rng.uniform
    high, narrow = u(0.5, 1.3), u(0.75, 1.1)
    body = np.concatenate([bow(at(-narrow, -high), at(narrow, -high), u(-0.05, 0.2), 9), bow(at(narrow, -high), at(1, high), u(-0.05, 0.05)),
                           bow(at(1, high), at(-1, high), u(-0.02, 0.08)), bow(at(-1, high), at(-narrow, -high), u(-0.05, 0.05))])  # fmt: skip
    if rng.random() < 0.3:
        body = _ring(rng, 1, high, float(u(1.8, 5)))
    pieces: list[Piece] = []
    for _ in range(int(rng.integers(0, 3))):
        reach, width, thick = u(0.3, 1.8), u(0.3, 0.95), u(0.03, 0.12)
        arch = bow(at(-width, -high + 0.1), at(width, -high + 0.1), reach / (2 * width) * 0.9, 15)
        pieces.append(
            Piece(
                np.concatenate([arch, (arch * at(1 - thick / width, 1) + at(0, thick))[::-1]]),
                "trim" if rng.random() < 0.6 else "cloth",
            )
        )
    pieces.append(Piece(body))
    if rng.random() < 0.5:
        pieces.append(Piece(body * at(1, 0.5) - at(0, high * 0.45), "trim" if rng.random() < 0.4 else "cloth"))
    if rng.random() < 0.3:
        pieces.append(Piece(_ring(rng, 0.6, high * 0.4, 4) + at(0, high * 0.4)))
    return Sketch("bag", tuple(pieces), (Line(bow(at(-0.8, -high * 0.6), at(0.8, -high * 0.6), 0.02), 0.03, True),))


def _other(rng: Generator) -> Sketch:
    """A belt, a scarf, sunglasses, a bottle, a box, or nothing in particular."""
    u = rng.uniform
    kind = any_of(rng, {"blob": 0.4, "strip": 0.25, "glasses": 0.1, "bottle": 0.15, "polygon": 0.1})
    if kind == "strip":
        ends, wide = rng.normal(0, 1.2, (2, 2)), u(0.05, 0.4)
        path = bow(ends[0], ends[1] + at(0.4, 0), u(-0.5, 0.5), 13)
        return Sketch("other", (Piece(np.concatenate([path, path[::-1] + at(0.05, wide)])),))
    if kind == "glasses":
        lens = _ring(rng, 0.5, u(0.3, 0.5), 3)
        return Sketch(
            "other",
            (
                Piece(np.array([(-0.6, -0.1), (0.6, -0.1), (0.6, 0), (-0.6, 0)])),
                Piece(lens - at(0.6, 0)),
                Piece(lens + at(0.6, 0)),
            ),
        )
    if kind == "bottle":
        tall, neck = u(0.8, 1.6), u(0.1, 0.4)
        return Sketch(
            "other",
            (
                Piece(
                    np.array(
                        [
                            (-0.5, tall),
                            (-0.5, -tall * 0.5),
                            (-neck, -tall * 0.7),
                            (-neck, -tall),
                            (neck, -tall),
                            (neck, -tall * 0.7),
                            (0.5, -tall * 0.5),
                            (0.5, tall),
                        ]
                    )
                ),
            ),
        )
    if kind == "polygon":
        return Sketch("other", (Piece(rng.normal(0, 1, (int(rng.integers(3, 8)), 2))),))
    turn = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    radius = 1 + sum(u(0, 0.35) / k * np.cos(k * turn + u(0, 6)) for k in range(1, 7))
    return Sketch("other", (Piece(np.column_stack([np.cos(turn) * radius * u(0.5, 1.5), np.sin(turn) * radius])),))
