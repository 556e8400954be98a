"""Every kind of the local provider over a served engine: the whole walk, deaths, and whatever can befall a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase, walk
from stackfile.testing.deaths import kill_everywhere
from stackfile.testing.kit import conformance
from stackfile.testing.simulator.faults import Fault
from tests.conformance.served_world import TOKEN, ServedWorld
from tests.conformance.test_local import CASES


def world(folder: Path) -> World:
    return ServedWorld(folder).world


class TestServed(conformance(world, CASES, faults=[one for one in Fault if one is not Fault.EXPIRED])):  # type: ignore[misc]
    @pytest.mark.parametrize("case", CASES[:2], ids=str)
    def test_a_death_at_any_effect_loses_nothing(self, case: KindCase, fresh: Callable[[], World]) -> None:
        """Of what is known by its name, and of what is known by the note that was left with it; each death takes
        requests, and the others differ in nothing."""
        asyncio.run(kill_everywhere(fresh, case))


def test_the_token_of_a_served_engine_is_in_no_file(tmp_path: Path) -> None:
    kept: list[bytes] = []

    async def walked() -> None:
        only = world(tmp_path)
        await walk(lambda: only, CASES[0])
        kept.append(only.kept())

    asyncio.run(walked())
    assert kept[0]
    assert TOKEN.encode() not in kept[0]
