"""A tab is a function of a tool."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

import gradio as gr
from gradio.components import Component

from workbench.errors import InvalidInput, WorkbenchError
from workbench.studio import Studio
from workbench.tools.base import Tool, is_image
from workbench.ui.examples import examples_of, samples_of
from workbench.ui.form import Field, component, fields_of, request_values, shown_value
from workbench.ui.result import missing
from workbench.ui.scripted import scripted
from workbench.views import QuoteView

RUN = "Run"


@dataclass(frozen=True, slots=True)
class Tab:
    """A tool's fields with their components, and what runs it."""

    tool: Tool
    fields: tuple[Field, ...]
    components: tuple[Component, ...]
    run: gr.Button
    status: gr.HTML
    examples: gr.HTML | None


def tab(tool: Tool, studio: Studio) -> Tab:
    """Build the tab of a tool inside the `gr.Tabs` that is open."""
    lacking = missing(studio, tool.name)
    fields = fields_of(tool)
    with gr.Tab(tool.title, id=tool.name, elem_id=f"tab-{tool.name}", elem_classes=["wb-tab"]):
        gr.HTML(_heading(tool, lacking), apply_default_css=False)
        with gr.Column(elem_classes=["wb-form"]):
            examples = _examples(tool)
            components = _controls(fields)
        with gr.Column(elem_classes=["wb-run"]):
            opening = quote(tool, fields, studio, [shown_value(each, {}) for each in fields])
            status = gr.HTML(opening.status, apply_default_css=False)
            run = gr.Button(opening.label, variant="primary", interactive=not lacking, elem_classes=["wb-go"])
    return Tab(tool, fields, components, run, status, examples)


def _controls(fields: Sequence[Field]) -> tuple[Component, ...]:
    """One component a field, in order; pictures that belong together share a row."""
    made: dict[str, Component] = {}
    for row, group in groupby(fields, key=_row):
        if row:
            with gr.Row(elem_classes=[row]):
                made.update({each.name: component(each) for each in group})
        else:
            made.update({each.name: component(each) for each in group})
    return tuple(made[field.name] for field in fields)


def _row(field: Field) -> str:
    """The row of pictures that a field stands in."""
    if not is_image(field.schema) or field.many or "draw" in field.schema:
        return ""
    return "wb-pair" if field.required else "wb-references"


def _examples(tool: Tool) -> gr.HTML | None:
    shown = [{"title": each.title, "samples": samples_of(each)} for each in examples_of(tool.name)]
    return scripted("examples", value=-1, emits=("pick",), examples=shown) if shown else None


def _heading(tool: Tool, lacking: Sequence[str]) -> str:
    needs = "".join(f"<li>{escape(each)}</li>" for each in lacking)
    notice = f'<div class="wb-lacking" role="note"><strong>Not available on this machine yet</strong><ul>{needs}</ul></div>'
    text = f"<h2>{escape(tool.title)}</h2><p>{escape(tool.summary)}</p>"
    return f'<div class="wb-heading">{text}{notice if lacking else ""}</div>'


@dataclass(frozen=True, slots=True)
class Offer:
    """The button's label and the line above it."""

    label: str
    status: str


def quote(tool: Tool, fields: Sequence[Field], studio: Studio, shown: Sequence[Any]) -> Offer:
    """The price of what the components hold, or what is wrong with it, or what is still needed for a price."""
    values = request_values(fields, shown)
    try:
        quoted = studio.quote(tool.name, values)
    except InvalidInput as refusal:
        needed = [each.title for each in fields if each.required and each.name not in values]
        told = {each.field for each in refusal.problems}
        only_needed = told <= {each.name for each in fields if each.title in needed}
        return Offer(RUN, _line(f"Still needed: {', '.join(needed)}.") if only_needed else problems_html(fields, refusal))
    except WorkbenchError as refusal:
        return Offer(RUN, problems_html(fields, refusal))
    return Offer(run_label(quoted), reasons_html(quoted))


def submit(tab: Tab, studio: Studio, shown: Sequence[Any], current: str) -> tuple[str, str]:
    """The id of the new job for the desk and the line above the button; on a refusal the job shown so far and why."""
    values = request_values(tab.fields, shown)
    try:
        job = studio.submit(tab.tool.name, values)
        return job.id, reasons_html(studio.quote(tab.tool.name, values))
    except WorkbenchError as refusal:
        return current, problems_html(tab.fields, refusal)


def run_label(quoted: QuoteView) -> str:
    """`Run - 2 credits`."""
    unit = "credit" if quoted.credits == 1 else "credits"
    return f"{RUN} - {quoted.credits} {unit}"


def reasons_html(quoted: QuoteView) -> str:
    """The decisions that were taken for the person, as one line."""
    size = [f"{quoted.width} × {quoted.height} pixels."] if quoted.width and quoted.height else []
    text = " ".join([*size, *(each["text"] for each in quoted.reasons)])
    return _line(text)


def _line(text: str) -> str:
    return f'<p class="wb-reasons" aria-live="polite">{escape(text)}</p>'


def problems_html(fields: Sequence[Field], refusal: WorkbenchError) -> str:
    """What is wrong, in the words on the page."""
    titles = {each.name: each.title for each in fields}
    if refusal.problems:
        lines = [_problem(titles.get(each.field, each.field), each.message) for each in refusal.problems]
    else:
        lines = [escape(str(refusal))]
    return f'<ul class="wb-problems" role="alert">{"".join(f"<li>{line}</li>" for line in lines)}</ul>'


def _problem(title: str, message: str) -> str:
    return f"<strong>{escape(title)}</strong> {escape(message)}" if title else escape(message)
