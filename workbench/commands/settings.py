"""`workbench settings`: what is in force, secrets masked."""

from argparse import ArgumentParser, Namespace

from workbench.commands.output import DONE, columns, say, say_json
from workbench.settings import PREFIX, Settings, read_settings


def add(parser: ArgumentParser) -> None:
    """`--json` for programs."""
    parser.add_argument("--json", action="store_true", help="One JSON object on stdout and nothing else.")


def run(arguments: Namespace, unknown: list[str]) -> int:
    """Each setting with its value and the variable that sets it."""
    values = read_settings().model_dump(mode="json")
    if arguments.json:
        say_json(values)
        return DONE
    help_of = {name: field.description or "" for name, field in Settings.model_fields.items()}
    say(columns((f"{PREFIX}{name.upper()}", "" if value is None else value, help_of[name]) for name, value in values.items()))
    return DONE
