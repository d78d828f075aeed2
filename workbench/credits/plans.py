"""What an organisation has subscribed to, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan. An unlimited one mints what is spent, so that use is metered and never refused."""

    name: str
    unlimited: bool


PLANS: dict[str, Plan] = {plan.name: plan for plan in (Plan("local", unlimited=True),)}
"""By name, the value of `OrganisationRow.plan`."""
