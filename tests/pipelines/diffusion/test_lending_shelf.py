"""Who stays in memory and whose turn it is, without any model."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.diffusion.lending.shelf import Limits, Part, Place, Shelf
from pipelines.diffusion.lending.turns import Turns
from pipelines.errors import Cancelled

PATIENCE = 10.0
"""Seconds after which a waiting test is taken for stuck."""


class Moves:
    """A shelf whose moves and drops are written down."""

    def __init__(self, **places: tuple[Place, int]) -> None:
        self.log: list[str] = []
        self.shelf = Shelf(
            lambda part, place: self.log.append(f"{part.key} to {place.value}"),
            lambda parts: self.log.extend(f"{each.key} dropped" for each in parts),
        )
        for key, (place, size) in places.items():
            self.shelf.put(Part(key, key, None, size, place))

    @property
    def here(self) -> dict[str, Place]:
        return {each.key: each.place for each in self.shelf}


def on_device(**sizes: int) -> Moves:
    return Moves(**{key: (Place.DEVICE, size) for key, size in sizes.items()})


def test_the_part_unused_for_longest_leaves_first_and_only_as_many_as_needed() -> None:
    moves = on_device(a=4, b=4, c=4)
    moves.shelf.touch("a")
    moves.shelf.make_room(Place.DEVICE, 3, Limits(device=12, host=100), keep=())
    assert moves.log == ["b to host"]


def test_a_part_leaves_the_device_for_main_memory_and_main_memory_for_good() -> None:
    moves = Moves(old=(Place.HOST, 5), a=(Place.DEVICE, 4))
    moves.shelf.make_room(Place.DEVICE, 10, Limits(device=10, host=8), keep=())
    assert moves.log == ["old dropped", "a to host"]


def test_a_part_that_main_memory_cannot_hold_is_dropped_and_pushes_nobody_out() -> None:
    moves = Moves(old=(Place.HOST, 5), a=(Place.DEVICE, 9))
    moves.shelf.make_room(Place.DEVICE, 10, Limits(device=10, host=8), keep=())
    assert moves.log == ["a dropped"]


def test_where_there_is_but_one_memory_parts_are_dropped() -> None:
    moves = on_device(a=4, b=4)
    moves.shelf.make_room(Place.DEVICE, 4, Limits(device=8, host=0), keep=())
    assert moves.log == ["a dropped"]


def test_placing_brings_parts_back_and_sends_others_away() -> None:
    moves = Moves(a=(Place.HOST, 4), b=(Place.DEVICE, 4), tokenizer=(Place.HOST, 0))
    moves.shelf.place(("a", "tokenizer"), Place.DEVICE, Limits(device=6, host=10))
    assert moves.log == ["b to host", "a to device"]
    assert moves.here == {"a": Place.DEVICE, "b": Place.HOST, "tokenizer": Place.HOST}


SIZES = st.lists(st.tuples(st.sampled_from([Place.DEVICE, Place.HOST]), st.integers(0, 50)), min_size=1, max_size=8)


@given(SIZES, st.integers(0, 200), st.integers(0, 200), st.data())
def test_limits_hold_whatever_is_asked_and_what_is_kept_never_moves(
    parts: list[tuple[Place, int]], device: int, host: int, data: st.DataObject
) -> None:
    moves = Moves(**{f"p{index}": part for index, part in enumerate(parts)})
    limits = Limits(device, host)
    before = moves.here
    keep = data.draw(st.sets(st.sampled_from(sorted(before))))
    moves.shelf.make_room(Place.DEVICE, data.draw(st.integers(0, 100)), limits, keep)
    assert {key: moves.here.get(key) for key in keep} == {key: before[key] for key in keep}
    others = [each for each in moves.shelf if each.place is Place.DEVICE and each.key not in keep and each.bytes]
    assert not others or moves.shelf.used(Place.DEVICE) <= device
    came = [each for each in moves.shelf if each.place is Place.HOST and before[each.key] is Place.DEVICE]
    assert not came or moves.shelf.used(Place.HOST) <= host


@given(SIZES, st.integers(0, 100))
def test_a_part_leaves_only_after_all_that_were_used_before_it(parts: list[tuple[Place, int]], need: int) -> None:
    moves = Moves(**{f"p{index}": (Place.DEVICE, size) for index, (_, size) in enumerate(parts)})
    order = [each.key for each in moves.shelf if each.bytes]
    moves.shelf.make_room(Place.DEVICE, need, Limits(device=100, host=0), keep=())
    assert [line.split()[0] for line in moves.log] == order[: len(moves.log)]


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_turns_come_one_at_a_time_in_the_order_of_asking() -> None:
    turns, order, waiting = Turns(), [], threading.Event()

    def want(number: int) -> None:
        with turns.turn(waiting.set):
            order.append(number)

    with turns.turn(lambda: None):
        threads = []
        for number in range(3):
            waiting.clear()
            threads.append(in_thread(lambda number=number: want(number)))
            assert waiting.wait(PATIENCE)
        assert order == []
    for each in threads:
        each.join(PATIENCE)
    assert order == [0, 1, 2]


def test_who_waits_can_leave_the_line() -> None:
    turns, left = Turns(), threading.Event()

    def leave() -> None:
        raise Cancelled

    def want() -> None:
        try:
            with turns.turn(leave):
                raise AssertionError("had a turn while another had it")
        except Cancelled:
            left.set()

    with turns.turn(lambda: None):
        in_thread(want)
        assert left.wait(PATIENCE)
    with turns.turn(lambda: None):
        pass


def test_a_turn_that_fails_is_over() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="broken"), turns.turn(lambda: None):
        raise ValueError("broken")
    with turns.turn(lambda: None):
        pass


def test_a_thread_that_would_wait_for_itself_is_told() -> None:
    turns = Turns()
    with turns.turn(lambda: None), pytest.raises(RuntimeError, match="loan within a loan"), turns.turn(lambda: None):
        pass
