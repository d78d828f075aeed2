"""Edit: what a prompt asks for, whatever its order of words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.draft.edits.colours import NAMES, colour_of
from pipelines.draft.edits.phrases import Clause, clauses_of
from pipelines.draft.edits.registry import EDITS, asked


def steps(prompt: str, context: bool = False, region: bool = False) -> list[str]:
    """Every edit of a prompt as "edit effect target colour", as far as there is one."""
    found = []
    for clause in clauses_of(prompt):
        for each in asked(clause, context, region):
            colour = each.clause.colours[-1].name if each.clause.colours and each.edit.name in ("background", "recolour") else ""
            extra = each.clause.surface or each.clause.scene if each.edit.name == "background" else ""
            target = "" if each.edit.name in ("background", "remove") else each.clause.target
            words = (each.edit.name, each.effect if each.effect != each.edit.name else "", target, extra, colour)
            found.append(" ".join(filter(None, words)))
    return found


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("navy background and warmer light", ["background navy", "light warm picture"]),
        ("Change the background to a minimalist white studio", ["background studio white"]),
        ("on a #ff8800 background", ["background #ff8800"]),
        ("a beige backdrop please", ["background beige"]),
        ("background: light gray", ["background light grey"]),
        ("place it on marble", ["background marble"]),
        ("concrete wall, cool light", ["background concrete", "light cool picture"]),
        ("put her on white", ["background white"]),
        ("make the shirt navy", ["recolour upper navy"]),
        ("navy t-shirt", ["recolour upper navy"]),
        ("red dress", ["recolour dress red"]),
        ("make the red shirt navy", ["recolour upper navy"]),
        ("make the shirt navy and the trousers beige", ["recolour upper navy", "recolour lower beige"]),
        ("dye her hair blonde", ["recolour hair blonde"]),
        ("blur and darken the background", ["blur background", "light darker background"]),
        ("make the background darker and blurrier", ["light darker background", "blur background"]),
        ("brighten the face slightly", ["light brighter face"]),
        ("black and white", ["light black and white"]),
        ("make it b&w with film grain", ["light black and white picture", "film look film"]),
        ("golden hour", ["golden hour golden"]),
        ("dramatic side light from the left", ["dramatic light dramatic"]),
        ("soft daylight studio lighting", ["soft light"]),
        ("moody, high contrast", ["light moody", "light contrast"]),
        ("rotate 5 degrees clockwise", ["rotate"]),
        ("crop to the upper body", ["crop upper body"]),
        ("waist-up crop", ["crop upper body"]),
        ("zoom out a bit", ["zoom out"]),
        ("straighten the horizon", ["straighten picture"]),
        ("flip it horizontally", ["flip"]),
        ("add a soft drop shadow", ["shadow add shadow"]),
        ("remove the shadow", ["no shadow remove shadow"]),
        ("remove the background", ["cut-out transparent"]),
        ("remove the object I circled", ["remove"]),
        ("remove the logo and the tag", ["remove", "remove"]),
        ("sharpen and denoise", ["detail sharpen", "detail denoise"]),
        ("remove the wrinkles from the shirt", ["iron upper"]),
        ("keep the face, make the hair black", ["recolour hair black"]),
        ("white background with a soft shadow", ["background white", "shadow add shadow background"]),
    ],
)
def test_prompts_are_read(prompt: str, expected: list[str]) -> None:
    assert steps(prompt) == expected


@pytest.mark.parametrize(
    "prompt", ["gradient background from peach to lavender", "peach to lavender gradient", "a gradient of peach and lavender"]
)
def test_gradients_keep_their_two_colours(prompt: str) -> None:
    (clause,) = clauses_of(prompt)
    assert [each.name for each in clause.gradient] == ["peach", "lavender"]
    assert [each.edit.name for each in asked(clause, False, False)] == ["background"]


@pytest.mark.parametrize(
    ("prompt", "beyond"),
    [
        ("add a black leather crossbody bag", "add"),
        ("add a hat", "add"),
        ("turn the model slightly left", "pose"),
        ("relax the pose so one hand rests in a pocket", "pose"),
        ("add a soft, natural smile", "face"),
        ("a different model", "people"),
        ("write the text SALE", "text"),
        ("outdoor cafe in Paris", "place"),
        ("make the sleeves longer", "size"),
    ],
)
def test_what_no_rule_can_do_is_known_as_such(prompt: str, beyond: str) -> None:
    clauses = clauses_of(prompt)
    assert beyond in [each for clause in clauses for each in clause.beyond]
    assert not [
        step for clause in clauses for step in asked(clause, False, False) if step.edit.name in ("recolour", "background")
    ]


def test_a_context_is_a_place() -> None:
    assert steps("put her on this beach", context=True) == ["background"]
    assert steps("change the background", context=True) == ["background"]
    assert steps("change the background") == []
    assert steps("match the colours of the reference", context=True) == ["match"]


def test_a_colour_alone_is_for_what_is_marked() -> None:
    assert steps("red") == []
    assert steps("change it to red") == ["recolour picture red"]
    assert steps("change it to red", region=True) == ["recolour picture red"]
    assert steps("change the color of the area I marked to red", region=True) == ["recolour marked red"]


@pytest.mark.parametrize(("words", "amount"), [("slightly warmer", 0.5), ("warmer", 1.0), ("much warmer", 1.6)])
def test_amounts(words: str, amount: float) -> None:
    assert clauses_of(words)[0].amount == amount


def test_unknown_words_are_kept_for_the_notes() -> None:
    (clause,) = clauses_of("make the shirt navy xyzzy")
    assert clause.unread == ("xyzzy",)


def test_word_order_does_not_matter() -> None:
    first, second = (clauses_of(each)[0] for each in ("make the background navy", "navy for the background"))
    assert (first.target, first.colours) == (second.target, second.colours)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_colour_is_read_by_its_name(name: str) -> None:
    (clause,) = clauses_of(f"{name} background")
    assert clause.colours[-1].rgb == NAMES[name]


def test_shades_move_the_way_they_say() -> None:
    light, plain, dark = (sum(colour_of(each).rgb) for each in ("light green", "green", "dark green"))
    assert light > plain > dark
    assert colour_of("#fff").rgb == (1.0, 1.0, 1.0)
    assert colour_of("pure white").rgb == (1.0, 1.0, 1.0)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120))
def test_no_text_breaks_the_reader(text: str) -> None:
    for clause in clauses_of(text):
        assert isinstance(clause, Clause)
        asked(clause, True, True)


def test_no_effect_is_claimed_twice() -> None:
    effects = [effect for edit in EDITS for effect in edit.effects]
    assert len(effects) == len(set(effects))
