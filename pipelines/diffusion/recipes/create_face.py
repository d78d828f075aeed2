"""Create Face: a new identity as a portrait that other tools take as a face reference."""

from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.finish import finished
from pipelines.diffusion.recipes.native import native_size
from pipelines.diffusion.recipes.prompts import assembled, speaks_of
from pipelines.engine import Output, Progress
from pipelines.tasks import CreateFace

PORTRAIT = (
    "Head-and-shoulders portrait photograph of this one person, facing the camera at eye level, the whole face and hair in view."
)
EXPRESSION = "Calm, neutral expression, eyes open and looking into the camera."
PLAIN = "Plain light grey background."
LIGHT = "Soft, even light from the front, sharp focus on the eyes, natural skin texture with pores and fine hairs."


def needs(task: CreateFace) -> int:
    """None: words are all there is."""
    return 0


def run(task: CreateFace, model: Model, progress: Progress) -> Output:
    """A portrait, exactly `task.size`. Raises PromptTooLong and what the model raises."""
    card = model.card
    call = Call(prompt=prompt(task, card), size=native_size(card, task.size), seed=task.seed)
    return finished(model.make(call), task.size, progress, mode=task.mode)


def prompt(task: CreateFace, card: Card) -> str:
    """The person's words, then a portrait of the kind that shows an identity best."""
    expression = "" if speaks_of("expression", task.prompt) else EXPRESSION
    background = "" if speaks_of("place", task.prompt) else PLAIN
    return assembled(card, [task.prompt, PORTRAIT], [expression, background, LIGHT])
