"""Faces up close: features, swapping, and other skin, hair and proportions."""
