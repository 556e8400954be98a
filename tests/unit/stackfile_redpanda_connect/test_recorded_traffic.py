"""Every recorded conversation with a real engine goes the same way with the simulator, with the clock of the day."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from stackfile.testing.simulator import HOME, Conditions, SimulatedClock
from stackfile_redpanda_connect.simulator import Engine, Network, simulated
from tests.unit.stackfile_redpanda_connect.recorded import NAMES, Seen, answered, exchanges, needs_of


def engine_for(name: str) -> tuple[Engine, SimulatedClock]:
    needs, clock = needs_of(name), SimulatedClock()
    network = Network(files=dict(needs.files))
    conditions = Conditions(clock)
    return Engine(conditions, dict(needs.environment), credentials=needs.credentials, network=network), clock


async def replayed(name: str) -> list[Seen]:
    (engine, clock), calls = engine_for(name), exchanges(name)
    found: list[Seen] = []
    async with httpx.AsyncClient(transport=simulated(engine).transport(), base_url=HOME) as client:
        for number, call in enumerate(calls):
            clock.advance((call.at - calls[max(number - 1, 0)].at).total_seconds())
            if number == needs_of(name).restart_before:
                engine.restart()
            auth = httpx.BasicAuth(*call.credentials) if call.credentials is not None else None
            response = await client.request(call.method, f"{HOME}{call.path}", content=call.body, auth=auth)
            found.append(answered(response))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_simulator_answers_as_the_engine_did_in(name: str) -> None:
    assert asyncio.run(replayed(name)) == [one.seen for one in exchanges(name)]


def test_there_are_recordings() -> None:
    assert len(NAMES) >= 44
