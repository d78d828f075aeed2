"""Prompts as a list of clauses: what is to change, how, in which colour, and what was not understood.

A small phrase grammar. The lexicon cuts the text into known phrases wherever they stand, so that the order of words hardly
matters; separators part clauses; a clause without an object takes the one of the clause that it leans on ("blur and darken the
background", "make the shirt navy and the trousers beige").
"""

import re
from dataclasses import dataclass, replace

from pipelines.draft.edits.colours import Named, colour_of
from pipelines.draft.edits.lexicon import Entry, compiled

_TRANSITIVE = {"blur", "darker", "brighter", "desaturate", "sharpen", "saturate"}
_COMPARATIVE = re.compile(r"\w+er$")


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that a prompt asks for."""

    text: str
    target: str = ""
    """What it is about, as in the lexicon; empty where it isn't said."""
    verbs: frozenset[str] = frozenset()
    effects: tuple[str, ...] = ()
    colours: tuple[Named, ...] = ()
    gradient: tuple[Named, ...] = ()
    """Two colours, or none."""
    surface: str = ""
    scene: str = ""
    sides: frozenset[str] = frozenset()
    number: float | None = None
    unit: str = ""
    amount: float = 1.0
    beyond: tuple[str, ...] = ()
    """What no classical edit can do, as in the lexicon."""
    unread: tuple[str, ...] = ()
    """Words that are in no lexicon."""

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing that is known."""
        return not (
            self.effects or self.colours or self.gradient or self.surface or self.scene or self.verbs & {"remove", "place"}
        )


@dataclass(frozen=True, slots=True)
class _Phrase:
    start: int
    end: int
    entry: Entry | None
    match: re.Match[str] | None
    text: str


def clauses_of(prompt: str) -> tuple[Clause, ...]:
    """The clauses of a prompt, in order; clauses in which nothing at all is asked are left out."""
    text = re.sub(r"\s+", " ", prompt.lower().replace("gray", "grey").replace("’", "'")).strip()
    phrases = _phrases(text)
    clauses: list[Clause] = []
    current: list[_Phrase] = []
    for phrase in [*phrases, None]:
        if phrase is not None and not (phrase.entry and phrase.entry.kind == "separator"):
            current.append(phrase)
        elif current:
            clauses.append(_clause(current))
            current = []
    asked = [each for each in clauses if not each.empty or each.beyond or each.unread or each.target]
    return tuple(each for each in _leaning(asked) if not each.empty or each.beyond or each.unread or each.target == "background")


def _phrases(text: str) -> list[_Phrase]:
    """Known phrases and the words between them; an earlier entry takes its text before a later one."""
    free = text
    found: list[_Phrase] = []
    for entry, pattern in compiled():
        for match in list(pattern.finditer(free)):
            if match.group().strip():
                found.append(_Phrase(match.start(), match.end(), entry, match, match.group()))
                free = free[: match.start()] + "\0" * (match.end() - match.start()) + free[match.end() :]
    found += [_Phrase(each.start(), each.end(), None, None, each.group()) for each in re.finditer(r"[^\W\d_][\w'-]*", free)]
    return sorted(found, key=lambda each: each.start)


def _clause(phrases: list[_Phrase]) -> Clause:
    clause = Clause(" ".join(each.text for each in phrases))
    for phrase in phrases:
        clause = replace(clause, unread=(*clause.unread, phrase.text)) if phrase.entry is None else _with(clause, phrase)
    return clause


def _with(clause: Clause, phrase: _Phrase) -> Clause:
    """The clause with one more phrase in it."""
    entry, match = phrase.entry, phrase.match
    assert entry is not None and match is not None  # noqa: S101
    match entry.kind:
        case "target":
            weak = entry.value in ("picture", "subject")
            return clause if clause.target and weak else replace(clause, target=entry.value)
        case "verb":
            return replace(clause, verbs=clause.verbs | {entry.value})
        case "effect":
            return replace(clause, effects=(*clause.effects, entry.value))
        case "colour":
            return replace(clause, colours=(*clause.colours, colour_of(phrase.text)))
        case "gradient":
            pair = (colour_of(phrase.match["a"]), colour_of(phrase.match["b"]))  # type: ignore[index]
            return replace(clause, gradient=pair)
        case "amount":
            return replace(clause, amount=float(entry.value))
        case "number":
            return replace(clause, number=float(phrase.match["n"]), unit=phrase.match["unit"] or "")  # type: ignore[index]
        case "side":
            return replace(clause, sides=clause.sides | {entry.value})
        case "beyond":
            return replace(clause, beyond=(*clause.beyond, entry.value))
        case "surface":
            return replace(clause, surface=entry.value)
        case "scene":
            return replace(clause, scene=entry.value)
        case _:
            return clause


def _leaning(clauses: list[Clause]) -> list[Clause]:
    """Clauses without an object take the next one's where they are verbs without one, else the one before where that has one."""
    out: list[Clause] = []
    for number, clause in enumerate(clauses):
        after = clauses[number + 1] if number + 1 < len(clauses) else None
        before = out[-1] if out else None
        bare = not clause.target and not clause.empty and not clause.gradient
        if bare and after and after.target and after.effects and set(clause.effects) & _TRANSITIVE and not _compared(clause):
            clause = replace(clause, target=after.target)
        elif bare and before and before.effects and before.target not in ("", "picture") and _compared(clause):
            clause = replace(clause, target=before.target)
        elif bare and before and not clause.effects and "remove" in clause.verbs | before.verbs:
            clause = replace(clause, verbs=clause.verbs | before.verbs)
        elif clause.target and clause.empty and not clause.beyond and before and _shares(before):
            clause = replace(before, text=clause.text, target=clause.target, unread=clause.unread)
        out.append(clause)
    return out


def _compared(clause: Clause) -> bool:
    return any(_COMPARATIVE.match(word) for word in clause.text.split())


def _shares(clause: Clause) -> bool:
    """Whether what is asked of one thing can be asked of the next as well: "remove the logo and the tag"."""
    return "remove" in clause.verbs or bool(clause.effects)
