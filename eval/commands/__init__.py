"""What `python -m eval` can do, one module a command."""
