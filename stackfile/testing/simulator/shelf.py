"""One collection of a simulated service, in order of creation, with a list that may lag and pages that may be off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from stackfile.testing.simulator.faults import Faults, Paging

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A page of a list: its items, whether there are more, and how many there are in all."""

    items: list[T]
    more: bool
    total: int


@dataclass
class _Place(Generic[T]):
    item: T
    gone: bool = False
    lag: int = 0
    """Listings until the list knows of the last thing that happened."""


class Shelf(Generic[T]):
    """Objects by id. What is removed is gone at once for `get`, and for the list after `Faults.late_lists` listings."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._places: dict[str, _Place[T]] = {}
        self._there = 0

    def __iter__(self) -> Iterator[T]:
        return iter([place.item for place in self._places.values() if not place.gone])

    def __len__(self) -> int:
        return self._there

    def __contains__(self, id: str) -> bool:
        return self.get(id) is not None

    def get(self, id: str) -> T | None:
        place = self._places.get(id)
        return None if place is None or place.gone else place.item

    def put(self, id: str, item: T) -> None:
        """A new object, or one that is changed, which keeps its place."""
        place = self._places.get(id)
        if place is None or place.gone:
            self._places[id] = _Place(item, lag=self._faults.late_lists)
            self._there += 1
        else:
            place.item = item

    def remove(self, id: str) -> None:
        """Raises KeyError where there is none."""
        place = self._places[id]
        if place.gone:
            raise KeyError(id)
        place.gone, place.lag = True, self._faults.late_lists
        self._there -= 1

    def listed(self) -> list[T]:
        """What a list shows now; each call of this is one listing."""
        shown = self._shown()
        for place in self._places.values():
            place.lag = max(0, place.lag - 1)
        return shown

    def page(self, number: int, size: int) -> Part[T]:
        """Page 1, 2, ... of the list. Asking for page 1 is a listing."""
        shown = self.listed() if number == 1 else self._shown()
        return paged(shown, number, size, self._faults.paging)

    def _shown(self) -> list[T]:
        return [place.item for place in self._places.values() if place.gone == (place.lag > 0)]


def paged(items: list[T], number: int, size: int, paging: Paging = Paging.EXACT) -> Part[T]:
    """Page 1, 2, ... of these items, for lists that are filtered or sorted first."""
    begin = (number - 1) * size
    off = {Paging.EXACT: 0, Paging.REPEATS: -1, Paging.SKIPS: 1}[paging] if number > 1 else 0
    found = items[begin + off : begin + off + size]
    return Part(found, begin + off + size < len(items), len(items))
