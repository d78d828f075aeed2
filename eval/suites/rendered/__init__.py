"""Scenes that the project renders itself, with exact truth. They show regressions; they are no proof of how photographs come out."""
