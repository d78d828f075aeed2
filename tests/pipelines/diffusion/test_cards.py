"""What holds for every card that ships, how cards take from each other, and what a bad card is told."""

import inspect
import json
import math
import subprocess
import sys
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import diffusers
import pytest
from diffusers.pipelines.qwenimage.pipeline_qwenimage import calculate_shift
from diffusers.pipelines.z_image.pipeline_z_image import get_default_z_image_sigmas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.diffusion.cards import (
    ALLOWED_FILES,
    PIPELINE_FILES,
    SHIPPED,
    TOOLS,
    Card,
    Catalogue,
    catalogue,
    check_class,
    read_cards,
)
from pipelines.errors import BadCard
from pipelines.sizes import Mode
from tests.pipelines.diffusion import tiny
from workbench.tools.registry import TOOLS as STUDIO

CARDS = tuple(catalogue())
NINE = ("product-to-model", "try-on", "packshot", "model-swap", "create-model", "create-face", "edit", "reframe", "face-swap")
every_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
LINE = {"name": "MIT", "link": "https://licence.example", "commercial": True}
PARENT: dict[str, Any] = {
    "id": "parent",
    "title": "Parent",
    "repo": "org/parent",
    "revision": "a" * 40,
    "licence": {**LINE, "name": "Apache-2.0"},
    "pipeline": "ZImagePipeline",
    "steps": 4,
    "scheduler": {"shift": 3.0},
    "parameters": {"transformer": 2.0, "text_encoder": 1.0, "vae": 0.1},
    "tools": {"edit": ["fast"]},
    "notes": "Reported good.",
}


def toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items() if each is not None) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def written(folder: Path, *cards: Mapping[str, Any]) -> Path:
    """A file of these cards."""
    lines = [line for each in cards for line in ("[[card]]", *(f"{key} = {toml(value)}" for key, value in each.items()))]
    path = folder / "models.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(folder: Path, *cards: Mapping[str, Any]) -> tuple[Card, ...]:
    return read_cards(written(folder, *cards))


def takes(name: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(getattr(diffusers, name).__call__).parameters


# every card that ships


@every_card
def test_its_classes_are_pipelines_of_diffusers(card: Card) -> None:
    check_class(card)
    for name in filter(None, (card.pipeline, card.inpaint)):
        assert issubclass(getattr(diffusers, name), diffusers.DiffusionPipeline)


@every_card
def test_its_pipeline_takes_what_it_is_called_with(card: Card) -> None:
    names = takes(card.pipeline)
    assert {"prompt", "height", "width", "num_inference_steps", "generator", "callback_on_step_end"} <= names.keys()
    assert card.guidance_argument in names or card.guidance == 1.0
    assert card.negative_prompt is None or "negative_prompt" in names
    assert ("image" in names) >= (card.references > 0)
    assert card.arguments.keys() <= names.keys()


@every_card
def test_guidance_that_needs_a_negative_prompt_has_one(card: Card) -> None:
    assert (card.negative_prompt is not None) == (card.guidance_argument == "true_cfg_scale" and card.guidance > 1)


@pytest.mark.parametrize("card", [each for each in CARDS if each.inpaint], ids=lambda card: card.id)
def test_its_inpainting_class_redraws_with_the_same_parts(card: Card) -> None:
    assert card.inpaint is not None
    assert {"image", "mask_image", "strength", "num_inference_steps", card.guidance_argument} <= takes(card.inpaint).keys()
    parts, own = (inspect.signature(getattr(diffusers, each).__init__).parameters for each in (card.inpaint, card.pipeline))
    assert {name: each.annotation for name, each in parts.items()} == {name: each.annotation for name, each in own.items()}


@every_card
def test_its_scheduler_takes_its_settings(card: Card) -> None:
    scheduler = inspect.signature(getattr(diffusers, card.pipeline).__init__).parameters["scheduler"].annotation
    assert card.scheduler.items() <= dict(scheduler(**card.scheduler).config).items()


@pytest.mark.parametrize("card", [each for each in CARDS if "Lightning" in each.title], ids=lambda card: card.id)
def test_lightning_shifts_by_three_at_every_size(card: Card) -> None:
    published = tiny.scheduler()  # whose shift grows with the picture
    made = type(published).from_config({**published.config, **card.scheduler})
    for tokens in (256, 4096, 16384):
        mu = calculate_shift(tokens, base_shift=made.config.base_shift, max_shift=made.config.max_shift)
        made.set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25], mu=mu)
        assert made.sigmas.tolist() == pytest.approx([1.0, 0.9, 0.75, 0.5, 0.0])
    assert card.steps in (4, 8) and f"{card.steps}steps" in card.adapters[0].file
    assert not card.scheduler.items() & published.config.items()


def test_z_image_goes_through_the_noise_levels_that_it_was_distilled_on() -> None:
    """Nine from 1 to 0, of which the last is the clean picture, shifted by 3: what its page asks of the class of its time."""
    card = next(each for each in CARDS if each.id == "z-image-turbo")
    published = diffusers.FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=3.0)
    published.set_timesteps(sigmas=get_default_z_image_sigmas(card.steps))
    plain = [1 - each / 8 for each in range(9)]
    assert published.sigmas.tolist() == pytest.approx([3 * each / (1 + 2 * each) for each in plain])


@every_card
def test_it_serves_tools_and_modes_that_the_studio_has(card: Card) -> None:
    assert card.tools
    for tool, modes in card.tools.items():
        assert set(modes) <= set(STUDIO[tool].modes), tool


@every_card
def test_it_serves_tools_with_pictures_only_where_it_is_shown_them(card: Card) -> None:
    assert card.references or card.tools.keys() <= {"create-model", "create-face"}
    assert not card.least_references or "create-face" not in card.tools


@every_card
def test_it_is_accepted_first_exactly_where_its_licence_restricts(card: Card) -> None:
    assert card.opt_in == (not card.permissive)


@every_card
def test_its_texts_are_finished(card: Card) -> None:
    licences = [card.licence, *(each.licence for each in card.adapters)]
    assert all(text.endswith(".") and text[0].isupper() for text in (card.notes, *(each.note for each in licences)) if text)
    assert card.notes
    assert all(each.link.startswith("https://huggingface.co/") for each in licences)
    assert card.licence.link.endswith(card.repo)
    assert not card.title.endswith(".")


@every_card
def test_its_native_size_exists(card: Card) -> None:
    side = math.isqrt(card.native_pixels)
    assert side**2 == card.native_pixels
    assert side % card.multiple == 0


def test_no_id_or_title_is_used_twice() -> None:
    assert len({each.id for each in CARDS}) == len({each.title for each in CARDS}) == len(read_cards(SHIPPED))


@pytest.mark.parametrize("tool", NINE)
@pytest.mark.parametrize("mode", list(Mode))
def test_every_tool_and_mode_has_a_permissive_model_first(tool: str, mode: Mode) -> None:
    serving = catalogue().serving(tool, mode)
    assert bool(serving) == (mode in STUDIO[tool].modes)
    assert all(each.permissive for each in serving[:1])


@pytest.mark.parametrize("tool", sorted(set(NINE) - {"create-face"}))
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("references", [1, 2, 3])
def test_references_find_a_permissive_model_in_every_tool_and_mode(tool: str, mode: Mode, references: int) -> None:
    able = [each for each in catalogue().serving(tool, mode) if each.takes(references)]
    assert bool(able) == (mode in STUDIO[tool].modes)
    assert all(each.permissive for each in able[:1])


@pytest.mark.parametrize("tool", ["create-model", "create-face"])
@pytest.mark.parametrize("mode", list(Mode))
def test_the_first_model_for_people_draws_from_words_alone(tool: str, mode: Mode) -> None:
    assert catalogue().serving(tool, mode)[0].takes(0)


def test_balanced_and_quality_of_an_editor_are_one_loaded_model() -> None:
    cards = catalogue()
    for tool in set(NINE) - {"create-model", "create-face"}:
        balanced, quality = (cards.serving(tool, mode)[0] for mode in (Mode.BALANCED, Mode.QUALITY))
        assert balanced.weights_id == quality.weights_id == quality.id
        assert balanced.adapters and not quality.adapters
        assert balanced.steps < quality.steps


@pytest.mark.parametrize(
    ("card_id", "bf16", "fp8", "nf4"),
    [
        ("flux2-klein-4b", 15.9, 8.1, 5.0),
        ("flux2-klein-base-4b", 15.9, 8.1, 5.0),
        ("qwen-image-edit-2511", 58.0, 29.0, 17.0),
        ("firered-image-edit-1.1", 58.0, 29.0, 17.0),
        ("qwen-image-2512", 58.0, 29.0, 17.0),
        ("z-image-turbo", 20.5, 10.4, 6.0),
    ],
)
def test_memory_agrees_with_published_figures(card_id: str, bf16: float, fp8: float, nf4: float) -> None:
    card = catalogue()[card_id]
    assert [card.gigabytes(each) for each in ("bf16", "fp8", "nf4")] == pytest.approx([bf16, fp8, nf4], rel=0.1)


def test_an_adapter_adds_to_the_memory_of_its_base() -> None:
    cards = catalogue()
    lightning = cards["qwen-image-edit-2511-lightning-4"]
    assert lightning.gigabytes("nf4") - cards["qwen-image-edit-2511"].gigabytes("nf4") == pytest.approx(0.85)
    assert lightning.weights_gigabytes == pytest.approx(57.7, abs=0.1)


def test_a_second_copy_of_the_transformer_is_not_fetched() -> None:
    def fetched(name: str) -> bool:
        return any(fnmatchcase(name, each) for each in PIPELINE_FILES)

    assert all(map(fetched, ("model_index.json", "transformer/config.json", "vae/diffusion_pytorch_model.safetensors")))
    assert not any(map(fetched, ("flux-2-klein-4b.safetensors", "README.md", "transformer/model.bin", "code/model.py")))


def test_tools_are_those_of_the_studio() -> None:
    assert set(TOOLS) == {each.name for each in STUDIO}


def test_reading_cards_loads_no_model_library() -> None:
    code = "import sys, pipelines.diffusion.guide as g; g.catalogue(); print({'torch', 'diffusers', 'transformers'} & set(sys.modules))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "set()"


# cards that take from others


def test_a_card_with_a_base_is_the_same_weights_asked_otherwise(tmp_path: Path) -> None:
    parent, child = read(tmp_path, PARENT, {"id": "child", "title": "Child", "base": "parent", "steps": 9})
    assert (child.weights_id, child.repo, child.revision, child.licence) == (
        "parent",
        parent.repo,
        parent.revision,
        parent.licence,
    )
    assert (child.steps, child.tools) == (9, parent.tools)


def test_a_base_of_a_base_is_the_first_one(tmp_path: Path) -> None:
    last = {"id": "last", "base": "middle", "scheduler": {}}
    _, _, card = read(tmp_path, PARENT, {"id": "middle", "base": "parent", "steps": 9}, last)
    assert (card.base, card.steps, card.scheduler) == ("parent", 9, {})


def test_a_base_may_stand_below(tmp_path: Path) -> None:
    child, _ = read(tmp_path, {"id": "child", "base": "parent", "steps": 9}, PARENT)
    assert child.weights_id == "parent"


@pytest.mark.parametrize(
    ("field", "value"),
    [("repo", "org/other"), ("revision", "b" * 40), ("licence", LINE), ("pipeline", "Flux2Pipeline"), ("dtype", "float16")],
)
def test_a_base_leaves_no_weights_to_choose(tmp_path: Path, field: str, value: Any) -> None:
    with pytest.raises(BadCard, match=rf"models.toml: card child: {field}: differs from that of its base"):
        read(tmp_path, PARENT, {"id": "child", "base": "parent", field: value})


def test_a_card_like_another_has_weights_and_licence_of_its_own(tmp_path: Path) -> None:
    like = {"id": "child", "like": "parent", "repo": "org/Child-1", "licence": LINE}
    parent, child = read(tmp_path, PARENT, like)
    assert (child.weights_id, child.title, child.licence.name, child.revision, child.notes) == (
        "child",
        "Child-1",
        "MIT",
        None,
        "",
    )
    assert (child.pipeline, child.steps, child.scheduler, child.tools) == (
        parent.pipeline,
        parent.steps,
        parent.scheduler,
        parent.tools,
    )


def test_a_card_with_weights_of_its_own_needs_a_licence(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match="card child: licence: Field required"):
        read(tmp_path, PARENT, {"id": "child", "like": "parent", "repo": "org/child"})


def test_a_card_like_a_restricted_one_stays_restricted(tmp_path: Path) -> None:
    restricted = {**PARENT, "licence": {**LINE, "commercial": False}, "opt_in": True}
    _, child = read(tmp_path, restricted, {"id": "child", "like": "parent", "steps": 9})
    assert child.opt_in and not child.permissive and child.revision == "a" * 40


@pytest.mark.parametrize("source", ["like", "base"])
def test_acceptance_can_not_be_left_out_by_taking_from_another(tmp_path: Path, source: str) -> None:
    restricted = {**PARENT, "licence": {**LINE, "commercial": False}, "opt_in": True}
    with pytest.raises(BadCard, match="opt_in"):
        read(tmp_path, restricted, {"id": "child", source: "parent", "opt_in": False})


def test_acceptance_asked_by_a_base_is_asked_by_its_cards(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match="card child: opt_in: the licence of its base has to be accepted"):
        read(tmp_path, {**PARENT, "opt_in": True}, {"id": "child", "base": "parent", "opt_in": False})


def test_a_restricted_adapter_restricts_its_card(tmp_path: Path) -> None:
    adapter = {"repo": "org/lora", "file": "a.safetensors", "licence": {**LINE, "commercial": False}, "gigabytes": 0.1}
    with pytest.raises(BadCard, match="opt_in: a licence that restricts commercial use"):
        read(tmp_path, {**PARENT, "adapters": [adapter]})
    assert not read(tmp_path, {**PARENT, "adapters": [adapter], "opt_in": True})[0].permissive


def test_own_cards_come_first_and_may_build_on_shipped_ones(tmp_path: Path) -> None:
    cards = catalogue(written(tmp_path, {"id": "mine", "base": "qwen-image-edit-2511", "title": "Mine", "steps": 20}))
    assert cards.serving("edit", Mode.QUALITY)[0] is cards["mine"]
    assert cards["mine"].weights_id == "qwen-image-edit-2511"


def test_cards_are_read_again_once_their_file_is_another(tmp_path: Path) -> None:
    own = written(tmp_path, {"id": "mine", "base": "qwen-image-edit-2511", "steps": 20})
    assert catalogue(own) is catalogue(own)
    own.write_text("[[card]")
    with pytest.raises(BadCard, match=str(own)):
        catalogue(own)
    written(tmp_path, {"id": "mine", "base": "qwen-image-edit-2511", "steps": 9})
    assert catalogue(own)["mine"].steps == 9
    own.unlink()
    assert "mine" not in catalogue(own)


def test_an_own_card_replaces_the_shipped_one_of_its_id_for_all_that_build_on_it(tmp_path: Path) -> None:
    change = {"id": "qwen-image-edit-2511", "like": "qwen-image-edit-2511", "revision": "c" * 40}
    cards = catalogue(written(tmp_path, change))
    assert cards["qwen-image-edit-2511"].title == catalogue()["qwen-image-edit-2511"].title
    assert {each.revision for each in cards if each.weights_id == "qwen-image-edit-2511"} == {"c" * 40}
    assert len(tuple(cards)) == len(CARDS)


def test_a_file_that_is_not_there_holds_no_cards(tmp_path: Path) -> None:
    assert tuple(catalogue(tmp_path / "none.toml")) == CARDS
    (tmp_path / "empty.toml").touch()
    assert tuple(catalogue(tmp_path / "empty.toml")) == CARDS


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadCard, match=r"there is no model 'sdxl'; there are .*flux2-klein-4b"):
        catalogue()["sdxl"]
    assert "sdxl" not in catalogue() and "flux2-klein-4b" in catalogue()


def test_a_catalogue_refuses_a_card_without_its_base() -> None:
    with pytest.raises(BadCard, match="card qwen-image-2512-lightning-4: base names qwen-image-2512, which is no card"):
        Catalogue([catalogue()["qwen-image-2512-lightning-4"]])


# what a bad card is told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"repo": "one-word"}, "repo: String should match"),
        ({"repo": "../escape"}, "repo: String should match"),
        ({"revision": "main"}, "revision: String should match"),
        ({"files": ["*.safetensors", "*.bin"]}, "files: \\*.bin could fetch other files"),
        ({"files": ["*.SafeTensors"]}, "files: \\*.SafeTensors could fetch other files"),
        ({"files": ["*"]}, "files: \\* could fetch other files"),
        ({"files": []}, "files: Tuple should have at least 1 item"),
        ({"licence": {**LINE, "link": "http://plain"}}, "licence.link: String should match"),
        ({"licence": {**LINE, "commercial": False}}, "opt_in: a licence that restricts"),
        ({"steps": 0}, "steps: Input should be greater"),
        ({"guidance": "strong"}, "guidance: Input should be a valid number"),
        ({"stepps": 3}, "stepps: Extra inputs are not permitted"),
        ({"native_pixels": 2**21}, "max_pixels is smaller than native_pixels"),
        ({"least_references": 1}, "references is smaller than least_references"),
        ({"arguments": {"generator": 1}}, "arguments: generator can't be set by a card"),
        ({"arguments": {"max_sequence_length": 100_000_000}}, "arguments: max_sequence_length can't be set by a card"),
        (
            {"arguments": {"callback_on_step_end_tensor_inputs": "x"}},
            "arguments: callback_on_step_end_tensor_inputs can't be set by a card",
        ),
        ({"prompt_tokens": 100_000_000}, "prompt_tokens"),
        ({"tools": {"tryon": ["fast"]}}, "tools: 'tryon' is no tool; did you mean try-on"),
        ({"tools": {"edit": ["best"]}}, "tools.edit.0: Input should be 'fast', 'balanced' or 'quality'"),
        ({"adapters": [{"repo": "a/b", "file": "../x.safetensors"}]}, "adapters.0.file: String should match"),
        ({"adapters": [{"repo": "a/b", "file": "x.bin"}]}, "adapters.0.file: String should match"),
        ({"base": "parent"}, "base: there is no other card 'parent'"),
        ({"like": "flux2"}, "like: there is no other card 'flux2'"),
        ({"like": 3}, "like: has to be the id of a card"),
        ({"like": "a", "base": "b"}, "like: a card has either base or like"),
    ],
    ids=str,
)
def test_a_mistake_is_told_by_file_card_and_field(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadCard, match=rf"models\.toml: card parent: {message}"):
        read(tmp_path, {**PARENT, **change})


def test_a_near_miss_is_helped(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match="no other card 'qwen-image-edit'; did you mean qwen-image-edit-2511"):
        catalogue(written(tmp_path, {"id": "mine", "base": "qwen-image-edit"}))


def test_cards_that_take_from_each_other_are_named(tmp_path: Path) -> None:
    circle = [{"id": "aa", "like": "bb"}, {"id": "bb", "base": "cc"}, {"id": "cc", "like": "aa"}]
    with pytest.raises(BadCard, match="card aa: like: cards take from each other in a circle: aa -> bb -> cc -> aa"):
        read(tmp_path, *circle)


def test_a_long_chain_of_cards_is_no_circle(tmp_path: Path) -> None:
    chain = [{"id": f"c{number}", "like": f"c{number + 1}"} for number in range(150)]
    assert read(tmp_path, *chain, {**PARENT, "id": "c150"})[0].title == "Parent"


def test_two_cards_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match="card parent: id: two cards of this file have it"):
        read(tmp_path, PARENT, PARENT)


@pytest.mark.parametrize(
    "text", ["[[cards]]\nid = 'a'", "card = 3", "[card]\nid = 'a'", "card = [1, 2]", "x = 1\n[[card]]\nid = 'a'"], ids=repr
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(BadCard, match=r"own.toml: .*cards are written as tables \[\[card\]\]"):
        read_cards(tmp_path / "own.toml")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"id = ", b"x = " + b"[" * 20_000, b"x = " + b"9" * 5000], ids=len)
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "own.toml").write_bytes(data)
    with pytest.raises(BadCard, match=r"own.toml can't be read"):
        read_cards(tmp_path / "own.toml")


def test_a_folder_is_no_file_of_cards(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match="can't be read"):
        catalogue(tmp_path)


@pytest.mark.parametrize(
    ("field", "name", "message"),
    [
        ("pipeline", "Flux2KleinPipelin", "pipeline names class Flux2KleinPipelin, .*; did you mean Flux2KleinPipeline"),
        ("pipeline", "UNet2DModel", "pipeline names class UNet2DModel, which is no pipeline of diffusers 0"),
        ("inpaint", "ZImageInpaint", "inpaint names class ZImageInpaint, .*; did you mean ZImageInpaintPipeline"),
        ("pipeline", "Flux3ModularPipeline", "pipeline names class Flux3ModularPipeline, which is no pipeline"),
    ],
)
def test_an_unknown_class_is_told_with_the_nearest_one(tmp_path: Path, field: str, name: str, message: str) -> None:
    (card,) = read(tmp_path, {**PARENT, field: name})
    with pytest.raises(BadCard, match=rf"card parent: {message}"):
        check_class(card)


# properties

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="\x7f"), max_size=20)
NAMES = st.from_regex(r"[a-z]{1,8}/[A-Za-z0-9][A-Za-z0-9.-]{0,8}", fullmatch=True)
LICENCES = st.fixed_dictionaries(
    {"name": TEXT.filter(bool), "link": st.just("https://licence.example"), "commercial": st.booleans(), "note": TEXT}
)
SIZES = st.floats(0.01, 1e3)
ADAPTERS = st.fixed_dictionaries(
    {"repo": NAMES, "file": st.just("a/b.safetensors"), "weight": st.floats(-2, 2), "licence": LICENCES, "gigabytes": SIZES}
)
SCALARS = st.one_of(st.booleans(), st.integers(-9, 9), st.floats(-1e6, 1e6), TEXT.filter(lambda text: text != "none"))
FIELDS = st.fixed_dictionaries(
    {
        "title": TEXT.filter(bool),
        "repo": NAMES,
        "licence": LICENCES,
        "opt_in": st.just(True),
        "pipeline": st.just("ZImagePipeline"),
        "steps": st.integers(1, 200),
        "parameters": st.fixed_dictionaries({"transformer": SIZES, "text_encoder": SIZES, "vae": SIZES}),
        "tools": st.dictionaries(st.sampled_from(sorted(TOOLS)), st.lists(st.sampled_from([each.value for each in Mode]))),
    },
    optional={
        "revision": st.from_regex(r"[0-9a-f]{40}", fullmatch=True),
        "files": st.lists(st.sampled_from(ALLOWED_FILES), min_size=1),
        "adapters": st.lists(ADAPTERS, max_size=2),
        "scheduler": st.dictionaries(TEXT, st.one_of(SCALARS, st.just("none")), max_size=3),
        "arguments": st.dictionaries(st.sampled_from(["cfg_normalization", "cfg_truncation"]), SCALARS),
        "step_cache": st.sampled_from(["none", "first-block"]),
        "negative_prompt": TEXT,
        "guidance": st.floats(0, 100),
        "notes": TEXT,
    },
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.lists(FIELDS, max_size=3))
def test_what_was_read_reads_the_same_when_written_out(tmp_path: Path, fields: list[dict[str, Any]]) -> None:
    cards = read(tmp_path, *({"id": f"card-{number}", **each} for number, each in enumerate(fields)))
    again = [each.model_dump(mode="json", exclude_none=True) for each in cards]
    for dumped, card in zip(again, cards, strict=True):
        dumped["scheduler"] = {key: "none" if value is None else value for key, value in card.scheduler.items()}
    assert read(tmp_path, *again) == cards


@quick
@given(st.lists(st.dictionaries(st.sampled_from([*Card.model_fields, "like", "x"]), st.recursive(SCALARS, st.lists)), max_size=3))
def test_whatever_stands_in_a_card_gives_cards_or_a_bad_card(tmp_path: Path, cards: list[dict[str, Any]]) -> None:
    try:
        read(tmp_path, *({**PARENT, **each} for each in cards))
    except BadCard as error:
        assert "models.toml" in str(error)


@quick
@given(st.binary(max_size=200))
def test_whatever_stands_in_a_file_gives_cards_or_a_bad_card(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(data)
    try:
        assert catalogue(path)["flux2-klein-4b"]
    except BadCard as error:
        assert str(path) in str(error)
