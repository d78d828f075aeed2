"""The words of fashion briefs, read one by one: every word of the table changes what it names and nothing else."""

import pytest

from pipelines.draft.looks import about_light, age_of, framing_of, looks_of, plain, shoot_of
from pipelines.vision.rendering import palette
from pipelines.vision.rendering.likeness import Angle, greying

EXAMPLES = (
    "woman in her 30s, warm brown skin, short curly hair, natural makeup.",
    "Young adult Thai woman with warm medium brown skin, straight black hair in a low ponytail, soft freckles across her nose, and natural makeup.",
    "Middle-aged Italian man with light olive skin, short salt and pepper hair, defined jawline, light stubble, and brown eyes with fine smile lines.",
    "Young adult Kenyan man with deep brown skin, buzz cut black hair, high cheekbones, and a relaxed friendly expression.",
)


def test_the_guide_s_own_briefs_are_read() -> None:
    woman, thai, italian, kenyan = (looks_of(text, 1) for text in EXAMPLES)
    assert (woman.person.sex, woman.person.age) == ("woman", 35)
    assert woman.person.skin == pytest.approx(palette.SKINS["brown"], abs=0.03)
    assert woman.person.hairdo.texture == "curly"
    assert (thai.person.hairdo.style, thai.person.hairdo.colour, thai.person.freckles) == ("low bun", palette.HAIRS["black"], 0.5)
    assert (italian.person.beard, italian.person.skin, italian.person.eyes) == (
        "stubble",
        palette.SKINS["olive"],
        palette.EYES["brown"],
    )
    assert italian.person.hairdo.grey == 0.5 and italian.expression.smile < 0.2
    assert (kenyan.person.hairdo.style, kenyan.person.skin) == ("buzz", palette.SKINS["deep"])
    assert kenyan.expression.smile > 0.4


@pytest.mark.parametrize(
    ("words", "age"),
    [("25 years old", 25), ("a 40-year-old man", 40), ("aged 60", 60), ("in her 30s", 35), ("late twenties", 28), ("early 50s", 52),
     ("teenager", 16), ("older child", 11), ("young child", 8), ("young adult", 23), ("middle-aged", 50), ("older adult", 65),
     ("senior", 72), ("adult", 31), ("a woman", None)],
)  # fmt: skip
def test_ages(words: str, age: float | None) -> None:
    assert age_of(words) == age


@pytest.mark.parametrize(
    ("words", "tone"),
    [("fair skin", "fair"), ("pale complexion", "fair"), ("light skin", "light"), ("light olive skin", "olive"), ("tanned skin", "tan"),
     ("medium brown skin with warm undertones", "caramel"), ("soft caramel tone", "caramel"), ("rich espresso tone", "espresso"),
     ("deep brown skin", "deep"), ("dark skin", "deep"), ("porcelain skin", "porcelain")],
)  # fmt: skip
def test_skin_tones(words: str, tone: str) -> None:
    assert looks_of(f"woman, {words}", 4).person.skin == pytest.approx(palette.SKINS[tone], abs=0.02)


@pytest.mark.parametrize(
    ("words", "style", "texture"),
    [("long hair", "long", None), ("long wavy hair", "wavy", "wavy"), ("shoulder-length coily hair", "lob", "coily"), ("bob", "bob", None),
     ("pixie cut", "pixie", None), ("short hair", "pixie", None), ("an afro", "afro", None), ("hair in a top bun", "bun", None),
     ("ponytail", "ponytail", None), ("bald", "bald", None), ("long curly hair", "curly", "curly"), ("slicked-back hair", "slicked", None)],
)  # fmt: skip
def test_hair(words: str, style: str, texture: str | None) -> None:
    hairdo = looks_of(f"woman with {words}", 4).person.hairdo
    assert hairdo.style == style
    assert texture is None or hairdo.texture == texture


@pytest.mark.parametrize(
    ("words", "colour"),
    [("blonde hair", "blond"), ("long blond wavy hair", "blond"), ("black straight hair", "black"), ("red hair", "red"), ("grey hair", "grey"),
     ("dark brown curly hair", "dark brown"), ("platinum bob", "platinum"), ("silver hair", "silver"), ("brunette", "dark brown"),
     ("a full red beard", "red"), ("brown skin, black hair", "black")],
)  # fmt: skip
def test_hair_colours(words: str, colour: str) -> None:
    assert looks_of(f"man with {words}", 4).person.hairdo.colour == palette.HAIRS[colour]


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [("blue eyes", "eyes", palette.EYES["blue"]), ("dark brown eyes", "eyes", palette.EYES["dark brown"]), ("full beard", "beard", "full"),
     ("moustache", "beard", "moustache"), ("clean-shaven", "beard", "none"), ("round glasses", "glasses", "round"), ("glasses", "glasses", "square"),
     ("sunglasses", "glasses", "sun"), ("freckles", "freckles", 1.0), ("square jaw", "shape", "square"), ("heart-shaped face", "shape", "heart"),
     ("full lips", "lips", 1.30), ("strong jawline", "jaw", 1.07), ("no makeup", "makeup", 0.0), ("red lipstick", "makeup", 1.0)],
)  # fmt: skip
def test_features(words: str, name: str, value: object) -> None:
    assert getattr(looks_of(f"person with {words}", 4).person, name) == value


@pytest.mark.parametrize(
    ("words", "angle"),
    [("front view", Angle()), ("three-quarter view", Angle(34)), ("three-quarter view to the left", Angle(-34)), ("side profile", Angle(84)),
     ("looking up", Angle(0, 15)), ("looking down", Angle(0, -15)), ("head tilted", Angle(0, 0, 7)), ("turned slightly left", Angle(-22)),
     ("framed in a three-quarter view from mid-thigh upward", Angle())],
)  # fmt: skip
def test_angles(words: str, angle: Angle) -> None:
    assert looks_of(f"woman, {words}", 4).angle == angle


def test_expressions_are_ordered_by_how_much_they_smile() -> None:
    smiles = [
        looks_of(f"a woman, {words}", 4).expression.smile for words in ("serious", "calm", "slight smile", "smiling", "laughing")
    ]
    assert smiles == sorted(smiles) and len(set(smiles)) == 5


def test_other_words_leave_the_identity_alone() -> None:
    plainly, turned = looks_of("a woman", 9), looks_of("a woman, smiling, three-quarter view, head tilted", 9)
    assert plainly.person == turned.person
    assert plainly.expression != turned.expression and plainly.angle != turned.angle
    assert looks_of("a woman", 10).person != plainly.person


def test_grey_comes_with_age_and_never_before() -> None:
    assert greying(35) == 0 < greying(55) < greying(75) <= 1


@pytest.mark.parametrize(
    ("words", "kinds"),
    [("red dress", ["dress"]), ("navy blazer, white shirt and grey trousers", ["trousers", "shirt", "jacket"]), ("jeans and a tee", ["trousers", "t-shirt"]),
     ("plain t-shirt", ["t-shirt"]), ("striped sweater and skirt", ["skirt", "sweater"]), ("a woman", [])],
)  # fmt: skip
def test_clothes(words: str, kinds: list[str]) -> None:
    assert [each.kind for each in shoot_of(words).garments] == kinds


def test_colours_belong_to_the_thing_that_they_stand_before() -> None:
    shoot = shoot_of("navy blazer, white shirt and grey trousers, brown shoes")
    trousers, shirt, jacket = (each.textile.colour for each in shoot.garments)
    assert shirt[2] > 0.9 > trousers[2] > jacket[2]
    assert shoot.shoes is not None and shoot.shoes[0] > shoot.shoes[2]


def test_light_is_not_read_from_skin_or_makeup() -> None:
    assert "warm" not in about_light("warm brown skin, warm smile")
    assert "warm" in about_light("woman in warm light")
    assert "dramatic" not in about_light("dramatic makeup")


@pytest.mark.parametrize(
    ("words", "framing"), [("full body shot", "full_body"), ("from mid-thigh upward", "three_quarter"), ("waist-up portrait", "upper_body"),
                           ("headshot", "portrait"), ("a woman", None)],
)  # fmt: skip
def test_framings(words: str, framing: str | None) -> None:
    assert framing_of(plain(words)) == framing


def test_what_cannot_be_drawn_is_named() -> None:
    assert shoot_of("woman with gold earrings on a city street").unread == ("earrings", "city", "street")
    assert shoot_of(EXAMPLES[1]).unread == ()


def test_a_suit_is_jacket_and_trousers_of_one_cloth_over_a_shirt() -> None:
    made = {each.kind: each.textile.colour for each in shoot_of("a man in a navy suit").garments}
    assert set(made) == {"jacket", "trousers", "shirt"}
    assert made["jacket"] == made["trousers"] != made["shirt"]


@pytest.mark.parametrize("words", ["a suit with jeans", "a suit over a black tee and shorts"])
def test_what_is_said_beside_a_suit_is_worn_with_it(words: str) -> None:
    kinds = [each.kind for each in shoot_of(words).garments]
    assert len(kinds) == len(set(kinds))
    assert not {"trousers", "shorts"} <= set(kinds)


@pytest.mark.parametrize(
    ("words", "setting"),
    [("before a concrete wall", "concrete"), ("an old brick wall", "brick"), ("a stucco backdrop", "plaster"),
     ("in a loft", "daylight"), ("a plain sweep", None)],
)  # fmt: skip
def test_walls_are_settings(words: str, setting: str | None) -> None:
    assert shoot_of(words).setting == setting
