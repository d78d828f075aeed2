"""What belongs to the person, told on bodies whose every part is known."""

import numpy as np
import pytest

from pipelines.diffusion.recipes.figure import Figure, clothes_mask, face_and_hands, figure, person_mask
from pipelines.sizes import Mode, Size
from pipelines.vision.people.body import Body, Part, Point
from tests.pipelines.diffusion.recording import plain

HEIGHT, WIDTH = 600, 400
SIZE = Size(WIDTH, HEIGHT)
SKIN, SHIRT, TROUSERS, WALL = (205, 150, 120), (40, 60, 160), (60, 60, 60), (225, 225, 225)
JOINTS = {
    "head_top": Point(200, 40), "chin": Point(200, 120), "neck": Point(200, 135),
    "left_shoulder": Point(260, 150), "right_shoulder": Point(140, 150),
    "left_elbow": Point(285, 240), "right_elbow": Point(115, 240),
    "left_wrist": Point(285, 320), "right_wrist": Point(115, 320),
    "left_waist": Point(245, 290), "right_waist": Point(155, 290),
    "left_hip": Point(245, 340), "right_hip": Point(155, 340), "left_knee": Point(230, 450), "right_knee": Point(170, 450),
    "left_ankle": Point(230, 560), "right_ankle": Point(170, 560),
}  # fmt: skip
BOXES = {
    Part.HAIR: (40, 60, 170, 230),
    Part.FACE: (60, 120, 172, 228),
    Part.NECK: (120, 140, 185, 215),
    Part.UPPER: (140, 330, 140, 260),
    Part.LOWER: (330, 550, 150, 250),
    Part.LEFT_ARM: (200, 320, 270, 300),
    Part.RIGHT_ARM: (200, 320, 100, 130),
    Part.LEFT_HAND: (320, 360, 270, 300),
    Part.RIGHT_HAND: (320, 360, 100, 130),
}
"""Top, bottom, left, right."""
COLOURS = {Part.UPPER: SHIRT, Part.LOWER: TROUSERS, Part.HAIR: (50, 35, 20)}


def made(more=(), skin=SKIN, shirt=SHIRT):
    """A figure of boxes, `more` being pairs of a part and its box, painted over the rest."""
    parts = np.zeros((HEIGHT, WIDTH), np.uint8)
    rgb = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    for part, (top, bottom, left, right) in (*BOXES.items(), *more):
        parts[top:bottom, left:right] = part
        rgb[top:bottom, left:right] = shirt if part == Part.UPPER else COLOURS.get(part, skin)
    return Figure(rgb, Body((parts > 0).astype(np.float32), parts, JOINTS, 1.0))


def test_skin_and_hair_are_the_person_and_clothes_are_not():
    mask = person_mask(made(), SIZE)
    for y, x in ((50, 200), (90, 200), (130, 200), (260, 285), (340, 115)):
        assert mask[y, x] == 1, (y, x)
    assert not mask[150:320, 150:250].any()
    assert not mask[345:, 152:248].any()
    assert not mask[:, :60].any()
    assert not mask[450:, :140].any()


def test_new_hair_has_room_over_the_background_but_not_over_clothes():
    mask = person_mask(made(), SIZE)
    assert mask[90, 150] == 1
    assert mask[25, 200] == 1
    assert not mask[160:200, 145:255].any()


def test_the_border_between_skin_and_cloth_is_inside_the_mask():
    mask = person_mask(made(), SIZE)
    assert mask[139, 200] > 0.5
    assert mask[145, 200] == 0


def test_leather_with_the_colour_of_skin_is_left_alone():
    boot, shoe = (Part.RIGHT_HAND, (480, 560, 20, 60)), (Part.TORSO, (560, 590, 215, 245))
    mask = person_mask(made([boot, shoe]), SIZE)
    assert not mask[480:560, 20:60].any()
    assert not mask[565:590, 215:245].any()


def test_a_bare_neckline_is_the_person():
    assert person_mask(made([(Part.TORSO, (140, 175, 175, 225))]), SIZE)[160, 200] == 1


def test_a_forearm_that_was_read_as_cloth_is_the_person_by_its_colour():
    read = made()
    parts, rgb = read.body.parts.copy(), read.rgb.copy()
    parts[240:300, 262:285] = Part.UPPER
    rgb[240:300, 262:285] = SKIN
    misread = Figure(rgb, Body(read.body.alpha, parts, JOINTS, 1.0))
    assert person_mask(misread, SIZE)[250:290, 272:282].min() == 1


def test_grey_cloth_on_a_white_mannequin_is_no_plastic():
    white, grey = (222, 222, 224), (120, 120, 120)
    read = made([(Part.TORSO, (140, 200, 150, 250))], skin=white, shirt=grey)
    read.rgb[140:200, 150:250] = grey
    mask = person_mask(read, SIZE)
    assert not mask[155:195, 160:240].any()
    assert mask[90, 200] == 1
    assert mask[260, 285] == 1


def test_face_and_hands_are_kept_within_their_outline():
    own = face_and_hands(made(), SIZE)
    assert own[90, 200] == 1
    assert own[345, 285] == own[345, 115] == 1
    assert own[50, 200] == own[130, 200] == own[250, 200] == own[250, 285] == 0
    assert own[90, 173] == own[121, 200] == 0
    assert (own[np.isin(made().body.parts, (Part.FACE, Part.LEFT_HAND, Part.RIGHT_HAND), invert=True)] == 0).all()


def test_what_is_too_large_for_a_hand_is_none():
    assert not face_and_hands(made([(Part.LEFT_HAND, (320, 420, 262, 330))]), SIZE)[320:420, 262:330].any()


@pytest.mark.parametrize("scale", [0.5, 1, 2.5])
def test_masks_come_at_any_size_and_nothing_leaks_where_there_was_nothing(scale):
    size = Size(round(WIDTH * scale), round(HEIGHT * scale))
    for mask in (person_mask(made(), size), face_and_hands(made(), size)):
        assert (mask.shape, mask.dtype) == ((size.height, size.width), np.float32)
        assert mask.min() == 0
        assert mask.max() == 1
        assert not mask[round(300 * scale), round(200 * scale)]
    assert clothes_mask(made(), size)[round(250 * scale), round(200 * scale)]


def test_without_joints_for_the_head_its_size_is_guessed_from_the_picture():
    read = made()
    assert read.head == 80
    assert Figure(read.rgb, Body(read.body.alpha, read.body.parts, {}, 1.0)).head == pytest.approx(78)


def test_a_picture_without_anybody_has_no_figure():
    assert figure(plain(SIZE), Mode.FAST) is None
