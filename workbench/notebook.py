"""The tools as plain functions: pictures in, pictures out, shown where you are, with progress and price.

    from workbench.notebook import try_on, price
    look = try_on(model_image="anna.jpg", product_image="shirt.jpg", generation_mode="quality")
    look                        # in a notebook: the picture with engine, seconds, credits, seed and notes
    look.image.save("look.png")

Each function has its tool's fields, in the words of page, command line and API. Pictures may be files, URLs, Pillow images, uint8
arrays (h, w, 3 or 4) and results of other functions. Work goes through the studio's own jobs, so that everything that is made is in
its gallery. Without `use` it is the studio of this machine's settings.
"""

import atexit
import base64
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from inspect import Parameter, Signature
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np
from PIL import Image

from workbench import inline
from workbench.credits.tariffs import TARIFFS
from workbench.errors import InvalidInput, Problem, WorkbenchError
from workbench.gallery.mp4 import is_mp4
from workbench.references import reference_of
from workbench.settings import read_settings
from workbench.studio import Studio
from workbench.tools.base import Tool, is_image
from workbench.tools.registry import TOOLS
from workbench.views import JobView, QuoteView

POLL_SECONDS = 0.2


class JobFailed(WorkbenchError):
    """A tool made nothing; the message says why, and nothing was charged."""


@dataclass(frozen=True)
class Made:
    """What a tool made: the pictures, and how."""

    job: JobView
    files: tuple[bytes, ...]
    """Of the outputs, with their complete inputs inside."""

    @cached_property
    def images(self) -> tuple[Image.Image, ...]:
        """Every picture; of a video its first frame."""
        return tuple(_opened(data) for data in self.files)

    @property
    def image(self) -> Image.Image:
        """The first picture."""
        return self.images[0]

    @property
    def credits(self) -> int:
        """What was charged."""
        return self.job.credits

    @property
    def seconds(self) -> float:
        """From start to end, without waiting in line."""
        return self.job.seconds

    @property
    def mode(self) -> str:
        """The generation mode, also where it was chosen automatically."""
        return self.job.generation_mode

    @property
    def seed(self) -> int:
        """Of the first picture; give it again for the same one."""
        return self.job.seed

    @property
    def engine(self) -> str:
        """Which engine made it."""
        return self.job.engine

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be known of the pictures, one sentence each."""
        found = (text for each in self.job.outputs if each.asset for text in each.asset.inputs.get("notes", ()))
        return tuple(dict.fromkeys(found))

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Write the files, named after the tool; their paths."""
        target = Path(folder).expanduser()
        target.mkdir(parents=True, exist_ok=True)
        paths = tuple(
            target / f"{self.job.tool}-{self.job.id[:8]}-{number}{_suffix(data)}" for number, data in enumerate(self.files)
        )
        for path, data in zip(paths, self.files, strict=True):
            path.write_bytes(data)
        return paths

    def _repr_html_(self) -> str:
        shown = [_media(data, image, self.job.tool) for data, image in zip(self.files, self.images, strict=True)]
        failures = [f"Output {each.index + 1}: {each.error.message}" for each in self.job.outputs if each.error]
        figures = [
            inline.figure(each, [_described(self.job), *self.notes] if not number else []) for number, each in enumerate(shown)
        ]
        return "".join(figures) + "".join(inline.figure("", [each]) for each in failures)


@dataclass(frozen=True)
class Price:
    """A quote, shown as the button of the page would say it."""

    quote: QuoteView

    @property
    def credits(self) -> int:
        """For all pictures of the request."""
        return self.quote.credits

    def _repr_html_(self) -> str:
        told = {"resolution": self.quote.resolution, "mode": self.quote.generation_mode, "credits": self.quote.credits}
        return inline.listed({self.quote.tool: "", **told} | {each["field"]: each["text"] for each in self.quote.reasons})


@dataclass(frozen=True)
class Sheet:
    """Pictures beside one another."""

    figures: tuple[str, ...]

    def _repr_html_(self) -> str:
        return "".join(self.figures)


class _Open:
    """The studio that functions work in; opened at their first call."""

    studio: Studio | None = None


def use(home: str | Path | None = None, **settings: Any) -> Studio:
    """Work in the studio of a folder, or of other settings, from here on; the one before is closed."""
    close()
    given = {"home": Path(home).expanduser().resolve()} if home is not None else {}
    _Open.studio = Studio.open(read_settings(**given, **settings))
    return _Open.studio


def close() -> None:
    """Leave the studio; the next call opens it again."""
    if _Open.studio is not None:
        _Open.studio.close()
    _Open.studio = None


atexit.register(close)


def run(tool: str, engine: str = "auto", **values: Any) -> Made:
    """Run a tool by its name and wait for it; raises InvalidInput for what is wrong with the values and JobFailed."""
    studio = _Open.studio or use()
    found = TOOLS[tool]
    job = studio.submit(found.name, _request(found, values), engine=engine)
    with Watched(found.title) as watched:
        try:
            while not job.ended:
                job = studio.wait(job.id, timeout=POLL_SECONDS)
                watched.tell(job.step / job.of if job.of else 0, job.note or job.status)
        except KeyboardInterrupt:
            studio.cancel(job.id)
            raise
    assets = [each.asset for each in job.outputs if each.asset is not None]
    if not assets:
        reasons = [job.error] if job.error else [each.error for each in job.outputs if each.error]
        raise JobFailed("; ".join(dict.fromkeys(each.message for each in reasons if each)) or f"the job was {job.status}")
    return Made(job, tuple(studio.read(each.id) for each in assets))


def price(tool: str, tariff: str = "app", **values: Any) -> Price:
    """What a run would cost and what would be decided for it; pictures and a prompt may still be missing."""
    studio = _Open.studio or use()
    return Price(studio.quote(tool, _request(TOOLS[tool], values), tariff=tariff))


@dataclass(frozen=True)
class PriceList:
    """Credits of one picture by mode and resolution, app tariff / API tariff."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def _repr_html_(self) -> str:
        return inline.table(self.head, self.rows)


def prices(tool: str) -> PriceList:
    """Every mode and resolution of a tool with its price in both tariffs, from the function that prices requests."""
    found = TOOLS[tool]
    tiers = [str(each) for each in found.properties().get("resolution", {}).get("enum", ()) if each != "auto"] or ["any size"]
    rows = [(mode.value, *(" / ".join(_prices(found, mode.value, tier)) for tier in tiers)) for mode in found.modes]
    return PriceList(("mode", *tiers), tuple(rows))


def _prices(tool: Tool, mode: str, tier: str) -> Iterator[str]:
    chosen = {"resolution": tier, "generation_mode": mode}
    known = {name: value for name, value in chosen.items() if name in tool.request.model_fields and value != "any size"}
    studio = _Open.studio or use()
    for tariff in TARIFFS:
        yield str(studio.quote(tool.name, known, tariff=tariff.value).credits)


def side_by_side(**pictures: "Made | Image.Image") -> Sheet:
    """Pictures beside one another, under the names they are given by."""
    figures = []
    for name, each in pictures.items():
        title = name.replace("_", " ")
        if isinstance(each, Made):
            figures.append(inline.figure(_media(each.files[0], each.image, title), [title, _described(each.job)]))
        else:
            figures.append(inline.figure(inline.image(each, title), [title]))
    return Sheet(tuple(figures))


def sample(name: str) -> Path:
    """The file of a shipped picture; InvalidInput lists those that there are."""
    folder = Path(__file__).parent / "ui" / "samples"
    path = folder / f"{name}.webp"
    if not path.is_file():
        names = ", ".join(sorted(each.stem for each in folder.glob("*.webp")))
        raise InvalidInput(Problem("sample", f"there is no sample {name!r}; there are {names}"))
    return path


def _request(tool: Tool, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a request, each picture as something that the studio takes."""
    properties = tool.properties()
    return {
        name: _references(name, properties[name], value) if name in properties and is_image(properties[name]) else value
        for name, value in values.items()
        if value is not None
    }


def _references(name: str, schema: Mapping[str, Any], value: Any) -> Any:
    if schema.get("type") == "array":
        several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        return [_reference(name, each) for each in several]
    return _reference(name, value)


def _reference(name: str, value: Any) -> str:
    """A picture in any of its forms as an asset id, a URL or a data URI."""
    if isinstance(value, Made):
        assets = [each.asset for each in value.job.outputs if each.asset is not None]
        return assets[0].id
    if isinstance(value, np.ndarray):
        value = _from_array(name, value)
    if isinstance(value, Image.Image):
        buffer = BytesIO()
        value.save(buffer, "PNG")
        return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    if isinstance(value, str | Path):
        return reference_of(name, str(value))
    raise InvalidInput(Problem(name, f"takes a file, a URL, a Pillow image, an array or a result; got {type(value).__name__}"))


def _from_array(name: str, value: Any) -> Image.Image:
    if value.dtype != np.uint8 or value.ndim != 3 or value.shape[2] not in (3, 4):
        raise InvalidInput(Problem(name, f"takes uint8 arrays of (h, w, 3 or 4); got {value.dtype} of {value.shape}"))
    return Image.fromarray(np.ascontiguousarray(value))


def _opened(data: bytes) -> Image.Image:
    if _suffix(data) != ".mp4":
        return Image.open(BytesIO(data))
    import av

    with av.open(BytesIO(data), "r") as container:
        return Image.fromarray(next(container.decode(video=0)).to_ndarray(format="rgb24"))


def _suffix(data: bytes) -> str:
    return ".mp4" if is_mp4(data) else ".webp" if data[8:12] == b"WEBP" else ".jpg" if data[:2] == b"\xff\xd8" else ".png"


def _media(data: bytes, image: Image.Image, told: str) -> str:
    return inline.video(data, told) if _suffix(data) == ".mp4" else inline.image(image, told)


def _described(job: JobView) -> str:
    cost = f"{job.credits} {'credit' if job.credits == 1 else 'credits'}"
    chosen = " ".join(part for part in (job.generation_mode, job.resolution.upper()) if part)
    return f"{job.engine} engine, {chosen}, {job.width} x {job.height}, {job.seconds:.1f} s, {cost}, seed {job.seed}"


class Watched:
    """Progress of something: a bar in a notebook, a line in a terminal elsewhere; gone when it has ended."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._handle = _display()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            self._handle.update(_Bar(""))
        elif sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")

    def tell(self, share: float, note: str) -> None:
        """Show how far it is, 0 to 1, and what is being done."""
        text = f"{self._title}: {note}"
        if self._handle is not None:
            self._handle.update(_Bar(inline.progress_bar(share, text)))
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}")


@dataclass(frozen=True)
class _Bar:
    html: str

    def _repr_html_(self) -> str:
        return self.html


def _display() -> Any:
    """A place in the running cell that can be written to again; None outside of a notebook."""
    shell = sys.modules.get("IPython")
    if shell is None or not hasattr(shell.get_ipython(), "kernel"):
        return None
    show: Callable[..., Any] = import_module("IPython.display").display
    return show(_Bar(""), display_id=True)


def _function(tool: Tool) -> Callable[..., Made]:
    """A tool as a function with its fields as keywords."""

    def call(engine: str = "auto", **values: Any) -> Made:
        return run(tool.name, engine, **values)

    properties = tool.properties()
    order = sorted(properties, key=lambda name: name not in tool.required())
    fields = [
        Parameter(
            name, Parameter.KEYWORD_ONLY, default=Parameter.empty if name in tool.required() else properties[name].get("default")
        )
        for name in order
    ]
    call.__name__ = call.__qualname__ = tool.slug
    call.__doc__ = "\n".join(
        [
            tool.summary,
            "",
            *(f"{name}: {properties[name]['description']}" for name in order),
            "engine: who makes it; auto takes the best.",
        ]
    )
    call.__signature__ = Signature([*fields, Parameter("engine", Parameter.KEYWORD_ONLY, default="auto")], return_annotation=Made)  # type: ignore[attr-defined]
    return call


def __getattr__(name: str) -> Callable[..., Made]:
    """`try_on` and the others: one function a tool."""
    for tool in TOOLS:
        if tool.slug == name:
            return _function(tool)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *(tool.slug for tool in TOOLS)])
