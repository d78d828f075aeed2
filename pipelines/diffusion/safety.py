"""A check of finished pictures that an installation can plug in: `WORKBENCH_SAFETY_CHECKER=module:name`; off by default."""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from PIL.Image import Image

from pipelines.config import EngineConfig
from pipelines.errors import BadChecker, PictureWithheld

Checker = Callable[[Image, str], str]
"""Gets the RGB picture and its prompt; returns "" to let it pass, else the reason for people, in one sentence."""


def checker(config: EngineConfig) -> Checker | None:
    """The checker that `config.safety` names, or None where it names none. Raises BadChecker."""
    if config.safety is None:
        return None
    module, _, name = config.safety.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (Exception, SystemExit) as error:  # what a module of somebody else does while it is imported
        raise BadChecker(
            f"the setting WORKBENCH_SAFETY_CHECKER is {config.safety!r}, which can't be loaded ({error}); "
            f"give it as module:name of a function of picture and prompt, or unset it"
        ) from error
    if not callable(found):
        raise BadChecker(
            f"the setting WORKBENCH_SAFETY_CHECKER is {config.safety!r}, which is no function; it has to take picture and prompt"
        )
    return cast(Checker, found)


def passed(image: Image, prompt: str, check: Checker | None) -> Image:
    """The picture, unless `check` refuses it: PictureWithheld with the reason. A checker that fails refuses too."""
    if check is None:
        return image
    try:
        reason = check(image, prompt)
    except Exception as error:
        raise PictureWithheld(f"the safety checker failed, so the picture is withheld: {error}") from error
    if reason:
        raise PictureWithheld(f"the safety checker withheld the picture: {reason}")
    return image
