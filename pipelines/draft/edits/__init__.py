"""What the draft engine's Edit can do, one module per kind of edit; `registry.py` lists them."""
