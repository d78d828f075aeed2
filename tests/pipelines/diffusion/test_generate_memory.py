"""The peak of a run's memory."""

import pytest
import torch

from pipelines.diffusion import memory
from pipelines.diffusion.memory import PeakMemory


def test_memory_that_was_held_at_a_reading_counts() -> None:
    watched = PeakMemory("cpu")
    before = watched.gigabytes()
    held = torch.ones(50_000_000)
    watched.read()
    del held
    assert 0.15 < watched.gigabytes() - before < 0.5


def test_what_an_earlier_run_needed_does_not_count() -> None:
    held = torch.ones(50_000_000)
    high = PeakMemory("cpu").gigabytes()
    del held
    assert PeakMemory("cpu").gigabytes() < high - 0.15


def test_a_high_of_the_process_that_was_reached_between_readings_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = iter((1000.0, 2000.0, 1000.0, 1000.0))
    monkeypatch.setattr(memory, "_resident_ever", lambda: next(marks))
    assert PeakMemory("cpu").gigabytes() == 2000
    assert PeakMemory("cpu").gigabytes() < 100


def test_the_high_of_the_process_is_at_least_what_it_has_now() -> None:
    assert memory._resident_ever() >= memory._resident() * 0.99 > 0
