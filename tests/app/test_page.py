"""The whole page in Chromium, over a real server process."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.app.served import IN_BROWSER, ROOT, Server

pytestmark = IN_BROWSER


@dataclass
class Seen:
    """What a page asked for and complained about."""

    page: Any
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, own: str) -> None:
        self.page.on("request", lambda request: self._request(request.url, own))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self._said(said))

    def _said(self, message: Any) -> None:
        """A refused upload is logged by the browser itself; the page says it in words."""
        if message.type == "error" and "status of 422" not in message.text:
            self.complaints.append(message.text)

    def _request(self, url: str, own: str) -> None:
        if not url.startswith((own, "data:", "blob:")):
            self.outside.append(url)


def picture(width: int = 120, height: int = 160, colour: str = "#c8a48a", kind: str = "PNG") -> bytes:
    image = Image.new("RGB", (width, height), "#f2f0ec")
    ImageDraw.Draw(image).ellipse((20, 20, width - 20, height - 20), fill=colour)
    data = BytesIO()
    image.save(data, kind)
    return data.getvalue()


def upload(page: Any, field_id: str, *names: str, data: bytes | None = None) -> None:
    files = [{"name": name, "mimeType": "image/png", "buffer": data if data is not None else picture()} for name in names]
    page.locator(f"#{field_id} input[type=file]").set_input_files(files)


def choose(page: Any, title: str) -> None:
    page.get_by_role("tab", name=title, exact=True).click()


def run_button(page: Any, tool: str) -> Any:
    return page.locator(f"#tab-{tool} button.wb-go")


def start_slow_job(page: Any, name: str = "slow.png") -> None:
    choose(page, "Background Remove")
    upload(page, "background-remove-image", name)
    page.locator("#background-remove-image img").wait_for()
    page.locator("#background-remove-generation-mode").get_by_role("radio", name="Quality").check(force=True)
    run_button(page, "background-remove").click()
    page.get_by_role("progressbar").wait_for()


def credits_used(page: Any) -> int:
    page.locator(".wb-spent").get_by_text("used").wait_for()
    return int(page.locator(".wb-spent").inner_text().split()[0])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server("serve_page.py", tmp_path_factory.mktemp("home"))
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    """A desktop browser whose cache the pages share."""
    made = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def seen(server: Server, context: Any) -> Iterator[Seen]:
    """A fresh page that is ready; afterwards it must have asked nobody else and complained about nothing."""
    found = Seen(context.new_page())
    found.watch(server.url)
    found.page.goto(server.url)
    found.page.get_by_role("tab", name="Product to Model").wait_for()
    found.page.locator("button.wb-go:visible").wait_for()
    yield found
    found.page.close()
    assert found.outside == []
    assert found.complaints == []


@pytest.fixture
def page(seen: Seen) -> Any:
    return seen.page


def test_upload_run_and_result(page: Any) -> None:
    before = credits_used(page)
    choose(page, "Background Remove")
    upload(page, "background-remove-image", "dress.png")
    page.locator("#background-remove-image img").wait_for()
    page.get_by_text("120 × 160 pixels").wait_for()
    assert run_button(page, "background-remove").inner_text() == "Run - 1 credit"
    run_button(page, "background-remove").click()
    page.get_by_role("link", name="Download").wait_for()
    shown = page.locator("img.wb-after")
    page.wait_for_function("() => document.querySelector('img.wb-after').naturalWidth > 0")
    assert shown.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [120, 160]
    page.get_by_text("Painted, not drawn.").wait_for()
    assert credits_used(page) == before + 1


def test_before_and_after_can_be_compared_and_zoomed_by_keyboard(page: Any) -> None:
    page.get_by_role("link", name="Download").wait_for()
    page.get_by_role("button", name="Before and after").press("Enter")
    slider = page.get_by_role("slider", name="Before and after")
    slider.press("End")
    assert page.locator(".wb-frame").evaluate("(frame) => frame.style.getPropertyValue('--split')") == "100%"
    page.locator(".wb-view").press("+")
    assert page.locator(".wb-plane").evaluate("(plane) => new DOMMatrix(plane.style.transform).a") == pytest.approx(1.5)


def test_a_running_job_is_cancelled_and_costs_nothing(page: Any) -> None:
    before = credits_used(page)
    start_slow_job(page)
    page.get_by_text("Painting <i>layer</i>").wait_for()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("heading", name="Cancelled").wait_for()
    page.get_by_text("Nothing was charged.").wait_for()
    assert credits_used(page) == before


def test_a_reload_keeps_the_history_and_the_running_job(page: Any) -> None:
    start_slow_job(page)
    entries = page.locator(".wb-entry").count()
    page.reload()
    page.get_by_role("progressbar").wait_for()
    assert page.locator(".wb-entry").count() == entries
    assert page.get_by_role("button", name="Background Remove, running").count() == 1
    assert page.url.endswith("#background-remove")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("heading", name="Cancelled").wait_for()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notes.png", b"this is a text, not a picture", "not"),
        ("empty.png", b"", "empty"),
        ("cut.png", picture()[:150], "cut"),
    ],
)
def test_a_file_that_is_no_picture_is_refused_in_words(page: Any, name: str, data: bytes, words: str) -> None:
    before = credits_used(page)
    choose(page, "Upscale")
    upload(page, "upscale-image", name, data=data)
    problem = page.locator("#upscale-image [role=alert]:visible")
    problem.wait_for()
    assert problem.inner_text().startswith(name)
    assert words in problem.inner_text()
    assert page.locator("#upscale-image img").count() == 0
    run_button(page, "upscale").click()
    page.locator("#tab-upscale [role=alert]").get_by_text("Picture is required").wait_for()
    assert credits_used(page) == before


def test_the_price_follows_every_control(page: Any) -> None:
    choose(page, "Packshot")
    page.locator("#packshot-num-images").get_by_role("radio", name="4").check(force=True)
    page.locator("#packshot-generation-mode").get_by_role("radio", name="Quality").check(force=True)
    page.locator("#packshot-resolution").get_by_role("radio", name="4K").check(force=True)
    page.wait_for_function("() => document.querySelector('#tab-packshot .wb-go').innerText.match(/Run - (\\d+)/)?.[1] >= 12")
    page.locator("#packshot-resolution").get_by_role("radio", name="Auto").check(force=True)
    page.locator("#tab-packshot .wb-reasons").get_by_text("1K, because there is no picture yet.").wait_for()
    assert "Run - 4 credits" in run_button(page, "packshot").inner_text()


def test_a_result_goes_to_another_tool_and_the_history_brings_inputs_back(page: Any) -> None:
    page.locator(".wb-entry.wb-completed").first.click()
    page.get_by_role("link", name="Download").wait_for()
    page.get_by_role("group", name="Use in").get_by_role("button", name="Reframe").click()
    page.locator("#reframe-image img").wait_for()
    assert page.get_by_role("tab", name="Reframe").get_attribute("aria-selected") == "true"
    page.locator("#reframe-aspect-ratio").get_by_role("radio", name="16:9").check(force=True)
    run_button(page, "reframe").click()
    page.get_by_role("heading", name="Reframe", exact=True).nth(1).wait_for()
    choose(page, "Create Face")
    page.locator(".wb-entry").first.click()
    page.locator(".wb-tool[aria-selected=true]").get_by_text("Reframe").wait_for()
    assert page.locator("#reframe-aspect-ratio").get_by_role("radio", name="16:9").is_checked()


def test_products_are_reordered_removed_and_limited(page: Any) -> None:
    upload(page, "product-to-model-product-images", "a.png")
    tiles = page.locator("#product-to-model-product-images .wb-tile[data-asset]")
    tiles.nth(0).wait_for()
    upload(page, "product-to-model-product-images", "b.png", "c.png", "d.png", data=picture(colour="#406080"))
    tiles.nth(2).wait_for()
    page.get_by_text("There is room for 3").wait_for()
    first = tiles.nth(0).get_attribute("data-asset")
    page.get_by_role("button", name="Move Products 1 right").click()
    assert tiles.nth(1).get_attribute("data-asset") == first
    page.get_by_role("button", name="Remove Products 2").click()
    assert tiles.count() == 2
    assert first not in [each.get_attribute("data-asset") for each in tiles.all()]


def test_a_mask_is_painted_over_the_picture_and_goes_into_the_job(page: Any) -> None:
    choose(page, "Edit")
    paint = page.locator("#edit-mask").get_by_role("button", name="Paint where to change")
    assert paint.is_disabled()
    upload(page, "edit-image", "dress.png")
    page.locator("#edit-image img").wait_for()
    paint.click()
    canvas = page.locator("dialog canvas")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Done", exact=True).click()
    layer = page.locator("#edit-mask .wb-layer")
    layer.wait_for()
    white = """(image) => image.decode().then(() => {
      const canvas = Object.assign(document.createElement("canvas"), { width: image.naturalWidth, height: image.naturalHeight });
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      return [0.5, 0.05].map((y) => context.getImageData(canvas.width / 2, canvas.height * y, 1, 1).data[0]);
    })"""
    assert layer.evaluate(white) == [255, 0]
    page.locator("#edit-prompt textarea").fill("a red dress")
    page.get_by_text("2 input pictures").locator("visible=true").wait_for()
    page.locator("#edit-mask").get_by_role("button", name="Remove Mask").click()
    assert layer.count() == 0


def test_a_box_is_moved_by_keyboard_and_cancelling_leaves_it_as_it_was(page: Any) -> None:
    choose(page, "Background Remove")
    upload(page, "background-remove-image", "dress.png")
    page.locator("#background-remove-image img").wait_for()
    page.locator("#background-remove-box").get_by_role("button", name="Draw a box").click()
    page.get_by_role("dialog").get_by_role("group", name="Box", exact=True).press("ArrowRight")
    page.get_by_role("button", name="Done", exact=True).click()
    shown = page.locator("#background-remove-box .wb-boxed")
    shown.wait_for()
    assert "left: 11%" in shown.get_attribute("style")
    page.locator("#background-remove-box").get_by_role("button", name="Change").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert "left: 11%" in shown.get_attribute("style")


def test_points_of_a_garment_are_found_dragged_and_go_into_the_job(page: Any) -> None:
    garment = (ROOT / "workbench/ui/samples" / "garment-graphic-tee.webp").read_bytes()
    choose(page, "Try-On")
    upload(page, "try-on-product-image", "tee.webp", data=garment)
    page.locator("#try-on-product-image img").wait_for()
    page.locator("#try-on-landmarks").get_by_role("button", name="Adjust points").click()
    dialog = page.get_by_role("dialog")
    hem = dialog.get_by_role("button", name="hem left", exact=True)
    hem.wait_for(timeout=30_000)
    assert dialog.locator(".wb-dot").count() > 8
    before = hem.bounding_box()
    page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    page.mouse.down()
    page.mouse.move(before["x"] + before["width"] / 2 + 30, before["y"] + before["height"] / 2 - 20, steps=3)
    page.mouse.up()
    after = hem.bounding_box()
    assert after["x"] - before["x"] == pytest.approx(30, abs=2)
    assert before["y"] - after["y"] == pytest.approx(20, abs=2)
    page.get_by_role("button", name="Done", exact=True).click()
    page.locator("#try-on-landmarks").get_by_role("button", name="Change").wait_for()


def test_recent_pictures_can_be_picked(page: Any) -> None:
    choose(page, "Upscale")
    page.get_by_role("button", name="Picture: use recent").locator("visible=true").click()
    page.get_by_role("dialog").locator(".wb-pick").first.click()
    page.locator("#upscale-image img").wait_for()
    assert page.get_by_role("dialog").locator("visible=true").count() == 0


def test_formats_that_browsers_cannot_show_are_taken_in_and_shown(page: Any) -> None:
    choose(page, "Upscale")
    upload(page, "upscale-image", "scan.tif", data=picture(kind="TIFF"))
    shown = page.locator("#upscale-image img")
    shown.wait_for()
    page.wait_for_function("() => document.querySelector('#upscale-image img').complete")
    assert shown.evaluate("(image) => image.naturalWidth") > 0


def test_a_picture_can_be_pasted(page: Any) -> None:
    choose(page, "Upscale")
    page.evaluate(
        """async (bytes) => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
            document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        list(picture()),
    )
    shown = page.locator("#upscale-image img")
    shown.wait_for()
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth / image.naturalHeight)") == 120 / 160


def test_a_picture_of_the_history_can_be_dragged_into_a_field(page: Any) -> None:
    choose(page, "Try-On")
    page.locator(".wb-entry.wb-completed").first.drag_to(page.locator("#try-on-product-image .wb-drop"))
    page.locator("#try-on-product-image img").wait_for()
    assert page.locator("#try-on-model-image img").count() == 0


def test_a_tool_without_an_engine_says_what_is_missing(page: Any) -> None:
    choose(page, "Face Swap")
    page.get_by_text("the tint engine has no face-swap").wait_for()
    assert run_button(page, "face-swap").is_disabled()


def test_words_of_people_are_never_markup(page: Any) -> None:
    attack = "<img src=x onerror=\"document.title='broken'\">"
    choose(page, "Create Face")
    page.locator("#create-face-prompt textarea").fill(attack)
    run_button(page, "create-face").click()
    page.get_by_role("link", name="Download").wait_for()
    page.locator("q").get_by_text(attack).wait_for()
    choose(page, "Edit")
    upload(page, "edit-image", f"{attack.replace('/', '')}.png", data=b"no picture")
    page.locator("#edit-image [role=alert]:visible").get_by_text(attack[:20]).wait_for()
    assert page.title() == "Fashion Workbench"


def test_tools_are_reached_by_keyboard_with_a_visible_focus(page: Any) -> None:
    page.get_by_role("tab", name="Product to Model").focus()
    page.keyboard.press("ArrowDown")
    tab = page.get_by_role("tab", name="Try-On")
    assert tab.get_attribute("aria-selected") == "true"
    assert tab.evaluate("(node) => [document.activeElement === node, getComputedStyle(node).outlineStyle]") == [True, "solid"]
    page.locator("#try-on-model-image").wait_for()


@pytest.mark.parametrize("tool", ["product-to-model", "try-on", "background-remove"])
def test_a_phone_shows_everything_without_scrolling_sideways(server: Server, browser: Any, tool: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server.url}/#{tool}")
    page.get_by_role("combobox", name="Tool").wait_for()
    run_button(page, tool).wait_for()
    assert page.get_by_role("combobox", name="Tool").input_value() == tool
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("combobox", name="Tool").select_option("upscale")
    page.locator("#upscale-image").wait_for()
    context.close()


def test_dark_mode_follows_the_system(server: Server, browser: Any) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(server.url)
    page.locator("button.wb-go:visible").wait_for()
    paint = page.locator(".wb-heading h2").first.evaluate(
        "(node) => [getComputedStyle(node).color, getComputedStyle(document.querySelector('.gradio-container')).backgroundColor]"
    )
    text, ground = (sum(int(part) for part in re.findall(r"\d+", each)[:3]) / 765 for each in paint)
    assert text > 0.85
    assert ground < 0.15
    context.close()


def test_a_video_plays_by_itself_without_sound_and_goes_to_no_tool_for_pictures(page: Any) -> None:
    choose(page, "Image to Video")
    upload(page, "image-to-video-image", "still.png")
    page.locator("#image-to-video-image img").wait_for()
    page.locator("#image-to-video-resolution").get_by_role("radio", name="480p").check(force=True)
    run_button(page, "image-to-video").click()
    video = page.locator(".wb-view video")
    video.wait_for()
    page.get_by_role("link", name="Download").wait_for()
    said = video.evaluate("(node) => [node.muted, node.loop, node.controls, node.playsInline, node.poster !== '']")
    assert said == [True] * 5
    assert page.get_by_role("link", name="Download").get_attribute("download").endswith(".mp4")
    assert page.get_by_role("group", name="Use in").count() == 0
    assert page.locator(".wb-entry img").first.evaluate("(image) => image.src").endswith("/thumbnail")
    if not video.evaluate("(node) => node.canPlayType('video/mp4; codecs=\"avc1.64001e\"')"):
        pytest.skip("this Chromium plays no H.264")
    video.evaluate("(node) => node.play()")
    page.wait_for_function(
        "() => document.querySelector('video').readyState >= 2 && document.querySelector('video').currentTime > 0"
    )
    assert video.evaluate("(node) => [node.videoWidth, node.videoHeight, Math.round(node.duration)]") == [480, 640, 2]


def test_a_killed_server_loses_no_job_and_the_open_page_goes_on(server: Server, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(server.url)
    page.locator("button.wb-go:visible").wait_for()
    before = credits_used(page)
    start_slow_job(page, "killed.png")
    page.get_by_text("Painting").wait_for()
    server.kill()
    page.get_by_text("The studio does not answer").wait_for()
    server.start()
    page.get_by_role("link", name="Download").wait_for(timeout=45_000)
    page.locator("#background-remove-image").wait_for()
    assert credits_used(page) == before + 1
    page.reload()
    page.get_by_role("link", name="Download").wait_for()
    context.close()
