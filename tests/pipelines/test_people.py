"""Reading people: joints of paper figures, parts, and honest refusals."""

import cv2
import numpy as np
import pytest

from pipelines.errors import PersonNotFound
from pipelines.images import Mask
from pipelines.sizes import Mode
from pipelines.vision.faces import find_faces, plausible_skin
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.people.body import Body, Part
from pipelines.vision.people.person import read_person
from pipelines.vision.people.view import closed, opened
from tests.pipelines.wardrobe import Flat, Person, dress, person, tank, tee, trousers


def _off(found: Body, truth: Person, name: str) -> float:
    """Distance in shares of the picture's diagonal."""
    first, second = found.joints[name], truth.body.joints[name]
    return float(np.hypot(first.x - second.x, first.y - second.y) / np.hypot(*truth.rgb.shape[:2]))


@pytest.fixture(scope="module")
def standing() -> Person:
    return person()


@pytest.fixture(scope="module")
def read(standing: Person) -> Body:
    return read_person(standing.rgb, standing.matte)


@pytest.mark.parametrize("joint", ["shoulder", "armpit", "waist", "hip"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_joints_of_the_trunk_lie_where_they_were_drawn(read: Body, standing: Person, side: str, joint: str) -> None:
    least = 0.035 if joint == "waist" else 0.03  # a paper figure has its waist lower than the renderer's bodies have
    assert _off(read, standing, f"{side}_{joint}") < least


@pytest.mark.parametrize("joint", ["left_elbow", "right_elbow", "left_wrist", "right_wrist"])
def test_joints_of_bare_arms_lie_on_the_arm(read: Body, standing: Person, joint: str) -> None:
    assert _off(read, standing, joint) < 0.04


def test_left_is_the_persons_own(read: Body) -> None:
    assert read.joints["left_shoulder"].x > read.joints["right_shoulder"].x


@pytest.mark.parametrize("part", [Part.UPPER, Part.LOWER])
def test_clothes_are_told_apart(read: Body, standing: Person, part: Part) -> None:
    found, truth = read.parts == part, standing.body.parts == part
    assert (found & truth).sum() / (found | truth).sum() > 0.85


def test_bare_arms_are_not_clothes(read: Body, standing: Person) -> None:
    arms = np.isin(standing.body.parts, (Part.LEFT_ARM, Part.RIGHT_ARM))
    assert np.isin(read.parts[arms], (Part.UPPER, Part.LOWER)).mean() < 0.1


def test_short_sleeves_belong_to_the_upper_garment() -> None:
    dressed = person(sleeves=True)
    found = read_person(dressed.rgb, dressed.matte).parts == Part.UPPER
    truth = dressed.body.parts == Part.UPPER
    assert (found & truth).sum() / (found | truth).sum() > 0.8


def test_parts_have_the_size_of_the_picture_and_end_with_the_person(read: Body, standing: Person) -> None:
    assert read.parts.shape == standing.rgb.shape[:2]
    assert not read.parts[standing.matte.alpha < 0.4].any()
    assert (read.parts[standing.matte.alpha > 0.9] > 0).mean() > 0.995


def test_a_leaning_body_is_followed() -> None:
    leaning = person(lean=0.12)
    found = read_person(leaning.rgb, leaning.matte)
    assert max(_off(found, leaning, name) for name in ("left_waist", "right_waist", "left_shoulder", "right_shoulder")) < 0.04


def test_a_picture_cropped_at_the_thighs_is_enough(standing: Person) -> None:
    cut = 400
    matte = Matte(standing.matte.alpha[:cut], standing.matte.foreground[:cut], 1.0)
    found = read_person(np.ascontiguousarray(standing.rgb[:cut]), matte)
    assert _off(found, standing, "left_shoulder") < 0.03
    assert "left_knee" not in found.joints


def test_reading_does_not_depend_on_resolution(standing: Person, read: Body) -> None:
    size = (standing.rgb.shape[1] * 3, standing.rgb.shape[0] * 3)
    large = [
        cv2.resize(each, size, interpolation=cv2.INTER_LINEAR)
        for each in (standing.rgb, standing.matte.alpha, standing.matte.foreground)
    ]
    found = read_person(large[0], Matte(large[1], large[2], 1.0))
    for name in ("left_shoulder", "right_waist"):
        assert abs(found.joints[name].x / 3 - read.joints[name].x) < 8
        assert abs(found.joints[name].y / 3 - read.joints[name].y) < 8


def test_no_face_lowers_the_confidence(read: Body) -> None:
    assert 0 < read.confidence < 0.8


@pytest.mark.parametrize("product", [tee(), tank(), dress(), trousers()], ids=["tee", "tank", "dress", "trousers"])
def test_a_product_is_not_a_person(product: Flat) -> None:
    with pytest.raises(PersonNotFound, match="Use a photograph of one person"):
        read_person(product.rgb, product.matte)


def test_a_landscape_is_not_a_person() -> None:
    rows, columns = np.mgrid[:400, :600]
    hills = rows > 220 + 40 * np.sin(columns / 70)
    rgb = np.where(hills[..., None], (60, 120, 50), (150, 190, 230)).astype(np.uint8)
    with pytest.raises(PersonNotFound):
        read_person(rgb, Matte(hills.astype(np.float32), rgb.astype(np.float32) / 255, 0.9))


def test_noise_is_not_a_person() -> None:
    rng = np.random.default_rng(5)
    rgb = rng.integers(0, 255, (300, 300, 3), dtype=np.uint8)
    blobs = cv2.GaussianBlur(rng.random((300, 300)).astype(np.float32), (0, 0), 6)
    with pytest.raises(PersonNotFound):
        read_person(rgb, Matte((blobs > np.median(blobs)).astype(np.float32), rgb.astype(np.float32) / 255, 0.5))


def test_nothing_in_the_matte_is_nobody() -> None:
    empty = np.zeros((200, 150), np.float32)
    with pytest.raises(PersonNotFound, match="nobody stands out"):
        read_person(np.zeros((200, 150, 3), np.uint8), Matte(empty, np.zeros((200, 150, 3), np.float32), 0.0))


@pytest.mark.parametrize("tone", [(255, 224, 196), (224, 172, 140), (141, 85, 56), (92, 56, 40)])
def test_skin_of_every_tone_is_plausible(tone: tuple[int, int, int]) -> None:
    assert plausible_skin(np.full((4, 4, 3), tone, np.uint8)).all()


@pytest.mark.parametrize("colour", [(40, 80, 200), (60, 160, 60), (240, 240, 240), (20, 20, 22), (250, 240, 60)])
def test_cloth_of_other_colours_is_not(colour: tuple[int, int, int]) -> None:
    assert not plausible_skin(np.full((4, 4, 3), colour, np.uint8)).any()


def test_no_faces_are_seen_in_stripes_and_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 240, 3), dtype=np.uint8)
    assert find_faces(noise) == []
    assert find_faces(tee().rgb) == []


def test_fast_reads_nearly_what_balanced_reads(standing: Person, read: Body) -> None:
    quick = read_person(standing.rgb, standing.matte, Mode.FAST)
    inside = standing.matte.alpha > 0.5
    assert (quick.parts == read.parts)[inside].mean() > 0.97
    assert quick.joints.keys() == read.joints.keys()
    assert max(np.hypot(quick.joints[name].x - at.x, quick.joints[name].y - at.y) for name, at in read.joints.items()) < 8


def _bars(*widths: int) -> Mask:
    """Upright bars of these widths, 40 pixels apart, in a picture of 80 rows."""
    mask = np.zeros((80, 60 + sum(width + 40 for width in widths)), bool)
    left = 30
    for width in widths:
        mask[10:70, left : left + width] = True
        left += width + 40
    return mask


def test_opening_drops_what_is_narrow_and_keeps_the_place_of_what_is_not() -> None:
    found = opened(_bars(6, 30), 5)
    assert not found[:, :50].any()
    assert (found == _bars(6, 30))[:, 60:].mean() > 0.98


def test_closing_is_opening_of_what_lies_outside() -> None:
    mask = _bars(6, 30)
    assert np.array_equal(closed(~mask, 5), ~opened(mask, 5))


@pytest.mark.parametrize("full", [True, False])
def test_nothing_and_everything_stay_as_they_are(full: bool) -> None:
    mask = np.full((20, 30), full)
    assert np.array_equal(opened(mask, 4), mask)
    assert np.array_equal(closed(mask, 4), mask)
