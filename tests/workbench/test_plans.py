"""Plans are data."""

from workbench.credits.plans import PLANS


def test_plans_are_found_by_their_name() -> None:
    assert all(name == plan.name for name, plan in PLANS.items())


def test_an_own_installation_is_metered_and_not_limited() -> None:
    assert PLANS["local"].unlimited
