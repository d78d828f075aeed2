"""People's votes on pairs of outputs: which pairs are shown, what was voted, and what it says of settings and metrics."""
