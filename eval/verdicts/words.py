"""Numbers and findings as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass

from eval.runs.manifest import Told
from eval.runs.results import Setting
from eval.statistics import Interval

MINUS = "−"
UNITS = ("dB", "IoU", "%", "px")
MODES = {"fast": "Fast", "balanced": "Balanced", "quality": "Quality"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A metric's title, taken apart: `PSNR, dB` is PSNR in dB."""

    name: str
    unit: str

    @classmethod
    def of(cls, told: Told) -> "Unit":
        """What follows the last comma, where it is a unit."""
        name, _, unit = told.title.rpartition(", ")
        return cls(name, unit) if name and unit in UNITS else cls(told.title, "")

    @property
    def counted(self) -> str:
        """What one of it is called within a sentence: `dB`, else the name."""
        name = self.name.split(", ")[0]
        return self.unit or (name[:1].lower() + name[1:] if name[1:2].islower() else name)


def plain(value: float, digits: int) -> str:
    """With a true minus and never as minus zero.

    >>> plain(-0.0004, 2), plain(-1.5, 1)
    ('0.00', '−1.5')
    """
    text = f"{value:.{digits}f}"
    return text.replace("-", MINUS) if float(text) else text.lstrip("-")


def signed(value: float, digits: int) -> str:
    """With its sign where it has one.

    >>> signed(0.25, 1), signed(0.0, 1)
    ('+0.2', '0.0')
    """
    text = plain(value, digits)
    return f"+{text}" if value > 0 and float(text) else text


def spread(interval: Interval, digits: int) -> str:
    """Both ends.

    >>> spread(Interval(0, -0.2, 0.4), 1)
    '−0.2 to 0.4'
    """
    return f"{plain(interval.low, digits)} to {plain(interval.high, digits)}"


def difference(told: Told, gain: Interval) -> str:
    """`0.12 ΔE2000 (interval −0.10 to 0.30)`; positive is better, whatever the metric's direction."""
    unit = Unit.of(told)
    return f"{signed(gain.estimate, told.digits)} {unit.counted} (interval {spread(gain, told.digits)})"


def within(told: Told, gain: Interval) -> str:
    """The same for use in brackets: `difference +0.12 dB, interval −0.10 to 0.30`."""
    unit = Unit.of(told)
    return f"difference {signed(gain.estimate, told.digits)} {unit.counted}, interval {spread(gain, told.digits)}"


def credited(count: float) -> str:
    """A number of credits in words where it is small.

    >>> credited(1), credited(2.5), credited(0)
    ('one credit', '2.5 credits', 'no credit')
    """
    if count in (0, 1):
        return ("no credit", "one credit")[int(count)]
    return f"{count:.0f} credits" if count == round(count) else f"{count:.1f} credits"


def costs(app: float | None, api: float | None, seconds: float | None) -> str:
    """What something costs more or less than another thing: `the same credits in the app, one credit more over the API, 2.1 s more`."""
    parts = [_price(app, "in the app"), _price(api, "over the API"), _time(seconds)]
    return ", ".join(each for each in parts if each) or "costs unknown"


def _price(more: float | None, where: str) -> str:
    if more is None:
        return ""
    amount = "the same credits" if abs(more) < 1e-9 else f"{credited(abs(more))} {'more' if more > 0 else 'less'}"
    return f"{amount} {where}"


def _time(more: float | None) -> str:
    if more is None:
        return ""
    return "the same time" if abs(more) < 0.005 else f"{duration(abs(more))} {'more' if more > 0 else 'less'}"


def duration(seconds: float | None) -> str:
    """With as many digits as are worth reading.

    >>> duration(0.1234), duration(12.34), duration(None)
    ('0.12 s', '12.3 s', '–')
    """
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"


def mode_title(mode: str) -> str:
    """`Balanced`."""
    return MODES.get(mode, mode)


def tool_title(name: str) -> str:
    """As the studio calls it; a tool that it doesn't have is called by its name."""
    return titles().get(name, name)


def titles() -> Mapping[str, str]:
    """Tool to title."""
    from workbench.tools.registry import TOOLS

    return {tool.name: tool.title for tool in TOOLS}


def place_title(setting: Setting, *, engines: bool, resolutions: bool) -> str:
    """A setting without what doesn't vary: `Balanced`, `Balanced 2k`, `draft Balanced 2k`."""
    parts = [setting.engine if engines else "", mode_title(setting.mode), setting.resolution if resolutions else ""]
    return " ".join(each for each in parts if each)
