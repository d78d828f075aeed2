"""REST over the studio."""
