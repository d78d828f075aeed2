"""Persons read from a picture: joints, parts, skin and hair."""
