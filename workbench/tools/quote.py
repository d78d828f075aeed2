"""The one function that prices a request: button label, command line, API and `eval` all ask it."""

from workbench.credits.tariffs import TARIFFS, TariffName
from workbench.tools.base import Decisions, Tool
from workbench.views import QuoteView, as_json


def unit_credits(tool: Tool, chosen: Decisions, tariff: TariffName) -> int:
    """Credits for one delivered output."""
    return tool.price.credits(
        TARIFFS[tariff],
        resolution=chosen.resolution,
        mode=chosen.mode,
        face_reference=chosen.face_reference,
        duration=chosen.duration,
    )


def quote(tool: Tool, chosen: Decisions, tariff: TariffName = TariffName.APP) -> QuoteView:
    """What all outputs of a decided request cost together, and why it was decided so."""
    return QuoteView(
        tool=tool.name,
        resolution=chosen.resolution,
        generation_mode=chosen.mode.value,
        width=chosen.size.width if chosen.size else None,
        height=chosen.size.height if chosen.size else None,
        num_images=chosen.num_images,
        credits=unit_credits(tool, chosen, tariff) * chosen.num_images,
        tariff=tariff.value,
        reasons=tuple(as_json(each) for each in chosen.reasons),
    )
