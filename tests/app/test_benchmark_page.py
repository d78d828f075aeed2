"""The benchmark in Chromium, over a real server process: what is asked, watching a run, its pictures and report, a restart."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.app.served import IN_BROWSER, Server

SECONDS = "0.3"
"""That a cell of the served studio takes."""

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server("serve_benchmark.py", tmp_path_factory.mktemp("home"))
    made.start(SECONDS)
    yield made
    made.kill()


@pytest.fixture
def page(server: Server, browser: Any) -> Iterator[Any]:
    """The form, filled in as it opens; the page must have complained about nothing but a server that was killed."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(12_000)
    opened, complaints = context.new_page(), []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.goto(f"{server.url}/#benchmark")
    opened.get_by_role("tab", name="New run", exact=True).click()
    opened.locator(".bm-go:not([disabled])").wait_for()
    yield opened
    context.close()
    assert [each for each in complaints if "ERR_CONNECTION" not in each] == []


def choose(page: Any, group: str, *names: str) -> None:
    """Only these of a group."""
    for chip in page.get_by_role("group", name=group, exact=True).locator("label").all():
        wanted = any(re.match(rf"{name}\d*$", chip.inner_text().replace("\n", "")) for name in names)
        if chip.locator("input").is_checked() != wanted:
            chip.click()


def begin(
    page: Any, cells: int, *, limit: str, seeds: str = "1", tools: tuple[str, ...] = ("Try-On",), modes: tuple[str, ...]
) -> None:
    choose(page, "Tools", *tools)
    choose(page, "Modes", *modes)
    page.get_by_label("Cases of each tool").fill(limit)
    page.get_by_label("Seeds").fill(seeds)
    page.locator(".bm-value", has_text=re.compile(rf"^{cells} cells?$")).wait_for()
    page.get_by_role("button", name="Start the run").click()


def in_state(page: Any, state: str) -> None:
    page.locator(f".bm-top .bm-state[data-state={state}]").wait_for(timeout=60_000)


def test_what_is_wrong_is_said_beside_its_field_and_nothing_starts(page: Any) -> None:
    start = page.get_by_role("button", name="Start the run")
    page.get_by_role("button", name="None").click()
    page.get_by_text("Tools: none is chosen; choose at least one.").wait_for()
    assert start.is_disabled()
    page.get_by_role("button", name="All", exact=True).click()
    choose(page, "Modes")
    page.get_by_text("Modes: none is chosen").wait_for()
    choose(page, "Modes", "Fast")
    for label, text in (("Cases of each tool", "0"), ("Seeds", "two")):
        page.get_by_label(label).fill(text)
        page.get_by_text(f"'{text}' can't be used").wait_for()
        assert page.get_by_label(label).get_attribute("aria-invalid") == "true" and start.is_disabled()
        page.get_by_label(label).fill("1")
    page.locator(".bm-go:not([disabled])").wait_for()
    page.get_by_label("Suite", exact=True).select_option("folder")
    assert start.is_disabled()
    page.get_by_label("Path on this server").fill("/nowhere/suite.toml")
    page.keyboard.press("Tab")
    page.locator("#bm-problem-path", has_text="/nowhere/suite.toml").wait_for()
    assert start.is_disabled()


def test_cells_credits_and_time_are_said_before_the_start(page: Any) -> None:
    offer = page.get_by_label("What the run takes")
    choose(page, "Tools", "Try-On", "Upscale")
    choose(page, "Modes", "Balanced", "Quality")
    page.get_by_label("Cases of each tool").fill("")
    offer.get_by_text("12 cells").wait_for()
    choose(page, "Modes", "Fast", "Balanced", "Quality")
    offer.get_by_text("Try-On has no Fast").wait_for()
    choose(page, "Modes", "Balanced", "Quality")
    offer.get_by_text("12 cells").wait_for()
    told = offer.inner_text()
    assert "3 cells can’t be run here: Quick can't upscale in quality." in told
    assert "metered at the app’s prices like any job" in told and re.search(r"≈ 9 credits", told) and "18 in the API’s" in told


def test_a_run_is_watched_its_cells_opened_and_its_report_read(page: Any, server: Server) -> None:
    begin(page, 6, limit="", modes=("Balanced", "Quality"))
    bar = page.get_by_role("progressbar", name="Cells that have ended")
    bar.wait_for()
    page.locator(".bm-bar[aria-valuemax='6']").wait_for()
    page.get_by_role("button", name="Balanced 1K, quick").wait_for()
    in_state(page, "finished")
    assert page.locator(".bm-settings tbody tr").count() == 2
    assert "2 of 3" in page.locator(".bm-settings").inner_text()
    page.locator(".bm-plot svg").wait_for()
    page.locator(".bm-failures summary").click()
    page.get_by_text("2 refused PersonNotFound: there is nobody in the picture").wait_for()
    page.get_by_role("button", name="Balanced 1K, quick").click()
    page.wait_for_function("document.querySelectorAll('.bm-cell').length === 3")
    page.get_by_role("button", name="try-on-0000").click()
    dialog = page.get_by_role("dialog")
    dialog.locator(".bm-figure").nth(3).wait_for()
    assert dialog.locator("figcaption").all_inner_texts()[-2:] == ["Output", "Target"]
    page.wait_for_function("[...document.querySelectorAll('.bm-figure img')].every((each) => each.naturalWidth > 0)")
    dialog.get_by_role("button", name="Slider").click()
    slider = dialog.get_by_role("slider", name="Target or output")
    slider.press("End")
    assert dialog.locator(".bm-frame").evaluate("(node) => node.style.getPropertyValue('--at')") == "100%"
    dialog.get_by_role("button", name="Cell after").click()
    dialog.get_by_text("there is nobody in the picture").wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.cell")
    with page.context.expect_page() as report:
        page.get_by_role("link", name="Full report").click()
    report.value.get_by_role("heading", name="Is Quality worth its price?").first.wait_for()
    report.value.locator("th button").first.click()
    report.value.locator("th[aria-sort=ascending]").first.wait_for()
    assert report.value.evaluate("origin") == "null"
    with page.expect_download() as download:
        page.get_by_role("link", name="Parquet").click()
    assert download.value.suggested_filename.endswith("results.parquet")


def test_a_stopped_run_keeps_what_is_done_goes_on_and_can_be_deleted(page: Any, server: Server) -> None:
    begin(page, 18, limit="", seeds="2", tools=("Try-On", "Upscale"), modes=("Fast", "Balanced"))
    page.locator(".bm-cell").first.wait_for()
    page.get_by_role("button", name="Stop").click()
    in_state(page, "stopped")
    done = int(page.get_by_role("progressbar").get_attribute("aria-valuenow"))
    assert 1 <= done < 18
    page.get_by_role("button", name="Go on").click()
    in_state(page, "finished")
    runs = {each.name for each in (server.home / "runs").iterdir()}
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete the run").click()
    page.locator(".bm-shelf").wait_for()
    assert len(runs) - len(list((server.home / "runs").iterdir())) == 1


def test_a_run_that_a_killed_server_left_is_shown_and_gone_on_with(page: Any, server: Server) -> None:
    begin(page, 18, limit="", seeds="2", tools=("Try-On", "Upscale"), modes=("Fast", "Balanced"))
    page.locator(".bm-cell").first.wait_for()
    server.kill()
    page.get_by_text("What is done of a run is kept").wait_for()
    server.start(SECONDS)
    page.reload()
    in_state(page, "interrupted")
    assert 1 <= int(page.get_by_role("progressbar").get_attribute("aria-valuenow")) < 18
    page.get_by_role("button", name="Go on").click()
    in_state(page, "finished")
    page.locator(".bm-line", has_text="18 of 18 cells").wait_for()


def test_tabs_move_by_keys_and_earlier_runs_are_listed(page: Any) -> None:
    page.get_by_role("tab", name="New run", exact=True).press("ArrowRight")
    page.locator(".bm-run").first.wait_for()
    assert page.get_by_role("tab", name="Runs", exact=True).get_attribute("aria-selected") == "true"
    page.locator(".bm-run").first.press("Enter")
    in_state(page, "finished")
    page.get_by_role("button", name="All runs").click()
    page.locator(".bm-run").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(server: Server, browser: Any, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{server.url}/#benchmark")
    page.locator(".bm-go:not([disabled])").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    start, offer = (page.locator(each).bounding_box() for each in (".bm-go", ".bm-metered"))
    assert start["height"] >= 44 and start["y"] > offer["y"] + offer["height"]
    page.get_by_role("tab", name="Runs", exact=True).tap()
    page.locator(".bm-run").first.tap()
    page.locator(".bm-cell").first.tap()
    page.locator(".bm-figure").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()


@pytest.mark.parametrize("path", ["nowhere/report.html", "../report.html", "x/manifest.json"])
def test_files_outside_of_runs_are_not_there(server: Server, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{server.url}/pages/benchmark/files/{path}")
    refused.value.close()
    assert refused.value.code == 404
