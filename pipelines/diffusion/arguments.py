"""What a pipeline is called with, by its signature: no class is known by name."""

import inspect
from functools import cache
from typing import Any

from pipelines.diffusion.call import Call
from pipelines.diffusion.cards import Card
from pipelines.errors import BadCard, PromptTooLong, UnsupportedTask

GUIDANCE = frozenset({"guidance_scale", "true_cfg_scale"})
"""Names that classes have for the strength of guidance; some take neither."""


@cache
def _parameters(pipeline: Any) -> frozenset[str]:
    return frozenset(inspect.signature(pipeline.__call__).parameters)


def taken(pipe: Any) -> frozenset[str]:
    """Names of the arguments that a pipeline's class takes."""
    return _parameters(pipe.__class__)


def accepted(pipe: Any, **given: Any) -> dict[str, Any]:
    """Those of `given` that the pipeline takes."""
    return {name: value for name, value in given.items() if name in taken(pipe)}


def arguments(pipe: Any, card: Card, call: Call) -> dict[str, Any]:
    """What the pipeline is called with, by its signature; without chance and callback."""
    unknown = [name for name in card.arguments if name not in taken(pipe)]
    if unknown:
        raise BadCard(f"card {card.id}: arguments: {type(pipe).__name__} takes no {', '.join(unknown)}; remove it from the card")
    others = taken(pipe) & GUIDANCE
    if others and card.guidance_argument not in others:
        raise BadCard(
            f"card {card.id}: guidance_argument: {type(pipe).__name__} takes no {card.guidance_argument}, but {min(others)}"
        )
    settings = {
        "prompt": call.prompt,
        "height": call.size.height,
        "width": call.size.width,
        "num_inference_steps": card.steps,
        card.guidance_argument: card.guidance,
        "max_sequence_length": card.prompt_tokens,
        "output_type": "pil",
    }
    if card.negative_prompt is not None:
        settings["negative_prompt"] = card.negative_prompt
    return accepted(pipe, **settings) | _pictures(pipe, card, call) | dict(card.arguments)


def _pictures(pipe: Any, card: Card, call: Call) -> dict[str, Any]:
    return _references(pipe, card, call) if call.mask is None else _masked(pipe, card, call)


def _references(pipe: Any, card: Card, call: Call) -> dict[str, Any]:
    """The references as a list, in the prompt's order; bare where the model takes one only."""
    name = next((each for each in ("image", "images") if each in taken(pipe)), None)
    _at_most(card.references if name else 0, pipe, card, call)
    if name is None or not call.images:
        return {}
    return {name: call.images[0] if card.references == 1 else list(call.images)}


def _masked(pipe: Any, card: Card, call: Call) -> dict[str, Any]:
    """The picture to redraw, where, and one reference where the class takes any: more would be cropped to its shape."""
    names = taken(pipe)
    if not {"image", "mask_image"} <= names:
        raise UnsupportedTask(f"{card.title} ({type(pipe).__name__}) can't redraw a masked part; its card names no inpaint class")
    _at_most(1 if "image_reference" in names else 0, pipe, card, call)
    reference = {"image_reference": call.images[0]} if call.images else {}
    return {"image": call.base, "mask_image": call.mask} | reference | accepted(pipe, strength=call.strength)


def _at_most(most: int, pipe: Any, card: Card, call: Call) -> None:
    given = len(call.images)
    if given > most:
        raise UnsupportedTask(f"{card.title} ({type(pipe).__name__}) got {given} reference pictures and takes {most} here")


def fitting_prompt(pipe: Any, card: Card, prompt: str) -> None:
    """Raise PromptTooLong where the model would read only the beginning of `prompt`."""
    found = prompt_tokens(pipe, prompt)
    if found > card.prompt_tokens:
        raise PromptTooLong(
            f"the prompt has {found:,} tokens and {card.title} reads {card.prompt_tokens:,}, about "
            f"{card.prompt_tokens * 3 // 4:,} English words; shorten it"
        )


def prompt_tokens(pipe: Any, prompt: str) -> int:
    """Tokens of `prompt` as they count against the model's limit; 0 for a pipeline without a tokenizer.

    The pipeline's own frame counts as far as the pipeline counts it: Qwen-Image's leaves out the instruction before the
    prompt; for those that use the tokenizer's chat template, it is the longer form, up to four tokens more than needed.
    """
    reader = getattr(pipe, "tokenizer", None) or getattr(pipe, "processor", None)
    if reader is None:
        return 0
    tokenizer = getattr(reader, "tokenizer", reader)  # a processor's
    frame, dropped = getattr(pipe, "prompt_template_encode", None), 0
    if isinstance(frame, str):
        text, dropped = frame.format(prompt), int(pipe.prompt_template_encode_start_idx)
    elif tokenizer.chat_template:
        messages = [{"role": "user", "content": prompt}]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    else:
        text = prompt
    return len(tokenizer(text, verbose=False)["input_ids"]) - dropped


def steps(pipe: Any, card: Card, call: Call) -> int:
    """Steps of the run: a masked call leaves out the first ones, by its strength, as diffusers' `get_timesteps` does."""
    if call.mask is None or "strength" not in taken(pipe):
        return card.steps
    return card.steps - int(max(card.steps - card.steps * call.strength, 0))
