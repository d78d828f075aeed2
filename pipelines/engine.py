"""The seam between the studio and whatever makes the pictures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from PIL.Image import Image

from pipelines.sizes import Mode
from pipelines.tasks import Task


class Progress(Protocol):
    """Called by an engine between its steps."""

    def __call__(self, step: int, of: int, note: str = "", preview: Image | None = None) -> None:
        """Report that `step` of `of` steps are done; raises `Cancelled` once the job has been cancelled."""


def unwatched(step: int, of: int, note: str = "", preview: Image | None = None) -> None:
    """The `Progress` of a run that nobody watches or cancels."""


@dataclass(frozen=True, slots=True)
class Support:
    """Whether an engine can run a tool in a mode; if not, what is missing, in one sentence."""

    ok: bool
    missing: str = ""
    obtainable: bool = False
    """Whether the person can bring what is missing, such as weights."""


@dataclass(frozen=True, slots=True)
class Output:
    """One finished picture: sRGB, RGB or RGBA, exactly the task's size; or a video with the picture that stands for it."""

    image: Image
    """The picture; of a video its first frame."""
    notes: tuple[str, ...] = ()
    """What the person should know about this output, one sentence each."""
    details: Mapping[str, str | int | float] = field(default_factory=dict)
    """Figures worth keeping with the picture: decisions taken, confidences, model revisions."""
    video: bytes | None = None
    """An H.264 mp4 of the task's size and duration, where the task asks for a video."""


class Engine(Protocol):
    """Makes outputs; holds no state that a second engine of the same kind would miss."""

    @property
    def name(self) -> str:
        """The word for it in `--engine`, prices and metadata."""

    @property
    def title(self) -> str:
        """Its name on a page."""

    @property
    def version(self) -> str:
        """Changes whenever the same task and seed may give other pixels."""

    def support(self, tool: str, mode: Mode) -> Support:
        """Whether `tool` can run here in `mode`; costs no import of torch and no network."""

    def run(self, task: Task, progress: Progress) -> Output:
        """Make one output. Raises `PipelineError` where it can't and `Cancelled` from `progress`."""


class Engines:
    """Engines by name, in order of preference for `auto`."""

    def __init__(self, *engines: Engine) -> None:
        names = [each.name for each in engines]
        if len(set(names)) != len(names):
            raise ValueError(f"two engines share a name: {', '.join(names)}")
        self._engines = engines

    def __iter__(self) -> Iterator[Engine]:
        return iter(self._engines)

    def __getitem__(self, name: str) -> Engine:
        return next(each for each in self._engines if each.name == name)

    def __contains__(self, name: str) -> bool:
        return any(each.name == name for each in self._engines)
