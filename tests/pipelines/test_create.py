"""Create Face and Create Model: exact sizes, one person per seed, words and references that show."""

from functools import cache
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from pipelines.draft import create_face, create_model
from pipelines.draft.engine import DraftEngine
from pipelines.draft.posing import nearest_pose
from pipelines.draft.resemblance import resemblance_of
from pipelines.engine import Output, unwatched
from pipelines.errors import PersonNotFound
from pipelines.images import pixels, to_float
from pipelines.sizes import ASPECT_RATIOS, Mode, Size, ratio_of
from pipelines.tasks import CreateFace, CreateModel
from pipelines.vision.faces import find_faces
from pipelines.vision.rendering.figure import Figure, Pose
from pipelines.vision.rendering.render import render_body

SIZE, TALL = Size(160, 160), Size(120, 180)


@cache
def face(prompt: str, seed: int = 1, size: Size = SIZE, mode: Mode = Mode.FAST) -> Output:
    return create_face.run(CreateFace(prompt=prompt, size=size, mode=mode, seed=seed), unwatched)


def model(prompt: str, seed: int = 1, size: Size = TALL, **references: Image.Image) -> Output:
    return create_model.run(CreateModel(prompt=prompt, size=size, mode=Mode.FAST, seed=seed, **references), unwatched)  # type: ignore[arg-type]


def apart(one: Output, other: Output) -> float:
    return float(np.abs(to_float(pixels(one.image)) - to_float(pixels(other.image))).mean())


@pytest.mark.parametrize("ratio", ASPECT_RATIOS)
def test_pictures_have_exactly_their_size(ratio: str) -> None:
    wide = float(ratio_of(ratio))
    size = Size(round(110 * wide**0.5) + 1, round(110 / wide**0.5))
    output = model("a woman", size=size)
    assert output.image.size == (size.width, size.height) and output.image.mode == "RGB"


@pytest.mark.parametrize("mode", list(Mode))
def test_a_face_is_the_same_twice_in_every_mode_and_says_that_it_is_a_draft(mode: Mode) -> None:
    one = create_face.run(CreateFace(prompt="a man", size=Size(64, 64), mode=mode, seed=2), unwatched)
    other = create_face.run(CreateFace(prompt="a man", size=Size(64, 64), mode=mode, seed=2), unwatched)
    assert one.image.tobytes() == other.image.tobytes()
    assert one.notes[0].startswith("A draft")


def test_seeds_differ_and_words_show() -> None:
    plain = face("a woman")
    assert apart(plain, face("a woman", seed=2)) > 0.01
    for words in ("a woman, laughing", "a woman, three-quarter view", "a woman with glasses", "a woman in a black sweater"):
        assert apart(plain, face(words)) > 0.0008


def test_most_drawn_faces_are_found_where_they_are() -> None:
    prompts = ("a woman", "a man with stubble", "Kenyan man, buzz cut", "Swedish woman with a bob", "Indian woman, smiling")
    found = 0
    for seed, prompt in enumerate(prompts):
        faces = find_faces(pixels(face(prompt, seed).image))
        found += bool(faces) and abs(faces[0].x - 80) < 20 and abs(faces[0].y - 80) < 32
    assert found >= 4


def test_what_cannot_be_drawn_is_noted() -> None:
    assert any("earrings" in note for note in face("a woman with earrings").notes)
    assert len(face("a woman").notes) == 1


@pytest.mark.parametrize(
    ("size", "framing"), [(Size(120, 180), "full_body"), (Size(140, 140), "three_quarter"), (Size(180, 100), "upper_body")]
)
def test_the_framing_suits_the_shape_of_the_picture(size: Size, framing: str) -> None:
    assert str(model("a woman", size=size).details["figure"]).endswith(framing)


def test_words_fix_build_pose_and_framing() -> None:
    figure = model("plus-size woman, hand on hip, from mid-thigh up").details["figure"]
    assert figure == "plus, hand_on_hip, three_quarter"


def test_named_clothes_are_worn_in_their_colour() -> None:
    red = to_float(pixels(model("a woman in a red dress on a light grey background").image))
    share = ((red[..., 0] > 0.4) & (red[..., 1] < 0.25)).mean()
    assert share > 0.05


def test_skin_and_hair_come_from_the_face_reference() -> None:
    reference = face("woman, espresso skin, long black hair", 3).image
    output = model("a woman", seed=7, face_reference=reference)
    own = resemblance_of(reference)
    assert own.skin[0] < 0.5 and own.hair is not None and max(own.hair) < 0.3
    assert any("skin tone" in note for note in output.notes)
    assert apart(output, model("a woman", seed=7)) > 0.004


def test_a_face_reference_without_a_face_is_refused_with_advice() -> None:
    with pytest.raises(PersonNotFound, match="face reference"):
        model("a woman", face_reference=Image.new("RGB", (200, 200), (120, 130, 140)))


@pytest.mark.parametrize("pose", get_args(Pose))
def test_exact_joints_find_their_own_pose(pose: Pose) -> None:
    body = render_body(Figure("woman", pose=pose), Size(120, 180), np.random.default_rng(1), oversample=1).body
    posed = nearest_pose(body)
    assert (posed.pose, posed.framing) == (pose, "full_body") and posed.error < 0.2


def test_the_framing_comes_from_the_pose_reference() -> None:
    reference = model("a woman with a bun, full body, light grey background", size=Size(400, 600)).image
    output = model("a man", size=Size(160, 160), pose_reference=reference)
    assert str(output.details["figure"]).endswith("full_body")
    assert any("nearest" in note for note in output.notes)


def test_a_pose_reference_with_nobody_is_noted_and_passed_over() -> None:
    output = model("a man", pose_reference=Image.new("RGB", (200, 300), (200, 200, 200)))
    assert any("Nobody could be read" in note for note in output.notes)


def test_the_engine_knows_both_tools() -> None:
    assert DraftEngine().support("create-face", Mode.FAST).ok and DraftEngine().support("create-model", Mode.QUALITY).ok
