"""Packshot: what its prompt means, how it lays out, lights and keeps the product."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.draft import packshot
from pipelines.draft.packshot_brief import Brief, read_brief
from pipelines.draft.packshot_context import read_context
from pipelines.engine import Output, unwatched
from pipelines.errors import Cancelled, SubjectNotFound
from pipelines.sizes import Mode, Size
from pipelines.tasks import Packshot
from pipelines.vision.garments.straighten import Cutout, straightened, tilt
from pipelines.vision.rendering.cast import Shadow, floor_shadow, occlusion
from pipelines.vision.rendering.hanger import draw_hanger, find_shoulders
from pipelines.vision.rendering.surfaces import MATERIALS, Material, surface
from tests.pipelines.matting_scenes import SHAPES, drawn, scene

SIZE = Size(240, 304)


@pytest.fixture(scope="module")
def product() -> Image.Image:
    return Image.fromarray(scene("shirt", "red", "grey", seed=1, height=320, width=240).rgb)


def _run(product: Image.Image, prompt: str = "", **changes: object) -> Output:
    fields: dict[str, object] = {"size": SIZE, "mode": Mode.FAST, "seed": 0, "prompt": prompt, **changes}
    return packshot.run(Packshot(product_image=product, **fields), unwatched)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", Brief()),
        ("flat lay on marble, hard light", Brief("flat lay", "marble", None, "hard")),
        ("On a hanger against a #336699 wall", Brief("hanger", "plain", (0.2, 0.4, 0.6))),
        ("floating on light gray background", Brief("floating", "plain", (0.925, 0.925, 0.93))),
        ("wooden table, window light", Brief("ghost mannequin", "wood", None, "window")),
        ("the red shirt on white", Brief(colour=(1.0, 1.0, 1.0))),
        ("only the top", Brief()),
        ("just the shoes", Brief()),
        ("on a wooden hanger", Brief("hanger")),
        ("on a wooden clothes hanger against concrete", Brief("hanger", "concrete")),
        ("make it pop", Brief(unread=True)),
    ],
)
def test_prompts_are_read(prompt: str, expected: Brief) -> None:
    assert read_brief(prompt) == expected


def test_the_garment_s_own_colour_is_not_the_background_s() -> None:
    assert read_brief("a red shirt, flat lay").colour is None


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_no_prompt_breaks_the_reader(prompt: str) -> None:
    assert read_brief(prompt).light in ("soft", "window", "hard")


def test_default_is_centred_on_pure_white_with_margins(product: Image.Image) -> None:
    image = np.asarray(_run(product).image)
    assert image.shape == (304, 240, 3)
    assert (image[:4] >= 250).all() and image[0, 0].min() == 255
    red = (image[..., 0] > 120) & (image[..., 1] < 90)
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert abs((columns[0] + columns[-1]) / 2 - 119.5) < 3
    assert abs((rows[0] + rows[-1]) / 2 - 151.5) < 4
    assert 0.7 < (columns[-1] - columns[0]) / 240 < 0.86 or 0.7 < (rows[-1] - rows[0]) / 304 < 0.88


def test_product_keeps_its_colour(product: Image.Image) -> None:
    image = np.asarray(_run(product).image)
    middle = image[140:170, 100:140].reshape(-1, 3).mean(axis=0)
    source = np.asarray(product)[150:190, 100:140].reshape(-1, 3).mean(axis=0)
    assert np.abs(middle - source).max() < 12


def test_there_is_a_shadow_and_it_is_soft(product: Image.Image) -> None:
    light = np.asarray(_run(product).image.convert("L")).astype(float)
    assert np.count_nonzero((light > 225) & (light < 253)) > 300


@pytest.mark.parametrize("prompt", ["on marble", "flat lay on wood", "hanger, plaster", "floating on concrete, window light"])
def test_each_look_differs_from_the_default(product: Image.Image, prompt: str) -> None:
    plain, other = (np.asarray(_run(product, each).image).astype(int) for each in ("", prompt))
    assert np.abs(plain - other)[:20].mean() > 4


def test_stated_colour_is_exact_away_from_the_shadow(product: Image.Image) -> None:
    corner = np.asarray(_run(product, "on #dfe8e0").image)[0, 0]
    assert np.abs(corner.astype(int) - (0xDF, 0xE8, 0xE0)).max() <= 1


def test_same_seed_same_picture_other_seed_other_picture(product: Image.Image) -> None:
    one, again, other = (np.asarray(_run(product, "on marble", seed=seed).image) for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_gives_the_size_asked_for(product: Image.Image, mode: Mode) -> None:
    assert _run(product, mode=mode, size=Size(333, 251)).image.size == (333, 251)


@settings(max_examples=6, deadline=None)
@given(st.integers(64, 360), st.integers(64, 360))
def test_every_size_is_exact(width: int, height: int) -> None:
    cut = Image.new("RGBA", (90, 120), (0, 0, 0, 0))
    cut.paste((30, 60, 130, 255), (15, 15, 75, 105))
    assert _run(cut, "hanger", size=Size(width, height)).image.size == (width, height)


def test_context_gives_colour_and_light_and_is_said(product: Image.Image) -> None:
    reference = np.zeros((120, 160, 3), np.uint8)
    reference[:] = np.linspace(90, 220, 160)[None, :, None] * np.float32([1.0, 0.9, 0.7])
    output = _run(product, image_context=Image.fromarray(reference))
    image = np.asarray(output.image).astype(int)
    assert image[:, -3:].mean() > image[:, :3].mean() + 40
    assert any("reference" in note for note in output.notes)
    assert read_context(reference).light < 80


def test_nothing_to_show() -> None:
    with pytest.raises(SubjectNotFound):
        _run(Image.new("RGB", (160, 160), "white"))


def test_cancelling_is_honoured_late(product: Image.Image) -> None:
    def watch(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        if step == 6:
            raise Cancelled

    with pytest.raises(Cancelled):
        packshot.run(Packshot(product_image=product, size=SIZE, mode=Mode.FAST, seed=0), watch)


@pytest.mark.parametrize("angle", [-5.0, 4.0])
def test_tilted_garments_are_straightened(angle: float) -> None:
    alpha = drawn(SHAPES["shirt"], 320, 240)
    turned = np.asarray(Image.fromarray(alpha).rotate(-angle, Image.Resampling.BILINEAR))
    assert tilt(turned) == pytest.approx(angle, abs=1.0)
    upright = straightened(Cutout(np.ones((320, 240, 3), np.float32), turned))
    assert abs(tilt(upright.alpha)) <= 1


def test_upright_and_lopsided_garments_stay_as_they_are() -> None:
    assert tilt(drawn(SHAPES["shirt"], 320, 240)) == 0
    lopsided = np.zeros((200, 200), np.float32)
    lopsided[20:180, 20:60] = lopsided[140:180, 20:180] = 1
    assert tilt(lopsided) == 0


@pytest.mark.parametrize("material", list(MATERIALS))
def test_surfaces_have_their_colour_and_are_seeded(material: Material) -> None:
    one, again, other = (surface(material, Size(200, 150), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.shape == (150, 200, 3) and one.dtype == np.float32
    assert one.min() >= 0 and one.max() <= 1
    assert np.abs(one.reshape(-1, 3).mean(axis=0) - MATERIALS[material]).max() < 0.09
    assert np.array_equal(one, again)
    assert material == "plain" or not np.array_equal(one, other)


def test_shadow_falls_away_from_the_light() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[40:60, 40:60] = 1
    light = occlusion(alpha, (Shadow(0.1, 0.01, 0.5),), angle=135)
    assert light[65, 65] < 0.6 and light[35, 35] > 0.99
    assert floor_shadow(alpha, 80, 0.4)[80, 50] == pytest.approx(0.6, abs=0.02)


def test_hanger_reaches_the_shoulders_and_its_hook_stands_above() -> None:
    alpha = drawn(SHAPES["shirt"], 320, 240)
    shoulders = find_shoulders(alpha)
    hanger = draw_hanger(shoulders, Size(240, 320))
    top = int(np.flatnonzero((alpha > 0.5).any(axis=1))[0])
    assert (hanger.alpha[:top] > 0.5).any()
    assert shoulders.left.x < shoulders.neck.x < shoulders.right.x
    loose = (hanger.alpha > 0.5) & (alpha < 0.5)
    assert not loose[int(max(shoulders.left.y, shoulders.right.y)) + 8 :].any()
