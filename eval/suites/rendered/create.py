"""Prompts that name a skin tone and a colour of hair, and the pictures of faces and people that come of them."""

from collections.abc import Callable
from functools import cache

from eval.metrics.adherence import HAIRS, SKINS, cheeks, colour_from, crown
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import chosen, shown
from pipelines.draft.engine import DraftEngine
from pipelines.engine import Output, unwatched
from pipelines.images import Bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace, CreateModel
from pipelines.vision.faces import find_faces

FACE, PERSON = Size(400, 400), Size(400, 600)
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
        "skin": colour_from(made[cheeks(found)], SKINS[skin]),
        "hair": colour_from(made[crown(made, found)], HAIRS[hair]),
    }


MEASURES = (
    Measure("face", "face is found", "higher", bar=0.9, judges=False),
    Measure("skin", "ΔE2000 of the skin", "lower", bar=14.0, digits=2),
    Measure("hair", "ΔE2000 of the hair", "lower", bar=18.0, digits=2),
)
FACES = ToolSuite("create-face", 25, cases(face), MEASURES)
PEOPLE = ToolSuite("create-model", 15, cases(person), MEASURES)
