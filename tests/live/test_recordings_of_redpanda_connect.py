"""The recorded conversations again, with a real engine: recordings and simulator are held to what it does today."""

from __future__ import annotations

from threading import Event

import httpx
import pytest

from tests.live.redpanda_engine import GIVEN, URL, Engine, Engines
from tests.unit.stackfile_redpanda_connect.recorded import (
    NAMES,
    Exchange,
    Needs,
    Seen,
    answered,
    exchanges,
    needs_of,
)

pytestmark = pytest.mark.live_redpanda_connect
OF_THIS_ENGINE = ("failing_constructors", "odd_paths", "put_missing", "refused_configs", "service_endpoints")
"""Recordings that show what an engine is or has had: version, endpoints of streams that are gone."""
_ROUNDS = 200


def asked(engine: Engine, client: httpx.Client, call: Exchange) -> Seen:
    """What a GET shows may take its time: a stream ends, a connection fails."""
    auth = httpx.BasicAuth(*call.credentials) if call.credentials is not None else None
    found = answered(client.request(call.method, f"{engine.url}{call.path}", content=call.body, auth=auth))
    for _ in range(_ROUNDS if call.method == "GET" else 0):
        if found == call.seen:
            break
        Event().wait(0.05)
        found = answered(client.request("GET", f"{engine.url}{call.path}", auth=auth))
    return found


def fresh(engines: Engines, needs: Needs) -> Engine:
    return engines.started(needs.environment, needs.credentials, needs.files)


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_answers_as_recorded_in(name: str, redpanda_connect: Engines) -> None:
    calls, needs = exchanges(name), needs_of(name)
    if GIVEN and (name in OF_THIS_ENGINE or any(b'"seen"' in call.body for call in calls)):
        pytest.skip(f"{URL} is set, and this recording needs an engine that has seen nothing")
    engine = fresh(redpanda_connect, needs)
    found: list[Seen] = []
    with httpx.Client(timeout=30, trust_env=False) as client:
        for number, call in enumerate(calls):
            if number == needs.restart_before:
                engine.restart()
            found.append(asked(engine, client, call))
    assert found == [call.seen for call in calls]
