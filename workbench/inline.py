"""Pictures, prices and progress as HTML that stands by itself, for notebooks: no script, no address outside."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from io import BytesIO

from PIL import Image

HEIGHT = 420
"""Of a picture in a cell, in pixels; what is kept is larger."""
QUALITY = 88
FIGURE = "margin:0 12px 12px 0;display:inline-block;vertical-align:top;max-width:100%"
CAPTION = "font:12px/1.5 system-ui,sans-serif;opacity:.75;max-width:34em"
CELL = "text-align:right;padding:3px 12px;font-variant-numeric:tabular-nums"
CHEQUERED = "background:repeating-conic-gradient(#e4e4e4 0 25%,#fafafa 0 50%) 0 0/16px 16px"


def picture_uri(image: Image.Image, height: int = HEIGHT) -> str:
    """A picture of at most twice `height` as a WebP data URI: sharp on dense screens, small in the notebook's file."""
    scale = min(1.0, 2 * height / image.height)
    small = image if scale == 1 else image.resize((max(1, round(image.width * scale)), round(image.height * scale)))
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY)
    return data_uri(buffer.getvalue(), "image/webp")


def data_uri(data: bytes, media_type: str) -> str:
    """Bytes as an address that holds them."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def figure(media: str, lines: Iterable[str]) -> str:
    """A picture or video with lines of text under it."""
    words = "<br>".join(escape(line) for line in lines if line)
    return f'<figure style="{FIGURE}">{media}<figcaption style="{CAPTION}">{words}</figcaption></figure>'


def image(picture: Image.Image, told: str, height: int = HEIGHT) -> str:
    """A picture in a cell; what is transparent shows a chequered ground."""
    shown = min(height, picture.height)
    style = f"height:{shown}px;width:auto;max-width:100%;object-fit:contain;border-radius:6px;{CHEQUERED}"
    return f'<img src="{picture_uri(picture, height)}" alt="{escape(told, quote=True)}" style="{style}">'


def video(data: bytes, told: str, height: int = HEIGHT) -> str:
    """A video in a cell, silent and in a loop."""
    style = f"height:{height}px;max-width:100%;border-radius:6px"
    source = data_uri(data, "video/mp4")
    return f'<video src="{source}" aria-label="{escape(told, quote=True)}" style="{style}" controls autoplay loop muted></video>'


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A small table; numbers stand under one another."""
    top = "".join(f'<th scope="col" style="{CELL}">{escape(each)}</th>' for each in head)
    body = "".join("<tr>" + "".join(f'<td style="{CELL}">{escape(str(each))}</td>' for each in row) + "</tr>" for row in rows)
    return f'<table style="font:13px system-ui,sans-serif;border-collapse:collapse"><tr>{top}</tr>{body}</table>'


def listed(pairs: Mapping[str, object]) -> str:
    """Names and values on lines of their own."""
    return "<br>".join(f"<b>{escape(name)}</b> {escape(str(value))}" for name, value in pairs.items())


def progress_bar(share: float, text: str) -> str:
    """How far something is, 0 to 1, with words beside it."""
    percent = round(100 * min(1.0, max(0.0, share)))
    return (
        f'<div style="font:13px system-ui,sans-serif"><progress max="100" value="{percent}" '
        f'style="width:16em;vertical-align:middle"></progress> {escape(text)}</div>'
    )
