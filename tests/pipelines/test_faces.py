"""Finding faces and their features in drawn heads."""

from dataclasses import replace
from math import hypot

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.draft.engine import DraftEngine
from pipelines.engine import unwatched
from pipelines.errors import PersonNotFound
from pipelines.images import Bytes, pixels, resized
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace
from pipelines.vision.cascade import WINDOW, Scan, hits
from pipelines.vision.faces import find_faces
from pipelines.vision.portrait.features import Features, Spot, features_of
from pipelines.vision.portrait.locate import locate
from tests.pipelines.portraits import Drawn, Look, head

DARK = Look(skin=(110, 74, 56), hair=(20, 16, 14), lips=(120, 60, 60))


def _read(drawn: Drawn) -> Features:
    return features_of(drawn.rgb, find_faces(drawn.rgb)[0])


def _off(found: Spot, drawn: tuple[float, float], face: Features) -> float:
    return hypot(found.x - drawn[0], found.y - drawn[1]) / face.face.side


@pytest.mark.parametrize("tilt", [-25.0, -12.0, 0.0, 12.0, 25.0])
def test_a_face_is_found_with_its_tilt(tilt: float) -> None:
    faces = find_faces(head(tilt=tilt).rgb)
    assert len(faces) == 1
    assert abs(faces[0].tilt - tilt) < 6
    assert hypot(faces[0].x - 200, faces[0].y - 215) < 0.15 * faces[0].side


@pytest.mark.parametrize("look", [Look(), DARK, Look(fringe=True)], ids=["light", "dark", "fringe"])
@pytest.mark.parametrize("side", [90, 240])
def test_faces_of_any_tone_and_size_are_found_once(look: Look, side: int) -> None:
    assert len(find_faces(head(look, side=side).rgb)) == 1


def test_two_faces_are_two() -> None:
    both = np.concatenate([head(side=220).rgb, head(DARK, side=220).rgb], axis=1)
    assert sorted(round(face.x / 220) for face in find_faces(both)) == [0, 2] or len(find_faces(both)) == 2


def test_a_face_in_a_colour_that_skin_never_has_is_a_print() -> None:
    blue = head().rgb[..., ::-1]
    assert find_faces(np.ascontiguousarray(blue)) == []


def test_a_head_upside_down_is_no_face() -> None:
    assert find_faces(np.ascontiguousarray(head().rgb[::-1])) == []


def test_finding_twice_finds_the_same() -> None:
    rgb = head(tilt=9).rgb
    assert find_faces(rgb) == find_faces(rgb)


def test_no_window_fits_into_a_picture_smaller_than_it() -> None:
    tiny = np.zeros((WINDOW - 1, 80), np.uint8)
    assert hits([tiny], [tiny == 0], Scan()).x.size == 0


def test_windows_without_skin_are_not_asked() -> None:
    grey = head(side=120).rgb[..., 1].copy()
    everywhere, nowhere = np.ones(grey.shape, bool), np.zeros(grey.shape, bool)
    assert hits([grey], [everywhere], Scan(share=0.5)).x.size > 0
    assert hits([grey], [nowhere], Scan(share=0.5)).x.size == 0


@pytest.mark.parametrize("tilt", [-22.0, 0.0, 22.0])
@pytest.mark.parametrize("look", [Look(), DARK, Look(eyes_apart=1.12, mouth_down=1.08)], ids=["light", "dark", "wide"])
def test_eyes_and_mouth_are_where_they_were_drawn(look: Look, tilt: float) -> None:
    drawn = head(look, tilt)
    face = _read(drawn)
    assert face.confidence > 0.8
    assert max(_off(face.left_eye, drawn.left_eye, face), _off(face.right_eye, drawn.right_eye, face)) < 0.04
    assert _off(face.mouth, drawn.mouth, face) < 0.03
    assert abs(face.yaw) < 8
    assert abs(face.roll - tilt) < 4


def test_features_lie_below_one_another() -> None:
    face = _read(head())
    assert face.between_eyes.y < face.nose.y < face.mouth.y < face.chin.y
    assert face.mouth_corner(-1).x < face.mouth.x < face.mouth_corner(1).x


def test_a_blank_face_has_no_features_to_trust() -> None:
    drawn = head()
    face = find_faces(drawn.rgb)[0]
    blank = np.full_like(drawn.rgb, 200)
    blank[..., 2] = 150
    assert features_of(blank, face).confidence < 0.5


@settings(max_examples=40, deadline=None)
@given(x=st.floats(-90, 90), y=st.floats(-90, 90), scale=st.floats(0.2, 5))
def test_moving_features_keeps_their_proportions(x: float, y: float, scale: float) -> None:
    eye = Spot(50, 60)
    base = Features(eye, Spot(90, 60), Spot(70, 85), Spot(70, 100), 30, Spot(70, 126), 0, 1, replace(_FACE, x=70, y=80))
    moved = base.moved(x, y, scale)
    assert moved.eye_distance == pytest.approx(scale * base.eye_distance)
    assert moved.height == pytest.approx(scale * base.height)
    assert moved.at(0.5, 0).x == pytest.approx((base.at(0.5, 0).x + x) * scale)


_FACE = find_faces(head(side=120).rgb)[0]


@pytest.fixture(scope="module")
def fringed() -> Bytes:
    """A drawn portrait whose fringe hides the forehead up to the brows, of which the cascade sees little."""
    asked = CreateFace(prompt="a woman with brown hair, front view", size=Size(768, 768), mode=Mode.FAST, seed=1)
    return pixels(DraftEngine().run(asked, unwatched).image)


def _seen_at(portrait: Bytes, share: float, own: float = 0.38, middle: float = 0.5) -> Bytes:
    """The portrait, cut or with its border repeated, so that its face takes `share` of 1000 pixels and lies in their centre; in
    the portrait it takes `own` and its middle is `middle` of the height down."""
    scale = 1000 * share / (own * len(portrait))
    shift = [[scale, 0, 500 - scale * len(portrait) / 2], [0, scale, 500 - scale * middle * len(portrait)]]
    soft = resized(portrait, Size(*(2 * [round(scale * len(portrait))]))) if scale < 1 else portrait
    shift = np.array(shift) / [[min(scale, 1), min(scale, 1), 1]]
    return np.asarray(cv2.warpAffine(soft, shift, (1000, 1000), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("share", [1 / 16, 0.1, 0.2, 0.4, 0.6, 0.8])
@pytest.mark.parametrize("side", [280, 420])
def test_a_fringed_face_of_any_size_is_located_at_every_effort(fringed: Bytes, share: float, side: int) -> None:
    found = locate(_seen_at(fringed, share), "image", side)
    face = found.face.face
    assert found.faces == 1
    assert hypot(face.x - 500, face.y - 500) < 0.3 * 1000 * share
    assert 0.6 < face.side / (1000 * share) < 1.6


@pytest.mark.parametrize("share", [1 / 16, 0.1, 0.3, 0.6, 0.9])
def test_a_plain_face_is_found_from_a_sixteenth_of_the_picture_to_nearly_all_of_it(share: float) -> None:
    assert len(find_faces(_seen_at(head().rgb, share, 0.6, 0.55))) == 1


@pytest.mark.parametrize("name", ["floral-dress", "graphic-tee", "knit-sweater", "oxford-shirt", "jeans"])
def test_no_garment_is_a_face_because_less_is_asked_of_faint_ones(name: str) -> None:
    with pytest.raises(PersonNotFound, match="shows no face"):
        locate(pixels(Image.open(f"workbench/ui/samples/garment-{name}.webp")), "image")
