"""What prompts ask of a clip, and the camera's way: eased, monotone, within the picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.vision.motion.brief import Brief, read_brief
from pipelines.vision.motion.camera import FPS, Path, camera, eased, returning, there_and_back

COUNT = 5 * FPS


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("", set()),
        ("slow zoom in", {"in"}),
        ("Zoom", {"in"}),
        ("zooms out slowly", {"out"}),
        ("camera pulls back", {"out"}),
        ("dolly in on her face", {"in"}),
        ("subtle camera pan", {"pan"}),
        ("pan left", {"left"}),
        ("the camera slowly pans to the right", {"right"}),
        ("tilt up", {"up"}),
        ("camera tilts down to the shoes", {"down"}),
        ("orbit around the model", {"orbit"}),
        ("handheld", {"handheld"}),
        ("locked camera, strong wind", {"static"}),
        ("static shot, pan left", {"static"}),
        ("no camera movement", {"static"}),
        ("wind blows hair gently", set()),
        ("a white shirt and company", set()),
    ],
)
def test_camera_words_are_read(prompt: str, moves: set[str]) -> None:
    assert read_brief(prompt).moves == moves


@pytest.mark.parametrize(
    ("prompt", "light"),
    [
        ("golden light passes over the dress", "sweep"),
        ("light sweeps across", "sweep"),
        ("sunlight", "sweep"),
        ("soft light breeze", "none"),
        ("light blue dress", "none"),
        ("sunglasses", "none"),
        ("candle flicker", "flicker"),
    ],
)
def test_light_is_not_taken_for_a_light_breeze(prompt: str, light: str) -> None:
    assert read_brief(prompt).light == light


def test_wind_has_a_force_and_goes_where_it_is_sent() -> None:
    gentle, strong = read_brief("gentle breeze"), read_brief("strong wind")
    assert 0 < gentle.wind < strong.wind
    hair, cloth = read_brief("wind blows hair gently"), read_brief("the fabric sways")
    assert hair.hair > 1 > hair.cloth
    assert cloth.cloth > 1 > cloth.hair


def test_what_nothing_here_can_do_is_told_from_what_is_understood() -> None:
    assert read_brief("").understood
    assert not read_brief("purple elephants").understood
    assert read_brief("raises arm to touch face").acting
    assert read_brief("seamless loop").loop


def closer(prompt: str, count: int = COUNT, seed: int = 0) -> Path:
    return camera(read_brief(prompt), count, np.random.default_rng(seed))


def test_unasked_the_camera_comes_slowly_closer_and_no_more() -> None:
    path = closer("")
    zoom = 1 / (1 - path.closer)
    assert zoom[0] == 1
    assert 1.03 < zoom[-1] < 1.08
    assert (np.diff(zoom) >= 0).all()
    speed = np.diff(zoom)
    assert speed[0] < 0.1 * speed.max() and speed[-1] < 0.1 * speed.max()


@pytest.mark.parametrize(("prompt", "side"), [("pan left", -1), ("pan right", 1)])
def test_a_pan_goes_one_way(prompt: str, side: int) -> None:
    path = closer(prompt)
    aside = path.closer * path.right * side
    assert aside[0] == 0 and aside[-1] > 0.05
    assert (np.diff(aside) >= 0).all()


def test_out_starts_close_and_ends_with_the_whole_picture() -> None:
    path = closer("zoom out")
    assert path.closer[0] > 0.08 and path.closer[-1] == 0
    assert (np.diff(path.closer) <= 0).all()


def test_a_locked_camera_is_still() -> None:
    assert closer("static camera").still
    assert not closer("").still


def test_slow_and_fast_differ() -> None:
    assert closer("slow zoom in").closer[-1] < closer("zoom in").closer[-1] < closer("fast zoom in").closer[-1]


def test_another_seed_drifts_another_way() -> None:
    assert len({float(closer("", seed=seed).right[0]) for seed in range(8)}) == 2


@given(
    moves=st.sets(st.sampled_from(["in", "out", "left", "right", "up", "down", "orbit", "handheld", "pan"])),
    pace=st.sampled_from([0.6, 1.0, 1.6]),
    loop=st.booleans(),
    count=st.sampled_from([120, 240]),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_no_way_leads_out_of_the_picture(moves: set[str], pace: float, loop: bool, count: int, seed: int) -> None:
    brief = Brief(moves=frozenset(moves), pace=pace, loop=loop)  # type: ignore[arg-type]
    path = camera(brief, count, np.random.default_rng(seed))
    assert (path.closer >= 0).all() and (path.closer <= 0.35).all()
    assert (np.abs(path.right) <= 1).all() and (np.abs(path.down) <= 1).all()
    if "out" not in moves or loop:
        assert path.closer[0] == 0 and path.around[0] == 0
    if loop:
        for each in (path.closer, path.closer * path.right, path.closer * path.down, path.around):
            steps = np.abs(np.diff(each))
            assert abs(each[0] - each[-1]) <= steps.max() + 1e-6


@given(prompt=st.text(max_size=80))
def test_any_text_is_a_brief(prompt: str) -> None:
    assert 0 <= read_brief(prompt).wind <= 2


def test_both_ends_of_a_transition_show_the_whole_picture() -> None:
    for prompt in ("", "zoom in", "zoom out", "pan left", "handheld", "orbit"):
        path = there_and_back(read_brief(prompt), COUNT, np.random.default_rng(2))
        assert len(path.closer) == COUNT
        for each in (path.closer, path.around):
            assert each[0] == each[-1] == 0


def test_courses_end_where_they_should() -> None:
    assert eased(100)[0] == 0 and eased(100)[-1] == 1
    assert returning(100)[0] == 0 and returning(100)[50] == pytest.approx(1)
