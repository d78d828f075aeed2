"""Shoes, hats and bags on a rendered person and on paper ones: where they come to lie, what goes, what stays."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from pipelines.draft.try_on import run
from pipelines.engine import Output, unwatched
from pipelines.errors import UnsupportedTask
from pipelines.images import Mask, picture
from pipelines.sizes import Mode, Size
from pipelines.tasks import TryOn
from pipelines.vision.garments.accessories import head_of, put_on_bag, put_on_hat
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.shoes import feet_of, put_on_shoes, shoes_of
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.rendering.figure import Figure
from pipelines.vision.rendering.render import Rendered, render_body
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec
from tests.pipelines.accessory_shop import beanie, fedora, front_shoe, pair, sneaker, tote
from tests.pipelines.wardrobe import person

SIZE = Size(320, 480)


@cache
def rendered() -> Rendered:
    outfit = (GarmentSpec("trousers", Textile((0.3, 0.32, 0.4))), GarmentSpec("t-shirt", Textile((0.8, 0.75, 0.7))))
    figure = Figure("woman", hair="bob", shoes=(0.95, 0.95, 0.3))
    return render_body(figure, SIZE, np.random.default_rng(1), outfit, oversample=1)


def read(image: Image.Image, kind: str) -> Garment:
    values = np.asarray(image).astype(np.float32) / 255
    return Garment(values[..., :3], values[..., 3], kind, {}, "none", 1.0)  # type: ignore[arg-type]


def turned(body: Body, degrees: float) -> Body:
    """The body turned clockwise about the picture's middle."""
    height, width = body.parts.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    joints = {name: Point(*(matrix @ (at.x, at.y, 1.0))) for name, at in body.joints.items()}
    parts = cv2.warpAffine(body.parts, matrix, (width, height), flags=cv2.INTER_NEAREST)
    return replace(body, parts=parts, alpha=cv2.warpAffine(body.alpha, matrix, (width, height)), joints=joints)


def centre(mask: Mask) -> Point:
    rows, columns = np.nonzero(mask)
    return Point(float(columns.mean()), float(rows.mean()))


def test_one_shoe_is_put_on_both_feet_as_mirror_images() -> None:
    body = rendered().body
    placed = put_on_shoes(read(sneaker(), "shoes"), body)
    solid = placed.layer.alpha > 0.5
    feet = feet_of(body)
    assert len(feet) == 2
    middle = round(sum(foot.ankle.x for foot in feet.values()) / 2)
    left, right = solid[:, :middle].sum(), solid[:, middle:].sum()
    assert 0.7 < left / right < 1.4
    for side, part in (("left", np.s_[:, :middle]), ("right", np.s_[:, middle:])):
        rows = np.flatnonzero(solid[part].any(axis=1))
        assert abs(rows[-1] + 1 - feet[side].sole) <= 3
    assert any("mirror image" in note for note in placed.notes)


def test_toes_point_outward() -> None:
    body = rendered().body
    solid = put_on_shoes(read(sneaker(), "shoes"), body).layer.alpha > 0.5
    for side, foot in feet_of(body).items():
        own = solid.copy()
        own[:, np.arange(own.shape[1]) > foot.ankle.x + 30] = False
        own[:, np.arange(own.shape[1]) < foot.ankle.x - 30] = False
        away = centre(own).x - foot.ankle.x
        assert away < 0 if side == "left" else away > 0


def test_a_pair_is_told_apart() -> None:
    shoes = shoes_of(np.asarray(pair())[..., 3] / np.float32(255))
    assert [shoe.facing for shoe in shoes] == ["right", "right"]
    assert shoes[0].toe.x < shoes[1].heel.x + 5


@pytest.mark.parametrize("facing", ["left", "right"])
def test_the_way_that_a_shoe_faces(facing: str) -> None:
    (shoe,) = shoes_of(np.asarray(sneaker(facing))[..., 3] / np.float32(255))
    assert shoe.facing == facing
    assert (shoe.toe.x > shoe.heel.x) == (facing == "right")
    assert shoe.mirrored.facing != facing
    assert abs(shoe.mirrored.mirrored.toe.x - shoe.toe.x) < 1e-6


def test_a_shoe_from_the_front() -> None:
    (shoe,) = shoes_of(np.asarray(front_shoe())[..., 3] / np.float32(255))
    assert shoe.facing == "front"


def test_a_hat_sits_on_the_head_and_not_on_the_eyes() -> None:
    body = rendered().body
    head = head_of(body)
    solid = put_on_hat(read(beanie(), "hat"), body).layer.alpha > 0.5
    rows = np.flatnonzero(solid.any(axis=1))
    share = (rows[-1] - head.crown.y) / head.height
    assert 0.2 < share < 0.42
    assert abs(centre(solid).x - head.crown.x) < 0.15 * head.height


def test_a_hat_leans_with_the_head() -> None:
    upright, leaning = (
        put_on_hat(read(fedora(), "hat"), each).layer.alpha for each in (rendered().body, turned(rendered().body, 14))
    )

    def lean(alpha: np.ndarray) -> float:
        rows, columns = np.nonzero(alpha > 0.5)
        brim = np.linalg.eigh(np.cov(np.vstack([columns, rows])))[1][:, 1]
        return float(np.degrees(np.arctan(brim[1] / brim[0])))

    assert lean(leaning) > lean(upright) + 5


def test_hair_above_the_brim_goes_and_hair_below_stays() -> None:
    body = rendered().body
    head = head_of(body)
    placed = put_on_hat(read(beanie(), "hat"), body)
    hair = body.parts == Part.HAIR
    rows = np.arange(hair.shape[0])[:, None]
    assert placed.replaced[hair & (rows < head.crown.y + 0.15 * head.height)].mean() > 0.95
    assert placed.replaced[hair & (rows > head.crown.y + 0.6 * head.height)].mean() < 0.05


def test_a_bag_hangs_from_the_hand_with_fingers_in_front() -> None:
    body = rendered().body
    placed = put_on_bag(read(tote(), "bag"), body, "hand", "left")
    rows, columns = np.nonzero(placed.layer.alpha > 0.5)
    wrist = body.joints["right_wrist"]
    assert rows.min() > wrist.y - 3
    assert abs(columns.mean() - wrist.x) < 30
    hand = body.parts == Part.RIGHT_HAND
    assert placed.front[hand].mean() > 0.6


@pytest.mark.parametrize("how", ["shoulder", "crossbody"])
def test_a_strap_runs_from_a_shoulder_to_the_bag(how: str) -> None:
    body = rendered().body
    placed = put_on_bag(read(tote(150), "bag"), body, how, "left")  # type: ignore[arg-type]
    rows, columns = np.nonzero(placed.layer.alpha > 0.5)
    shoulder = body.joints["right_shoulder" if how == "shoulder" else "left_shoulder"]
    top = columns[rows <= rows.min() + 2].mean()
    assert abs(rows.min() - shoulder.y) < 0.25 * 100
    assert (top > body.joints["neck"].x) == (how == "crossbody")
    assert rows.max() > body.joints["right_hip"].y


def test_feet_outside_the_picture_are_refused() -> None:
    body = person().body
    cut = replace(body, joints={name: at for name, at in body.joints.items() if "ankle" not in name})
    with pytest.raises(UnsupportedTask, match="head to feet"):
        put_on_shoes(read(sneaker(), "shoes"), cut)


def test_a_head_outside_the_picture_is_refused() -> None:
    body = person().body
    cut = replace(body, joints={name: at for name, at in body.joints.items() if name not in ("head_top", "chin")})
    with pytest.raises(UnsupportedTask, match="whole head"):
        put_on_hat(read(fedora(), "hat"), cut)


def _task(product: Image.Image, prompt: str) -> TryOn:
    model = picture(rendered().rgb, rendered().alpha)
    return TryOn(model_image=model, product_image=product, prompt=prompt, size=SIZE, mode=Mode.FAST, seed=1)


def _before() -> np.ndarray:
    canvas = Image.new("RGBA", (SIZE.width, SIZE.height), (255, 255, 255, 255))
    canvas.alpha_composite(picture(rendered().rgb, rendered().alpha))
    return np.asarray(canvas.convert("RGB"))


@cache
def _result(kind: str) -> Output:
    product = {"shoes": sneaker(), "hat": fedora(), "bag": tote()}[kind]
    return run(_task(product, f"the {kind}"), unwatched)


@pytest.mark.parametrize("kind", ["shoes", "hat", "bag"])
def test_only_the_place_of_the_product_changes(kind: str) -> None:
    changed = (np.asarray(_result(kind).image) != _before()).any(axis=2)
    rows = np.flatnonzero(changed.any(axis=1))
    joints = rendered().body.joints
    limits = {
        "shoes": (joints["left_ankle"].y - 30, 480),
        "hat": (0, joints["chin"].y + 12),
        "bag": (joints["left_waist"].y, 480),
    }
    assert changed.mean() > 0.004
    assert limits[kind][0] <= rows[0]
    assert rows[-1] <= limits[kind][1]
    assert _result(kind).details["category"] == kind


def test_old_shoes_are_gone() -> None:
    after = np.asarray(_result("shoes").image).astype(int)
    yellow = (after[..., 0] > 180) & (after[..., 1] > 180) & (after[..., 2] < 130)
    before = _before().astype(int)
    old = (before[..., 0] > 180) & (before[..., 1] > 180) & (before[..., 2] < 130)
    assert old.sum() > 100
    assert yellow.sum() < 0.08 * old.sum()


def test_the_product_shades_what_is_under_it() -> None:
    before, after = _before().astype(int), np.asarray(_result("hat").image).astype(int)
    face = (rendered().body.parts == Part.FACE) & (before != after).any(axis=2)
    assert face.any()
    assert after[face].mean() < before[face].mean()
