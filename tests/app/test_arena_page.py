"""The arena in Chromium, over a real server process: what is seen before a vote, how one votes, and what comes of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from eval.arena.vote import Vote
from eval.arena.votes import Votes
from tests.app.served import IN_BROWSER, Server

TELLING = re.compile(r"draft (fast|quality)|run-try-on|run-packshot|generation_mode|balanced 1k")
VOTING = ".ar-page[data-state=voting]"

pytestmark = IN_BROWSER


def served(home: Path, *runs: str) -> Iterator[str]:
    """The address of a studio with those runs, until the test is done with it."""
    server = Server("serve_arena.py", home)
    try:
        server.start(*runs)
        yield server.url
    finally:
        server.kill()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    yield from served(home, "try-on", "packshot")


@pytest.fixture
def page(url: str, browser: Any) -> Iterator[Any]:
    """A new person, looking at their first pair; the page must have complained about nothing."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    opened, complaints = context.new_page(), []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.goto(f"{url}/#arena")
    opened.locator(VOTING).wait_for()
    yield opened
    context.close()
    assert complaints == []


def token(page: Any) -> str:
    found = re.search(r"/files/([0-9a-f]{32})/left", page.locator("[data-side=left] img").get_attribute("src"))
    assert found is not None
    return found[1]


def another(page: Any, before: str) -> None:
    """Wait for the pair after one."""
    page.wait_for_function(
        "(before) => document.querySelector('.ar-page').dataset.state === 'voting'"
        " && !document.querySelector('[data-side=left] img').src.includes(before)",
        arg=before,
    )


def of_voter(home: Path, page: Any) -> list[Vote]:
    voter = page.evaluate("localStorage.getItem('arena-voter')")
    with Votes(home) as votes:
        return [each for each in votes.all() if each.voter == voter]


def hide_names(page: Any) -> None:
    page.get_by_label("Show names").uncheck()


def test_nothing_tells_the_settings_before_the_vote_and_the_page_does_after_it(url: str, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    bodies: list[str] = []
    page.on("response", lambda answer: bodies.append(f"{answer.url} {answer.all_headers()}"))
    page.on("request", lambda request: bodies.append(f"{request.url} {request.post_data or ''}"))
    kept: list[Any] = []
    page.on(
        "response", lambda answer: kept.append(answer) if "component_server" in answer.url or "/pages/" in answer.url else None
    )
    page.goto(f"{url}/#arena")
    page.locator(VOTING).wait_for()
    page.locator(".ar-given img").first.wait_for()
    told = [each.body().decode("latin-1") for each in kept if each.ok and "look" not in (each.request.post_data or "")]
    assert len(told) >= 4
    seen = " ".join([page.content(), page.locator("#arena").inner_html(), *bodies, *told])
    assert TELLING.search(seen) is None
    page.keyboard.press("1")
    page.locator(".ar-name").first.wait_for()
    assert sorted(page.locator(".ar-name").all_inner_texts()) == ["draft fast 1k", "draft quality 1k"]
    context.close()


@pytest.mark.parametrize(
    ("keys", "choices"),
    [(["1", "2", "0", "b"], ["left", "right", "tie", "both bad"]), (["ArrowLeft", "ArrowRight", "t", "B"],) * 2],
)
def test_keys_vote(page: Any, home: Path, keys: list[str], choices: list[str]) -> None:
    hide_names(page)
    for key in keys:
        before = token(page)
        page.keyboard.press(key)
        another(page, before)
    assert [each.choice for each in of_voter(home, page)] == ["left", "right", "tie", "both bad"]
    assert page.locator(".ar-count").inner_text().startswith("4 votes · 4 to go")


def test_the_pointer_votes_and_the_names_pass_by_themselves_or_by_enter(page: Any, home: Path) -> None:
    first = token(page)
    page.get_by_role("button", name="Right is better").click()
    page.locator(".ar-name").first.wait_for()
    assert page.locator("[data-side=right][data-chosen]").count() == 1
    page.keyboard.press("Enter")
    another(page, first)
    assert page.locator(".ar-name").count() == 0
    second = token(page)
    page.get_by_role("button", name="Tie").click()
    page.locator(".ar-name").first.wait_for()
    another(page, second)
    assert [each.choice for each in of_voter(home, page)] == ["right", "tie"]


def test_a_double_click_or_a_hasty_key_is_one_vote(page: Any, home: Path) -> None:
    before = token(page)
    page.get_by_role("button", name="Left is better").dblclick()
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.locator(".ar-name").first.wait_for()
    another(page, before)
    (vote,) = of_voter(home, page)
    assert (vote.token, vote.choice) == (before, "left")
    assert 0 < vote.seconds < 60


def test_a_reload_in_the_middle_shows_the_same_pair_to_the_same_person(page: Any) -> None:
    before = token(page)
    page.reload()
    page.locator(VOTING).wait_for()
    assert token(page) == before


def test_the_last_vote_can_be_taken_back(page: Any, home: Path) -> None:
    assert page.get_by_role("button", name="Undo last vote").is_disabled()
    hide_names(page)
    before = token(page)
    page.keyboard.press("1")
    another(page, before)
    after = token(page)
    page.keyboard.press("u")
    another(page, after)
    assert token(page) == before
    page.keyboard.press("2")
    another(page, before)
    assert [(each.choice, each.revised) for each in of_voter(home, page)] == [("right", True)]


def test_keys_meant_for_a_control_are_no_votes(page: Any, home: Path) -> None:
    page.get_by_label("Tool to vote on").focus()
    for key in ("ArrowLeft", "1", "t", "b"):
        page.keyboard.press(key)
    page.get_by_role("tab", name="Try-On").click()
    page.keyboard.press("1")
    assert of_voter(home, page) == []


def test_both_pictures_zoom_and_move_as_one(page: Any) -> None:
    def moves() -> list[str]:
        return [each.evaluate("(node) => node.style.transform") for each in page.locator(".ar-plane").all()]

    box = page.locator("[data-side=left] .ar-view").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.wheel(0, -300)
    page.wait_for_function("document.querySelector('.ar-level').textContent === '120 %'")
    left, right = moves()
    assert left == right != "translate(0%, 0%) scale(1)"
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 30)
    page.mouse.up()
    assert moves()[0] == moves()[1] != left
    page.get_by_role("button", name="Fit").click()
    assert moves() == ["translate(0%, 0%) scale(1)"] * 2


def test_inputs_open_large_and_voting_waits(page: Any, home: Path) -> None:
    page.locator(".ar-given").first.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("img").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert of_voter(home, page) == []


def test_a_tool_can_be_chosen_and_the_end_is_said(page: Any, home: Path) -> None:
    hide_names(page)
    page.get_by_label("Tool to vote on").select_option("packshot")
    page.locator(".ar-task").get_by_text("Packshot").wait_for()
    page.evaluate("document.activeElement.blur()")
    for _ in range(4):
        page.locator(VOTING).wait_for()
        before = token(page)
        page.keyboard.press("1")
        page.wait_for_function(
            "(before) => document.querySelector('.ar-empty:not([hidden])') || (document.querySelector('.ar-page').dataset.state"
            " === 'voting' && !document.querySelector('[data-side=left] img').src.includes(before))",
            arg=before,
        )
    page.get_by_role("heading", name="You have seen every pair").wait_for()
    assert len(of_voter(home, page)) == 4
    page.get_by_role("button", name="See the results").click()
    page.get_by_role("heading", name="Packshot", level=3).wait_for()


def test_results_show_strengths_and_agreement_and_votes_go_out_and_in(page: Any, tmp_path: Path) -> None:
    before = token(page)
    page.keyboard.press("1")
    another(page, before)
    page.get_by_role("tab", name="Results", exact=True).click()
    table = page.get_by_role("region", name="Settings by strength").first
    table.wait_for()
    assert {"draft fast 1k", "draft quality 1k"} == set(table.get_by_role("rowheader").all_inner_texts())
    assert re.search(r"\d+ %", table.inner_text())
    agreement = page.get_by_role("region", name="Agreement of metrics with people").first
    assert "Sharpness" in agreement.inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export votes").click()
    out = tmp_path / "votes.jsonl"
    download.value.save_as(out)
    assert Vote.of_line(out.read_bytes().splitlines()[0])
    page.get_by_label("File of votes").set_input_files(out)
    page.get_by_text("0 new votes").wait_for()
    page.get_by_label("File of votes").set_input_files([{"name": "x.jsonl", "mimeType": "text/plain", "buffer": b"<b>no</b>"}])
    page.get_by_text("line 1 is no vote").wait_for()
    page.get_by_role("tab", name="Results", exact=True).press("ArrowLeft")
    assert page.get_by_role("tab", name="Vote", exact=True).get_attribute("aria-selected") == "true"


@pytest.mark.parametrize("path", ["/pages/arena/files/00000000000000000000000000000000/left", "/pages/nowhere/files/a/left"])
def test_pictures_are_shown_to_nobody_without_a_token(url: str, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(url + path)
    refused.value.close()
    assert refused.value.code == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_pair_and_buttons_without_scrolling_sideways(url: str, browser: Any, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{url}/#arena")
    page.locator(VOTING).wait_for()
    for name in ("Left is better", "Tie", "Both bad", "Right is better"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["height"] >= 44 and box["y"] + box["height"] <= 844
    page.get_by_role("button", name="Left is better").tap()
    page.locator(".ar-name").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("tab", name="Results", exact=True).tap()
    page.get_by_role("region", name="Settings by strength").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()


def test_without_runs_the_page_says_how_to_make_one(tmp_path: Path, browser: Any) -> None:
    serving = served(tmp_path)
    page = browser.new_page()
    page.goto(f"{next(serving)}/#arena")
    page.get_by_role("heading", name="No outputs to compare yet").wait_for()
    assert f"--out {tmp_path}/runs/first" in page.locator(".ar-code").inner_text()
    page.get_by_role("tab", name="Results", exact=True).click()
    page.get_by_role("heading", name="No votes yet").wait_for()
    page.close()
    serving.close()  # type: ignore[attr-defined]
