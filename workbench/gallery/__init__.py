"""Assets: every picture with where it came from."""
