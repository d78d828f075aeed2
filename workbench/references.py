"""Pictures as people name them where they sit at the studio's own machine: files, beside URLs and assets."""

import base64
from collections.abc import Callable
from os.path import expanduser
from pathlib import Path

from workbench.errors import InvalidInput, Problem

PASSED_ON = ("http://", "https://", "data:")


def reference_of(name: str, text: str) -> str:
    """What a request takes for a picture that a person names: a file as a data URI; URLs, data URIs and asset ids as they are.

    `name` is the field, for InvalidInput where there is no such file or it can't be read.
    """
    if text.startswith(PASSED_ON) or not text:
        return text
    path = Path(expanduser(text))  # noqa: PTH111 - the method raises for ~nobody
    if _is(path.is_file):
        return f"data:image/any;base64,{base64.b64encode(_bytes(name, path)).decode()}"  # what it is, its content decides
    if _is(path.is_dir):
        raise InvalidInput(Problem(name, f"{text} is a folder; name one picture file"))
    if "/" in text or "." in text:
        raise InvalidInput(Problem(name, f"there is no file {text}"))
    return text


def _is(what: Callable[[], bool]) -> bool:
    """The answer of a path, which is no where the system can't even look: a name that is too long, a folder that is closed."""
    try:
        return what()
    except OSError:
        return False


def _bytes(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(Problem(name, f"{path} can't be read: {error.strerror}")) from error
