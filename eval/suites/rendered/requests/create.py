"""Twelve people in words, each asked for twice: as faces and as models."""

from collections.abc import Mapping
from dataclasses import dataclass

from eval.metrics.adherence import HAIRS, SKINS
from eval.suites.case import Case, Truth
from eval.suites.rendered.create import described
from eval.suites.rendered.drawing import chosen
from eval.suites.rendered.requests.cast import Requests


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody in words."""

    sex: str
    skin: str
    hair: str

    @property
    def prompt(self) -> str:
        """As people write it."""
        return described(self.sex, self.skin, self.hair)

    @property
    def words(self) -> Mapping[str, str]:
        """What of it can be checked."""
        return {"skin": self.skin, "hair": self.hair}


def _described(number: int) -> Described:
    hair = chosen(2 * number + number // len(SKINS), tuple(HAIRS))
    return Described(chosen(number, ("man", "woman")), chosen(number, tuple(SKINS)), hair)


CAST = tuple(_described(number) for number in range(12))
FACES = ("smiling", "neutral expression")
PEOPLE = ("upper body", "upper body, smiling")
"""What the two requests for somebody differ in."""


def face(case_id: str, number: int, shrink: int) -> Case:
    """The kind is the skin."""
    return _asked(case_id, "create-face", number, FACES)


def person(case_id: str, number: int, shrink: int) -> Case:
    """The kind is the skin."""
    return _asked(case_id, "create-model", number, PEOPLE)


def _asked(case_id: str, tool: str, number: int, endings: tuple[str, ...]) -> Case:
    who = CAST[number % len(CAST)]
    return Case(
        id=case_id,
        tool=tool,
        kind=who.skin,
        pictures={},
        values={"prompt": f"{who.prompt}, {endings[number // len(CAST)]}"},
        truth=Truth(words=who.words),
        clusters={"person": f"person-{number % len(CAST)}"},
    )


MODELS = Requests("create-model", person)
PORTRAITS = Requests("create-face", face)
