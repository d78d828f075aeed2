"""Contact sheets: every tool on a folder of photographs, for the eye to judge.

`python -m eval.sheets FOLDER --out out/sheets` reads pictures whose names begin with `person` or `garment` and writes one PNG
for each tool: a row for each request, its inputs on the left, then the modes. Requests go through the tools' own rules.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from pipelines.draft.engine import DraftEngine
from pipelines.engine import unwatched
from pipelines.errors import PipelineError
from pipelines.images import size_of
from pipelines.sizes import Mode
from workbench.tools.base import Facts, Tool
from workbench.tools.registry import TOOLS

HEIGHT = 480
"""Of a row, in pixels."""
GAP = 10
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True)
class Ask:
    """One row: what a tool is asked; pictures by field, as paths."""

    tool: str
    pictures: Mapping[str, tuple[Path, ...]]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What is asked beside the pictures."""
        return ", ".join(f"{name} {value}" for name, value in self.values.items()) or "nothing else asked"


@dataclass(frozen=True, slots=True)
class Photos:
    """The photographs of a folder, by what their names say."""

    people: tuple[Path, ...]
    garments: tuple[Path, ...]

    @classmethod
    def of(cls, folder: Path) -> "Photos":
        """All pictures of a folder; ValueError where it has neither people nor garments."""
        files = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
        found = cls(*(tuple(path for path in files if path.name.startswith(kind)) for kind in ("person", "garment")))
        if not (found.people and found.garments):
            raise ValueError(f"{folder} has no pictures named person*.jpg and garment*.jpg; put some there")
        return found


def asks(photos: Photos) -> Iterator[Ask]:
    """What every tool is asked, in the order of the tools."""
    people, garments = photos.people, photos.garments
    for garment in garments:
        yield Ask("product-to-model", {"product_images": (garment,)})
    yield Ask(
        "product-to-model",
        {"product_images": garments[:1]},
        {"prompt": "dark skin, short hair, hand on hip, terracotta studio", "aspect_ratio": "3:4"},
    )
    for person in people:
        for garment in garments:
            yield Ask("try-on", {"model_image": (person,), "product_image": (garment,)})
    for garment in (*garments, *people[:2]):
        for prompt in ("", "flat lay on marble, window light", "on a hanger, plaster wall, hard shadow"):
            yield Ask("packshot", {"product_image": (garment,)}, {"prompt": prompt} if prompt else {})
    for person in people:
        yield Ask("model-swap", {"model_image": (person,)}, {"prompt": "dark skin, black hair"})
        yield Ask("model-swap", {"model_image": (person,), "face_reference": people[:1]})
    for prompt in (
        "a woman with tan skin and long brown hair in a red dress",
        "an older man with a grey beard in a navy suit, full body, concrete wall",
    ):
        yield Ask("create-model", {}, {"prompt": prompt, "aspect_ratio": "3:4"})
    for prompt in (
        "a young woman with freckles, green eyes and red curly hair, smiling",
        "a man with dark skin, short black hair and a beard, three-quarter view",
    ):
        yield Ask("create-face", {}, {"prompt": prompt})
    for person in people:
        for prompt in ("sage green background", "blur the background", "warm golden light", "make the top navy"):
            yield Ask("edit", {"image": (person,)}, {"prompt": prompt})
    for picture in (*people, *garments):
        for ratio in ("16:9", "1:1"):
            yield Ask("reframe", {"image": (picture,)}, {"aspect_ratio": ratio})
    for picture in (*people, *garments):
        yield Ask("background-remove", {"image": (picture,)}, {"color": "#d81b60"})
    for target in people:
        for match in ("reference", "current"):
            yield Ask("face-swap", {"image": (target,), "face_reference": people[-1:]}, {"match": match})
    for picture in (people[0], garments[0]):
        yield Ask("upscale", {"image": (picture,)}, {"factor": "2x"})


def made(ask: Ask, mode: Mode) -> Image.Image:
    """The output of a request in a mode; raises what the rules or the engine refuse it with."""
    tool: Tool = TOOLS[ask.tool]
    pictures = {name: tuple(Image.open(path).convert("RGB") for path in paths) for name, paths in ask.pictures.items()}
    references = {name: ["photo"] * len(paths) if name.endswith("images") else "photo" for name, paths in ask.pictures.items()}
    request = tool.parse({**references, **ask.values, "generation_mode": mode.value, **_smallest(tool)})
    facts = Facts({name: tuple(size_of(each) for each in found) for name, found in pictures.items()})
    task = tool.build(request, pictures, tool.decide(tool, request, facts), seed=1)
    return DraftEngine().run(task, unwatched).image


def _smallest(tool: Tool) -> dict[str, str]:
    return {"resolution": "1k"} if "resolution" in tool.request.model_fields else {}


def row(ask: Ask) -> Image.Image:
    """Inputs, then every mode of the tool, each with a line under it."""
    cells = [(Image.open(path).convert("RGB"), path.stem) for paths in ask.pictures.values() for path in paths]
    for mode in TOOLS[ask.tool].modes:
        started = time.perf_counter()
        try:
            shown = made(ask, mode)
            cells.append((shown, f"{mode.value}, {time.perf_counter() - started:.1f} s"))
        except PipelineError as error:
            cells.append((_message(f"{mode.value}: {error}"), "refused"))
    return _joined(cells, ask.words)


def _message(text: str) -> Image.Image:
    image = Image.new("RGB", (HEIGHT * 3 // 4, HEIGHT), (246, 244, 240))
    lines, line = [], ""
    for word in text.split():
        line, full = (f"{line} {word}".strip(), "") if len(line) + len(word) < 42 else (word, line)
        lines += [full] if full else []
    ImageDraw.Draw(image).multiline_text((16, 60), "\n".join([*lines, line]), fill=(60, 60, 60), font=_font(15), spacing=6)
    return image


def _joined(cells: Sequence[tuple[Image.Image, str]], words: str) -> Image.Image:
    small = [(image.convert("RGBA").resize((round(image.width * HEIGHT / image.height), HEIGHT)), text) for image, text in cells]
    width = sum(image.width + GAP for image, _ in small) + GAP
    sheet = Image.new("RGB", (max(width, 700), HEIGHT + 56), "white")
    draw, x = ImageDraw.Draw(sheet), GAP
    draw.text((GAP, 6), words, fill="black", font=_font(16))
    for image, text in small:
        sheet.paste(image, (x, 30), image)
        draw.text((x, HEIGHT + 34), text, fill=(90, 90, 90), font=_font(14))
        x += image.width + GAP
    return sheet


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def stacked(rows: Sequence[Image.Image]) -> Image.Image:
    """Rows under one another."""
    sheet = Image.new("RGB", (max(each.width for each in rows), sum(each.height for each in rows)), "white")
    y = 0
    for each in rows:
        sheet.paste(each, (0, y))
        y += each.height
    return sheet


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="with pictures named person*.jpg and garment*.jpg")
    parser.add_argument("--out", type=Path, default=Path("out/sheets"))
    parser.add_argument("--tools", nargs="*", choices=[tool.name for tool in TOOLS if tool.media == "image"], help="default: all")
    options = parser.parse_args(arguments)
    try:
        all_ = list(asks(Photos.of(options.folder)))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    for tool in dict.fromkeys(each.tool for each in all_):
        if options.tools and tool not in options.tools:
            continue
        target = options.out / f"{tool}.png"
        stacked([row(each) for each in all_ if each.tool == tool]).save(target)
        print(target, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
