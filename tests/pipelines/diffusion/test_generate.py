"""A call makes the picture of the plain pipeline, says how far it is, and can be cancelled between any two steps."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.overrides import TorchFunctionMode

from pipelines.diffusion.arguments import arguments, fitting_prompt
from pipelines.diffusion.embeddings import Embeddings
from pipelines.diffusion.generate import Made, generate
from pipelines.diffusion.noise import DrawnInFloat32
from pipelines.engine import unwatched
from pipelines.errors import BadCard, Cancelled, PictureWithheld, PromptTooLong, UnsupportedTask
from pipelines.sizes import Size
from tests.pipelines.diffusion.calls import CLASSES, SIZE, call, fresh, lend, photograph, step_latents

every_class = pytest.mark.parametrize("name", CLASSES)


class Watch:
    """A progress that remembers, and raises at one of its steps."""

    def __init__(self, stop: int | None = None, error: BaseException | None = None) -> None:
        self.heard: list[tuple[int, int]] = []
        self.previews: list[Image.Image] = []
        self._stop = stop
        self._error = error or Cancelled()

    def __call__(self, step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        self.heard.append((step, of))
        self.previews += [preview] if preview is not None else []
        if step == self._stop:
            raise self._error


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and np.array_equal(np.asarray(one), np.asarray(other))


@cache
def raw(name: str) -> Image.Image:
    """The picture of the plain pipeline."""
    lent = lend(name)
    generator = torch.Generator("cpu").manual_seed(1)
    return lent.pipe(**arguments(lent.pipe, lent.card, call(name)), generator=generator).images[0]


@every_class
def test_in_float32_the_picture_is_that_of_the_plain_pipeline_to_the_bit(name: str) -> None:
    made = generate(lend(name), call(name), unwatched)
    assert made.image.mode == "RGB"
    assert made.image.size == (SIZE.width, SIZE.height)
    assert same(made.image, raw(name))
    assert made.notes == ()


@every_class
def test_a_seed_is_a_picture_and_another_seed_another_one(name: str) -> None:
    one, again, other = (generate(lend(name), call(name, seed), unwatched).image for seed in (7, 7, 8))
    assert same(one, again)
    assert not same(one, other)


def test_global_chance_is_neither_used_nor_changed() -> None:
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    one = generate(lend("klein"), call("klein"), unwatched).image
    assert torch.equal(state, torch.random.get_rng_state())
    torch.manual_seed(4)
    assert same(one, generate(lend("klein"), call("klein"), unwatched).image)


class Listening(TorchFunctionMode):
    """Remembers what was drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[torch.Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.drawn += [made] if func is torch.randn else []
        return made


def drawn(name: str, dtype: torch.dtype) -> list[torch.Tensor]:
    pipe = fresh(name)
    pipe.to(dtype=dtype)
    with Listening() as listening:
        generate(lend(name, pipe), call(name), unwatched)
    return listening.drawn


@every_class
def test_chance_is_drawn_in_float32_and_the_same_in_every_precision(name: str) -> None:
    single, half = drawn(name, torch.float32), drawn(name, torch.bfloat16)
    if "z-image-inpaint" in name:  # the encoding of what the mask leaves is drawn after the noise, and never used
        single, half = single[:2], half[:2]
    assert single
    assert {each.dtype for each in half} == {torch.float32}
    assert all(torch.equal(one, other) for one, other in zip(single, half, strict=True))


def test_a_draw_in_another_precision_is_the_one_in_float32_rounded() -> None:
    """Of itself, it is only where the number of values is a multiple of 16."""
    single = torch.randn(100, generator=torch.Generator().manual_seed(1))
    plain = torch.randn(100, generator=torch.Generator().manual_seed(1), dtype=torch.bfloat16)
    ours, theirs = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
    with DrawnInFloat32(ours):
        assert torch.equal(torch.randn(100, generator=ours, dtype=torch.bfloat16), single.bfloat16())
        assert torch.equal(torch.randn(100, generator=theirs, dtype=torch.bfloat16), plain)
    assert not torch.equal(plain, single.bfloat16())


@every_class
def test_progress_counts_the_prompt_every_step_and_the_decoding(name: str) -> None:
    watch = Watch()
    made = generate(lend(name), call(name), watch)
    steps = 3
    assert watch.heard == [(step, steps + 2) for step in range(steps + 3)]
    assert made.details["steps"] == steps


@pytest.mark.parametrize("stop", range(6))
@every_class
def test_a_run_cancelled_at_any_step_leaves_the_pipeline_as_it_was(name: str, stop: int) -> None:
    lent, before = lend(name), raw(name)
    watch = Watch(stop)
    with pytest.raises(Cancelled):
        generate(lent, call(name), watch)
    assert watch.heard[-1][0] == stop
    assert not {"encode_prompt", "prepare_latents"} & set(vars(lent.pipe))
    assert same(generate(lent, call(name), unwatched).image, before)


class Interrupt(BaseException):
    """Stands for what ends a job from outside."""


def test_whatever_progress_raises_comes_out_as_it_is() -> None:
    error = Interrupt()
    with pytest.raises(Interrupt) as caught:
        generate(lend("klein"), call("klein"), Watch(3, error))
    assert caught.value is error


def test_a_run_that_ends_early_gives_offloaded_parts_back() -> None:
    lent = lend("klein", fresh("klein"))
    freed: list[bool] = []
    lent.pipe.maybe_free_model_hooks = lambda: freed.append(True)
    with pytest.raises(Cancelled):
        generate(lent, call("klein"), Watch(3))
    assert freed == [True]


@every_class
def test_nothing_is_printed(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    generate(lend(name), call(name), unwatched)
    assert capfd.readouterr() == ("", "")


def test_details_say_how_the_picture_came_about() -> None:
    licence = lend("klein").card.licence
    adapter = {"repo": "tiny/lora", "file": "a.safetensors", "weight": 0.5, "licence": licence, "gigabytes": 0.1}
    made = generate(lend("klein", adapters=(adapter,)), call("klein"), unwatched)
    figures = {name: made.details[name] for name in ("seconds", "peak_memory_gb")}
    assert all(isinstance(each, float) and each > 0 for each in figures.values())
    assert {name: value for name, value in made.details.items() if name not in figures} == {
        "card": "klein",
        "repository": "tiny/klein",
        "revision": "0" * 40,
        "adapters": "tiny/lora/a.safetensors x 0.5",
        "scheduler": "FlowMatchEulerDiscreteScheduler",
        "steps": 3,
        "guidance": 1.0,
        "precision": "fp32",
        "offload": "none",
        "device": "cpu",
        "load_seconds": 0.25,
        "prompt": "a red coat",
    }


def sides(latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The left and the right third of latents in tokens of 16 pixels or a map of 8."""
    if latents.ndim == 3:
        latents = latents.reshape(1, SIZE.height // 16, SIZE.width // 16, -1).movedim(3, 1)
    third = latents.shape[3] // 3
    return latents[..., :third], latents[..., -third:]


@pytest.mark.parametrize("name", ["klein-inpaint", "z-image-inpaint"])
def test_a_mask_keeps_the_rest_and_strength_says_how_far_the_masked_part_may_go(name: str) -> None:
    whole, half, little = (step_latents(name, strength=strength) for strength in (1.0, 0.5, 0.25))
    assert [len(each) for each in (whole, half, little)] == [4, 2, 1]
    kept, drawn = zip(*(sides(each[-1]) for each in (whole, half, little)), strict=True)
    assert torch.equal(kept[0], kept[1])
    assert torch.equal(kept[0], kept[2])
    base = sides(step_latents(name, strength=0.25, mask=Image.new("L", (SIZE.width, SIZE.height)))[-1])[1]
    distances = [float((each - base).abs().mean()) for each in drawn]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > distances[2] > 0


def test_references_and_their_order_matter() -> None:
    lent, images = lend("klein"), call("klein").images
    there, swapped, none = (generate(lent, call("klein", images=given), unwatched).image for given in (images, images[::-1], ()))
    assert not same(there, swapped)
    assert not same(there, none)


def test_a_masked_call_looks_at_its_reference() -> None:
    lent = lend("klein-inpaint")
    without = generate(lent, call("klein-inpaint"), unwatched).image
    assert not same(without, generate(lent, call("klein-inpaint", images=(photograph(64, 64, 5),)), unwatched).image)


@pytest.mark.parametrize("name", CLASSES)
def test_a_prompt_of_a_hundred_thousand_characters_is_refused_before_the_model_runs(name: str) -> None:
    lent, ran = lend(name), []
    handle = lent.pipe.text_encoder.register_forward_pre_hook(lambda *_: ran.append(True))
    try:
        with pytest.raises(PromptTooLong, match=r"has \d\d,\d\d\d tokens and Tiny .* reads 512, .*shorten"):
            generate(lent, call(name, prompt="word " * 20_000), unwatched)
    finally:
        handle.remove()
    assert not ran


@pytest.mark.parametrize("name", ["klein", "z-image", "qwen-image"])
def test_the_longest_prompt_that_passes_is_read_to_its_end(name: str) -> None:
    """The limit counts the frame that the pipeline puts around a prompt: the last letter still makes a difference."""
    lent = lend(name)
    fits = max(length for length in range(200, 520) if _passes(lambda n=length: fits_in(name, "a" * n)))
    ends = [generate(lent, call(name, prompt="a" * (fits - 1) + letter), unwatched).image for letter in "ab"]
    assert not same(*ends)


def fits_in(name: str, prompt: str) -> None:
    lent = lend(name)
    fitting_prompt(lent.pipe, lent.card, prompt)


def _passes(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except PromptTooLong:
        return False
    return True


def test_a_card_with_an_argument_that_the_pipeline_does_not_take_is_named() -> None:
    with pytest.raises(BadCard, match="card klein: arguments: Flux2KleinPipeline takes no sharpness"):
        generate(lend("klein", arguments={"sharpness": 2}), call("klein"), unwatched)


def test_guidance_under_a_name_that_the_class_does_not_know_is_an_error_and_no_default_of_the_class() -> None:
    with pytest.raises(BadCard, match="guidance_argument: Flux2KleinPipeline takes no true_cfg_scale, but guidance_scale"):
        generate(lend("klein", guidance_argument="true_cfg_scale"), call("klein"), unwatched)


def test_arguments_of_the_card_go_in_as_they_are() -> None:
    lent = lend("z-image", arguments={"cfg_normalization": True})
    assert arguments(lent.pipe, lent.card, call("z-image"))["cfg_normalization"] is True


def test_only_what_the_class_takes_is_handed_in() -> None:
    given = {name: set(arguments(lend(name).pipe, lend(name).card, call(name))) for name in CLASSES}
    common = {"prompt", "height", "width", "num_inference_steps", "max_sequence_length", "output_type"}
    assert given["klein"] == common | {"guidance_scale", "image"}
    assert given["klein-inpaint"] == common | {"guidance_scale", "image", "mask_image", "strength"}
    assert given["z-image"] == common | {"guidance_scale"}
    assert given["qwen-edit"] == common | {"true_cfg_scale", "negative_prompt", "image"}
    assert given["qwen-image"] == common | {"true_cfg_scale"}


@pytest.mark.parametrize(
    ("name", "count", "takes"), [("klein", 4, 3), ("klein-inpaint", 2, 1), ("z-image", 1, 0), ("z-image-inpaint", 1, 0)]
)
def test_references_that_would_be_dropped_are_refused(name: str, count: int, takes: int) -> None:
    images = (photograph(64, 64),) * count
    with pytest.raises(UnsupportedTask, match=f"got {count} reference pictures and takes {takes} here"):
        generate(lend(name), call(name, images=images), unwatched)


def test_a_mask_for_a_class_that_takes_none_is_refused() -> None:
    masked = call("klein-inpaint")
    with pytest.raises(UnsupportedTask, match=r"Flux2KleinPipeline.*names no inpaint class"):
        generate(lend("klein"), masked, unwatched)


def test_a_picture_of_another_size_is_fitted_and_said_so() -> None:
    made = generate(lend("klein"), call("klein", size=Size(100, 70)), unwatched)
    assert made.image.size == (100, 70)
    assert made.notes == ("Tiny klein made 96 x 64, which was resized to 100 x 70.",)


def test_numbers_that_overflow_are_an_error_and_no_black_picture() -> None:
    pipe = fresh("klein")
    torch.nn.init.constant_(pipe.transformer.proj_out.weight, float("inf"))
    with pytest.raises(BadCard, match=r"card klein: dtype: .* overflowed in torch.float32"):
        generate(lend("klein", pipe), call("klein"), unwatched)


def test_a_picture_that_the_checker_refuses_is_not_handed_out() -> None:
    seen: list[tuple[tuple[int, int], str]] = []

    def refuse(image: Image.Image, prompt: str) -> str:
        seen.append((image.size, prompt))
        return "too loud"

    with pytest.raises(PictureWithheld, match="too loud"):
        generate(lend("klein"), call("klein"), unwatched, refuse)
    assert seen == [((SIZE.width, SIZE.height), "a red coat")]


def test_a_prompt_that_was_read_before_is_not_read_again() -> None:
    embeddings, lent = Embeddings(), lend("qwen-edit")
    made: list[Made] = [generate(lent, call("qwen-edit"), unwatched, embeddings=embeddings) for _ in range(2)]
    assert embeddings.hits == 2  # the prompt and the negative one
    assert same(made[0].image, made[1].image)
    assert same(made[0].image, generate(lent, call("qwen-edit"), unwatched).image)
