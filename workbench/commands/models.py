"""`workbench models`: open weights on this machine."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipelines.errors import LicenceNotAccepted
from workbench.commands.output import DONE, columns, note, say, say_json
from workbench.errors import InvalidInput, Problem
from workbench.settings import read_settings

if TYPE_CHECKING:
    from pipelines.config import EngineConfig
    from pipelines.diffusion.cards import Card, Catalogue, Licence
    from pipelines.diffusion.weights.store import Weights

TENTHS = 10
SHORT = 12
"""Characters of a commit hash that people read."""
NOTHING_LOOSE = "every model is pinned"


def add(parser: ArgumentParser) -> None:
    """list, pull, verify, remove, pin."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="Models, best first: licence, size, what is here, what each is for.")
    pull = actions.add_parser("pull", help="Fetch weights, or go on where a download stopped.")
    pull.add_argument("ids", nargs="*", metavar="id")
    pull.add_argument("--default", action="store_true", help="The best permissively licensed model of every tool and mode.")
    pull.add_argument("--from", dest="source", type=Path, metavar="DIR", help="Take them from a folder or hub cache, offline.")
    pull.add_argument("--accept-licence", action="store_true", help="Accept the licences without being asked.")
    verify = actions.add_parser("verify", help="Hash all files again and compare them with what was fetched.")
    verify.add_argument("ids", nargs="*", metavar="id", help="Models; none: all that are installed.")
    actions.add_parser("remove", help="Remove weights that no other installed model uses.").add_argument(
        "ids", nargs="+", metavar="id"
    )
    pin = actions.add_parser("pin", help="Keep models to a commit on this machine.")
    pin.add_argument("ids", nargs="*", metavar="id")
    pin.add_argument("--revision", help="Commit hash, branch or tag of the model's own repository; none: the newest commit.")
    pin.add_argument("--all", action="store_true", help="Every model that is not pinned yet.")
    for each in actions.choices.values():
        each.add_argument("--json", action="store_true")


def run(arguments: Namespace, unknown: list[str]) -> int:
    """Do one of the actions."""
    from pipelines.diffusion.cards import catalogue
    from pipelines.diffusion.weights.store import Weights

    config = read_settings().engine_config()
    answer = ACTIONS[arguments.action](arguments, config, catalogue(config.cards), Weights(config))
    if arguments.json:
        say_json(answer)
    else:
        say(_text(arguments.action, answer))
    return DONE


def _list(arguments: Namespace, config: "EngineConfig", cards: "Catalogue", weights: "Weights") -> dict[str, Any]:
    return {"models": [_described(each, weights) for each in cards]}


def _described(card: "Card", weights: "Weights") -> dict[str, Any]:
    from pipelines.diffusion.weights.store import licences

    return {
        "id": card.id,
        "title": card.title,
        "repo": card.repo,
        "licences": [each.model_dump() for each in _distinct(licences(card).values())],
        "accepted": weights.accepted(card),
        "gigabytes": round(card.weights_gigabytes + sum(each.gigabytes for each in card.adapters), 2),
        "state": weights.state(card).value,
        "missing": weights.missing(card),
        "revision": weights.revision(card.repo, card.revision),
        "tools": {tool: [mode.value for mode in modes] for tool, modes in card.tools.items()},
        "notes": card.notes,
    }


def _distinct(licences: Iterable["Licence"]) -> list["Licence"]:
    return list({each.name: each for each in licences}.values())


def _pull(arguments: Namespace, config: "EngineConfig", cards: "Catalogue", weights: "Weights") -> dict[str, Any]:
    chosen = _chosen([*arguments.ids, *(each.id for each in default(cards) if arguments.default)], cards)
    if not chosen:
        raise InvalidInput(Problem("ids", "name a model, or --default; `workbench models list` shows them"))
    for each in chosen:
        _accept(each, weights, arguments)
    _fetch(chosen, config, weights, arguments.source)
    return {"models": [_described(each, weights) for each in chosen]}


def _fetch(chosen: Sequence["Card"], config: "EngineConfig", weights: "Weights", source: Path | None) -> None:
    with Line() as line:
        if source is not None:
            from pipelines.diffusion.weights import offline

            for each in chosen:
                offline.adopt(each, weights, source, line.show)
        elif any(not weights.installed(each) for each in chosen):
            from pipelines.diffusion.weights.hub import Hub
            from pipelines.diffusion.weights.pull import pull

            pull(chosen, weights, Hub(config), line.show)


def default(cards: "Catalogue") -> tuple["Card", ...]:
    """The first permissively licensed card of every tool and mode, each once."""
    served = {(tool, mode): None for card in cards for tool, modes in card.tools.items() for mode in modes}
    best = (next((card for card in cards.serving(tool, mode) if card.permissive), None) for tool, mode in served)
    return tuple({each.id: each for each in best if each is not None}.values())


def _accept(card: "Card", weights: "Weights", arguments: Namespace) -> None:
    """Show the licence and have it accepted, by the flag or by a person who can be asked."""
    if weights.accepted(card):
        return
    terms = terms_of(card)
    if not arguments.accept_licence and not _asked(card, terms, arguments):
        raise LicenceNotAccepted(
            f"{card.title} is not fetched before its licence is accepted: {terms}; then add --accept-licence"
        )
    weights.accept(card)


def _asked(card: "Card", terms: str, arguments: Namespace) -> bool:
    if arguments.json or not sys.stdin.isatty():
        return False
    note(terms)
    sys.stderr.write(f"Do you accept the licence of {card.title}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def terms_of(card: "Card") -> str:
    """Licences of a card and its adapters, a line each: name, whether for commercial use, link and note."""
    from pipelines.diffusion.weights.store import licences

    return "\n".join(
        f"{repo}: {each.name}, {'commercial use allowed' if each.commercial else 'no commercial use without asking'}, {each.link}"
        f"{f' ({each.note})' if each.note else ''}"
        for repo, each in licences(card).items()
    )


def _verify(arguments: Namespace, config: "EngineConfig", cards: "Catalogue", weights: "Weights") -> dict[str, Any]:
    chosen = _chosen(arguments.ids, cards) or [each for each in cards if weights.installed(each)]
    with Line() as line:
        receipts = weights.verify(*chosen, watch=line.show)
    return {
        "verified": [
            {"repo": each.repo, "revision": each.revision, "files": len(each.files), "bytes": each.bytes} for each in receipts
        ]
    }


def _remove(arguments: Namespace, config: "EngineConfig", cards: "Catalogue", weights: "Weights") -> dict[str, Any]:
    chosen = _chosen(arguments.ids, cards)
    removed = weights.remove(chosen, [each for each in cards if each not in chosen])
    return {"freed_bytes": removed.bytes, "kept": {repo: list(users) for repo, users in removed.kept.items()}}


def _pin(arguments: Namespace, config: "EngineConfig", cards: "Catalogue", weights: "Weights") -> dict[str, Any]:
    from pipelines.diffusion.weights.hub import Hub
    from pipelines.diffusion.weights.pins import pin, unpinned
    from pipelines.diffusion.weights.store import needs

    chosen = _chosen(arguments.ids, cards)
    if not chosen and not arguments.all:
        raise InvalidInput(Problem("ids", "name a model, or --all for those that are not pinned yet"))
    if arguments.revision is not None and (len(chosen) != 1 or arguments.all):
        raise InvalidInput(Problem("revision", "belongs to one model; name only that one"))
    repositories = {need.repo: need for card in chosen for need in needs(card)[: 1 if arguments.revision else None]}
    if arguments.all:
        repositories |= {need.repo: need for need in unpinned(cards, weights)}
    pins = pin(repositories.values(), weights, Hub(config), arguments.revision)
    return {"pins": [{"repo": each.repo, "revision": each.revision, "before": each.before} for each in pins]}


def _chosen(ids: Sequence[str], cards: "Catalogue") -> list["Card"]:
    unknown = [each for each in ids if each not in cards]
    if unknown:
        there = ", ".join(each.id for each in cards)
        raise InvalidInput(Problem("ids", f"there is no model {', '.join(unknown)}; there are {there}"))
    return [cards[each] for each in dict.fromkeys(ids)]


def _text(action: str, answer: dict[str, Any]) -> str:
    """An answer as people read it."""
    match action:
        case "list" | "pull":
            heads = ("MODEL", "TITLE", "LICENCE", "GB", "STATE", "REVISION", "FOR")
            return columns((heads, *map(_row, answer["models"])))
        case "verify":
            rows = (
                (each["repo"], f"{each['files']} files", f"{each['bytes'] / 1e9:.2f} GB", "whole") for each in answer["verified"]
            )
            return columns(rows) or "nothing is installed"
        case "remove":
            kept = (f"{repo} stays: {', '.join(users)} uses it" for repo, users in answer["kept"].items())
            return "\n".join((*kept, f"{answer['freed_bytes'] / 1e9:.2f} GB freed"))
    return (
        columns((each["repo"], each["revision"], f"was {each['before'] or 'unpinned'}") for each in answer["pins"])
        or NOTHING_LOOSE
    )


def _row(model: dict[str, Any]) -> tuple[str, ...]:
    return (
        model["id"],
        model["title"],
        _licence(model),
        f"{model['gigabytes']:.1f}",
        model["state"],
        (model["revision"] or "unpinned")[:SHORT],
        _by_mode(model["tools"]),
    )


def _licence(model: dict[str, Any]) -> str:
    names = " + ".join(each["name"] for each in model["licences"])
    commercial = all(each["commercial"] for each in model["licences"])
    return f"{names}{'' if commercial else ', non-commercial'}{'' if model['accepted'] else ', to accept'}"


def _by_mode(tools: dict[str, list[str]]) -> str:
    modes = dict.fromkeys(mode for each in tools.values() for mode in each)
    return "; ".join(f"{mode}: {', '.join(tool for tool, each in tools.items() if mode in each)}" for mode in modes)


class Line:
    """How far it is, on one line of stderr: rewritten on a terminal, else a line for every tenth."""

    def __init__(self) -> None:
        self._shown = ""
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._terminal and self._shown:
            note("")

    def show(self, doing: str, done: int, total: int) -> None:
        """Say it, if it differs from what was said last."""
        part = done / total if total else 0.0
        if self._terminal:
            text = f"{doing}: {done / 1e9:.2f} of {total / 1e9:.2f} GB, {part:.0%}" if total else doing
        else:
            text = f"{doing}: {int(part * TENTHS) * 100 // TENTHS}% of {total / 1e9:.2f} GB" if total else doing
        if text == self._shown:
            return
        before, self._shown = self._shown, text
        if not self._terminal:
            note(text)
            return
        with suppress(BrokenPipeError):
            sys.stderr.write(f"\r{text.ljust(len(before))}")
            sys.stderr.flush()


ACTIONS = {"list": _list, "pull": _pull, "verify": _verify, "remove": _remove, "pin": _pin}
