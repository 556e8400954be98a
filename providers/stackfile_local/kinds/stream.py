"""Streams: topics of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Annotated, Any

from pydantic import Field

from stackfile.errors import Rejected
from stackfile.portable.quantities import parse_duration, parse_size
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.traits import Changes, Effect, Impact, KindTraits, OnRemove, Trait
from stackfile.values import Path, Value
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.store import Store
from stackfile_local.kinds.fields import FOREVER, Codec, CreatedAt, Retention, Room, Size, StreamName
from stackfile_local.kinds.stored import StoredKind

_FEWER = "no update: a stream cannot have fewer partitions"


class Stream(Body):
    """A log of events in partitions. Events of one key are in one partition, in the order of their arrival."""

    name: StreamName
    partitions: Annotated[
        int,
        Field(ge=1, le=256, strict=True, description="How many. Events go by the murmur2 hash of their key."),
        OnRemove.DEFAULT,
        Changes(
            added=Effect(
                says="Keys move to other partitions: for events before and after, the order of a key is lost."
            ),
            removed=Effect(Impact.DATA_LOSS, "There is no way to fewer partitions but a new stream.", replaces=True),
        ),
    ] = 1
    retention: Annotated[
        Retention,
        OnRemove.DEFAULT,
        Field(description="How long events are kept, as in `12h` or `7d`, or `forever`."),
    ] = "7d"
    retention_size: Annotated[
        Room | None,
        OnRemove.OMIT,
        Field(description="How many bytes of events each partition keeps, as in `1GiB`. Unwritten: any number."),
    ] = None
    max_message_size: Annotated[
        Size,
        OnRemove.DEFAULT,
        Changes(Effect(says="Events that are in the stream stay, whatever their size.")),
        Field(description="The largest event: key, value and headers as JSON."),
    ] = "1MiB"
    compression: Annotated[
        Codec,
        OnRemove.DEFAULT,
        Changes(Effect(says="Events that come from now on are stored so.")),
        Field(description="`none` or `gzip`: how events are stored. Readers do not see it."),
    ] = "none"
    created_at: CreatedAt = None
    events: Annotated[int | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="Events that are kept.")] = None
    bytes: Annotated[
        int | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="Their size before compression.")
    ] = None


class Streams(StoredKind[Stream]):
    section = "streams"
    name = "stream"
    model = Stream
    moves = False
    traits = KindTraits(
        stable_id=True,
        settle=0.0,
        replace=Effect(Impact.DATA_LOSS, "The stream's events are deleted."),
        delete=Effect(Impact.DATA_LOSS, "The stream's events are deleted."),
    )

    @classmethod
    def stable_id(cls, desired: Mapping[str, Any]) -> str:
        return f"stream:{desired['name']}"

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        count = live.fields.get("events", 0)
        if verb != "update":
            return Effect(Impact.DATA_LOSS, f"{_events(count)} would be deleted.") if count else Effect()
        before, after = changed.get(("retention",), (None, None))
        if count and isinstance(before, str) and isinstance(after, str) and _is_shorter(after, before):
            return Effect(Impact.DATA_LOSS, f"Events older than {after} would be deleted, of {_events(count)}.")
        _, room = changed.get(("retention_size",), (None, None))
        if isinstance(room, str) and live.fields.get("bytes", 0) > parse_size(room):
            return Effect(
                Impact.DATA_LOSS, f"The oldest beyond {room} a partition would be deleted, of {_events(count)}."
            )
        return None

    @classmethod
    def measure(cls, store: Store, base: FilePath, live: Sequence[Live]) -> Sequence[Metrics]:
        from stackfile_local.engine.measure import measure_streams

        return measure_streams(store, live)

    @classmethod
    def fields(cls, entry: Entry, created_at: str) -> dict[str, Any]:
        return {**entry.body, "created_at": created_at, "events": entry.events, "bytes": entry.bytes}

    @classmethod
    def new_id(cls, body: Mapping[str, Any]) -> str:
        return cls.stable_id(body)

    @classmethod
    def check_change(cls, before: Entry, body: Mapping[str, Any]) -> None:
        if body["partitions"] < before.body["partitions"]:
            raise Rejected(f"stream {before.name}: {_FEWER}", status=409)


def _events(count: int) -> str:
    return f"{count:,} event{'s' if count != 1 else ''}"


def _is_shorter(after: str, before: str) -> bool:
    if FOREVER in (after, before):
        return after != FOREVER
    return parse_duration(after) < parse_duration(before)
