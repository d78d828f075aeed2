"""How a garment is worn: words, fronts that open, landmarks that were corrected."""

import cv2
import numpy as np
import pytest
from PIL import Image

from pipelines.draft.landmarks import absolute, find_landmarks, relative
from pipelines.errors import GarmentNotFound
from pipelines.sizes import Size
from pipelines.tasks import Landmark
from pipelines.vision.garments.corrected import corrected
from pipelines.vision.garments.drape import frame_of
from pipelines.vision.garments.fit import dress
from pipelines.vision.garments.garment import LANDMARKS, Garment, read_garment
from pipelines.vision.garments.opening import front_line
from pipelines.vision.garments.seams import without_backdrop, without_gaps
from pipelines.vision.garments.styling import Wish, wish_of
from pipelines.vision.people.body import Point
from tests.pipelines.wardrobe import Flat, person, tee


def _garment(flat: Flat, hint: str = "") -> Garment:
    return read_garment(flat.rgb, flat.matte, hint)


def _with_placket(strength: float = 0.5) -> Garment:
    """A shirt with a dark line down its front."""
    flat = tee(hem=340)
    garment = _garment(flat, "shirt")
    colour = garment.colour.copy()
    colour[80:, 198:202] *= strength
    return Garment(colour, garment.alpha, "top", garment.landmarks, garment.sleeves, garment.confidence)


@pytest.mark.parametrize(
    ("prompt", "wish"),
    [
        ("open jacket", Wish(opened=True)),
        ("Unbuttoned, sleeves rolled up", Wish(opened=True, rolled=True)),
        ("tucked in", Wish(tucked=True)),
        ("untucked", Wish(untucked=True)),
        ("not tucked", Wish(untucked=True)),
        ("an opener of bottles, tuckered out", Wish()),
        ("", Wish()),
    ],
)
def test_words_that_say_how_something_is_worn(prompt: str, wish: Wish) -> None:
    assert wish_of(prompt) == wish


def test_a_front_line_is_found_where_the_shirt_closes() -> None:
    line = front_line(_with_placket())
    assert line is not None
    assert np.abs(line[:, 0] - 200).max() < 8
    assert (np.diff(line[:, 1]) > 0).all()


def test_a_tee_has_no_front_line() -> None:
    assert front_line(_garment(tee())) is None


def test_an_open_front_shows_what_is_below_and_folds_nowhere() -> None:
    garment, figure = _with_placket(), person()
    line = front_line(garment)
    size = Size(420, 640)
    closed, opened = (dress(garment, figure.body, size, front) for front in (None, line))
    middle = np.s_[260:300, 205:215]
    assert closed.torso.alpha[middle].min() > 0.9
    assert opened.torso.alpha[middle].max() < 0.1
    assert opened.whole.jacobian_min > 0
    gap = [(opened.torso.alpha[row, 150:270] < 0.5).sum() for row in (230, 300)]
    assert gap[1] > gap[0] > 0


def test_gaps_between_pieces_are_closed_with_cloth() -> None:
    figure, size = person(), Size(420, 640)
    dressed = dress(_garment(tee()), figure.body, size)
    frame = frame_of(figure.body)
    holed = dressed.torso.alpha.copy()
    at = frame.armpits["left"]
    hole = np.s_[int(at.y) + 6 : int(at.y) + 10, int(at.x) + 4 : int(at.x) + 16]
    holed[hole] = 0
    torn = type(dressed)(type(dressed.torso)(dressed.torso.colour, holed, 1.0), dressed.sleeves)
    closed = without_gaps(torn, frame).whole
    assert closed.alpha[hole].min() > 0.6
    assert np.argmax(closed.colour[hole].mean(axis=(0, 1))) == 1


def test_backdrop_that_shows_at_an_armpit_is_cut_out() -> None:
    flat = tee()
    garment = _garment(flat)
    rgb, at = flat.rgb.copy(), garment.landmarks["armpit_left"]
    slit = np.s_[int(at.y) - 3 : int(at.y) + 2, int(at.x) + 4 : int(at.x) + 16]
    rgb[slit] = 255
    assert without_backdrop(garment, rgb).alpha[slit].max() < 0.2
    assert np.array_equal(without_backdrop(garment, flat.rgb).alpha[200:], garment.alpha[200:])


@pytest.mark.parametrize("broad", [14, 40])
def test_sleeve_panels_in_the_backdrop_s_colour_stay(broad: int) -> None:
    """A white band across the sleeves of something that lies on white, from the seam outward."""
    flat = tee(spread=0.9)
    garment = _garment(flat)
    rows, columns = np.mgrid[: flat.rgb.shape[0], : flat.rgb.shape[1]]
    shoulder = garment.landmarks["shoulder_left"]
    band = (columns < shoulder.x - 8) & (columns > shoulder.x - 8 - broad) & (flat.matte.alpha > 0.5)
    rgb = np.where(band[..., None], np.uint8(255), flat.rgb)
    above = band & (rows < garment.landmarks["armpit_left"].y - 6)
    assert above.sum() > 300
    kept = without_backdrop(garment, rgb).alpha
    assert np.array_equal(kept[above], garment.alpha[above])
    assert kept[band].sum() > 0.98 * garment.alpha[band].sum()


def test_a_print_on_the_chest_in_the_backdrop_s_colour_stays() -> None:
    flat = tee()
    garment = _garment(flat)
    rgb, at = flat.rgb.copy(), garment.landmarks["armpit_left"]
    print_ = np.s_[int(at.y) + 2 : int(at.y) + 6, int(at.x) + 14 : int(at.x) + 26]
    rgb[print_] = 255
    assert without_backdrop(garment, rgb).alpha[print_].min() == 1


def test_corrected_landmarks_replace_and_raise_confidence() -> None:
    garment = _garment(tee())
    moved = corrected(garment, {"hem_left": Point(90, 200)})
    assert moved.landmarks["hem_left"] == Point(90, 200)
    assert moved.landmarks["hem_right"] == garment.landmarks["hem_right"]
    assert garment.confidence < moved.confidence <= 1
    assert corrected(garment, {}) is garment


def test_corrected_cuffs_make_sleeves_long() -> None:
    garment = _garment(tee())
    low = {"cuff_left_outer": Point(20, 330), "cuff_left_inner": Point(50, 330)}
    assert garment.sleeves == "short"
    assert corrected(garment, low).sleeves == "long"


def test_points_say_what_something_is_that_was_not_made_out() -> None:
    bare = _garment(tee())
    unknown = Garment(bare.colour, bare.alpha, "other", {}, "none", 0.3)
    assert corrected(unknown, {"crotch": Point(5, 5)}).category == "bottom"
    assert corrected(unknown, {"collar_left": Point(5, 5)}).category == "top"


def test_landmarks_are_found_in_shares_of_the_picture() -> None:
    flat = tee()
    found = find_landmarks(Image.fromarray(flat.rgb))
    assert found.category == "top"
    assert set(found.points) <= set(LANDMARKS)
    wanted = flat.landmarks["armpit_left"]
    assert np.hypot(found.points["armpit_left"][0] * 400 - wanted.x, found.points["armpit_left"][1] * 400 - wanted.y) < 20


def test_shares_and_pixels_are_inverse() -> None:
    points: dict[Landmark, tuple[float, float]] = {"crotch": (0.25, 0.5)}
    assert relative(absolute(points, 400, 800), 400, 800) == points


def test_nothing_has_no_landmarks() -> None:
    with pytest.raises(GarmentNotFound):
        find_landmarks(Image.new("RGB", (200, 200), "white"))


def test_the_names_that_may_be_given_are_those_that_are_found() -> None:
    assert Landmark.__args__ == LANDMARKS  # type: ignore[attr-defined]


def test_skin_that_was_taken_for_cloth_is_given_back() -> None:
    from dataclasses import replace

    from pipelines.vision.garments.relabel import relabelled
    from pipelines.vision.people.body import Part

    figure = person(sleeves=True)
    arm = figure.body.parts == Part.LEFT_ARM
    patch = arm & (np.arange(640)[:, None] > 280) & (np.arange(640)[:, None] < 310)
    spoiled = np.where(patch, Part.UPPER, figure.body.parts).astype(np.uint8)
    mended = relabelled(figure.rgb, replace(figure.body, parts=spoiled)).parts
    inner = cv2.erode(patch.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert (mended[inner] == Part.LEFT_ARM).mean() > 0.95
    upper = cv2.erode((figure.body.parts == Part.UPPER).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert (mended[upper] == Part.UPPER).all()
