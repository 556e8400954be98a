"""What the provider does with one engine, story by story, and what it concludes: each is recorded with a real engine.

A story makes its requests one after another, so that its recording has them in the same order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from stackfile.errors import Rejected
from stackfile.sdk.provider import Live, Update
from stackfile.sdk.traits import Wait
from stackfile_redpanda_connect import RedpandaConnect
from stackfile_redpanda_connect.kinds.joined import Pipeline
from stackfile_redpanda_connect.kinds.resource import Resource, ResourceKind
from stackfile_redpanda_connect.kinds.stream import Streams
from tests.unit.stackfile_redpanda_connect.engine_room import (
    DROP,
    NEVER,
    SLOWER,
    TICKS,
    config,
    pipelines_of,
    stream,
    streams_of,
)

MARK: Final = "made-by-this-story"
DEDUPED: Final = config(pipeline={"processors": [{"dedupe": {"cache": "seen", "key": "${! this.n }"}}]})
JOINED: Final = {"name": "joined", "source": "in", "destination": "out", "input": TICKS, "output": DROP}


@dataclass
class Journal:
    """A step that keeps what it is told, in order."""

    mark: str = MARK
    told: list[str] = field(default_factory=list)

    async def created(self, id: str) -> None:
        self.told.append(f"created {id}")

    async def phase(self, name: str) -> None:
        self.told.append(name)


@dataclass(frozen=True)
class At:
    """Where a story happens. `restart` starts the engine anew; where its answers are replayed it does nothing."""

    provider: RedpandaConnect
    restart: Callable[[], None] = lambda: None

    @property
    def streams(self) -> Streams:
        return streams_of(self.provider)

    def resource(self, name: str) -> ResourceKind:
        return next(kind for kind in self.provider.kinds if isinstance(kind, ResourceKind) and kind.name == name)

    async def there(self) -> list[str]:
        return sorted(live.id for live in await self.streams.list_all())


def runs(live: Live | None, of: Mapping[str, Any]) -> Live:
    """Fails unless it is ours, has this config and does its work."""
    assert live is not None
    assert (live.fields["config"], live.mark) == (of, MARK)
    assert live.created_at is not None
    assert (Streams.health(live).wait, Streams.health(live).says) == (Wait.READY, "running")
    return live


async def life(at: At) -> None:
    assert await at.there() == []
    journal = Journal()
    made = runs(await at.streams.create(stream("orders"), journal), config())
    assert journal.told == ["created orders"]
    assert await at.there() == ["orders"]
    slower = stream("orders", config(SLOWER))
    runs(await at.streams.update(Update(made, slower, {}), Journal()), config(SLOWER))
    live = runs(await at.streams.read("orders"), config(SLOWER))
    await at.streams.delete(live, Journal())
    assert await at.streams.read("orders") is None
    await at.streams.delete(live, Journal())
    assert await at.there() == []


async def put_back(at: At) -> None:
    made = await at.streams.create(stream("orders"), Journal())
    journal = Journal()
    with pytest.raises(Rejected) as caught:
        await at.streams.update(Update(made, stream("orders", config(NEVER)), {}), journal)
    assert caught.value.status == 502
    assert caught.value.message.endswith("; the old stream was started again and runs as before")
    assert journal.told == ["put back"]
    runs(await at.streams.look("orders"), config())


async def cache(at: At) -> None:
    await at.streams.check(stream("orders", DEDUPED), None)
    with pytest.raises(Rejected, match="cache resource 'seen' was not found"):
        await at.streams.create(stream("orders", DEDUPED), Journal())
    caches, journal = at.resource("cache"), Journal()
    seen = Resource(name="seen", config={"memory": {"default_ttl": "5m"}})
    made = await caches.create(seen, journal)
    assert (made, journal.told) == (Live("seen", {}), ["created seen"])
    live = runs(await at.streams.create(stream("orders", DEDUPED), Journal()), DEDUPED)
    longer = Resource(name="seen", config={"memory": {"default_ttl": "1h"}})
    assert await caches.update(Update(made, longer, {}), Journal()) == made
    await at.streams.delete(live, Journal())
    await caches.delete(made, Journal())


async def lints(at: At) -> None:
    unknown: Any = {"generate": {"mapping": "root = 1", "one": 1, "two": 2}}
    with pytest.raises(Rejected) as caught:
        await at.streams.check(stream("orders", config(unknown)), None)
    assert [(one.path, one.message) for one in caught.value.fields] == [
        ("config.input.generate.one", "field one not recognised"),
        ("config.input.generate.two", "field two not recognised"),
    ]
    with pytest.raises(Rejected) as caught:
        await at.resource("output").check(Resource(name="out", config={"nope": {}}), None)
    assert [(one.path, one.message) for one in caught.value.fields] == [
        ("config", "unable to infer output type from candidates: [nope]")
    ]
    await at.streams.check(stream("orders"), None)
    assert await at.there() == []


async def restart(at: At) -> None:
    pipelines, joined = pipelines_of(at.provider), Pipeline.model_validate(JOINED)
    runs(await at.streams.create(stream("orders"), Journal()), config())
    await pipelines.create(joined, Journal())
    assert await at.there() == ["joined", "orders"]
    at.restart()
    assert await at.there() == []
    assert await at.streams.read("orders") is None
    assert await pipelines.read("joined") is None
    runs(await at.streams.create(stream("orders"), Journal()), config())
    again = await pipelines.create(joined, Journal())
    assert (again.mark, again.fields["input"], again.fields["status"]) == (MARK, TICKS, "running")
    assert await at.there() == ["joined", "orders"]


STORIES: Final[Mapping[str, Callable[[At], Awaitable[None]]]] = {
    "provider_stream_life": life,
    "provider_update_put_back": put_back,
    "provider_cache_and_dedupe": cache,
    "provider_lints_at_plan": lints,
    "provider_restart": restart,
}
"""By the recording that has its requests and answers."""
