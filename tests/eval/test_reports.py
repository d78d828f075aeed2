"""The report of a made-up run: what it says, that it holds by itself, and that it is written in time."""

import csv
import doctest
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from PIL import Image

from eval.reports import markup, sentences, text
from eval.reports.content import controls_table
from eval.reports.glyph import glyph
from eval.reports.pictures import SIDE, chosen, small
from eval.reports.tables import Column, Table, Value
from eval.reports.write import Written, write_reports
from eval.runs.results import Results
from eval.statistics import Interval
from eval.verdicts.example import Design, Truth, example
from eval.verdicts.judge import verdicts
from tests.app.served import CHROMIUM, NEEDS_CHROMIUM

DELTA = Truth(metric="garment_delta_e", title="Garment ΔE2000", better="lower", level=6.0, shared=1.0, noise=0.3)
PSNR = Truth(metric="psnr", title="PSNR, dB", better="higher", level=30.0, shared=1.0, noise=0.3, margin=0.5)
TOOLS = {
    "try-on": (replace(DELTA, gains={"balanced": 1.0, "quality": 2.0}), PSNR),
    "upscale": (replace(PSNR, gains={"balanced": 1.0, "quality": 1.0}),),
}
EVIL = '<script>alert("x")</script>'
VOID = ("meta", "img", "input")


@dataclass(frozen=True)
class Flagged:
    metric: str
    tool: str
    text: str


def made(folder: Path, results: Results) -> Written:
    """With pictures of every output of try-on, and inputs and targets of some."""
    rng = np.random.default_rng(0)
    for name in ("inputs", "targets"):
        (folder / "pictures" / name).mkdir(parents=True)
    for row in results.made():
        if row.tool != "try-on" or not row.picture:
            continue
        image = Image.fromarray(rng.integers(0, 255, (60, 40, 3), np.uint8))
        image.save(folder / row.picture)
        image.save(folder / "pictures" / "inputs" / f"{row.case}.webp")
        if row.case.endswith(("0", "2", "4")):
            image.save(folder / "pictures" / "targets" / f"{row.case}.webp")
    return write_reports(results, folder, flags=[Flagged("psnr", "try-on", f"a copy of the input wins {EVIL}")])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    results = example(Design(tools=TOOLS, cases=8, seeds=2, failed=0.05, unscored=0.05))
    control = replace(results.rows[0], way="copy of the input", scores={"garment_delta_e": 1.0})
    evil = replace(results.rows[1], status="failed", error=EVIL, scores={}, unscored={})
    return made(tmp_path_factory.mktemp("run"), replace(results, rows=(results.rows[0], evil, *results.rows[2:], control)))


class Reader(HTMLParser):
    """Balance of elements, ids and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids += [told["id"] or ""] if "id" in told else []
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def test_the_page_needs_nothing_but_itself(written: Written) -> None:
    page = written.page.read_text()
    outside = [each for each in read(page).addresses if not each.startswith(("#", "data:"))]
    assert not outside
    assert not re.findall(r"@import|url\((?!#)", page)


def test_links_and_plots_point_at_ids_that_exist_once(written: Written) -> None:
    reader = read(written.page.read_text())
    assert len(set(reader.ids)) == len(reader.ids)
    assert {each[1:] for each in reader.addresses if each.startswith("#")} <= set(reader.ids)


def test_whatever_a_run_holds_is_escaped_in_page_and_text(written: Written) -> None:
    assert EVIL not in written.page.read_text()
    assert "&lt;script&gt;alert" in written.page.read_text()
    assert "<script" not in written.text.read_text()


def test_the_summary_comes_first_and_answers_for_each_tool(written: Written) -> None:
    page = written.page.read_text()
    assert page.index('id="summary"') < page.index('id="try-on"')
    assert "Quality is worth its price for Try-On; not worth it for Upscale." in page
    assert "Balanced is as good: Quality gains" in page


def test_a_guard_that_speaks_otherwise_is_named() -> None:
    truths = (replace(DELTA, noise=0.1), replace(PSNR, gains={"quality": 3.0}))
    verdict = verdicts(example(Design(tools={"try-on": truths}, cases=16)))[0]
    assert re.search(r"^Against Balanced: .* ΔE2000 .*, but by PSNR \+[23]\.\d+ dB", sentences.reason(verdict, verdict.worths[0]))


def test_a_certain_gain_of_about_the_margin_is_told_as_open() -> None:
    truth = replace(PSNR, gains={"balanced": 1.0, "quality": 1.47}, noise=0.1, own=0.15)
    verdict = verdicts(example(Design(tools={"upscale": (truth,)}, garments=16)))[0]
    assert verdict.worths[0].answer == "unsettled"
    assert "but whether that is more than the 0.50 that anyone would mind is open" in sentences.reason(verdict, verdict.worths[0])


def test_flags_controls_and_failures_are_told(written: Written) -> None:
    page = written.page.read_text()
    assert "a copy of the input wins" in page
    assert "copy of the input" in written.text.read_text()
    assert re.search(r'class="number bad"[^>]*><strong>1.00 wins</strong>', page)
    assert "the engine broke" in page
    assert "the garment was not found" in page


def test_a_spoilt_answer_that_a_metric_claims_to_see_is_marked_and_the_right_answer_never() -> None:
    results = example(Design(tools={"try-on": (DELTA,)}, cases=4, seeds=1))
    told = replace(DELTA.told, sees=("blur",))
    levels = {"perfect": 0.2, "blur": 0.1, "hue": 0.1, "copy": 9.0}
    spoilt = [replace(results.rows[0], way=way, scores={"garment_delta_e": level}) for way, level in levels.items()]
    both = Results(replace(results.manifest, metrics=(told,)), (*results.rows, *spoilt))
    line = controls_table(both, verdicts(both)).lines[0]
    marked = [isinstance(each, Value) and each.class_ == "bad" for each in line]
    assert marked == [False, False, False, False, False, True, False]


def test_the_run_can_be_repeated_from_its_report(written: Written) -> None:
    command = (
        "python -m eval run --suite example --tools try-on upscale --engines draft --modes fast balanced quality --resolutions 1k "
        "--seeds 2 --out DIR"
    )
    assert command in written.page.read_text()
    assert command in written.text.read_text()
    assert "garment_delta_e:000000000000" in written.page.read_text()


def test_cases_show_what_is_stored_and_slide_between_output_and_target_or_input(written: Written) -> None:
    page = written.page.read_text()
    assert page.count('<figure class="case">') == 4
    assert page.count('alt="output of') == page.count('alt="input of') == 4
    assert 0 < page.count('alt="target of') < 4
    assert page.count("layer under") == 4


def test_the_text_is_tables_of_equal_width(written: Written) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", written.text.read_text(), re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_the_table_has_a_line_for_each_setting_with_intervals(written: Written) -> None:
    lines = list(csv.DictReader(StringIO(written.table.read_text())))
    assert [(line["tool"], line["mode"]) for line in lines][:2] == [("try-on", "fast"), ("try-on", "balanced")]
    assert len(lines) == 6
    first = lines[0]
    assert float(first["garment_delta_e_low"]) < float(first["garment_delta_e"]) < float(first["garment_delta_e_high"])
    assert lines[-1]["garment_delta_e"] == ""
    assert int(first["asked"]) == int(first["done"]) + int(first["failed"])


def test_equal_runs_give_equal_reports(written: Written, tmp_path: Path) -> None:
    results = example(Design(tools=TOOLS, cases=4, seeds=1))
    one, other = write_reports(results, tmp_path / "a"), write_reports(results, tmp_path / "b")
    assert one.page.read_bytes() == other.page.read_bytes()
    assert one.text.read_bytes() == other.text.read_bytes()


@pytest.mark.parametrize("design", [
    Design(tools=TOOLS, cases=4, seeds=1, failed=1.0),
    Design(tools=TOOLS, cases=4, seeds=1, unscored=1.0),
    Design(tools=TOOLS, cases=1, seeds=1),
    Design(tools=TOOLS, cases=3, seeds=1, modes=("fast",)),
    Design(tools=TOOLS, cases=3, seeds=1, resolutions=("1k", "4k"), engines=("draft", "diffusion")),
])  # fmt: skip
def test_poor_runs_are_reported_too(design: Design, tmp_path: Path) -> None:
    written = write_reports(example(design), tmp_path)
    read(written.page.read_text())
    assert "nan" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", written.page.read_text(), flags=re.S).lower()


def test_a_run_without_rows_is_reported_as_that(tmp_path: Path) -> None:
    results = example(Design(tools=TOOLS, cases=1))
    page = write_reports(Results(results.manifest, ()), tmp_path).page.read_text()
    assert "its worth is not known" in page


def test_pictures_outside_of_the_run_are_never_read(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    results = example(Design(tools=TOOLS, cases=2, seeds=1))
    rows = tuple(replace(row, picture="../secret.png") for row in results.rows)
    assert '<figure class="case">' not in write_reports(replace(results, rows=rows), folder).page.read_text()


def test_worst_and_best_are_different_cases_and_follow_the_direction_of_the_metric() -> None:
    rows = list(example(Design(tools=TOOLS, cases=6)).made())
    for tool, truth in (("try-on", DELTA), ("upscale", PSNR)):
        found = chosen([row for row in rows if row.tool == tool], truth.told)
        assert len({row.case for _, row in found}) == len(found) == 4
        values = [truth.told.sign * row.scores[truth.metric] for _, row in found]
        assert max(values[:2]) < min(values[2:])


def test_pictures_are_made_small_and_keep_their_transparency(tmp_path: Path) -> None:
    Image.new("RGBA", (900, 1800), (200, 10, 10, 0)).save(tmp_path / "cut.png")
    Image.new("RGB", (900, 300)).save(tmp_path / "plain.webp")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    cut, plain = small(tmp_path / "cut.png", "output"), small(tmp_path / "plain.webp", "input")
    assert cut is not None
    assert plain is not None
    assert (cut.width, cut.height, cut.uri[:15]) == (SIDE // 2, SIDE, "data:image/webp")
    assert (plain.width, plain.uri[:15]) == (SIDE, "data:image/jpeg")
    assert small(tmp_path / "broken.png", "output") is None


def test_a_video_is_shown_by_one_of_its_frames(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"  # type: ignore[attr-defined]
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8))))  # type: ignore[attr-defined]
        container.mux(stream.encode(None))  # type: ignore[attr-defined]
    found = small(tmp_path / "clip.mp4", "output")
    assert found is not None
    assert (found.width, found.height) == (64, 48)


def test_a_gain_is_drawn_within_its_frame_however_far_out_it_lies() -> None:
    for interval in (Interval(0, -1, 1), Interval(50, 40, 60), Interval(-50, -60, -40), Interval(0, -90, 90)):
        drawn = fromstring(glyph(interval, 0.5))  # noqa: S314 - own markup
        for each in drawn:
            for name in ("x1", "x2", "cx"):
                assert 0 <= float(each.get(name, 0)) <= 132


def test_what_would_break_a_table_of_text_is_escaped() -> None:
    made = Table("t", [Column("a|b")], [["x\ny | z <b>"]]).markdown()
    assert made.splitlines() == ["| a\\|b |", "| --- |", "| x y \\| z &lt;b> |"]


def test_names_are_no_formulas_in_a_spreadsheet(tmp_path: Path) -> None:
    results = example(Design(tools={"=cmd()": (PSNR,)}, cases=2, seeds=1))
    assert next(csv.DictReader(StringIO(write_reports(results, tmp_path).table.read_text())))["tool"] == "'=cmd()"


@pytest.mark.parametrize("module", [markup, sentences, text])
def test_examples_hold(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert (found.failed, found.attempted > 0) == (0, True)


def test_matplotlib_is_loaded_only_when_a_plot_is_drawn() -> None:
    code = "import sys, eval.reports.write, eval.reports.gate; print(*sorted({'matplotlib', 'torch', 'av'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_ten_thousand_rows_make_a_page_of_every_tool_that_can_still_be_sent(tmp_path: Path) -> None:
    names = (
        "try-on",
        "packshot",
        "edit",
        "reframe",
        "model-swap",
        "face-swap",
        "upscale",
        "create-face",
        "create-model",
        "image-to-video",
    )
    results = example(Design(tools=dict.fromkeys(names, (DELTA, PSNR)), cases=112, garments=28, people=10))
    assert len(results.rows) == 10_080
    page = write_reports(results, tmp_path).page
    assert page.stat().st_size < 15_000_000
    assert all(f'id="{name}"' in page.read_text() for name in names)


@pytest.fixture
def page(written: Written) -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.goto(written.page.as_uri())
        yield page
        browser.close()


@NEEDS_CHROMIUM
@pytest.mark.browser
def test_tables_sort_by_click_and_by_keyboard_and_cases_slide(page) -> None:  # type: ignore[no-untyped-def]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})
    table = page.locator("#try-on .frame").first
    head = table.locator("th", has_text="Warm p50")
    settings = "rows => rows.map(row => row.cells[0].textContent)"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert table.locator("tbody tr").evaluate_all(settings) == ["Fast", "Balanced", "Quality"]
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert table.locator("tbody tr").evaluate_all(settings) == ["Quality", "Balanced", "Fast"]
    case = page.locator(".case").first
    case.locator("button").press("Space")
    top = (
        "each => { const box = each.getBoundingClientRect(); const [x, y] = [box.left + box.width * 0.9, box.top + box.height / 2]; \
        return document.elementFromPoint(x, y).alt; }"
    )
    case.scroll_into_view_if_needed()
    assert case.locator(".layers").evaluate(top).startswith("output of")
    case.locator("input").press("ArrowRight")
    assert case.evaluate("each => each.style.getPropertyValue('--at')") == "51%"
    box = case.locator(".layers").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    assert case.evaluate("each => each.style.getPropertyValue('--at')") == "25%"
    assert case.locator(".layer:visible").count() == 2
    case.locator("button").click()
    assert case.locator(".layer:visible").count() >= 2
