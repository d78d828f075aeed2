"""`workbench quote TOOL`: what a run would cost and what would be decided."""

from argparse import ArgumentParser, Namespace

from workbench.commands.fields import values_of
from workbench.commands.output import DONE, note, say, say_json
from workbench.credits.tariffs import TariffName
from workbench.settings import read_settings
from workbench.tools.registry import TOOLS


def add(parser: ArgumentParser) -> None:
    """Flags beside the tool's own."""
    parser.add_argument("--tariff", choices=[each.value for each in TariffName], default="app", help="Which price list.")
    parser.add_argument("--json", action="store_true", help="One JSON object on stdout and nothing else.")


def run(arguments: Namespace, unknown: list[str]) -> int:
    """Quote without storing, holding or running anything."""
    from workbench.studio import Studio

    values = values_of(TOOLS[arguments.tool], vars(arguments), unknown)
    with Studio.open(read_settings(), worker=False) as studio:
        quote = studio.quote(arguments.tool, values, tariff=arguments.tariff)
    if arguments.json:
        say_json(quote)
        return DONE
    size = f" ({quote.width} x {quote.height})" if quote.width else ""
    say(f"{quote.credits} credits: {quote.num_images} x {quote.resolution.upper()}{size} in {quote.generation_mode}")
    for reason in quote.reasons:
        note(f"{reason['field']}: {reason['text']}")
    return DONE
