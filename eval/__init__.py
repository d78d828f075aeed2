"""Measure what each mode is worth."""
