"""Every source of suites, as the command line names it."""

from collections.abc import Callable
from dataclasses import dataclass

from eval.errors import BadSuite
from eval.suites.case import Suite


@dataclass(frozen=True, slots=True)
class Source:
    """Where suites come from."""

    name: str
    takes: str
    """What follows the colon; empty where nothing does."""
    title: str
    open: Callable[[str], Suite]
    """The suite of what follows the colon."""

    @property
    def form(self) -> str:
        """How to write it."""
        return f"{self.name}:{self.takes}" if self.takes else self.name


def _rendered(_: str) -> Suite:
    from eval.suites.rendered.suite import Rendered

    return Rendered()


def _rendered_4(_: str) -> Suite:
    from eval.suites.rendered.suite import Rendered

    return Rendered(shrink=4)


def _folder(path: str) -> Suite:
    from eval.suites.folder import folder

    return folder(path)


def _viton_hd(path: str) -> Suite:
    from eval.suites.datasets.viton_hd import unpaired

    return unpaired(path)


def _viton_hd_paired(path: str) -> Suite:
    from eval.suites.datasets.viton_hd import paired

    return paired(path)


def _dress_code(path: str) -> Suite:
    from eval.suites.datasets.dress_code import unpaired

    return unpaired(path)


def _dress_code_paired(path: str) -> Suite:
    from eval.suites.datasets.dress_code import paired

    return paired(path)


def _street_tryon(path: str) -> Suite:
    from eval.suites.datasets.street_try_on import unpaired

    return unpaired(path)


def _hub(text: str) -> Suite:
    from eval.suites.hub import hub

    return hub(text)


SOURCES = (
    Source("rendered", "", "the project's own scenes with exact truth, for all tools", _rendered),
    Source("rendered-4", "", "the same at a quarter of their sides, for a quick look", _rendered_4),
    Source("folder", "PATH.toml", "your own pictures, with or without right answers", _folder),
    Source("viton-hd", "PATH", "VITON-HD, another one's top", _viton_hd),
    Source("viton-hd-paired", "PATH", "VITON-HD, the own top, hidden", _viton_hd_paired),
    Source("dress-code", "PATH", "Dress Code, another one's garment", _dress_code),
    Source("dress-code-paired", "PATH", "Dress Code, the own garment, hidden", _dress_code_paired),
    Source("street-tryon", "PATH", "StreetTryOn, people in the street", _street_tryon),
    Source("hub", "OWNER/NAME@REVISION", "a data set of the Hugging Face Hub, or hub:PATH.toml with its columns", _hub),
)


def suite_of(text: str) -> Suite:
    """The suite that a text names: `rendered`, `folder:PATH.toml`. Raises BadSuite, with what there is, where it names none."""
    name, _, rest = text.strip().partition(":")
    source = next((each for each in SOURCES if each.name == name), None)
    if source is None:
        raise BadSuite(f"{text!r} is no suite; there are {', '.join(each.form for each in SOURCES)}")
    if bool(rest) != bool(source.takes):
        raise BadSuite(f"{text!r} is not how to name it; write {source.form}")
    return source.open(rest)
