"""A prompt is read once for each text, reference and text encoder, and what was kept can't be changed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.diffusion.embeddings import Embeddings, Unkeyable, digest
from pipelines.diffusion.generate import generate
from pipelines.engine import unwatched
from tests.pipelines.diffusion.calls import CLASSES, call, lend, photograph


@contextmanager
def counted(pipe: Any) -> Iterator[list[bool]]:
    """Each run of the pipeline's text encoder adds one."""
    runs: list[bool] = []
    handle = pipe.text_encoder.register_forward_pre_hook(lambda *_: runs.append(True))
    try:
        yield runs
    finally:
        handle.remove()


@pytest.mark.parametrize("name", CLASSES)
def test_the_text_encoder_does_not_run_for_a_prompt_that_was_read_before(name: str) -> None:
    embeddings, lent = Embeddings(), lend(name)
    with counted(lent.pipe) as runs:
        first = generate(lent, call(name), unwatched, embeddings=embeddings)
        read = len(runs)
        second = generate(lent, call(name), unwatched, embeddings=embeddings)
    assert read == (2 if lent.card.negative_prompt else 1)
    assert len(runs) == read
    assert embeddings.hits == read
    assert np.array_equal(np.asarray(first.image), np.asarray(second.image))


@pytest.mark.parametrize(
    "change", [{"prompt": "a blue coat"}, {"images": (photograph(64, 80, 9),)}, {"images": call("qwen-edit").images[::-1]}]
)
def test_another_prompt_reference_or_order_is_read_anew(change: dict[str, Any]) -> None:
    embeddings, lent = Embeddings(), lend("qwen-edit", negative_prompt=None, guidance=1.0)
    with counted(lent.pipe) as runs:
        generate(lent, call("qwen-edit"), unwatched, embeddings=embeddings)
        generate(lent, call("qwen-edit", **change), unwatched, embeddings=embeddings)
    assert len(runs) == 2


@pytest.mark.parametrize("change", [{"repo": "tiny/other"}, {"prompt_tokens": 256}])
def test_another_text_encoder_or_length_is_read_anew(change: dict[str, Any]) -> None:
    embeddings = Embeddings()
    for each in (lend("klein"), lend("klein", **change)):
        generate(each, call("klein"), unwatched, embeddings=embeddings)
    assert embeddings.hits == 0


class Encoder:
    """Reads a prompt into a thousand bytes of float32, and counts."""

    def __init__(self) -> None:
        self.read = 0

    def encode_prompt(self, prompt: str, image: Any = None) -> tuple[torch.Tensor, None, list[torch.Tensor]]:
        self.read += 1
        return torch.full((125,), float(self.read)), None, [torch.zeros(125)]


def test_the_least_recently_used_goes_first_when_there_are_too_many_bytes() -> None:
    embeddings, pipe = Embeddings(limit=2000), Encoder()
    with embeddings.serving(pipe, "w"):
        for prompt in ("a", "b", "a", "c"):
            pipe.encode_prompt(prompt)
        assert embeddings.bytes == 2000
        assert pipe.read == 3
        pipe.encode_prompt("a")
        assert pipe.read == 3
        pipe.encode_prompt("b")
        assert pipe.read == 4


def test_what_is_larger_than_everything_is_not_kept() -> None:
    embeddings, pipe = Embeddings(limit=999), Encoder()
    with embeddings.serving(pipe, "w"):
        pipe.encode_prompt("a")
    assert embeddings.bytes == 0


def test_what_is_kept_can_not_be_changed_from_outside() -> None:
    embeddings, pipe = Embeddings(), Encoder()
    with embeddings.serving(pipe, "w"):
        for _ in range(3):
            text, nothing, masks = pipe.encode_prompt("a")
            assert nothing is None
            assert text.unique().tolist() == [1.0]
            assert masks[0].unique().tolist() == [0.0]
            text.fill_(9)
            masks[0].fill_(9)
    assert embeddings.hits == 2


def test_what_can_not_be_compared_goes_through() -> None:
    embeddings, pipe = Embeddings(), Encoder()
    with embeddings.serving(pipe, "w"):
        for _ in range(2):
            pipe.encode_prompt("a", image=object())
    assert pipe.read == 2
    assert embeddings.hits == 0


def test_a_pipeline_is_as_before_afterwards_and_one_without_prompts_is_left_alone() -> None:
    pipe, bare = Encoder(), object()
    with Embeddings().serving(pipe, "w"), Embeddings().serving(bare, "w"):
        assert "encode_prompt" in vars(pipe)
    assert "encode_prompt" not in vars(pipe)


def test_nothing_is_left_once_it_was_cleared() -> None:
    embeddings, pipe = Embeddings(), Encoder()
    with embeddings.serving(pipe, "w"):
        pipe.encode_prompt("a")
        embeddings.clear()
        pipe.encode_prompt("a")
    assert pipe.read == 2
    assert embeddings.bytes == 1000


def test_many_threads_at_once_count_every_byte() -> None:
    embeddings = Embeddings(limit=5000)

    def work(worker: int) -> None:
        pipe = Encoder()
        with embeddings.serving(pipe, "w"):
            for index in range(100):
                pipe.encode_prompt(str((index * worker) % 13))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(1, 9)))
    assert embeddings.bytes == 5000


TELLING_APART = (
    "a",
    b"a".decode() + " ",
    1,
    1.0,
    True,
    None,
    ["a"],
    [["a"]],
    ["a", "b"],
    ["ab"],
    {"a": "b"},
    torch.float32,
    torch.device("cpu"),
    torch.zeros(2, 3),
    torch.zeros(3, 2),
    torch.zeros(2, 3, dtype=torch.int32),
    torch.ones(2, 3, dtype=torch.bfloat16),
    torch.tensor(0.0),
    np.zeros((2, 3), np.float32),
    Image.new("RGB", (2, 3)),
    Image.new("RGB", (3, 2)),
    Image.new("RGB", (2, 3), "red"),
    Image.new("L", (2, 3)),
)


def test_keys_tell_everything_apart() -> None:
    assert len({digest(each) for each in TELLING_APART}) == len(TELLING_APART)


def test_keys_are_those_of_equal_contents() -> None:
    transposed = torch.arange(6.0).reshape(2, 3).T
    assert digest(transposed) == digest(transposed.contiguous())
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(("a",)) == digest(["a"])
    assert digest(photograph(9, 5)) == digest(photograph(9, 5).copy())


@pytest.mark.parametrize("value", [object(), [object()], {"a": object()}, np.array([object()])])
def test_what_has_no_contents_to_compare_has_no_key(value: Any) -> None:
    with pytest.raises(Unkeyable):
        digest(value)
