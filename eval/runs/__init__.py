"""Runs of the full grid: planned, carried out, kept, and gone on with after a crash."""
