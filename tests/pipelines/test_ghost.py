"""What packshots add to a cut-out: the inside of its back, what it hangs on, and evened sides."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.draft import packshot
from pipelines.engine import unwatched
from pipelines.images import picture
from pipelines.sizes import Mode, Size
from pipelines.tasks import Packshot
from pipelines.vision.garments.straighten import LARGEST_SHIFT, Cutout, over, symmetrised
from pipelines.vision.people.body import Point
from pipelines.vision.rendering.ghost import back_of
from pipelines.vision.rendering.hanger import draw_clips, find_shoulders, shoulders_of
from tests.pipelines.wardrobe import Flat, tank, tee, trousers


def _cutout(piece: Flat) -> Cutout:
    return Cutout(piece.matte.foreground, piece.matte.alpha)


def _with_collar(piece: Flat) -> Flat:
    collars = {"collar_left": Point(162, 40), "collar_right": Point(238, 40)}
    return replace(piece, landmarks={**collars, **piece.landmarks})


@pytest.mark.parametrize("piece", [tee(), _with_collar(tank())], ids=["tee", "tank"])
def test_the_back_fills_the_neckline_and_nothing_above_it(piece: Flat) -> None:
    cutout = _cutout(piece)
    back = back_of(cutout, piece.landmarks)
    assert back is not None
    low = piece.landmarks["collar_bottom"]
    whole = over(cutout, back).alpha
    assert whole[int(low.y) - 12 : int(low.y) + 4, int(low.x) - 3 : int(low.x) + 3].min() > 0.99
    collar = int(piece.landmarks["collar_left"].y)
    assert back.alpha[: collar - 2].max() == 0
    assert back.alpha[int(low.y) + 40 :].max() == 0


def test_the_back_lies_in_shade_and_deeper_is_darker() -> None:
    piece = tee()
    back = back_of(_cutout(piece), piece.landmarks)
    assert back is not None
    front = np.median(piece.matte.foreground[200:260, 180:220])
    beside = back.colour[:, 186:190].mean(axis=(1, 2))
    assert beside[64:70].mean() < 0.9 * front
    assert beside[68] < beside[62]


def test_no_back_is_drawn_where_cloth_is_or_where_no_collar_is_known() -> None:
    piece = tee()
    closed = Cutout(piece.matte.foreground, np.maximum(piece.matte.alpha, (np.arange(400)[:, None] > 40).astype(np.float32)))
    assert back_of(closed, piece.landmarks) is None
    assert back_of(_cutout(trousers()), trousers().landmarks) is None


def test_a_worn_shirt_s_packshot_shows_its_back_in_the_neckline() -> None:
    piece = tee(size=(400, 420))
    cut = picture(piece.matte.foreground, piece.matte.alpha)
    made = packshot.run(Packshot(product_image=cut, size=Size(320, 336), mode=Mode.FAST, seed=0, prompt="t-shirt"), unwatched)
    image = np.asarray(made.image)
    solid = np.flatnonzero((image.max(axis=2) < 200).any(axis=1))
    neck = image[solid[0] + 8 : solid[0] + 14, 157:163]
    assert neck.mean() < 200


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.9, 0.9))
def test_small_differences_of_the_sides_are_evened_out_and_the_middle_stays(share: float) -> None:
    rows, columns = np.mgrid[:200, :160].astype(np.float32)
    off = share * LARGEST_SHIFT * 100 * np.sin(rows / 200 * np.pi)
    alpha = np.clip(50 - np.abs(columns - 80 - off) + 0.5, 0, 1).astype(np.float32)
    print_ = np.broadcast_to(columns[..., None] % 7 / 7, (200, 160, 3)).astype(np.float32)
    even = symmetrised(Cutout(print_, alpha))

    def lean(values: np.ndarray) -> float:
        return float(
            np.abs((values * (np.arange(values.shape[1]) - (values.shape[1] - 1) / 2)).sum(axis=1) / values.sum(axis=1)).mean()
        )

    solid = alpha[:, np.flatnonzero(alpha.any(axis=0))[0] : np.flatnonzero(alpha.any(axis=0))[-1] + 1]
    assert lean(even.alpha) <= max(0.6, 0.75 * lean(solid))
    middle = even.colour.shape[1] // 2
    assert np.abs(np.diff(even.colour[100, middle - 8 : middle + 8, 0])).max() > 0.5


def test_what_is_cut_unevenly_stays_so() -> None:
    alpha = np.zeros((120, 160), np.float32)
    alpha[:, 40:120] = 1
    alpha[60:, 120:150] = 1
    assert np.abs(symmetrised(Cutout(np.ones((120, 160, 3), np.float32), alpha)).alpha - alpha[:, 40:150]).mean() < 0.02


def test_clips_hold_the_waistband() -> None:
    piece = trousers()
    left, right = piece.landmarks["waist_left"], piece.landmarks["waist_right"]
    rail = draw_clips(left, right, Size(400, 520))
    assert rail.alpha.shape == (520, 400)
    assert (rail.alpha * piece.matte.alpha).sum() > 20
    assert rail.alpha[int(left.y) + 30 :].max() == 0


def test_a_hanger_reaches_into_both_shoulders() -> None:
    piece = tee()
    rests = shoulders_of(piece.landmarks, piece.matte.alpha)
    for side, at in (("left", rests.left), ("right", rests.right)):
        shoulder = piece.landmarks[f"shoulder_{side}"]
        assert np.hypot(at.x - shoulder.x, at.y - shoulder.y) < 0.25 * rests.width
        assert piece.matte.alpha[int(at.y), int(at.x)] == 1
    assert shoulders_of({}, piece.matte.alpha) == find_shoulders(piece.matte.alpha)


def test_over_keeps_the_front_where_it_is_solid() -> None:
    front = Cutout(np.full((4, 4, 3), 0.2, np.float32), np.eye(4, dtype=np.float32))
    back = Cutout(np.full((4, 4, 3), 0.8, np.float32), np.full((4, 4), 0.5, np.float32))
    both = over(front, back)
    assert both.colour[0, 0, 0] == pytest.approx(0.2)
    assert both.alpha[0, 1] == pytest.approx(0.5)


def test_hanging_trousers_show_a_rail() -> None:
    piece = trousers()
    cut = Image.fromarray(np.dstack([piece.rgb, (piece.matte.alpha * 255).astype(np.uint8)]))
    made = packshot.run(
        Packshot(product_image=cut, size=Size(300, 380), mode=Mode.FAST, seed=0, prompt="trousers on a hanger"), unwatched
    )
    grey = cv2.cvtColor(np.asarray(made.image), cv2.COLOR_RGB2GRAY)
    assert (grey[:60] < 235).sum() > 30
