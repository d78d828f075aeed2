"""Alembic's scripts; the newest revision is `HEAD` in `workbench.store.database`."""
