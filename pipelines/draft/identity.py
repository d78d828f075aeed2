"""Who somebody is to be in a draft: skin, hair, eyes and proportions, by the words of a prompt, by a face, else by the seed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.draft.casting import Colour, wishes_of
from pipelines.vision.portrait.lab import Lab
from pipelines.vision.portrait.reshape import Proportions
from pipelines.vision.rendering.figure import Finish

SKINS: Mapping[Finish, Lab] = {
    "fair": Lab(84, 9, 12), "light": Lab(76, 12, 16), "tan": Lab(65, 14, 22), "brown": Lab(51, 16, 22), "dark": Lab(37, 14, 17),
    "white": Lab(93, 0, 0), "grey": Lab(59, 0, 0), "black": Lab(15, 0, 0),
}  # fmt: skip
"""Tones of evenly lit skin, and of mannequins."""
HAIRS: tuple[Lab, ...] = (
    Lab(8, 1, 1), Lab(17, 6, 8), Lab(26, 8, 13), Lab(32, 13, 20), Lab(40, 9, 20), Lab(52, 7, 24), Lab(30, 20, 24),
)  # fmt: skip
"""Black, dark brown, brown, chestnut, light brown, dark blond, auburn."""
FEWEST_HAIRS = {45.0: 2, 68.0: 4}
"""How many of them, from the dark end, go with skin up to a lightness."""
EYES: Mapping[str, Lab] = {
    "blue": Lab(48, -4, -16), "green": Lab(46, -9, 13), "hazel": Lab(40, 6, 22), "brown": Lab(26, 10, 14),
    "grey": Lab(50, -2, -4), "amber": Lab(46, 14, 34),
}  # fmt: skip
MOST_LIGHTER_SKIN, MOST_LIGHTER_HAIR = 15.0, 26.0
"""How far skin and hair can be lightened before noise and clipped lights show."""
LEAST_HAIR_CHANGE = 10.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the person in the picture looks like; None where that can't be seen."""

    skin: Lab
    hair: Lab | None


@dataclass(frozen=True, slots=True)
class Identity:
    """What the person is to look like; None stays as it is."""

    skin: Lab
    hair: Lab | None
    eyes: Lab | None
    proportions: Proportions


def identity(prompt: str, seen: Seen, face: Seen | None, rng: np.random.Generator) -> Identity:
    """Words come first, then the face of a reference; without either, somebody of the same kind by chance."""
    wishes = wishes_of(prompt)
    proportions = Proportions.drawn(rng)
    by_chance = _nearby(seen.skin, rng)
    skin = SKINS[wishes.finish] if wishes.finish else by_chance if face is None else face.skin
    hair = _hair_by_chance(Seen(skin, seen.hair), rng) if face is None else face.hair or seen.hair
    if wishes.hair_colour:
        hair = lab_of_colour(wishes.hair_colour)
    return Identity(_reachable(skin, seen.skin, MOST_LIGHTER_SKIN), _dyeable(hair, seen.hair), eye_colour(prompt), proportions)


def eye_colour(prompt: str) -> Lab | None:
    """The colour of the eyes that a prompt names."""
    text = prompt.lower().replace("gray", "grey")
    return next((tone for name, tone in EYES.items() if re.search(rf"\b{name}[- ](\w+ )?eye[ds]", text)), None)


def lab_of_colour(colour: Colour) -> Lab:
    """sRGB in [0, 1] as L*a*b*."""
    value = cv2.cvtColor(np.array([[colour]], np.float32), cv2.COLOR_RGB2LAB)[0, 0]
    return Lab(*(float(each) for each in value))


def _nearby(skin: Lab, rng: np.random.Generator) -> Lab:
    """A tone of somebody of the same origin: visibly another, lighter or darker."""
    lighter = float(rng.choice((-1.0, 1.0)) * rng.uniform(3.5, 7.0))
    return Lab(
        skin.light + lighter, skin.a + float(rng.uniform(-1.5, 1.5)), skin.b + float(rng.uniform(-2.5, 2.5)) - 0.15 * lighter
    )


def _hair_by_chance(seen: Seen, rng: np.random.Generator) -> Lab | None:
    """Another colour than is seen, of those that go with the skin."""
    if seen.hair is None:
        return None
    count = next((count for light, count in FEWEST_HAIRS.items() if seen.skin.light < light), len(HAIRS))
    others = [each for each in HAIRS[:count] if each.distance(seen.hair) > LEAST_HAIR_CHANGE]
    return others[int(rng.integers(len(others)))] if others else seen.hair


def _reachable(wanted: Lab, now: Lab, most: float) -> Lab:
    """As light as it can be made."""
    return Lab(min(wanted.light, now.light + most, 92.0), wanted.a, wanted.b)


def _dyeable(wanted: Lab | None, now: Lab | None) -> Lab | None:
    return None if wanted is None or now is None else _reachable(wanted, now, MOST_LIGHTER_HAIR)
