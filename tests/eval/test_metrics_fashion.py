"""What the metrics of garments, faces, videos and prompts say of pictures whose answer is known."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from eval.errors import Unscored
from eval.metrics import text
from eval.metrics.adherence import COLOURS, HAIRS, SKINS, border
from eval.metrics.ends import fidelity
from eval.metrics.fringe import fringe_delta_e
from eval.metrics.garment_delta_e import quantile_delta_e
from eval.metrics.landmarks import near_share
from eval.metrics.logo import find_print, print_seen
from eval.metrics.metric import Sample, score
from eval.metrics.motion import motion
from eval.metrics.palette import palette, shared_colours
from eval.metrics.reframed import kept_share, place_of, step_across
from eval.metrics.registry import METRICS
from eval.metrics.silhouette import silhouette_iou
from eval.metrics.ssim import ssim
from eval.metrics.texture import texture
from eval.metrics.unchanged import changed_share
from eval.suites.case import Truth
from pipelines.engine import Output
from pipelines.images import Bytes, picture
from pipelines.vision.people.body import Point

ALL = np.ones((200, 160), np.bool_)


def knit(seed: int, period: float = 6.0, shape: tuple[int, int] = (200, 160)) -> Bytes:
    """Rows of stitches in one direction, with grain."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    waves = 110 + 50 * np.sin(2 * np.pi * (rows + 0.4 * columns) / period)
    grain = np.random.default_rng(seed).normal(0, 6, (*shape, 1))
    return np.clip(waves[..., None] + grain, 0, 255).astype(np.uint8).repeat(3, axis=2)


def test_texture_forgives_a_shift_that_ssim_does_not_and_sees_a_blur_that_ssim_prefers() -> None:
    truth = knit(1)
    shifted, blurred = np.roll(truth, 3, axis=0), np.asarray(cv2.GaussianBlur(truth, (0, 0), 4), np.uint8)
    assert ssim(shifted, truth) < ssim(blurred, truth)
    assert texture(shifted, truth, ALL) > 0.95
    assert texture(blurred, truth, ALL) < 0.6


def test_texture_tells_fine_from_coarse_and_one_direction_from_the_other() -> None:
    truth = knit(1)
    coarse, across = knit(2, 16.0), np.ascontiguousarray(np.rot90(knit(2, 6.0, (160, 200))))
    assert texture(knit(2), truth, ALL) > 0.95
    assert max(texture(coarse, truth, ALL), texture(across, truth, ALL)) < 0.85


def test_texture_looks_at_nothing_outside_of_its_mask() -> None:
    truth, shown = knit(1), knit(1)
    inside = np.zeros(ALL.shape, np.bool_)
    inside[40:160, 40:120] = True
    shown[~inside] = np.random.default_rng(0).integers(0, 255, (int((~inside).sum()), 3))
    assert texture(shown, truth, inside) > 0.99
    assert np.isnan(texture(shown, truth, np.zeros(ALL.shape, np.bool_)))


def test_garment_delta_e_tells_a_small_stain_by_its_upper_end_only() -> None:
    truth = np.full((100, 100, 3), 120, np.uint8)
    shown = truth.copy()
    shown[:30, :30] = (200, 40, 40)
    mask = np.ones((100, 100), np.bool_)
    assert quantile_delta_e(shown, truth, mask, 0.5) == 0
    assert quantile_delta_e(shown, truth, mask, 0.95) > 20


def shirt(stamped: bool = True) -> Bytes:
    """Plain cloth with light and shade, and a badge."""
    shade = 150 + 20 * np.sin(np.arange(240) / 30)
    cloth = np.clip(np.stack([shade, shade * 0.8, shade * 0.5], axis=1), 0, 255).astype(np.uint8)
    rgb = np.broadcast_to(cloth[None], (300, 240, 3)).copy()
    if stamped:
        cv2.rectangle(rgb, (80, 90), (160, 140), (245, 245, 245), -1)
        cv2.putText(rgb, "NORTH", (84, 122), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 30, 120), 3, cv2.LINE_AA)
    return rgb


def matte() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    alpha = np.zeros((300, 240), np.float32)
    alpha[10:-10, 10:-10] = 1
    return alpha


@pytest.mark.parametrize(("scale", "shift"), [(0.5, 0), (0.5, 12), (0.42, -6)])
def test_a_print_is_found_again_smaller_and_elsewhere(scale: float, shift: int) -> None:
    wanted = find_print(shirt(), matte())
    assert wanted is not None
    shown = np.asarray(cv2.resize(shirt(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    blank = np.asarray(cv2.resize(shirt(False), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    canvas, other = (np.full((220, 220, 3), 255, np.uint8) for _ in range(2))
    rows, columns = slice(30, 30 + shown.shape[0]), slice(40 + shift, 40 + shift + shown.shape[1])
    canvas[rows, columns], other[rows, columns] = shown, blank
    region = np.zeros((220, 220), np.bool_)
    region[rows, columns] = True
    assert print_seen(canvas, region, wanted) > 0.75
    assert print_seen(other, region, wanted) < 0.5


def test_plain_cloth_stripes_and_dots_all_over_have_no_print() -> None:
    assert find_print(shirt(False), matte()) is None
    stripes, dots = shirt(False), shirt(False)
    for row in range(15, 290, 24):
        stripes[row : row + 10] = 30
        for column in range(15, 230, 24):
            cv2.circle(dots, (column, row), 6, (30, 30, 30), -1)
    assert find_print(stripes, matte()) is None
    assert find_print(dots, matte()) is None
    assert find_print(shirt(), np.zeros((300, 240), np.float32)) is None


def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program called tesseract that does what the script says."""
    program = tmp_path / "tesseract"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    text._version.cache_clear()


def shown_text() -> Sample:
    region = np.ones((300, 240), np.bool_)
    return Sample(Output(picture(shirt())), Truth(text="North Face", region=region), "try-on")


def test_writing_is_compared_with_what_the_reader_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch, 'test "$1" = --version && { echo tesseract 5; exit; }; cat > /dev/null; echo "N0RTH"')
    metric = METRICS["text_similarity"]
    assert metric.missing() == ""
    assert metric.described()["weights"] == "tesseract 5"
    assert metric.measure(shown_text()) == pytest.approx(4 / 9)


def test_a_reader_that_breaks_or_is_absent_leaves_the_case_unscored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch, "exit 1")
    metric = METRICS["text_similarity"]
    with pytest.raises(Unscored, match="could not read"):
        metric.measure(shown_text())
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert "install Tesseract" in score((metric,), shown_text()).unscored["text_similarity"]
    assert metric.described().get("weights") is None


def test_a_silhouette_is_the_same_wherever_and_however_large_and_another_when_cut() -> None:
    small, large = np.zeros((60, 60), np.uint8), np.zeros((300, 200), np.uint8)
    cv2.ellipse(small, (30, 30), (10, 20), 0, 0, 360, 1, -1)
    cv2.ellipse(large, (90, 160), (50, 100), 0, 0, 360, 1, -1)
    assert silhouette_iou(small > 0, large > 0) > 0.95
    large[160:] = 0
    assert silhouette_iou(small > 0, large > 0) < 0.9
    assert silhouette_iou(small > 0, np.zeros((9, 9), np.bool_)) == 0


def test_a_palette_is_the_same_each_time_and_shares_what_is_near() -> None:
    rng = np.random.default_rng(0)
    colours = np.repeat(np.array([(200, 30, 40), (20, 30, 120), (240, 240, 240), (10, 90, 40)], np.uint8), 300, axis=0)
    noisy = np.clip(colours + rng.normal(0, 4, colours.shape), 0, 255).astype(np.uint8)
    assert (palette(noisy) == palette(noisy)).all()
    assert shared_colours(palette(colours), palette(colours)) == 1
    assert shared_colours(palette(colours), palette(noisy)) > 0.85 > shared_colours(palette(colours), palette(255 - noisy))


def test_a_hue_that_moves_away_is_shared_less_and_less() -> None:
    wanted = np.array([[180, 60, 60], [60, 90, 160]], np.uint8)
    moved = [
        shared_colours(wanted, np.clip(wanted + np.array([0, step, 0]), 0, 255).astype(np.uint8)) for step in (0, 10, 25, 60)
    ]
    assert moved == sorted(moved, reverse=True)
    assert moved[0] == 1 > moved[1] > moved[3]


def test_a_little_change_is_forgiven_within_the_slack_only() -> None:
    before, mask = np.full((8, 8, 3), 100, np.uint8), np.ones((8, 8), np.bool_)
    assert changed_share(before + np.uint8(3), before, mask) == 1
    assert changed_share(before + np.uint8(3), before, mask, 3) == 0
    assert changed_share(before - np.uint8(4), before, mask, 3) == 1


def test_joints_that_are_not_found_count_as_missed() -> None:
    truth = {"neck": Point(0, 0), "crotch": Point(0, 100)}
    assert near_share({"neck": Point(4, 0), "crotch": Point(0, 120)}, truth, 100) == 0.5
    assert near_share({"neck": Point(4, 0)}, truth, 100) == 0.5
    assert np.isnan(near_share({}, {}, 100))


def test_a_fringe_of_the_old_background_is_told_from_clean_edges() -> None:
    alpha = np.tile(np.linspace(0, 1, 21, dtype=np.float32), (10, 1))
    red = np.broadcast_to(np.array((200, 20, 30), np.uint8), (10, 21, 3))
    target = np.round(red * alpha[..., None] + 255 * (1 - alpha[..., None])).astype(np.uint8)
    dirty = np.round(red * alpha[..., None] + np.array((20, 120, 40)) * (1 - alpha[..., None])).astype(np.uint8)
    assert fringe_delta_e(red.copy(), alpha, target, alpha) < 1
    assert fringe_delta_e(dirty, alpha, target, alpha) > 10
    assert np.isnan(fringe_delta_e(dirty, alpha, target, np.round(alpha)))


@pytest.mark.parametrize(("left", "top"), [(0, 0), (17, 5), (60, 20)])
def test_a_source_is_found_wherever_it_was_put(left: int, top: int) -> None:
    made = np.random.default_rng(1).integers(0, 255, (60, 120, 3)).astype(np.uint8)
    source = made[top : top + 40, left : left + 50].copy()
    place = place_of(source, made)
    assert (place.left, place.top) == (left, top)
    source[:20] = 255 - source[:20]
    assert kept_share(source, made, place) == pytest.approx(0.5, abs=0.05)


def test_a_join_is_seen_by_its_step_and_a_picture_without_one_has_one() -> None:
    smooth = np.tile(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], (20, 1, 3))
    broken = smooth.copy()
    broken[:, 50:] += 40
    assert step_across(smooth, (50,)) == pytest.approx(1)
    assert step_across(broken, (50,)) == pytest.approx(21)
    assert step_across(broken, (0, 100)) == 1


def test_motion_is_that_of_the_frame_furthest_from_the_first() -> None:
    frames = [np.full((4, 4, 3), value, np.uint8) for value in (10, 10, 30, 12)]
    assert motion(frames) == 20
    assert motion(frames[:2]) == 0
    assert fidelity(frames[0], frames[1]) == 100
    assert fidelity(frames[0], frames[2]) < 25


def test_every_colour_word_is_nearest_to_its_own_background() -> None:
    metric = METRICS["background_asked"]
    for name, rgb in COLOURS.items():
        made = np.full((120, 80, 3), rgb, np.uint8)
        made[30:, 20:60] = 90
        values = {
            word: metric.measure(Sample(Output(picture(made)), Truth(words={"background": word}), "edit")) for word in COLOURS
        }
        assert min(values, key=lambda word: values[word]) == name
        assert values[name] == 0


def test_a_word_outside_of_the_vocabulary_is_unscored_and_names_those_inside() -> None:
    found = score((METRICS["background_asked"],), Sample(Output(picture(shirt())), Truth(words={"background": "loud"}), "edit"))
    assert "'loud'" in found.unscored["background_asked"]
    assert "navy" in found.unscored["background_asked"]


def test_a_garment_colour_is_looked_at_in_the_region_where_there_is_one() -> None:
    made = np.full((60, 60, 3), 255, np.uint8)
    made[20:40] = COLOURS["red"]
    region = (made != 255).any(axis=2)
    truth = Truth(words={"garment": "red"}, region=region)
    assert METRICS["garment_asked"].measure(Sample(Output(picture(made)), truth, "edit")) == 0


def test_words_for_skin_and_hair_are_those_that_the_suites_ask_for() -> None:
    from eval.suites.rendered import create, edit

    assert (create.SKINS, create.HAIRS) == (SKINS, HAIRS)
    assert all(COLOURS[name] == rgb for name, rgb in edit.COLOURS.items())
    assert border(100, 50).mean() == pytest.approx((3 * 50 + 57 * 6) / 5000)
