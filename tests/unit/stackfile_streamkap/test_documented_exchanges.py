"""The provider held to the shapes that are published: the API quickstart's own requests, and answers as it shows them.

The quickstart shows few whole answers; where it shows none, an answer is the object that was sent, with an id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from stackfile.errors import Rejected
from stackfile.sdk.operations import CanSnapshot, SnapshotRequest
from stackfile.sdk.provider import Live, Session, Update
from stackfile.testing.bench import FakeClock
from stackfile.testing.cases import NoJournal
from stackfile_streamkap import Streamkap
from stackfile_streamkap.kinds.destination import Destination
from stackfile_streamkap.kinds.pipeline import Pipeline
from stackfile_streamkap.kinds.source import Source
from stackfile_streamkap.provider import StreamkapSettings
from tests.unit.taped import tape

CASSETTES = Path(__file__).parent / "cassettes"

CONFIG = {
    "database.hostname": "db.example.com",
    "database.port": "5432",
    "database.user": "cdc_user",
    "database.password": "the-password",
    "database.dbname": "my_database",
    "table.include.list": "public.orders,public.customers",
}
SOURCE = {"name": "my-postgresql-source", "connector": "postgresql", "config": CONFIG}
LAKE = {
    "snowflake.url.name": "your-account.snowflakecomputing.com",
    "snowflake.user.name": "STREAMKAP_USER",
    "snowflake.private.key": "the-private-key",
    "snowflake.database.name": "MY_DATABASE",
    "snowflake.schema.name": "PUBLIC",
}
TOPICS = ["my_database.public.orders"]
MORE = {"table.include.list.user.defined": "public.products,public.inventory"}


class Replayed:
    """A provider whose requests are answered from a cassette."""

    def __init__(self, streamkap: Streamkap, clock: FakeClock) -> None:
        self.streamkap, self.clock = streamkap, clock

    def kind(self, name: str) -> Any:
        return next(kind for kind in self.streamkap.kinds if kind.name == name)


def replayed(name: str, story: Callable[[Replayed], Awaitable[None]]) -> None:
    """Fails for a request that the cassette does not have, and for one that was not made."""

    async def run() -> None:
        settings, clock = StreamkapSettings(client_id="YOUR_CLIENT_ID", secret="the-secret"), FakeClock()
        streamkap = await Streamkap.connect(settings, Session(CASSETTES, CASSETTES, clock, "streamkap"))
        try:
            await story(Replayed(streamkap, clock))
        finally:
            await streamkap.close()

    with tape(CASSETTES).use_cassette(f"{name}.yaml") as played:
        asyncio.run(run())
        assert played.all_played


def test_the_workflows_of_the_quickstart_are_sent_as_documented() -> None:
    async def story(at: Replayed) -> None:
        sources = at.kind("source")
        made = await sources.create(Source.model_validate(SOURCE), NoJournal())
        assert (made.id, made.created_at.isoformat()) == ("abc123", "2025-06-15T10:30:00+00:00")
        lake = {"name": "my-snowflake-destination", "connector": "snowflake", "config": LAKE}
        there = await at.kind("destination").create(Destination.model_validate(lake), NoJournal())
        pipeline = {"name": "my-cdc-pipeline", "source": made.id, "destination": there.id, "snapshot_new_tables": True}
        joined = await at.kind("pipeline").create(Pipeline.model_validate(pipeline), NoJournal())
        assert {key: joined.fields[key] for key in pipeline} == pipeline
        live = await sources.read(made.id)
        assert isinstance(live, Live)
        await sources.update(with_more_tables(live), NoJournal())
        (listed,) = await sources.list_all()
        assert listed.id == made.id

    replayed("workflow", story)


def test_a_snapshot_is_begun_and_stopped_as_documented() -> None:
    async def story(at: Replayed) -> None:
        sources: CanSnapshot = at.kind("source")
        fields = {"config": {"table.include.list.user.defined": ["public.orders"]}, "topics": TOPICS}
        live = Live("abc123", fields)
        await sources.snapshot(live, SnapshotRequest(("public.orders",), "created_at > '2025-01-01'"))
        await sources.stop_snapshot(live)

    replayed("snapshot", story)


def with_more_tables(live: Live) -> Update[Source]:
    desired = Source.model_validate({**SOURCE, "config": {**CONFIG, **MORE}})
    path = ("config", "table.include.list.user.defined")
    return Update(live, desired, {path: MORE[path[1]]})


def test_a_refusal_names_the_field_that_it_is_about() -> None:
    async def story(at: Replayed) -> None:
        with pytest.raises(Rejected) as caught:
            await at.kind("source").create(Source.model_validate({**SOURCE, "config": {}}), NoJournal())
        assert [(one.path, one.message) for one in caught.value.fields] == [("name", "field required")]

    replayed("refused", story)


def test_a_token_is_refreshed_as_documented() -> None:
    async def story(at: Replayed) -> None:
        for _ in range(2):
            (source,) = await at.kind("source").list_all()
            assert source.id == "abc123"
            await at.clock.sleep(3599)

    replayed("token_refresh", story)


def test_a_request_that_is_not_documented_fails() -> None:
    async def story(at: Replayed) -> None:
        await at.kind("pipeline").list_all()

    with pytest.raises(Exception, match=r"GET.*/pipelines"):
        replayed("token_refresh", story)
