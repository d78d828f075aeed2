"""Measured figures: speed and memory, each with its bar."""
