"""An engine in a folder for tests: objects made through the provider's verbs, runs, and what came of them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from stackfile.sdk.operations import Metrics, RunProgress, RunRequest
from stackfile.sdk.provider import Kind, Live, Session, Update
from stackfile.sdk.schema import schema_for
from stackfile.values import Path as FieldPath
from stackfile_local import Local
from stackfile_local.engine import log
from stackfile_local.engine.events import Event
from stackfile_local.engine.log import Stream
from stackfile_local.settings import LocalSettings

T = TypeVar("T")


def done(call: Coroutine[Any, Any, T]) -> T:
    """What a local verb returns: it waits for nothing, so it needs no loop, and works inside of one."""
    try:
        call.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a local verb waits for nothing")


class SetClock:
    """Time that stands still until a test moves it, or somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self.naps: list[Callable[[], object]] = []

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.naps:
            self.naps.pop(0)()


@dataclass
class NotedStep:
    """A journal that remembers what it was told."""

    ids: list[str] = field(default_factory=list)
    mark: str = ""

    async def created(self, id: str) -> None:
        self.ids.append(id)

    async def phase(self, name: str) -> None:
        raise AssertionError(f"no local verb has phases, and yet: {name}")


@dataclass
class World:
    """`base` is the stackfile's folder."""

    base: Path
    settings: LocalSettings = field(default_factory=LocalSettings)
    clock: SetClock = field(default_factory=SetClock)
    step: NotedStep = field(default_factory=NotedStep)

    def __post_init__(self) -> None:
        self.local = self.connect()

    def connect(self) -> Local:
        """Another connection to the same engine, as another process has it."""
        return Local.embedded(self.settings, Session(self.base / ".stack", self.base, self.clock))

    def kind(self, section: str) -> Kind[Any]:
        return next(kind for kind in self.local.kinds if kind.section == section)

    def make(self, section: str, **body: Any) -> Live:
        kind = self.kind(section)
        return done(kind.create(schema_for(type(kind), body).typed(body), self.step))

    def stream(self, name: str, **body: Any) -> Live:
        return self.make("streams", name=name, **body)

    def source(self, path: str, **body: Any) -> Live:
        return self.make("sources", **{"name": Path(path).stem, "connector": "file", "path": path, **body})

    def file(self, path: str, **body: Any) -> Live:
        return self.make("destinations", **{"name": Path(path).stem, "connector": "file", "path": path, **body})

    def table(self, path: str, **body: Any) -> Live:
        named = {"name": Path(path).stem, "connector": "sqlite", "path": path, "table": "events"}
        return self.make("destinations", **{**named, **body})

    def pipeline(self, name: str, source: Live, destination: Live, **body: Any) -> Live:
        return self.make("pipelines", name=name, source=source.id, destination=destination.id, **body)

    def all(self, section: str) -> Sequence[Live]:
        return done(self.kind(section).list_all())

    def read(self, section: str, live: Live) -> Live | None:
        return done(self.kind(section).read(live.id))

    def update(self, section: str, live: Live, **changed: Any) -> Live:
        """As the engine does it: None removes a field."""
        kind = self.kind(section)
        schema = schema_for(type(kind), live.fields)
        wish = {name: value for name, value in {**live.fields, **changed}.items() if value is not None}
        desired = schema.typed({name: value for name, value in wish.items() if name in schema.fields})
        paths: dict[FieldPath, Any] = {(name,): value for name, value in changed.items() if value is not None}
        removed = tuple((name,) for name, value in changed.items() if value is None)
        return done(kind.update(Update(live, desired, paths, removed), self.step))

    def delete(self, section: str, live: Live) -> None:
        done(self.kind(section).delete(live, self.step))

    def metrics(self, section: str, live: Live) -> Metrics:
        kind: Any = self.kind(section)
        measured: Sequence[Metrics] = done(kind.metrics([live]))
        return measured[0]

    def measured(self, section: str, live: Live) -> dict[str, Any]:
        """What is measured of an object, by name."""
        return {one.name: one.value for one in self.metrics(section, live).values}

    def run(
        self,
        *ids: str,
        stop: Callable[[], bool] = lambda: False,
        until_idle: bool = True,
        tell: Callable[[RunProgress], None] = lambda progress: None,
    ) -> list[RunProgress]:
        self.told: list[RunProgress] = []

        def report(progress: RunProgress) -> None:
            self.told.append(progress)
            tell(progress)

        return list(asyncio.run(self.local.run(RunRequest(ids, until_idle, stop), report)))

    def log_of(self, name: str) -> Stream:
        rows = self.local.store.rows("SELECT seq, body FROM objects WHERE kind = 'stream' AND name = ?", name)
        return Stream.of(rows[0][0], msgspec.json.decode(rows[0][1]))

    def events(self, name: str) -> list[Event]:
        """Everything in a stream, by partition."""
        stream = self.log_of(name)
        found: list[Event] = []
        for partition in range(stream.partitions):
            at = 0
            while page := log.read(self.local.store, stream, partition, at, 10_000).events:
                found.extend(page)
                at = page[-1][5] + 1
        return found

    def values(self, name: str) -> list[Any]:
        return [event[1] for event in self.events(name)]

    def append(self, name: str, *values: Any, keys: Sequence[Any] = ()) -> None:
        """Puts events into a stream, as a producer does."""
        stream, store = self.log_of(name), self.local.store
        events = [(key, value, None, 0, 0, 0) for key, value in zip(keys or [None] * len(values), values, strict=True)]
        packed, refused = log.encode(stream, events, log.total(store, stream))
        assert refused == []
        with store.transaction() as transaction:
            log.append(transaction, stream, packed, store.append_time(transaction))

    def stream_of(self, name: str, *values: Any, **body: Any) -> Live:
        """A stream with these events in it."""
        live = self.stream(name, **body)
        self.append(name, *values)
        return live

    def write(self, path: str, *lines: str | bytes) -> Path:
        """A file of these lines, each with its end."""
        file = self.base / path
        file.write_bytes(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))
        return file

    def rows(self, path: str, sql: str = "SELECT * FROM events") -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.base / path)) as connection:
            return connection.execute(sql).fetchall()

    def ndjson(self, path: str) -> list[Any]:
        return [json.loads(line) for line in (self.base / path).read_text().splitlines()]

    def close(self) -> None:
        done(self.local.close())
