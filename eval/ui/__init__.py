"""Pages of `eval` in the studio."""
