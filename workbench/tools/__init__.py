"""Tools: one declaration each; every surface is a projection of it."""
