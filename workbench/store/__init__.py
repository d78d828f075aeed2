"""Database models, migrations and files."""
