"""Loaded parts and where they lie: what was not used for longest leaves the device first, then main memory."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Place(StrEnum):
    """Where the weights of a part lie between runs."""

    DEVICE = "device"
    HOST = "host"
    """Main memory beside a GPU."""
    DISK = "disk"


@dataclass(slots=True)
class Part:
    """One loaded text encoder, transformer, autoencoder, tokenizer or processor."""

    key: Any
    """Hashable; what makes two parts one and the same."""
    title: str
    value: Any
    bytes: int
    """Of its weights; 0 for what has none."""
    place: Place


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of weights that each place may hold."""

    device: float
    host: float
    """0 where there is but one memory."""


class Shelf:
    """Parts by key, in the order of their last use. `move` brings one to another place, `forget` is told of those dropped."""

    def __init__(self, move: Callable[[Part, Place], None], forget: Callable[[Sequence[Part]], None]) -> None:
        self._move, self._forget = move, forget
        self._parts: OrderedDict[Hashable, Part] = OrderedDict()

    def __iter__(self) -> Iterator[Part]:
        """Least recently used first."""
        return iter(list(self._parts.values()))

    def __contains__(self, key: Hashable) -> bool:
        return key in self._parts

    def __getitem__(self, key: Hashable) -> Part:
        return self._parts[key]

    def put(self, part: Part) -> None:
        """Add a part as the one used last."""
        self._parts[part.key] = part

    def touch(self, key: Hashable) -> None:
        """Note that a part is used now."""
        self._parts.move_to_end(key)

    def drop(self, keys: Iterable[Hashable]) -> None:
        """Forget parts; their memory is free once nobody else holds them."""
        if dropped := [self._parts.pop(key) for key in keys if key in self._parts]:
            self._forget(dropped)

    def used(self, place: Place) -> int:
        """Bytes of the parts that lie there."""
        return sum(each.bytes for each in self if each.place is place)

    def place(self, keys: Collection[Hashable], place: Place, limits: Limits, keep: Collection[Hashable] = ()) -> None:
        """Bring parts to a place, after making room for them there; those to `keep` are not sent away for it."""
        coming = [self[key] for key in keys if self[key].bytes and self[key].place is not place]
        self.make_room(place, sum(each.bytes for each in coming), limits, keep=(*keys, *keep))
        for each in coming:
            self._bring(each, place)

    def make_room(self, place: Place, need: int, limits: Limits, keep: Collection[Hashable]) -> None:
        """Send away what was not used for longest until `need` more bytes fit, or only `keep` is left."""
        limit = limits.device if place is Place.DEVICE else limits.host
        leaving = iter([each for each in self if each.place is place and each.bytes and each.key not in keep])
        excess, dropped = self.used(place) + need - limit, []
        while excess > 0 and (part := next(leaving, None)) is not None:
            excess -= part.bytes
            if place is Place.DEVICE and self._host_takes(part, limits, keep):
                self._bring(part, Place.HOST)
            else:
                dropped.append(part.key)
        self.drop(dropped)

    def _host_takes(self, part: Part, limits: Limits, keep: Collection[Hashable]) -> bool:
        """Whether main memory can hold a part, after making room for it there."""
        if part.bytes > limits.host:
            return False
        self.make_room(Place.HOST, part.bytes, limits, keep=(*keep, part.key))
        return self.used(Place.HOST) + part.bytes <= limits.host

    def _bring(self, part: Part, place: Place) -> None:
        self._move(part, place)
        part.place = place
