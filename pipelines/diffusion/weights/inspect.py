"""Whether files of weights are what their names say, before any library reads them.

Source of the format: https://github.com/safetensors/safetensors#format. A file is eight bytes of length N, N bytes of
JSON, and the tensors' bytes without a gap. Only the first two are read, and never more than the file has.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from pipelines.errors import DamagedWeights

SAFETENSORS = ".safetensors"
INDEX = ".safetensors.index.json"
PIPELINE = "model_index.json"
LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000
"""Bytes; the format's own limit."""
LONGEST_JSON = 50_000_000
"""Bytes of an index."""
NUMBERS = 2**64
"""Sizes in the format are 64-bit."""
LIBRARIES = ("diffusers", "transformers")
"""Where the parts of a repository may come from; anything else would be code of the repository's own."""
AGAIN = "it is never loaded; `workbench models verify` removes it, and `workbench models pull` then fetches it again"

DTYPE_BITS: Mapping[str, int] = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip

KINDS: Mapping[bytes, str] = {
    b"PK\x03\x04": "a zip archive, as PyTorch writes pickles",
    b"\x1f\x8b": "a gzip archive",
    b"GGUF": "a GGUF file",
    b"\x89HDF": "an HDF5 file",
    b"version https://git-lfs": "a Git LFS pointer to the weights (`git lfs pull` gets them)",
    b"<": "a web page",
} | {bytes((0x80, protocol)): "a Python pickle" for protocol in range(2, 6)}
"""First bytes to what a file really is. Asked only of files that are no safetensors: a length may begin like any of them."""


class _Wrong(Exception):
    """What is wrong with a file, in half a sentence."""


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    """Bytes of one tensor, counted from the end of the header."""

    start: int
    end: int
    name: str


def check_safetensors(path: Path) -> None:
    """Compare a file's header with the format and with the file's size; DamagedWeights says what is wrong."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            header = _header(file, size)
            _check_spans(_spans(header), size - file.tell())
    except OSError as error:
        raise DamagedWeights(f"{path} can't be read ({error.strerror}); {AGAIN}") from error
    except _Wrong as wrong:
        kind = _kind(path)
        said = f"is no safetensors file but {kind}" if kind else f"is no whole safetensors file: {wrong}"
        raise DamagedWeights(f"{path} {said}; {AGAIN}") from wrong


def _header(file: BinaryIO, size: int) -> dict[str, Any]:
    start = file.read(LENGTH_BYTES)
    if len(start) < LENGTH_BYTES:
        raise _Wrong(f"it has {size} bytes, where the length of the header alone takes {LENGTH_BYTES}")
    length = int.from_bytes(start, "little")
    if length > size - LENGTH_BYTES:
        raise _Wrong(f"its header claims {length} bytes and the file has {size}")
    if length > LONGEST_HEADER:
        raise _Wrong(f"its header claims {length} bytes and {LONGEST_HEADER} are allowed")
    text = file.read(length)
    if not text.startswith(b"{"):
        raise _Wrong("its header is no JSON object")
    header = _parsed(text)
    if not isinstance(header, dict):
        raise _Wrong("its header is no JSON object")
    return header


def _parsed(text: bytes) -> Any:
    """JSON by the letter: UTF-8, no name twice, whole numbers unsigned, no NaN."""
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_int=_unsigned, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise _Wrong(f"it holds no valid JSON ({str(error)[:200]})") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        name.encode("utf-8")  # half a surrogate pair is no text
        if name in made:
            raise _Wrong(f"it names {name!r} twice")
        made[name] = value
    return made


def _unsigned(digits: str) -> int:
    number = int(digits)
    if digits.startswith("-") or number >= NUMBERS:
        raise _Wrong(f"{digits[:30]} is no size")
    return number


def _refused(constant: str) -> float:
    raise _Wrong(f"{constant} is no JSON")


def _spans(header: Mapping[str, Any]) -> Iterator[_Span]:
    for name, entry in header.items():
        if name == "__metadata__":
            _check_metadata(entry)
        else:
            yield _span(name, entry)


def _check_metadata(entry: Any) -> None:
    if not isinstance(entry, dict) or not all(isinstance(each, str) for each in entry.values()):
        raise _Wrong("its metadata are no texts by name")
    for each in entry.values():
        _check_text(each)


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _Wrong("its metadata hold half a character") from error


def _span(name: str, entry: Any) -> _Span:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _Wrong(f"tensor {name!r} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPE_BITS:
        raise _Wrong(f"tensor {name!r} has the unknown dtype {str(dtype)[:30]!r}")
    if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2:
        raise _Wrong(f"tensor {name!r} has a shape or offsets that are no whole numbers")
    start, end = offsets
    if (bits := _bits(name, dtype, shape)) != (end - start) * 8:
        raise _Wrong(f"tensor {name!r} takes {bits / 8:g} bytes, and its offsets give it {end - start}")
    return _Span(start, end, name)


def _sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int for each in value)


def _bits(name: str, dtype: str, shape: Sequence[int]) -> int:
    """Bits of a tensor; a product that leaves 64 bits on its way is refused even where a later side is 0."""
    count = 1
    for side in (*shape, DTYPE_BITS[dtype]):
        count *= side
        if count >= NUMBERS:
            raise _Wrong(f"tensor {name!r} is larger than any file")
    return count


def _check_spans(spans: Iterable[_Span], data: int) -> None:
    """Every byte belongs to one tensor."""
    end = 0
    for each in sorted(spans):
        if each.start != end:
            raise _Wrong(f"tensor {each.name!r} starts at byte {each.start} of the data, and the one before it ends at {end}")
        end = each.end
    if end != data:
        raise _Wrong(f"its tensors take {end} bytes and it holds {data}; it was cut off or damaged")


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(32)
    return next((kind for magic, kind in KINDS.items() if start.startswith(magic)), "")


def check_files(folder: Path, files: Iterable[str]) -> None:
    """What a repository holds in `files`, relative to `folder`: weights are safetensors, indices name files that are among
    them, and parts come from libraries we know. DamagedWeights names the first file that isn't so."""
    names = frozenset(files)
    for name in sorted(names):
        _check_file(folder, name, names)


def _check_file(folder: Path, name: str, names: frozenset[str]) -> None:
    path, folded = folder / name, name.lower()
    if folded.endswith(SAFETENSORS):
        check_safetensors(path)
    elif folded.endswith(INDEX):
        _check_index(path, PurePosixPath(name).parent, names)
    elif folded == PIPELINE:
        _check_pipeline(path)


def _check_index(path: Path, parent: PurePosixPath, names: frozenset[str]) -> None:
    """The index of a model in several files: each of them lies beside it."""
    shards = _object(path).get("weight_map")
    if not isinstance(shards, dict):
        raise DamagedWeights(f"{path} has no weight_map; {AGAIN}")
    for shard in sorted({str(each) for each in shards.values()}):
        if not shard.lower().endswith(SAFETENSORS) or "/" in shard or "\\" in shard:
            raise DamagedWeights(f"{path} names {shard!r}, which is no safetensors file beside it; the repository is not used")
        if str(parent / shard) not in names:
            raise DamagedWeights(f"{path} names {shard}, which is not there; `workbench models pull` fetches it")


def parts(folder: Path) -> tuple[str, ...]:
    """Names of the parts that a pipeline's repository says it has; each is a folder. None without a `model_index.json`."""
    path = folder / PIPELINE
    return tuple(name for name, entry in _object(path).items() if _is_part(entry)) if path.exists() else ()


def _is_part(entry: Any) -> bool:
    return isinstance(entry, list) and any(isinstance(each, str) for each in entry)


def _check_pipeline(path: Path) -> None:
    """The list of a pipeline's parts: `name: [library, class]`, `[null, null]` for one that is left out, or a setting."""
    for part, entry in _object(path).items():
        if _is_part(entry):
            _check_part(path, part, entry)
        elif part == "_class_name" and not (isinstance(entry, str) and entry.isidentifier()):
            raise DamagedWeights(f"{path} names the pipeline {entry!r}, which is no class; the repository is not used")


def _check_part(path: Path, part: str, entry: Sequence[Any]) -> None:
    library, name = entry if len(entry) == 2 else (None, None)
    if library not in LIBRARIES or not isinstance(name, str) or not name.isidentifier() or not part.isidentifier():
        raise DamagedWeights(
            f"{path} names class {name} of library {library} as {part!r}; only classes of "
            f"{' and '.join(LIBRARIES)} are used, never code of a repository"
        )


def _object(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LONGEST_JSON:
            raise DamagedWeights(f"{path} is larger than the {LONGEST_JSON} bytes allowed; {AGAIN}")
        read = json.loads(path.read_bytes())
    except OSError as error:
        raise DamagedWeights(f"{path} can't be read ({error.strerror}); {AGAIN}") from error
    except (ValueError, RecursionError) as error:
        raise DamagedWeights(f"{path} is no JSON ({str(error)[:200]}); {AGAIN}") from error
    if not isinstance(read, dict):
        raise DamagedWeights(f"{path} is no JSON object; {AGAIN}")
    return read
