"""`python -m eval arena`: people's votes, out of the arena and into it."""

from eval.arena.commands import add, run

__all__ = ["add", "run"]
