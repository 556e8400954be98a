"""From the catalog to what moves: a source that feeds a stream, a pipeline, a destination that drains a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from stackfile.errors import ProviderError
from stackfile.portable.models import Operation
from stackfile.portable.models import Route as RouteOperation
from stackfile.portable.operations import is_stateful, parse_operations
from stackfile.portable.quantities import parse_duration
from stackfile_local.engine.catalog import Catalog, Entry
from stackfile_local.engine.compiled import Chain as CompiledChain
from stackfile_local.engine.compiled import compile_chain
from stackfile_local.engine.dead_letters import DeadLetters
from stackfile_local.engine.hop import Chain, Hop, Route, Unchanged
from stackfile_local.engine.log import Stream
from stackfile_local.engine.outside import Outside, to_stdout
from stackfile_local.engine.processor import Processor, Settings
from stackfile_local.engine.quiet import Upstream
from stackfile_local.engine.readers import Reader
from stackfile_local.engine.readers.csv import Csv
from stackfile_local.engine.readers.doorway import door_of
from stackfile_local.engine.readers.file import FileReader
from stackfile_local.engine.readers.follow import FollowReader
from stackfile_local.engine.readers.generate import GenerateReader, Pace
from stackfile_local.engine.readers.http import HttpReader
from stackfile_local.engine.readers.ndjson import Ndjson, path_key
from stackfile_local.engine.readers.stream import StreamReader
from stackfile_local.engine.registered import Functions, registered
from stackfile_local.engine.runtime_functions import IMPLEMENTATIONS
from stackfile_local.engine.sides import Sides
from stackfile_local.engine.sinks import OWN_POSITION, Sink
from stackfile_local.engine.sinks.file import FileSink
from stackfile_local.engine.sinks.http import HttpSink
from stackfile_local.engine.sinks.lines import CsvLines, Lines, NdjsonLines
from stackfile_local.engine.sinks.opening import open_http, open_postgres
from stackfile_local.engine.sinks.sqlite import SqliteSink
from stackfile_local.engine.sinks.stdout import StdoutSink
from stackfile_local.engine.sinks.stream import StreamSink
from stackfile_local.engine.starts import starts_of
from stackfile_local.engine.stateful_hop import StatefulHop
from stackfile_local.engine.store import Store
from stackfile_local.engine.stored import Shape
from stackfile_local.engine.stride import Stride
from stackfile_local.engine.template import parse_template
from stackfile_local.engine.vault import Vault


@dataclass
class Routes:
    """Makes readers and sinks of declared objects; relative paths are taken from `base`. Movers that write to the same
    destination share its sink, but for one that sends by HTTP: what was sent is remembered by mover."""

    store: Store
    base: Path
    by_id: Mapping[str, Entry]
    outside: Outside = field(default_factory=lambda: Outside(to_stdout))
    sinks: dict[int, Sink] = field(default_factory=dict)
    functions: Functions = field(default_factory=registered)
    starts: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    """Where pipelines begin in a stream that they have not read yet."""

    @classmethod
    def load(cls, store: Store, base: Path, outside: Outside | None = None) -> Routes:
        catalog = Catalog(store)
        kinds = ("stream", "source", "destination", "pipeline")
        entries = [entry for kind in kinds for entry in catalog.all(kind)]
        kept = store.rows("SELECT id FROM objects WHERE owner IS NOT NULL")
        entries.extend(found for (id,) in kept if (found := catalog.peek(id)) is not None)
        by_id = {entry.id: entry for entry in entries}
        return cls(store, base, by_id, outside or Outside(to_stdout), starts=starts_of(store))

    def movers(self) -> list[Entry]:
        """Everything that moves events, upstream kinds first, then by name; paused pipelines do not."""
        kinds = ("source", "pipeline", "destination")
        return [entry for kind in kinds for entry in sorted(self._moving(kind), key=lambda one: one.name)]

    def hop(self, owner: Entry, catalog: int) -> Hop | StatefulHop:
        """Raises ProviderError for operations or settings that cannot be run."""
        try:
            operations = parse_operations(owner.body.get("operations", []))
            stateful = is_stateful(operations)
            to_streams = owner.kind == "pipeline" and self.by_id[owner.body["destination"]].kind == "stream"
            bare = stateful or (not operations and not to_streams)
            chain = Unchanged() if bare else compile_chain(operations, self.functions, to_streams=to_streams)
            route = self._route(owner, operations, chain)
            stride = Stride(parse_duration(owner.body.get("checkpoint_interval", "1m")) / 1000)
            if isinstance(route.sink, HttpSink):
                stride.limit = stride.most  # the next run, which begins so, reads what this one cut into requests
            if isinstance(chain, CompiledChain):
                route = _reading(route, chain.loop.shape)
            if not stateful:
                return Hop(self.store, route, catalog, stride)
            idle_after = parse_duration(owner.body.get("idle_timeout", "30s"))
            own_time = Upstream(self.by_id).has_own_time(route.input)
            settings = Settings(owner.id, own_time, idle_after, self.functions, to_streams)
            route = _reading(route, Processor(operations, settings).shape)
            return StatefulHop(self.store, route, catalog, operations, settings, stride)
        except ValueError as error:
            raise ProviderError(f"{owner.kind} {owner.name}: {error}") from error

    def _route(self, owner: Entry, operations: Sequence[Operation], chain: Chain) -> Route:
        body = owner.body
        if owner.kind == "source":
            source, target = owner, self.by_id[body["stream"]]
        elif owner.kind == "destination":
            source, target = self.by_id[body["stream"]], owner
        else:
            source, target = self.by_id[body["source"]], self.by_id[body["destination"]]
        if owner.kind == "pipeline" and source.body.get("connector") == "http":
            raise ValueError("its source receives by HTTP: let the pipeline read the stream which that feeds")
        return Route(
            owner,
            source,
            self.reader(source, owner),
            chain,
            self._sink(target, owner),
            DeadLetters(owner, self._declared(body.get("dead_letter"))),
            target.body.get("connector") in OWN_POSITION,
            self._sides(operations, body.get("late")),
        )

    def _sides(self, operations: Sequence[Operation], late: str | None) -> Sides:
        names = [name for each in operations if isinstance(each, RouteOperation) for name, _ in each.routes]
        missing = [name for name in names if f"stream:{name}" not in self.by_id]
        if missing:
            raise ValueError(f"`route` names the stream {missing[0]}, which does not exist")
        streams = {name: self.by_id[f"stream:{name}"] for name in names}
        sinks = {name: StreamSink(self.store, Stream.of(each.seq, each.body)) for name, each in streams.items()}
        declared = self._declared(late)
        return Sides(sinks, None if declared is None else StreamSink(self.store, declared))

    def reader(self, entry: Entry, owner: Entry) -> Reader:
        """Of what `owner` reads."""
        if entry.kind == "stream":
            return StreamReader(self.store, Stream.of(entry.seq, entry.body), self.starts.get(owner.seq, {}))
        body = entry.body
        if body["connector"] == "generate":
            return self._generator(entry)
        if body["connector"] == "http":
            return self._receiver(entry)
        key = body.get("key")
        lines = (
            Csv(key, body.get("types") == "text", frozenset(body.get("nulls", ())))
            if body["format"] == "csv"
            else Ndjson(None if key is None else path_key(key))
        )
        follow = bool(body.get("follow"))
        reader = FileReader(entry.name, self.base / body["path"], lines, follow, self.store.clock)
        return FollowReader(reader) if follow else reader

    def _receiver(self, entry: Entry) -> HttpReader:
        doors, vault = self.outside.doors, Vault(self.store.folder)
        door = cache(lambda: door_of(entry, vault))
        listen = None if doors is None else lambda: doors.open(entry.seq, door())
        window = parse_duration(entry.body["event_id_window"])
        return HttpReader(entry.name, self.store, entry.seq, window, listen)

    def _generator(self, entry: Entry) -> GenerateReader:
        body = entry.body
        rate, start = body.get("rate"), body.get("start")
        step = parse_duration(body["step"]) if "step" in body else 1000 / (rate or 1)
        pace = Pace(rate, body.get("count"), None if start is None else IMPLEMENTATIONS["time"](start), step)
        template = parse_template(body["template"], body.get("key"))
        seed = str(body.get("seed", entry.id))
        return GenerateReader(entry.name, template, seed, pace, self.store.clock, self.outside.must_end)

    def _moving(self, kind: str) -> list[Entry]:
        return [entry for entry in self.by_id.values() if entry.kind == kind and is_mover(entry)]

    def _sink(self, entry: Entry, owner: Entry) -> Sink:
        if entry.kind == "stream":
            return StreamSink(self.store, Stream.of(entry.seq, entry.body))
        shared = owner.seq if entry.body["connector"] == "http" else entry.seq
        if shared not in self.sinks:
            self.sinks[shared] = self._open_sink(entry, owner)
        return self.sinks[shared]

    def _open_sink(self, entry: Entry, owner: Entry) -> Sink:
        body = entry.body
        if body["connector"] == "postgres":
            return open_postgres(self.store, entry)
        if body["connector"] == "http":
            return open_http(self.store, entry, owner.seq)
        if body["connector"] == "stdout":
            lines = self.outside.lines.setdefault(entry.seq, _lines(body))
            return StdoutSink(entry.seq, lines, self.outside)
        path = self.base / body["path"]
        if body["connector"] == "sqlite":
            return SqliteSink(path, body["table"], tuple(body.get("key", ())))
        return FileSink(self.store, entry.seq, path, _lines(body))

    def _declared(self, id: str | None) -> Stream | None:
        return None if id is None else Stream.of(self.by_id[id].seq, self.by_id[id].body)


def _lines(body: Mapping[str, Any]) -> Lines:
    return CsvLines(tuple(body.get("columns", ()))) if body["format"] == "csv" else NdjsonLines()


def _reading(route: Route, shape: Shape | None) -> Route:
    """A route whose reader knows which fields are read."""
    reader = route.reader
    return replace(route, reader=replace(reader, shape=shape)) if isinstance(reader, FileReader) else route


def is_mover(entry: Entry) -> bool:
    """Whether an object moves events by itself, and is neither paused nor stopped."""
    if entry.kind == "pipeline":
        return bool(entry.body.get("status", "running") == "running")
    return "stream" in entry.body
