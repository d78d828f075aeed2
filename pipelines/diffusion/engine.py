"""The diffusion engine: tasks to recipes, and the installed card that serves each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Protocol, cast

from PIL.Image import Image

from pipelines.config import EngineConfig
from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card, Catalogue, catalogue
from pipelines.diffusion.lending.device import Device, probe
from pipelines.diffusion.lending.presets import fits, ladder
from pipelines.diffusion.weights.store import Weights
from pipelines.engine import Output, Progress, Support
from pipelines.errors import DeviceUnavailable, MissingWeights, PipelineError, UnsupportedTask
from pipelines.sizes import Mode
from pipelines.tasks import Task

if TYPE_CHECKING:
    from pipelines.diffusion.embeddings import Embeddings
    from pipelines.diffusion.lending.lender import Lender
    from pipelines.diffusion.safety import Checker

RECIPES: Mapping[str, str] = {
    "ProductToModel": "product_to_model",
    "TryOn": "try_on",
    "Packshot": "packshot",
    "ModelSwap": "model_swap",
    "CreateModel": "create_model",
    "CreateFace": "create_face",
    "Edit": "edit",
    "Reframe": "reframe",
    "FaceSwap": "face_swap",
}
"""Task class to the module in `recipes` whose `run(task, model, progress)` makes it."""
LIBRARIES = ("diffusers", "transformers", "accelerate", "peft")
INSTALL = "Needs the libraries of open models: pip install 'fashion-workbench[models]'"


class Recipe(Protocol):
    """How a tool is done with a model."""

    def needs(self, task: Task) -> int:
        """The least number of reference pictures that a card must take; 0 where text does."""

    def run(self, task: Task, model: Model, progress: Progress) -> Output:
        """The finished picture, exactly the task's size."""


class DiffusionEngine:
    """Open weights through diffusers, as their cards say, on the device that the configuration names."""

    name = "diffusion"
    title = "Open-weights engine"
    version = "1"

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._weights = Weights(config)
        self._opening = Lock()

    @property
    def _catalogue(self) -> Catalogue:
        return catalogue(self._config.cards)  # again each time: people mend and extend their cards while the studio is open

    @cached_property
    def _device(self) -> Device:
        return probe(self._config)

    @cached_property
    def _lender(self) -> "Lender":
        from pipelines.diffusion.lending.lender import Lender

        return Lender(self._config, self._weights)

    @cached_property
    def _embeddings(self) -> "Embeddings":
        from pipelines.diffusion.embeddings import Embeddings

        return Embeddings()

    @cached_property
    def _safety(self) -> "Checker | None":
        from pipelines.diffusion.safety import checker

        return checker(self._config)

    def support(self, tool: str, mode: Mode) -> Support:
        """Whether a card for `tool` and `mode` is on this machine and the device can hold it."""
        if tool.replace("-", "_") not in RECIPES.values():
            return Support(False, "Open models don't do this one here yet.")
        try:
            cards = self._catalogue.serving(tool, mode)
            usable = any(self._usable(each) for each in cards)
            lacking = "" if usable or not cards else str(self._refusal(cards))
        except PipelineError as error:
            return Support(False, f"{str(error).rstrip('.')}.")
        if not cards:
            return Support(False, f"No model card serves {tool} in {mode.value}.")
        if not usable:
            return Support(False, lacking, obtainable=True)
        absent = [each for each in LIBRARIES if find_spec(each) is None]
        return Support(False, f"{INSTALL}.", obtainable=True) if absent else Support(True)

    def _usable(self, card: Card) -> bool:
        return not fits(card, self._device) and not self._weights.missing(card)

    def _refusal(self, cards: Sequence[Card]) -> PipelineError:
        """What to do where none of `cards` can be used: fetch the best that the device holds; nothing is fetched in vain."""
        held = next((each for each in cards if not fits(each, self._device)), None)
        return DeviceUnavailable(fits(cards[0], self._device)) if held is None else MissingWeights(self._weights.missing(held))

    def run(self, task: Task, progress: Progress) -> Output:
        """Make one output with the best card that is here and takes the task's references."""
        name = type(task).__name__
        if name not in RECIPES:
            raise UnsupportedTask(f"the open-weights engine can't run {name} yet")
        recipe = cast(Recipe, import_module(f"pipelines.diffusion.recipes.{RECIPES[name]}"))
        card = self._card(RECIPES[name].replace("_", "-"), task, recipe.needs(task))
        counted = Counted(progress, card.steps + 2)
        model = LentModel(card, self, counted.model)
        output = recipe.run(task, model, counted.recipe)
        return replace(output, notes=(*output.notes, *model.notes), details={**output.details, **model.details})

    def _card(self, tool: str, task: Task, references: int) -> Card:
        cards = self._catalogue.serving(tool, task.mode)
        able = [each for each in cards if each.takes(references)]
        if not able:
            asked = f"{references} reference pictures" if references else "words alone"
            raise UnsupportedTask(f"no model card for {tool} in {task.mode.value} takes {asked}")
        usable = sorted(filter(self._usable, able), key=self._from_disk)
        if not usable:
            raise self._refusal(able)
        return usable[0]

    def _from_disk(self, card: Card) -> bool:
        """Whether the device holds so little of the card that each pass reads it from disk: minutes, so any other comes first."""
        return ladder(card, self._device)[0].offload == "disk"

    def make(self, card: Card, call: Call, progress: Progress) -> "Run":
        """One call on one card, at the next more frugal setting each time that memory runs out."""
        from pipelines.diffusion.generate import generate
        from pipelines.diffusion.lending.lender import SteppedDown

        with self._opening:
            lender, safety, embeddings = self._lender, self._safety, self._embeddings
        while True:
            try:
                with lender.lend(
                    card, masked=call.mask is not None, check=lambda: progress(0, card.steps + 2, "loading")
                ) as lent:
                    made = generate(lent, call, progress, safety, embeddings)
                    return Run(made.image, made.details, (*lent.notes, *made.notes))
            except SteppedDown:
                continue


class Counted:
    """The progress of one output in one count of steps: the model's. What a recipe does before and after has none of its own."""

    def __init__(self, progress: Progress, of: int) -> None:
        self._progress = progress
        self._step, self._of = 0, of

    def model(self, step: int, of: int, note: str = "", preview: Image | None = None) -> None:
        """Progress of a call."""
        self._step, self._of = step, of
        self._progress(step, of, note, preview)

    def recipe(self, step: int, of: int, note: str = "", preview: Image | None = None) -> None:
        """Progress of anything else."""
        self._progress(self._step, self._of, note, preview)


@dataclass(frozen=True, slots=True)
class Run:
    """One picture of one call, with what is worth knowing of it."""

    image: Image
    details: Mapping[str, str | int | float]
    notes: tuple[str, ...]


@dataclass(slots=True)
class LentModel:
    """A card as recipes see it; remembers what its calls had to say."""

    card: Card
    engine: DiffusionEngine
    progress: Progress
    notes: tuple[str, ...] = ()
    details: dict[str, str | int | float] = field(default_factory=dict)

    def make(self, call: Call) -> Image:
        """See `Model.make`."""
        run = self.engine.make(self.card, call, self.progress)
        self.notes = tuple(dict.fromkeys((*self.notes, *run.notes)))
        self.details |= run.details
        return run.image
