"""The studio page: tools on the left, one tool's inputs, and the desk with result and history."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import gradio as gr

from workbench.further import FurtherPage
from workbench.studio import Studio
from workbench.ui.desk import desk, fill_event
from workbench.ui.examples import examples_of, fill
from workbench.ui.form import shown_value
from workbench.ui.result import runnable
from workbench.ui.scripted import scripted
from workbench.ui.tab import Tab, quote, submit, tab

TITLE = "Fashion Workbench"
SELECT = "(tool) => ({__type__: 'update', selected: tool})"
"""Switches the tab in the browser, without asking the server."""
CHANGE = "change"
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""How every event runs. A `gr.HTML` takes values only: an update without one, as from `gr.skip`, would lose its props."""


def page(studio: Studio, further: Sequence[FurtherPage] = ()) -> gr.Blocks:
    """The whole page, further ones at the end of its navigation. Every event is private: programs use the REST API."""
    blocks = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True)
    with blocks:
        scripted("header", elem_id="header", title=TITLE)
        with gr.Row(elem_id="workbench"):
            navigation = scripted("navigation", value=_first(studio), elem_id="navigation", groups=_groups(studio, further))
            with gr.Column(elem_id="tool"), gr.Tabs(selected=_first(studio), elem_id="tabs") as tabs:
                made = [tab(tool, studio) for tool in studio.toolbox]
                for added in further:
                    with gr.Tab(added.title, id=added.name, elem_id=f"tab-{added.name}", elem_classes=["wb-tab"]):
                        added.build()
            result = desk(studio)
        navigation.change(None, navigation, tabs, js=SELECT, api_visibility="private")
        for each in made:
            _connect(each, studio, result)
            _connect_fill(each, studio, navigation, result)
    return blocks


def _first(studio: Studio) -> str:
    return next(iter(studio.toolbox)).name


def _groups(studio: Studio, further: Sequence[FurtherPage]) -> list[dict[str, Any]]:
    tools = [
        {
            "name": name,
            "tools": [{"name": each.name, "title": each.title, "runnable": runnable(studio, each.name)} for each in tools],
        }
        for name, tools in groupby(studio.toolbox, key=lambda tool: tool.group)
    ]
    pages = [
        {
            "name": name,
            "tools": [{"name": each.name, "title": each.title, "runnable": True, "page": True} for each in group],
        }
        for name, group in groupby(further, key=lambda added: added.group)
    ]
    return tools + pages


def _connect(tab: Tab, studio: Studio, result: gr.HTML) -> None:
    """Live price on every change, a job on Run."""

    def price(*shown: Any) -> tuple[str, str]:
        offer = quote(tab.tool, tab.fields, studio, shown)
        return offer.label, offer.status

    def run(current: str, *shown: Any) -> tuple[str, str]:
        return submit(tab, studio, shown, current)

    inputs = list(tab.components)
    changes = [getattr(each, CHANGE) for each in inputs]
    gr.on(changes, price, inputs, [tab.run, tab.status], trigger_mode="always_last", **QUIET)
    tab.run.click(run, [result, *inputs], [result, tab.status], **QUIET)


def _connect_fill(tab: Tab, studio: Studio, navigation: gr.HTML, result: Any) -> None:
    """What sets a tool's inputs: a result handed on, a job of the history, an example."""

    def from_desk(event: gr.EventData) -> list[Any]:
        asked = event._data
        return filled(tab, studio.job(asked["job"]).request if asked["job"] else asked["values"])

    def from_example(event: gr.EventData) -> list[Any]:
        return filled(tab, fill(studio, examples_of(tab.tool.name)[int(event._data["index"])]))

    outputs = [navigation, *tab.components]
    getattr(result, fill_event(tab.tool))(from_desk, None, outputs, **QUIET)
    if tab.examples is not None:
        tab.examples.pick(from_example, None, outputs, **QUIET)


def filled(tab: Tab, values: Mapping[str, Any]) -> list[Any]:
    """Values for the navigation and the tab's components, which then show a request."""
    return [tab.tool.name, *(shown_value(field, values) for field in tab.fields)]
