"""How prompts are put together."""

import pytest

from pipelines.diffusion.recipes.prompts import (
    assembled,
    face_sentence,
    listed,
    named,
    picture_word,
    sentence,
    speaks_of,
    tokens,
)
from pipelines.diffusion.recipes.references import Place
from pipelines.errors import PromptTooLong
from tests.pipelines.diffusion.recording import KLEIN, QWEN, TEXT, card


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("jacket worn open", "Jacket worn open."),
        ("  a  woman,\n smiling.. ", "A woman, smiling."),
        ("Soft light. .", "Soft light."),
        ("Wait... then smile", "Wait... then smile."),
        ("Really?", "Really?"),
        ('the print says "YES."', 'The print says "YES."'),
        ("1.5 m tall, e.g. a dancer,", "1.5 m tall, e.g. a dancer."),
        ("красное платье", "Красное платье."),
        ("红色连衣裙。", "红色连衣裙。"),
        ("", ""),
        (" ... ,", ""),
    ],
)
def test_text_becomes_sentences_with_one_full_stop(text, cleaned):
    assert sentence(text) == cleaned


def test_cleaning_twice_changes_nothing():
    for text in ("a.. b. . c", "x...", "what?!", "hello,;:"):
        assert sentence(sentence(text)) == sentence(text)


def test_lists_read_like_english():
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_each_family_counts_references_by_its_own_word():
    assert [picture_word(each) for each in (KLEIN, QWEN, TEXT)] == ["image", "Picture", "image"]
    assert picture_word(card(pipeline="Flux2Pipeline")) == "image"
    assert named(QWEN, Place(2)) == "Picture 2"
    assert named(KLEIN, Place(3, "left half")) == "the left half of image 3"


def test_the_words_of_the_person_come_first_and_whole():
    assert assembled(KLEIN, ["a tall man", "wears image 1."], ["", "Soft light."]) == "A tall man. Wears image 1. Soft light."


def test_spare_sentences_make_room_for_a_long_prompt_last_first():
    short = card(prompt_tokens=44)
    essential = "one two three four five six seven eight nine ten"
    assert assembled(short, [essential], ["First spare.", "Second spare goes on for a good while, and on.", "Third."]) == (
        "One two three four five six seven eight nine ten. First spare."
    )


def test_more_text_than_the_card_reads_is_refused_with_figures():
    with pytest.raises(PromptTooLong, match=r"about 20001 tokens .*; FLUX\.2 klein 4B reads 488\. Shorten it"):
        assembled(KLEIN, ["word " * 20_000])


def test_a_hundred_thousand_characters_without_a_space_are_refused():
    for text in ("a" * 100_000, "字" * 100_000, "?a" * 50_000):
        with pytest.raises(PromptTooLong):
            assembled(QWEN, [text])


def test_tokens_are_rather_too_many_than_too_few():
    english = "Full body studio photo of a young adult woman with an average build and shoulder-length wavy hair."
    assert 20 <= tokens(english) <= 30
    assert tokens("12345") == 5
    assert tokens("字字") == 2


@pytest.mark.parametrize(
    ("subject", "yes", "no"),
    [
        ("place", ["walking on a beach", "light grey background", "in Paris"], ["woman in her thirties", "curly hair", "wallet"]),
        ("framing", ["full-body shot", "Head and shoulders portrait"], ["a tall man", "athletic build"]),
        ("clothes", ["wearing a red coat", "two shirts"], ["teenager", "toppled", "short hair"]),
        ("pose", ["sitting", "hands in pockets"], ["a tall man", "handsome"]),
        ("expression", ["a soft smile", "laughing"], ["brown eyes", "freckles"]),
    ],
)
def test_defaults_give_way_to_what_a_prompt_says(subject, yes, no):
    assert all(speaks_of(subject, text) for text in yes)
    assert not any(speaks_of(subject, text) for text in no)


def test_a_prompt_in_another_script_may_say_anything():
    assert speaks_of("place", "на пляже")


def test_a_face_keeps_its_own_expression_or_follows_the_description():
    own = face_sentence("image 2", "match_reference", "The model")
    led = face_sentence("image 2", "match_base", "The new person", "image 1")
    assert own.startswith("The model is the person in image 2: same face")
    assert "same expression, head angle and gaze" in own
    assert led.startswith("The new person has the identity of the person in image 2")
    assert led.endswith("expression, head angle and gaze follow image 1.")
