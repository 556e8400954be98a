"""The whole conformance kit as tests for pytest, in a line of a provider's own tests:

    def world(folder: Path) -> World:
        return simulated(folder, Toybox, simulator(Conditions()))

    TestToybox = conformance(world, [KindCase("sources.bear", {...}, changes={...})])

Each test gets fresh worlds, as many as it needs.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stackfile.testing.bench import World
from stackfile.testing.cases import KindCase
from stackfile.testing.conformance import walk
from stackfile.testing.crowds import list_in_pages
from stackfile.testing.deaths import kill_everywhere
from stackfile.testing.simulator.faults import Fault
from stackfile.testing.storms import survive, survive_late_lists

_MEMORY = "/dev/shm"  # noqa: S108


def conformance(
    world: Callable[[Path], World], cases: Sequence[KindCase], faults: Iterable[Fault] = tuple(Fault)
) -> type[Any]:
    """A class of tests over these cases, to be bound to a name that begins with `Test`.

    `world` makes a new world that keeps its files in a folder. `faults` are those that the service can have; none where
    there is nothing between provider and service that could fail.
    """
    known = tuple(faults)
    of_cases = pytest.mark.parametrize("case", cases, ids=str)

    class Conformance:
        """What every provider must hold to."""

        @pytest.fixture
        def fresh(self) -> Iterator[Callable[[], World]]:
            with fresh_folders() as folder:
                yield lambda: world(folder())

        @of_cases
        def test_the_walk(self, case: KindCase, fresh: Callable[[], World]) -> None:
            asyncio.run(walk(fresh, case))

        @of_cases
        def test_a_death_at_any_effect_loses_nothing(self, case: KindCase, fresh: Callable[[], World]) -> None:
            asyncio.run(kill_everywhere(fresh, case))

        @of_cases
        def test_a_list_costs_its_pages(self, case: KindCase, fresh: Callable[[], World]) -> None:
            asyncio.run(list_in_pages(fresh, case))

    class Stormy(Conformance):
        """The same, where the way to the service can fail."""

        @of_cases
        @pytest.mark.parametrize("fault", known, ids=str)
        def test_a_fault_is_survived(self, case: KindCase, fault: Fault, fresh: Callable[[], World]) -> None:
            asyncio.run(survive(fresh, case, fault))

        @of_cases
        def test_late_lists_are_survived(self, case: KindCase, fresh: Callable[[], World]) -> None:
            asyncio.run(survive_late_lists(fresh, case))

    return Stormy if known else Conformance


@contextmanager
def fresh_folders() -> Iterator[Callable[[], Path]]:
    """Makes a new empty folder with each call, in the system's memory for files where it has one: what these tests look
    at does not depend on a disk."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as root:
        number = itertools.count()

        def make() -> Path:
            folder = Path(root) / str(next(number))
            folder.mkdir()
            return folder

        yield make
