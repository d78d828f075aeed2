"""What the page's handlers answer, over a studio that runs no jobs."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from pipelines.engine import Engines, Output, Progress, Support
from pipelines.sizes import Mode
from pipelines.tasks import Task
from workbench.api import server
from workbench.errors import NotFound
from workbench.further import FurtherPage
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.tools.registry import TOOLS
from workbench.ui import desk, examples, pages, result, tab
from workbench.ui.examples import EXAMPLES, Example
from workbench.ui.form import fields_of, shown_value
from workbench.ui.history import history, progress
from workbench.ui.page import page
from workbench.views import AssetView, Failure, FileView, JobView, OutputView

Made = TypeVar("Made")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Idle:
    """Can run everything but Face Swap, and is never asked to."""

    name, title, version = "idle", "Idle", "1"

    def support(self, tool: str, mode: Mode) -> Support:
        return Support(tool != "face-swap", "no faces here" if tool == "face-swap" else "")

    def run(self, task: Task, progress: Progress) -> Output:
        raise NotImplementedError


class Wanting(Idle):
    """Could run everything if it had its weights."""

    name = "wanting"

    def support(self, tool: str, mode: Mode) -> Support:
        return Support(False, "needs weights", obtainable=True)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Studio.open(Settings(home=tmp_path), engines=Engines(Idle()), worker=False) as opened:
        yield opened


def built(make: Callable[[], Made]) -> Made:
    """What `make` makes while a loop runs; without one, Gradio would open a loop for each page and leave it open."""

    async def run() -> Made:
        return make()

    return asyncio.run(run())


def picture(width: int = 64, height: int = 96) -> bytes:
    data = BytesIO()
    Image.new("RGB", (width, height), "#b08968").save(data, "PNG")
    return data.getvalue()


def shown(name: str, **values: Any) -> list[Any]:
    return [shown_value(each, values) for each in fields_of(TOOLS[name])]


def offer(studio: Studio, name: str, **values: Any) -> tab.Offer:
    return tab.quote(TOOLS[name], fields_of(TOOLS[name]), studio, shown(name, **values))


def tab_of(name: str) -> tab.Tab:
    return tab.Tab(TOOLS[name], fields_of(TOOLS[name]), (), gr.Button(render=False), gr.HTML(render=False), None)


def job(tool: str = "background-remove", **changes: Any) -> JobView:
    made = JobView(
        id="j1",
        tool=tool,
        status="completed",
        engine="draft",
        request={},
        resolution="1k",
        generation_mode="fast",
        width=64,
        height=96,
        num_images=1,
        seed=7,
        reasons=(),
        unit_credits=1,
        credits=1,
        step=3,
        of=4,
        note="",
        preview=False,
        outputs=(),
        error=None,
        created_at=NOON,
        started_at=NOON,
        finished_at=NOON,
        seconds=1.0,
    )
    return replace(made, **changes)


def asset(notes: list[str]) -> AssetView:
    return AssetView("a1", "output", "x", "background-remove", "j1", 0, "image/png", 64, 96, 9, {"notes": notes}, NOON)


@pytest.mark.parametrize("tool", list(TOOLS), ids=lambda tool: tool.name)
def test_every_tool_opens_with_a_price_or_says_what_is_needed(studio: Studio, tool: Any) -> None:
    found = offer(studio, tool.name)
    assert found.label.startswith("Run - ") or "Still needed:" in found.status
    assert "wb-problems" not in found.status


def test_the_offer_follows_the_pictures_size(studio: Studio) -> None:
    large = studio.add_picture(picture(2000, 2100)).id
    assert "1K, because there is no picture yet." in offer(studio, "packshot").status
    assert "2K, the tier nearest to" in offer(studio, "packshot", product_image=large).status
    assert offer(studio, "packshot", num_images=4).label == "Run - 4 credits"


def test_a_combination_that_rules_forbid_is_said_in_the_fields_words(studio: Studio) -> None:
    square = studio.add_picture(picture(96, 96)).id
    found = offer(studio, "reframe", image=square, aspect_ratio="1:1")
    assert found.label == "Run"
    assert "<strong>Aspect ratio</strong> the picture is 1:1 already" in found.status


def test_running_without_what_is_required_stores_nothing_and_keeps_the_shown_job(studio: Studio) -> None:
    current, status = tab.submit(tab_of("try-on"), studio, shown("try-on"), "earlier")
    assert current == "earlier"
    assert "<strong>Model</strong> is required" in status
    assert "<strong>Product</strong> is required" in status
    assert studio.jobs() == ()


def test_running_shows_the_new_job(studio: Studio) -> None:
    given = studio.add_picture(picture()).id
    current, _ = tab.submit(tab_of("upscale"), studio, shown("upscale", image=given, seed=5), "")
    assert studio.job(current).request["image"] == given
    assert studio.job(current).seed == 5


def test_words_of_people_are_escaped_in_problems(studio: Studio) -> None:
    found = offer(studio, "create-face", prompt="face", seed="<b>1</b>")
    assert "&lt;b&gt;" in found.status
    assert "<b>" not in found.status


def test_a_tool_is_runnable_where_any_mode_is_and_else_says_what_is_missing_once(studio: Studio) -> None:
    assert result.runnable(studio, "upscale")
    assert result.missing(studio, "upscale") == ()
    assert result.missing(studio, "face-swap") == ("no faces here",)


def test_what_can_be_obtained_is_all_that_a_tool_without_an_engine_asks_for(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = {"fast": Support(False, "Pull a.", obtainable=True), "quality": Support(False, "Pull b.", obtainable=True)}
    monkeypatch.setattr(studio, "support", lambda _: {"one": modes, "two": {"fast": Support(False, "Never here.")}})
    assert result.missing(studio, "face-swap") == ("Pull a.",)


def test_suggestions_are_the_tools_that_take_pictures(studio: Studio) -> None:
    found = {each["tool"]: each for each in result.destinations(studio)}
    assert "create-face" not in found
    assert found["try-on"]["field"] == "model_image"
    assert not found["face-swap"]["runnable"]


def test_a_result_tells_size_mode_seed_and_what_was_put_in(studio: Studio) -> None:
    request = {"model_image": "m", "product_image": "p", "prompt": "tucked in", "num_images": 2}
    told = result.result(studio, job("try-on", request=request, generation_mode="quality"))
    assert told["before"] == "m"
    assert {each["title"]: each.get("assets", each.get("text")) for each in told["inputs"]} == {
        "Model": ["m"],
        "Product": ["p"],
        "Prompt": "tucked in",
    }
    assert {each["title"]: each["text"] for each in told["facts"]} == {"Size": "64 × 96", "Mode": "Quality", "Seed": "7"}


def test_a_result_names_the_models_that_made_it(studio: Studio) -> None:
    made = replace(asset([]), inputs={"details": {"card": "klein"}})
    outputs = tuple(OutputView(index, made, None, 1.0) for index in range(2))
    assert {"title": "Model", "text": "klein"} in result.result(studio, replace(job("try-on"), outputs=outputs))["facts"]


def test_a_result_has_no_seed_where_the_tool_has_none(studio: Studio) -> None:
    told = result.result(studio, job(request={"image": "i", "color": "#ffffff"}))
    assert not told["seeded"]
    assert {each["title"] for each in told["facts"]} == {"Size", "Mode", "Background colour"}


@pytest.mark.parametrize(("reference", "told"), [("f", True), (None, False)])
def test_a_face_reference_mode_is_told_only_with_a_face_reference(studio: Studio, reference: str | None, told: bool) -> None:
    request = {"model_image": "m", "face_reference": reference, "face_reference_mode": "match_base"}
    facts = result.result(studio, job("model-swap", request=request))["facts"]
    assert ({"title": "Face reference mode", "text": "Match base"} in facts) is told


def test_a_result_says_what_a_better_engine_needs(studio: Studio) -> None:
    assert result.result(studio, job())["better"] == ""
    studio.engines = Engines(Wanting(), *studio.engines)
    assert result.result(studio, job(engine="idle"))["better"] == "needs weights"
    assert result.result(studio, job(engine="wanting"))["better"] == ""


def test_outputs_carry_their_notes_and_errors_as_json(studio: Studio) -> None:
    outputs = (OutputView(0, asset(["soft edge"]), None, 1.5), OutputView(1, None, Failure("NoPerson", "nobody there"), 0.5))
    told = result.result(studio, job(outputs=outputs))["outputs"]
    assert (told[0]["notes"], told[1]["error"]["message"]) == (["soft edge"], "nobody there")
    json.dumps(told)


@pytest.mark.parametrize(
    ("changes", "share"),
    [({"status": "running"}, 0.75), ({"status": "completed"}, 1.0), ({"status": "waiting", "of": 0}, 0.0)],
)
def test_progress_is_the_share_of_steps_done(changes: Mapping[str, Any], share: float) -> None:
    assert progress(job(**changes)) == share


def functions(studio: Studio) -> dict[str, Any]:
    return {each.__name__: each for each in desk.desk(studio).server_fns}


def test_the_desk_shows_the_newest_job_and_never_invents_one(studio: Studio) -> None:
    look = functions(studio)["look"]
    assert look("")["job"] is None
    given = studio.add_picture(picture()).id
    first, second = (studio.submit("upscale", {"image": given}).id for _ in range(2))
    assert [each["id"] for each in history(studio)] == [second, first]
    assert look("")["job"]["id"] == second
    assert look(first)["job"]["id"] == first
    unknown = look("nothing")
    assert (unknown["job"], unknown["unknown"]) == (None, True)


def test_the_desk_cancels_and_runs_again_with_the_same_or_a_new_seed(studio: Studio) -> None:
    call = functions(studio)
    made = studio.submit("upscale", {"image": studio.add_picture(picture()).id, "seed": 11})
    assert studio.job(call["cancel"](made.id)["job"]).status == "cancelled"
    same, new = (call["again"]({"job": made.id, "seed": seed})["job"] for seed in ("same", "new"))
    assert studio.job(same).seed == 11
    assert studio.job(new).seed != 11
    assert "no job" in call["again"]({"job": "gone", "seed": "same"})["error"]


def test_a_preview_that_is_gone_is_no_error(studio: Studio) -> None:
    assert functions(studio)["preview"]("gone") == ""


def test_every_event_is_private_and_nothing_but_values_goes_to_our_components(studio: Studio) -> None:
    config = built(lambda: page(studio)).get_config_file()
    assert {each["api_visibility"] for each in config["dependencies"]} == {"private"}
    assert not [each for each in config["components"] if each["type"] in ("image", "file", "gallery")]


def test_gradio_takes_no_uploads_and_reads_no_file_of_the_studio(studio: Studio) -> None:
    kept = studio.settings.home / "secret.txt"
    kept.write_text("secret")
    app = built(lambda: server.build(studio, pages.mount))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/").status_code == 200
        assert client.post("/gradio_api/upload", files={"files": ("a.png", picture())}).status_code >= 400
        assert client.get(f"/gradio_api/file={kept}").status_code in (403, 404)
        assert client.get(f"/gradio_api/file={Path(__file__)}").status_code in (403, 404)


def test_assets_of_the_page_are_served_under_an_address_that_changes_with_them(studio: Studio) -> None:
    app = built(lambda: pages.mount(FastAPI(), studio))
    with TestClient(app) as client:
        text = client.get("/").text
        style = re.search(r"/studio/[0-9a-f]+/style\.css", text)
        assert style is not None
        assert client.get(style[0]).headers["content-type"].startswith("text/css")


def further_page(folder: Path, closed: list[str]) -> FurtherPage:
    """A page with one text, one script and one file."""

    def file(key: str, name: str) -> FileView:
        if (key, name) != ("known", "left"):
            raise NotFound("there is no such file")
        return FileView(b"0123456789", "video/mp4")

    (folder / "extra.js").write_text("export const start = () => {};")
    (folder / "extra.css").write_text("b {}")
    return FurtherPage(
        name="extra", title="Extra", assets=folder, build=lambda: None, file=file, close=lambda: closed.append("extra")
    )


def test_a_further_page_has_its_tab_its_assets_and_its_files(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    closed: list[str] = []
    further = [further_page(tmp_path / "assets", closed)]
    app = built(lambda: server.build(studio, partial(pages.mount, further=further), further))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        text = client.get("/").text
        for end, kind in ((r"extra\.js", "javascript"), (r"extra\.css", "text/css"), (r"style\.css", "text/css")):
            address = re.search(rf"/studio/[0-9a-f/]+/{end}", text)
            assert address is not None
            assert kind in client.get(address[0]).headers["content-type"]
        found = (each["props"].get("props") or each["props"] for each in client.get("/config").json()["components"])
        groups = next(each["groups"] for each in found if "groups" in each)
        assert groups[-1] == {
            "name": "Research",
            "tools": [{"name": "extra", "title": "Extra", "runnable": True, "page": True}],
        }
        whole = client.get("/pages/extra/files/known/left")
        assert (whole.content, whole.headers["content-type"], whole.headers["cache-control"][:7]) == (
            b"0123456789", "video/mp4", "private",
        )  # fmt: skip
        assert "content-disposition" not in whole.headers
        part = client.get("/pages/extra/files/known/left", headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.content) == (206, b"234")
        for path in ("/pages/extra/files/known/right", "/pages/extra/files/other/left", "/pages/none/files/known/left"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")
        assert closed == []
    assert closed == ["extra"]


@pytest.mark.parametrize("tool", list(EXAMPLES), ids=str)
def test_examples_are_complete_requests_of_known_tools(tool: str) -> None:
    for each in EXAMPLES[tool]:
        stand_in = {name: [f"asset-{sample}" for sample in samples] for name, samples in each.pictures.items()}
        values = {field.name: value for field in fields_of(TOOLS[tool]) if (value := {**each.values, **stand_in}.get(field.name))}
        plain = {
            name: value if TOOLS[tool].properties()[name].get("type") == "array" else _one(value)
            for name, value in values.items()
        }
        TOOLS[tool].parse(plain)
        assert set(stand_in) | set(each.values) <= set(TOOLS[tool].properties())


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def test_an_example_fills_the_inputs_with_pictures_of_the_studio(studio: Studio, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(examples, "SAMPLES", tmp_path)
    (tmp_path / "shirt.webp").write_bytes(picture())
    values = examples.fill(studio, Example("Shirt", {"image": ("shirt.webp",)}, {"factor": "4x"}))
    assert values["factor"] == "4x"
    assert studio.asset(values["image"][0]).name.startswith("shirt")
