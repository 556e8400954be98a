"""A full disk: writes are refused with 507 and change nothing, reads go on, and all is well once there is room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from stackfile.engine.clock import SystemClock
from stackfile_local.engine.store import Store
from stackfile_local.engine.tables import ADD_API_SETTINGS
from stackfile_local.server.app import App
from stackfile_local.server.engine import Served
from stackfile_local.server.guard import Guard
from stackfile_local.server.hub import Hub
from stackfile_local.server.limits import Limits
from stackfile_local.server.rate import Rate
from stackfile_local.server.writer import Writer

ROOM = 60
"""Pages that the database may have."""


@asynccontextmanager
async def app_of(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Writer]]:
    """The application in this process, over a database that cannot grow beyond its room."""

    def small() -> Store:
        store = Store(folder, SystemClock())
        store.connection.execute(f"PRAGMA max_page_count = {ROOM}")
        return store

    store = Store(folder, SystemClock())
    with store.transaction() as transaction:
        transaction.execute(ADD_API_SETTINGS)
    limits = Limits()
    hub = Hub(lambda: 0)
    writer = Writer(small, hub.moved, limits.pending)
    served = Served(store, writer, hub, limits, Rate(None, time.monotonic), time.monotonic)
    writer.start(asyncio.get_running_loop())
    transport = httpx.ASGITransport(App(served, Guard(None)))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client, writer
    finally:
        await writer.stop()
        store.close()


async def _make_room(writer: Writer) -> None:
    def grow(store: Store) -> None:
        store.connection.execute(f"PRAGMA max_page_count = {ROOM * 100}")

    await writer.call(grow)


async def _walk(folder: Path) -> None:
    async with app_of(folder) as (client, writer):
        assert (await client.post("/api/v1/streams", json={"name": "one"})).status_code == 201
        kept = 0
        while True:
            answer = await client.post("/api/v1/streams/one/events", json={"value": "x" * 20_000})
            if answer.status_code != 200:
                break
            kept += 1
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, 1106)
        assert "no space left" in answer.json()["error"]["description"]
        assert kept > 2
        assert await _count(client) == kept
        assert (await client.get("/health")).status_code == 200
        refused = await client.post("/api/v1/streams/one/events/batch", json={"events": [{"value": "x" * 90_000}]})
        assert refused.status_code == 507
        await _make_room(writer)
        answer = await client.post("/api/v1/streams/one/events", json={"value": 1})
        assert (answer.status_code, answer.json()["offset"]) == (200, kept)
        assert await _count(client) == kept + 1


async def _count(client: httpx.AsyncClient) -> int:
    query: dict[str, Any] = {"consumerGroup": "g", "offset": 0, "timeout": 0, "limit": 1000}
    page = await client.get("/api/v1/streams/one/events", params=query)
    assert page.status_code == 200
    return len(page.json()["events"])


def test_a_full_disk_refuses_writes_and_gives_what_it_has(tmp_path: Path) -> None:
    asyncio.run(_walk(tmp_path))
