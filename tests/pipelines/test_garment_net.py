"""The garment net: what it learns from, what it reads, and how the outline puts it right."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.draft.nets.garment import CATEGORIES, MARKS, SIDE, GarmentNet, framed, mirrored_marks, peaks, read
from pipelines.draft.nets.weights import path_of, restored
from pipelines.draft.training.garment import Garments, drawn, scored, stacked, varied
from pipelines.draft.training.garment_cuts import bottom, hanging
from pipelines.draft.training.garment_paint import CANVAS, Sample, painted
from pipelines.draft.training.lesson import HELD_OUT
from pipelines.images import Bytes, Floats, resized, to_float
from pipelines.sizes import Size
from pipelines.vision.garments.garment import LANDMARKS, WORDS, _read_by_outline
from pipelines.vision.garments.outline import Outline, outline_of
from pipelines.vision.garments.reading import read_by_net
from pipelines.vision.garments.snap import snapped
from pipelines.vision.people.body import Point
from tests.pipelines.wardrobe import Flat, dress, long_sleeved, tank, tee, trousers

EXAMS = (1, 2, 3, 5, 6)


@pytest.fixture(scope="module")
def net() -> GarmentNet:
    return restored(GarmentNet(), path_of("garment"))


@pytest.fixture(scope="module")
def exam() -> list[Sample]:
    """Drawn garments that no training has seen, as a careful photographer would show them."""
    lesson, generator = Garments(), np.random.default_rng(1)
    return [varied(each, generator, 0.5) for offset in EXAMS for each in lesson.draw(HELD_OUT + offset)]


def test_the_net_s_names_are_those_of_vision() -> None:
    assert set(LANDMARKS) <= set(MARKS)
    assert set(WORDS) <= set(CATEGORIES)


def test_the_net_reads_unseen_garments_within_three_percent_of_the_diagonal(net: GarmentNet, exam: list[Sample]) -> None:
    found = scored(net, stacked(exam))
    assert found["error"] < 2.5
    assert found["category"] > 0.8
    assert found["sleeves"] > 0.9
    assert found["marks"] > 0.95


def test_it_reads_the_renderer_s_garments(net: GarmentNet) -> None:
    lesson, generator = Garments(), np.random.default_rng(2)
    samples = [varied(each, generator, 0.5) for offset in (0, 4) for each in lesson.draw(HELD_OUT + offset)]
    assert scored(net, stacked(samples))["error"] < 3


def _errors(found: dict[str, Point], sample: Sample) -> list[float]:
    rows, columns = np.nonzero(sample.alpha > 127)
    diagonal = np.hypot(np.ptp(rows), np.ptp(columns))
    truth = {name: at for name, at, there in zip(MARKS, sample.marks, sample.present, strict=True) if there}
    return [
        float(np.hypot(found[name].x - 0.5 - x, found[name].y - 0.5 - y) / diagonal)
        for name, (x, y) in truth.items()
        if name in found
    ]


def test_net_and_outline_together_beat_the_outline_alone() -> None:
    rng = np.random.default_rng(HELD_OUT)
    samples = [
        painted(hanging(rng, kind) if kind != "bottom" else bottom(rng), rng)
        for kind in ("top", "outerwear", "dress", "bottom") * 8
    ]
    by_net, by_outline, right = [], [], [0, 0]
    for sample in samples:
        alpha = to_float(sample.alpha)
        outline = outline_of(alpha)
        said, seen = read_by_net(sample.rgb, alpha, outline, None), _read_by_outline(outline, None, None)
        known = read_by_net(sample.rgb, alpha, outline, CATEGORIES[sample.category])
        by_net += _errors(dict(known.landmarks), sample)
        by_outline += _errors(dict(_read_by_outline(outline, None, CATEGORIES[sample.category]).landmarks), sample)
        right[0] += said.category == CATEGORIES[sample.category]
        right[1] += seen.category == CATEGORIES[sample.category]
    assert np.mean(by_net) < 0.025
    assert np.mean(by_net) < 0.7 * np.mean(by_outline)
    assert right[0] > right[1]


@pytest.mark.parametrize(
    ("piece", "category"), [(tee(), "top"), (long_sleeved(), "top"), (tank(), "top"), (dress(), "dress"), (trousers(), "bottom")]
)
def test_paper_garments_are_read_with_confidence(piece: Flat, category: str) -> None:
    found = read_by_net(piece.rgb, piece.matte.alpha, outline_of(piece.matte.alpha), None)
    assert found.category == category
    assert found.confidence > 0.5


def test_length_tells_dresses_from_tops_better_than_the_net_alone(net: GarmentNet) -> None:
    rng, right = np.random.default_rng(HELD_OUT + 7), [0, 0]
    for kind in ("top", "dress") * 30:
        sample = painted(hanging(rng, kind), rng)
        alpha = to_float(sample.alpha)
        said = read(net, sample.rgb, alpha).category
        alone = "dress" if said["dress"] > said["top"] + said["outerwear"] else "top"
        together = read_by_net(sample.rgb, alpha, outline_of(alpha), None).category
        right[0] += (together == "dress") == (kind == "dress")
        right[1] += alone == kind
    assert right[0] > right[1]
    assert right[0] >= 57


def test_a_blob_is_read_without_confidence() -> None:
    rows, columns = np.mgrid[:300, :300]
    blob = (np.hypot(rows - 150, columns - 150) < 100 + 15 * np.cos(5 * np.arctan2(rows - 150, columns - 150))).astype(np.float32)
    found = read_by_net(np.full((300, 300, 3), 90, np.uint8), blob, outline_of(blob), "top")
    assert found.confidence < 0.5


def test_reading_follows_the_picture_s_size_and_place(net: GarmentNet) -> None:
    piece = tee()
    small = read(net, piece.rgb, piece.matte.alpha)
    size = Size(3 * piece.rgb.shape[1], 3 * piece.rgb.shape[0])
    rgb, alpha = resized(piece.rgb, size), resized(piece.matte.alpha, size)
    big = read(net, np.pad(rgb, ((90, 0), (60, 0), (0, 0))), np.pad(alpha, ((90, 0), (60, 0))))
    for name in ("armpit_left", "hem_right", "cuff_left_outer"):
        assert abs((big.marks[name].x - 60) / 3 - small.marks[name].x) < 5
        assert abs((big.marks[name].y - 90) / 3 - small.marks[name].y) < 5


def test_an_empty_alpha_can_t_be_read(net: GarmentNet) -> None:
    with pytest.raises(ValueError, match="nothing is covered"):
        read(net, np.zeros((50, 50, 3), np.uint8), np.zeros((50, 50), np.float32))


def test_mirroring_twice_changes_nothing() -> None:
    order = np.array(mirrored_marks())
    assert (order[order] == np.arange(len(MARKS))).all()
    assert MARKS[order[MARKS.index("cuff_left_outer")]] == "cuff_right_outer"


@settings(max_examples=40, deadline=None)
@given(st.floats(4, 40), st.floats(4, 40))
def test_a_peak_is_found_between_pixels(x: float, y: float) -> None:
    across, down = torch.arange(48) - x, torch.arange(48) - y
    heat = -0.5 * (down[:, None] ** 2 + across[None] ** 2) / 1.3**2
    assert peaks(heat[None])[0, :2] == pytest.approx((x, y), abs=0.15)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, HELD_OUT - 1))
def test_whatever_is_drawn_has_its_landmarks_in_the_picture_and_a_cut_out(seed: int) -> None:
    sample = drawn(np.random.default_rng(seed))
    assert sample.rgb.shape == (CANVAS, CANVAS, 3)
    assert (sample.alpha > 127).mean() > 0.02
    there = sample.marks[sample.present]
    assert ((there > -CANVAS) & (there < 2 * CANVAS)).all()
    assert sample.present.any() == (CATEGORIES[sample.category] in ("top", "outerwear", "dress", "bottom"))


def test_equal_seeds_draw_equal_garments_and_others_others() -> None:
    lesson = Garments(each=2)
    one, again, other = (lesson.draw(seed) for seed in (5, 5, 6))
    assert all(np.array_equal(first.rgb, second.rgb) for first, second in zip(one, again, strict=True))
    assert not np.array_equal(one[0].rgb, other[0].rgb)


def test_a_lesson_makes_the_net_better() -> None:
    lesson = Garments(each=8)
    torch.manual_seed(0)
    net, pool, generator = lesson.build(), lesson.draw(1), np.random.default_rng(0)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    losses = []
    for _ in range(8):
        loss = lesson.loss(net, lesson.batch(pool, 4, generator))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.5
    assert lesson.batch(pool, 4, generator)["given"].shape == (4, 4, SIDE, SIDE)


def _square() -> tuple[Bytes, Floats, Outline]:
    alpha = np.zeros((200, 200), np.float32)
    alpha[40:160, 50:150] = 1
    return np.zeros((200, 200, 3), np.uint8), alpha, outline_of(alpha)


@settings(max_examples=40, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4))
def test_a_corner_that_is_read_roughly_is_moved_to_the_outline_s(dx: float, dy: float) -> None:
    _, _, outline = _square()
    found = snapped({"hem_left": Point(50 + dx, 160 + dy)}, outline, False)["hem_left"]
    assert np.hypot(found.x - 50, found.y - 160) < 3


def test_what_lies_inside_stays_and_an_edge_takes_in_what_is_near() -> None:
    _, _, outline = _square()
    found = snapped(
        {"armpit_left": Point(100, 100), "waist_right": Point(146, 95), "collar_bottom": Point(60, 50)}, outline, False
    )
    assert found["armpit_left"] == Point(100, 100)
    assert found["collar_bottom"] == Point(60, 50)
    assert (found["waist_right"].x, found["waist_right"].y) == pytest.approx((149.5, 95), abs=1)


def test_the_frame_fits_what_is_covered() -> None:
    _, alpha, _ = _square()
    frame = framed(alpha)
    top = frame @ [99.5, 40, 1]
    assert top[0] == pytest.approx((SIDE - 1) / 2, abs=0.5)
    assert 3 < top[1] < 10
