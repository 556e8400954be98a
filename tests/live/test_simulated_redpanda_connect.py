"""What the simulated engine does beyond its recordings, done by a real one: a restart, a caller who hangs up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from stackfile.testing.simulator import HOME, Conditions, SimulatedClock
from stackfile_redpanda_connect.simulator import Engine as Simulated
from stackfile_redpanda_connect.simulator import simulated
from tests.live.redpanda_engine import Engines

pytestmark = pytest.mark.live_redpanda_connect

GENERATE = {"generate": {"mapping": "root.n = counter()", "interval": "200ms"}}
PLAIN = {"input": GENERATE, "output": {"drop": {}}}
OTHER = {"input": GENERATE, "output": {"stdout": {}}}
BLOCKED = {"input": GENERATE, "output": {"http_client": {"url": "http://127.0.0.1:9/ingest"}}}
MEMORY = {"memory": {"default_ttl": "5m"}}
DEDUPED = {**PLAIN, "pipeline": {"processors": [{"dedupe": {"cache": "seen", "key": '${! json("n") }'}}]}}


async def configs(client: httpx.AsyncClient) -> Mapping[str, Any]:
    ids = (await client.get("/streams")).json()
    return {id: (await client.get(f"/streams/{id}")).json()["config"] for id in ids}


async def made(client: httpx.AsyncClient) -> list[int]:
    calls = [("/resources/cache/seen", MEMORY), ("/streams/a", DEDUPED)]
    created = [(await client.post(path, json=body)).status_code for path, body in calls]
    return [*created, (await client.put("/streams/own?timeout=5s", json=OTHER)).status_code]


def test_a_restart_leaves_the_streams_of_files_as_they_are_in_the_files(redpanda_connect: Engines) -> None:
    real = redpanda_connect.started(streams={"own": json.dumps(PLAIN)})
    stand_in = Simulated(Conditions(SimulatedClock()), from_files={"own": json.dumps(PLAIN)})

    async def run() -> None:
        transport = simulated(stand_in).transport()
        async with (
            httpx.AsyncClient(transport=transport, base_url=HOME) as there,
            httpx.AsyncClient(base_url=real.url, trust_env=False) as here,
        ):
            for client, engine in ((here, real), (there, stand_in)):
                assert await made(client) == [200, 200, 200]
                assert await configs(client) == {"a": DEDUPED, "own": OTHER}
                engine.restart()
                assert await configs(client) == {"own": PLAIN}
                assert (await client.post("/streams/a", json=DEDUPED)).status_code == 502

    asyncio.run(run())


@pytest.mark.parametrize(("method", "left"), [("DELETE", {}), ("PUT", {"a": OTHER})])
def test_who_hangs_up_has_it_done_all_the_same(method: str, left: Any, redpanda_connect: Engines) -> None:
    real = redpanda_connect.started()

    async def run() -> None:
        async with httpx.AsyncClient(base_url=real.url, trust_env=False) as client:
            await client.post("/streams/a", json=BLOCKED)
            await read_something(client)
            with pytest.raises(httpx.ReadTimeout):
                await client.request(method, "/streams/a", json=OTHER, timeout=0.5)
            found = await configs(client)
            for _ in range(200):
                if found == left:
                    break
                await asyncio.sleep(0.05)
                found = await configs(client)
            assert found == left

    asyncio.run(run())


async def read_something(client: httpx.AsyncClient) -> None:
    for _ in range(200):
        stats = (await client.get("/streams/a/stats")).json()
        if stats['input_received{label="",path="root.input",stream="a"}']:
            return
        await asyncio.sleep(0.05)
