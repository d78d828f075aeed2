"""Mannequins, garments, studios and surfaces drawn by the project itself."""
