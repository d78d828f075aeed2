"""Weights on this machine: what is here and proved whole, and how it gets here. Nothing in here imports torch."""
