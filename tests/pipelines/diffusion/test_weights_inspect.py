"""The header of a safetensors file, with the safetensors library as the judge; and what else a repository may not hold."""

import json
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pipelines.diffusion.weights.inspect import DTYPE_BITS, check_files, check_safetensors, parts
from pipelines.errors import DamagedWeights
from tests.pipelines.diffusion.repositories import repository, tensors


def packed(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """A file of that header, given as JSON or as bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def one(**changes: Any) -> dict[str, Any]:
    """The header of a file of one tensor of eight bytes."""
    return {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | changes}


def library_takes(path: Path) -> bool:
    try:
        with safe_open(path, "numpy") as file:
            file.keys()
    except (SafetensorError, OSError, ValueError):
        return False
    return True


def we_take(path: Path) -> bool:
    try:
        check_safetensors(path)
    except DamagedWeights:
        return False
    return True


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__" and name.isprintable())
SHAPES = st.lists(st.integers(0, 4), max_size=3)
NUMPY = st.sampled_from(["float16", "float32", "float64", "int8", "uint8", "int16", "int64", "bool", "complex64"])


@given(
    tensors=st.dictionaries(NAMES, st.tuples(NUMPY, SHAPES), max_size=5),
    metadata=st.none() | st.dictionaries(NAMES, NAMES, min_size=1, max_size=3),
)
def test_whatever_the_library_saves_is_taken(
    tmp_path_factory: pytest.TempPathFactory, tensors: dict[str, Any], metadata: dict[str, str] | None
) -> None:
    path = tmp_path_factory.getbasetemp() / "saved.safetensors"
    path.write_bytes(save({name: np.zeros(shape, dtype) for name, (dtype, shape) in tensors.items()}, metadata))
    assert library_takes(path)
    check_safetensors(path)


NUMBERS = st.sampled_from([0, 1, 2, 4, 8, -1, 2**32, 2**63, 2**64, 1.0, True, None, "2"])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from([*DTYPE_BITS, "F128", "f32", 3, None]),
        "shape": st.lists(NUMBERS, max_size=3) | st.sampled_from([None, "2", {}]),
        "data_offsets": st.lists(NUMBERS, max_size=3) | st.sampled_from([[0, 8], [8, 0], [4, 8], None]),
    },
)
HEADERS = st.dictionaries(
    st.sampled_from(["a", "b", "__metadata__", "\ud800", ""]),
    FIELDS.map(lambda fields: one(**fields)["a"]) | FIELDS | st.sampled_from([{"k": "v"}, {"k": 1}, [], None]),
    max_size=3,
)


@given(header=HEADERS, data=st.sampled_from([0, 4, 7, 8, 9, 16]), space=st.sampled_from([b"", b" ", b"\n", b"\0", b"}"]))
def test_whatever_the_library_refuses_is_refused(
    tmp_path_factory: pytest.TempPathFactory, header: dict[str, Any], data: int, space: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "made.safetensors"
    path.write_bytes(packed(json.dumps(header).encode() + space, bytes(data)))
    assert library_takes(path) or not we_take(path)


@given(at=st.integers(0, 200), byte=st.integers(0, 255), cut=st.integers(0, 40))
def test_no_damaged_header_is_taken_that_the_library_refuses(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int, cut: int
) -> None:
    data = bytearray(tensors(side=2))
    data[at % len(data)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    path.write_bytes(data[: len(data) - cut])
    assert we_take(path) == library_takes(path)


@pytest.mark.parametrize("dtype", sorted(DTYPE_BITS))
def test_every_dtype_of_the_library_has_its_size(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "a.safetensors"
    for size in (DTYPE_BITS[dtype], DTYPE_BITS[dtype] + 8):  # of eight elements, in bytes
        path.write_bytes(packed(one(dtype=dtype, shape=[8], data_offsets=[0, size]), bytes(size)))
        assert we_take(path) == library_takes(path) == (size == DTYPE_BITS[dtype])


def test_files_of_other_kinds_are_named_for_what_they_are(tmp_path: Path) -> None:
    for start, said in (
        (b"\x80\x02}q\x00.", "a Python pickle"),
        (b"\x80\x05\x95", "a Python pickle"),
        (b"PK\x03\x04" + bytes(40), "a zip archive, as PyTorch writes pickles"),
        (b"GGUF\x03\0\0\0", "a GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html><html>", "a web page"),
    ):
        path = tmp_path / "model.SafeTensors"
        path.write_bytes(start)
        with pytest.raises(DamagedWeights, match=f"model.SafeTensors is no safetensors file but {said}.*models pull"):
            check_files(tmp_path, ["model.SafeTensors"])


def test_a_length_that_begins_like_a_pickle_is_a_length(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(packed(json.dumps(one()).encode().ljust(0x280), bytes(8)))
    assert path.read_bytes()[:2] == b"\x80\x02"
    check_safetensors(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it has 0 bytes"),
        (b"\x01\x02", "it has 2 bytes"),
        (packed(b"{}", length=2**63), f"its header claims {2**63} bytes and the file has 10"),
        (packed(b"[]"), "no JSON object"),
        (packed(b'{"a": 1'), "no valid JSON"),
        (packed(b'{"a": ' + b"[" * 100_000), "no valid JSON"),
        (packed(b'{"a": "\xff"}'), "no valid JSON"),
        (packed(b'{"a": NaN}'), "NaN is no JSON"),
        (packed(b'{"a": {}, "a": {}}'), "it names 'a' twice"),
        (packed(one(dtype="F128"), bytes(8)), "tensor 'a' has the unknown dtype 'F128'"),
        (packed(one(shape=[3]), bytes(8)), "tensor 'a' takes 12 bytes, and its offsets give it 8"),
        (packed(one(shape=[2**40, 2**40, 0], data_offsets=[0, 0])), "tensor 'a' is larger than any file"),
        (packed(one(), bytes(7)), "its tensors take 8 bytes and it holds 7; it was cut off"),
        (packed(one(), bytes(9)), "its tensors take 8 bytes and it holds 9"),
        (packed(one() | {"b": one()["a"]}, bytes(8)), "tensor 'b' starts at byte 0 of the data, and the one before it ends at 8"),
        (packed({"__metadata__": {"a": 1}}), "metadata are no texts"),
    ],
)
def test_what_is_wrong_is_said_with_its_figures(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(DamagedWeights) as caught:
        check_safetensors(path)
    assert str(caught.value).startswith(f"{path} is no whole safetensors file: ")
    assert said in str(caught.value)


def test_a_header_that_claims_everything_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 2**31))
        file.truncate(2**32)  # sparse: it takes no room
    tracemalloc.start()
    try:
        with pytest.raises(DamagedWeights, match="its header claims 2147483648 bytes and 100000000 are allowed"):
            check_safetensors(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("transformer/model.safetensors.index.json", {"weight_map": {"a": "../vae/model.safetensors"}}, "names '../vae/model"),
        ("transformer/model.safetensors.index.json", {"weight_map": {"a": "..\\x.safetensors"}}, "no safetensors file beside it"),
        ("transformer/model.safetensors.index.json", {"weight_map": {"a": "pytorch_model.bin"}}, "names 'pytorch_model.bin'"),
        (
            "transformer/model.safetensors.index.json",
            {"weight_map": {"a": "b.safetensors"}},
            "names b.safetensors, which is not there",
        ),
        ("transformer/model.safetensors.index.json", {}, "has no weight_map"),
        ("transformer/model.safetensors.index.json", [], "is no JSON object"),
        ("model_index.json", {"_class_name": ["pipeline", "Mine"]}, "names class Mine of library pipeline as '_class_name'"),
        ("model_index.json", {"_class_name": "a.b"}, "names the pipeline 'a.b', which is no class"),
        ("model_index.json", {"vae": ["vae_code", "Mine"]}, "names class Mine of library vae_code as 'vae'"),
        ("model_index.json", {"vae": ["diffusers", "os.system"]}, "names class os.system of library diffusers"),
        ("model_index.json", {"../vae": ["diffusers", "Vae"]}, "as '../vae'"),
        ("model_index.json", {"vae": ["diffusers", None]}, "names class None"),
    ],
)
def test_indices_name_only_what_is_beside_them_and_known_classes(tmp_path: Path, name: str, value: object, said: str) -> None:
    folder = repository(tmp_path)
    names = [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()]
    check_files(folder, names)
    (folder / name).write_text(json.dumps(value))
    with pytest.raises(DamagedWeights) as caught:
        check_files(folder, names)
    assert said in str(caught.value)


def test_the_parts_of_a_pipeline_are_those_that_it_has(tmp_path: Path) -> None:
    assert parts(repository(tmp_path / "a")) == ("transformer", "vae", "tokenizer")
    assert parts(tmp_path) == ()
