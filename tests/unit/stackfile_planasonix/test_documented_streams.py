"""The provider held to the shapes that are published: each example of the API reference's page on streams, replayed.

That page shows answers; what is sent follows from its tables, and from the stream that its examples are about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stackfile.errors import Rejected
from stackfile.sdk.measures import Measured
from stackfile.sdk.provider import Live, Session
from stackfile.testing.bench import FakeClock
from stackfile.testing.cases import NoJournal
from stackfile_planasonix import Planasonix
from stackfile_planasonix.kinds.stream import Stream, Streams
from stackfile_planasonix.provider import PlanasonixSettings
from tests.unit.taped import tape

CASSETTES = Path(__file__).parent / "cassettes"
ID = "str_01j9k9z0a1b2c3d4"
ORDERS = {
    "name": "prod_pg_orders_cdc",
    "source_type": "postgres_cdc",
    "pipeline": "pl_01hq8orders_rt",
    "connection": "conn_01hq8orders_pg",
    "config": {
        "publication": "planasonix_orders_pub",
        "slot_name": "planasonix_orders_slot",
        "tables": ["public.orders", "public.order_items"],
    },
}
LISTED = {
    "name": "prod_pg_orders_cdc",
    "source_type": "postgres_cdc",
    "pipeline": "pl_01hq8orders_rt",
    "status": "running",
    "created_at": "2025-02-10T08:00:00Z",
    "updated_at": "2025-03-27T10:00:00Z",
}


def replayed(name: str, story: Callable[[Planasonix], Awaitable[None]]) -> None:
    """Fails for a request that the cassette does not have, and for one that was not made."""

    async def run() -> None:
        settings = PlanasonixSettings(api_key="a-key-that-is-not-kept")
        planasonix = await Planasonix.connect(settings, Session(CASSETTES, CASSETTES, FakeClock(), "planasonix"))
        try:
            await story(planasonix)
        finally:
            await planasonix.close()

    with tape(CASSETTES).use_cassette(f"{name}.yaml") as played:
        asyncio.run(run())
        assert played.all_played


def test_a_stream_lives_as_the_page_shows() -> None:
    async def story(planasonix: Planasonix) -> None:
        streams = streams_of(planasonix)
        (listed,) = await streams.list_all()
        assert (listed.id, known(listed)) == (ID, LISTED)
        made = await streams.create(Stream.model_validate(ORDERS), NoJournal())
        assert (made.id, made.fields["status"], made.fields["config"]) == (ID, "starting", ORDERS["config"])
        now = Live(ID, {**made.fields, "status": "running"})
        now = await streams.pause(now)
        assert now.fields["status"] == "paused"
        now = await streams.resume(now)
        assert now.fields["status"] == "running"
        stopped = await streams.stop(now)
        assert stopped.fields["status"] == "stopped"
        await streams.delete(stopped, NoJournal())

    replayed("streams", story)


def test_what_a_list_leaves_out_is_there_while_it_has_metrics() -> None:
    async def story(planasonix: Planasonix) -> None:
        streams = streams_of(planasonix)
        live = await streams.read(ID)
        assert live is not None
        assert (live.id, known(live)) == (ID, {"status": "running"})

    replayed("metrics", story)


def test_how_a_stream_and_its_workspace_fare_is_read_as_the_page_shows() -> None:
    async def story(planasonix: Planasonix) -> None:
        streams = streams_of(planasonix)
        (told,) = await streams.metrics_over([Live(ID, {"status": "running"})], "5m")
        assert (told.state, told.well) == ("running", True)
        assert values(told.values) == {
            "lag": 2.8,
            "events_per_s": 312.4,
            "bytes_per_s": 1048576,
            "errors_per_min": 0.02,
            "last_event": datetime(2025, 3, 27, 18, 14, 58, tzinfo=UTC).timestamp(),
        }
        workspace = await planasonix.summary()
        figures = {"streams": 14, "running": 11, "paused": 1, "stopped": 2, "error": 0, "events_per_min": 18420}
        assert values(workspace.values) == figures

    replayed("dashboard", story)


def test_a_refusal_names_the_field_that_it_is_about() -> None:
    async def story(planasonix: Planasonix) -> None:
        streams = streams_of(planasonix)
        with pytest.raises(Rejected, match="name must not be blank") as caught:
            await streams.create(Stream.model_validate(ORDERS), NoJournal())
        assert [(one.path, one.message) for one in caught.value.fields] == [("name", "name must not be blank")]

    replayed("refused", story)


def test_a_request_that_is_not_documented_fails() -> None:
    async def story(planasonix: Planasonix) -> None:
        await planasonix.client.fetch(f"/api/streams/{ID}")

    with pytest.raises(Exception, match=rf"GET.*/api/streams/{ID}"):
        replayed("refused", story)


def streams_of(planasonix: Planasonix) -> Streams:
    return next(kind for kind in planasonix.kinds if isinstance(kind, Streams))


def values(measures: Iterable[Measured]) -> dict[str, Any]:
    return {one.name: one.value for one in measures}


def known(live: Live) -> dict[str, Any]:
    return {name: value for name, value in live.fields.items() if name in Stream.model_fields}
