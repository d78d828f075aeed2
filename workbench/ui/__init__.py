"""Gradio pages over the studio."""
