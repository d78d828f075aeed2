"""`workbench gallery`: the pictures that there are."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import PipelineError
from workbench.commands.folders import refuse_unwritable, save
from workbench.commands.output import DONE, columns, say, say_json, whole
from workbench.commands.run import EXTENSIONS
from workbench.errors import InvalidInput, Problem
from workbench.settings import read_settings
from workbench.views import AssetView

if TYPE_CHECKING:
    from workbench.studio import Studio


def add(parser: ArgumentParser) -> None:
    """list, show, import, export."""
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="Pictures, newest first.")
    listing.add_argument("--tool", help="Only what this tool made.")
    listing.add_argument("--limit", type=whole, default=50)
    actions.add_parser("show", help="One picture with its complete inputs.").add_argument("id")
    actions.add_parser("import", help="Take picture files in.").add_argument("files", nargs="+", type=Path)
    export = actions.add_parser("export", help="Save pictures as files.")
    export.add_argument("ids", nargs="+", metavar="id")
    export.add_argument("--out", type=Path, required=True, metavar="DIR")
    export.add_argument("--strip", action="store_true", help="Leave prompt, seed and inputs out of the files.")
    for each in actions.choices.values():
        each.add_argument("--json", action="store_true")


def run(arguments: Namespace, unknown: list[str]) -> int:
    """Do one of the actions."""
    from workbench.studio import Studio

    with Studio.open(read_settings(), worker=False) as studio:
        ACTIONS[arguments.action](studio, arguments)
    return DONE


def _list(studio: "Studio", arguments: Namespace) -> None:
    assets = studio.assets(limit=arguments.limit, tool=arguments.tool)
    if arguments.json:
        say_json({"assets": assets})
        return
    rows = (
        (each.id, f"{each.created_at:%Y-%m-%d %H:%M}", each.tool or each.kind, f"{each.width} x {each.height}", each.name)
        for each in assets
    )
    say(columns(rows))


def _show(studio: "Studio", arguments: Namespace) -> None:
    say_json(studio.asset(arguments.id))


def _import(studio: "Studio", arguments: Namespace) -> None:
    added = [_added(studio, path) for path in arguments.files]
    if arguments.json:
        say_json({"assets": added})
    else:
        say(columns((each.id, each.name) for each in added))


def _added(studio: "Studio", path: Path) -> AssetView:
    try:
        return studio.add_picture(_read(path), path.name)
    except PipelineError as error:
        raise InvalidInput(Problem("files", f"{path}: {error}")) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(Problem("files", f"{path} can't be read: {error.strerror}")) from error


def _export(studio: "Studio", arguments: Namespace) -> None:
    from workbench.gallery.metadata import strip

    refuse_unwritable(arguments.out)
    paths = []
    for each in arguments.ids:
        asset = studio.asset(each)
        path = arguments.out / f"{asset.tool or asset.kind}-{asset.id}{EXTENSIONS[asset.media_type]}"
        data = studio.read(each)
        save(each, strip(data) if arguments.strip else data, path)
        paths.append(str(path))
    if arguments.json:
        say_json({"paths": paths})
    else:
        say("\n".join(paths))


ACTIONS = {"list": _list, "show": _show, "import": _import, "export": _export}
