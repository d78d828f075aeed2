"""`workbench credits`: the wallet."""

from argparse import ArgumentParser, Namespace

from workbench.commands.output import DONE, columns, say, say_json, whole
from workbench.settings import read_settings


def add(parser: ArgumentParser) -> None:
    """balance, history, grant."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("balance", help="What can be spent, is held, was spent.").add_argument("--json", action="store_true")
    history = actions.add_parser("history", help="Every entry of the ledger, newest first.")
    history.add_argument("--limit", type=whole, default=50)
    history.add_argument("--json", action="store_true")
    grant = actions.add_parser("grant", help="Put credits into the wallet.")
    grant.add_argument("credits", type=whole)
    grant.add_argument("--json", action="store_true")


def run(arguments: Namespace, unknown: list[str]) -> int:
    """Read the ledger, or add a grant to it."""
    from workbench.studio import Studio

    with Studio.open(read_settings(), worker=False) as studio:
        if arguments.action == "history":
            entries = studio.history(limit=arguments.limit)
            if arguments.json:
                say_json({"entries": entries})
            else:
                say(columns((f"{each.created_at:%Y-%m-%d %H:%M}", each.kind, each.amount, each.cause) for each in entries))
            return DONE
        balance = studio.grant(arguments.credits) if arguments.action == "grant" else studio.balance()
    if arguments.json:
        say_json(balance)
    else:
        available = "not limited" if balance.unlimited else balance.available
        say(f"plan {balance.plan}: available {available}, held {balance.held}, spent {balance.spent}")
    return DONE
