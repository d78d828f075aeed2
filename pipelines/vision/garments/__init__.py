"""Garments read from a picture, and laid on a body without folds."""
