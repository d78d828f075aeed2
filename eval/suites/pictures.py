"""Files of suites as pictures, masks and mattes, under the limits of an upload; whatever is wrong with one is BadSuite."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import PngImagePlugin
from PIL.Image import Image

from eval.errors import BadSuite
from eval.suites.case import Truth
from pipelines.decode import Limits, decode
from pipelines.errors import PipelineError
from pipelines.images import Bytes, Floats, Mask, alpha_of, pixels
from pipelines.vision.people.body import Point


def picture_of(data: bytes, where: str) -> Image:
    """The picture in a file's bytes; `where` begins the message of BadSuite."""
    try:
        return decode(data).image
    except PipelineError as error:
        raise BadSuite(f"{where}: {error}") from error


def picture_at(path: Path) -> Image:
    """The picture in a file."""
    return picture_of(bytes_at(path), str(path))


def bytes_at(path: Path) -> bytes:
    """A file's content."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSuite(f"{path} can't be read: {error.strerror}; put it there or take it out of the suite") from error


def mask_of(image: Image) -> Mask:
    """(h, w): where the picture is nearer to white than to black; what is transparent is out."""
    return np.asarray(pixels(image, (0, 0, 0)).mean(axis=2) > 127)


def matte_of(image: Image) -> Floats:
    """float32 (h, w) in [0, 1]: the picture's transparency, else its brightness."""
    own = alpha_of(image)
    return own if own is not None else (pixels(image).mean(axis=2) / 255).astype(np.float32)


def labels_at(path: Path) -> Bytes:
    """uint8 (h, w): the numbers of a label map, a PNG with a palette or in grey."""
    data, limits = bytes_at(path), Limits()
    try:
        with PngImagePlugin.PngImageFile(BytesIO(data)) as file:
            if file.mode in ("P", "L") and file.width * file.height <= limits.max_pixels:
                return np.asarray(file, dtype=np.uint8)
    except (SyntaxError, ValueError, OSError) as error:
        raise BadSuite(f"{path} is no PNG, which label maps have to be") from error
    raise BadSuite(f"{path} is no label map: a PNG with a palette or in 8 bits of grey, whose values are the labels")


READ: Mapping[str, Callable[[Image], Any]] = {
    "target": pixels, "before": pixels, "end": pixels, "alpha": matte_of, "region": mask_of, "away": mask_of, "rest": mask_of,
    "product": pixels, "product_alpha": matte_of, "face": pixels,
}  # fmt: skip
"""Fields of Truth that come from pictures, and how."""
FRAME = ("target", "before", "alpha", "region", "away", "rest", "end")
"""Those that have to be of one size."""


def faced(found: Mapping[str, Image], pictures: Mapping[str, tuple[Image, ...]]) -> dict[str, Image]:
    """Pictures of the truth, with the request's face reference as the right face where none is said."""
    reference = pictures.get("face_reference", ())
    return {**({"face": reference[0]} if reference else {}), **found}


def truth_of(
    found: Mapping[str, Image],
    where: str,
    given: Image | None = None,
    joints: Mapping[str, Point] | None = None,
    text: str | None = None,
    words: Mapping[str, str] | None = None,
) -> Truth:
    """What pictures by the name of their field say.

    A transparent target is a matte, too. `given` is the request's first picture: what may not change from it is known with
    `away` alone. Raises BadSuite where pictures of the frame differ in size.
    """
    values = {name: READ[name](image) for name, image in found.items()}
    if "alpha" not in values and "target" in found and alpha_of(found["target"]) is not None:
        values["alpha"] = alpha_of(found["target"])
    if "away" in values and "before" not in values and given is not None:
        values["before"] = pixels(given)
    _check_frame(values, where)
    return Truth(**values, joints=joints or None, text=text, words=words or None)


def _check_frame(values: Mapping[str, Any], where: str) -> None:
    sizes = {name: values[name].shape[1::-1] for name in FRAME if name in values}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {width} x {height}" for name, (width, height) in sizes.items())
        raise BadSuite(f"{where}: these show one frame and have to be of one size: {told}")
    if "product_alpha" in values and values.get("product", values["product_alpha"]).shape[:2] != values["product_alpha"].shape:
        raise BadSuite(f"{where}: product_alpha has another size than product")


def content_hash(first: bytes, files: Mapping[str, Path]) -> str:
    """12 hex digits that change with `first`, with a name and with any byte of a file."""
    total = sha256(first)
    for name in sorted(files):
        total.update(f"\n{name}\n".encode())
        total.update(sha256(bytes_at(files[name])).digest())
    return total.hexdigest()[:12]
