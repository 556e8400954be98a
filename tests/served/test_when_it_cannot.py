"""What is answered when the engine cannot: while it stops, and where something is wrong that nobody foresaw."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from stackfile_local.engine.store import Store
from stackfile_local.server.errors import ApiError
from tests.served.serving import code_of
from tests.served.test_disk_full import app_of


def told(answer: httpx.Response) -> tuple[tuple[int, int], str]:
    body: Any = answer.json()
    return code_of((answer.status_code, body)), body["error"]["description"]


def test_a_write_while_the_server_stops_is_to_come_again(tmp_path: Path) -> None:
    async def asked() -> None:
        async with app_of(tmp_path) as (client, writer):
            writer.end()
            answer = await client.post("/api/v1/streams", json={"name": "late"})
            assert told(answer) == ((503, 1111), "the server is stopping")
            assert (await client.get("/api/v1/streams")).json() == {"streams": []}

    asyncio.run(asked())


def test_a_store_that_is_not_as_it_was_made_is_a_fault_of_the_engine_and_no_traceback(tmp_path: Path) -> None:
    async def asked() -> None:
        async with app_of(tmp_path) as (client, _):
            with closing(sqlite3.connect(tmp_path / "engine.db")) as other, other:
                other.execute("PRAGMA foreign_keys = OFF")
                other.execute("DROP TABLE commits")
                other.execute("DROP TABLE consumer_groups")
            code, says = told(await client.get("/api/v1/consumers"))
            assert code == (500, 1199)
            assert "no such table: consumer_groups" in says
            assert (await client.get("/api/v1/streams")).status_code == 200

    asyncio.run(asked())


def test_a_mistake_of_ours_is_named_and_the_writer_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def mistaken(store: Store) -> float:
        return 1 / len(store.rows("SELECT 1 WHERE 0"))

    async def asked() -> None:
        async with app_of(tmp_path) as (client, writer):
            with pytest.raises(ApiError, match="a mistake in the engine: ZeroDivisionError") as caught:
                await writer.call(mistaken)
            assert (caught.value.status, caught.value.code) == (500, 1199)
            assert (await client.post("/api/v1/streams", json={"name": "still"})).status_code == 201

    asyncio.run(asked())
    assert [one.message for one in caplog.records] == ["a write failed"]
