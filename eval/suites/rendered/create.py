"""Prompts that name a skin tone and a colour of hair, and the pictures of faces and people that come of them."""

from collections.abc import Callable
from functools import cache

import numpy as np

from eval.metrics.delta_e import delta_e_2000
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import chosen, shown
from pipelines.draft.engine import DraftEngine
from pipelines.engine import Output, unwatched
from pipelines.images import Bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace, CreateModel
from pipelines.vision.faces import Face, find_faces

FACE, PERSON = Size(400, 400), Size(400, 600)
SKINS = {"fair": (243, 210, 193), "light": (232, 190, 166), "tan": (205, 154, 122), "brown": (150, 103, 77), "dark": (98, 65, 50)}
HAIRS = {"blond": (184, 143, 87), "red": (128, 56, 28), "brown": (64, 41, 26), "black": (18, 15, 15), "grey": (140, 140, 140)}
"""What the words mean, sRGB."""
Maker = Callable[[str, Mode, int], CreateFace | CreateModel]


def face(prompt: str, mode: Mode, seed: int) -> CreateFace:
    """The task of a portrait."""
    return CreateFace(prompt=prompt, size=FACE, mode=mode, seed=seed)


def person(prompt: str, mode: Mode, seed: int) -> CreateModel:
    """The task of a person down to the waist."""
    return CreateModel(prompt=f"{prompt}, upper body", size=PERSON, mode=mode, seed=seed)


@cache
def anybody(make: Maker) -> Output:
    """What an engine would give that doesn't read the prompt."""
    return DraftEngine().run(make("a person", Mode.FAST, 1), unwatched)


def cases(make: Maker) -> Callable[[int], Case]:
    """Every skin tone with every colour of hair over 25 numbers."""

    def case(number: int) -> Case:
        skin, hair = chosen(number, tuple(SKINS)), chosen(number + number // len(SKINS), tuple(HAIRS))
        sex = "woman" if number % 2 else "man"
        prompt = described(sex, skin, hair)
        return Case(
            skin,
            lambda mode: make(prompt, mode, FIRST_SEED + number),
            lambda output: _scores(shown(output.image), skin, hair),
            {"the same picture for every prompt": lambda: anybody(make)},
        )

    return case


def described(sex: str, skin: str, hair: str) -> str:
    """Somebody in the words of a prompt."""
    return f"a {sex} with {skin} skin and short {hair} hair, front view"


def _scores(made: Bytes, skin: str, hair: str) -> Scores:
    faces = find_faces(made)
    if not faces:
        return {"face": 0.0}
    found = faces[0]
    return {
        "face": 1.0,
        "skin": _from(made, _cheeks(found), SKINS[skin]),
        "hair": _from(made, _crown(made, found), HAIRS[hair]),
    }


def _from(made: Bytes, part: tuple[slice, slice], wanted: tuple[int, int, int]) -> float:
    """ΔE2000 from the median colour of a part to the one that is meant."""
    patch = made[part].reshape(-1, 3)
    own: Bytes = np.asarray(np.round(np.median(patch, axis=0)), dtype=np.uint8)
    return float(delta_e_2000(own[None, None], np.array([[wanted]], np.uint8))[0, 0])


def _cheeks(found: Face) -> tuple[slice, slice]:
    half = found.side * 0.22
    top = found.y + found.side * 0.02
    return slice(int(top), int(top + found.side * 0.16)), slice(int(found.x - half), int(found.x + half))


def _crown(made: Bytes, found: Face) -> tuple[slice, slice]:
    """A patch of hair: between the face's box and the uppermost row that isn't background."""
    column = made[: int(found.y), int(found.x)].astype(np.int16)
    differs = np.flatnonzero(np.abs(column - column[0]).max(axis=1) > 40)
    top = int(differs[0]) if differs.size else int(found.y - 0.7 * found.side)
    half = found.side * 0.12
    return slice(top + 3, top + 3 + max(3, int(0.09 * found.side))), slice(int(found.x - half), int(found.x + half))


MEASURES = (
    Measure("face", "face is found", "higher", bar=0.9, judges=False),
    Measure("skin", "ΔE2000 of the skin", "lower", bar=14.0, digits=2),
    Measure("hair", "ΔE2000 of the hair", "lower", bar=18.0, digits=2),
)
FACES = ToolSuite("create-face", 25, cases(face), MEASURES)
PEOPLE = ToolSuite("create-model", 15, cases(person), MEASURES)
