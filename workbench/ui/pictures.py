"""The component that takes pictures in: upload, paste, drag, or one of the studio's recent ones."""

import gradio as gr

from workbench.ui.scripted import scripted


def pictures(elem_id: str, title: str, description: str, *, required: bool, limit: int) -> gr.HTML:
    """Holds a list of at most `limit` asset ids, in the person's order. Files go to `/api/pictures`, never through Gradio."""
    return scripted(
        "pictures",
        value=[],
        label=title,
        elem_id=elem_id,
        field=elem_id,
        classes=["wb-primary" if required else "wb-reference"],
        title=title,
        help=description,
        required=required,
        limit=limit,
    )
