"""A page of a stream for a consumer group: from where, which events, and where to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import msgspec

from stackfile_local.engine import log
from stackfile_local.engine.codec import Columns
from stackfile_local.engine.damage import Damaged
from stackfile_local.engine.log import Stream
from stackfile_local.engine.store import Store
from stackfile_local.server.consumers import Offset, committed, ends
from stackfile_local.server.errors import INVALID_OFFSET, ApiError, invalid
from stackfile_local.server.limits import Limits
from stackfile_local.server.names import check_name, number_in, time_text


class Out(msgspec.Struct, omit_defaults=True):
    """An event as a consumer gets it."""

    eventId: str
    partition: int
    offset: int
    timestamp: str
    key: Any
    value: msgspec.Raw
    headers: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a consumer asks for. `explicit` is an offset to read from, whatever the group has committed."""

    group: str
    policy: str
    explicit: int | None
    partition: int | None
    limit: int
    timeout: int
    auto_commit: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`start` are the positions of the page, `next` those behind it; `reset` counts events that the group had not read
    when retention took them."""

    events: Sequence[Out]
    start: Mapping[int, int]
    next: Mapping[int, int]
    lag: int
    reset: int


_PARAMETERS = ("consumerGroup", "offset", "partition", "limit", "timeout", "autoCommit")


def parse_question(query: Mapping[str, str], limits: Limits) -> Question:
    """Raises ApiError."""
    for name in query:
        if name not in _PARAMETERS:
            raise invalid(name[:80], f"there is no such parameter; there are {', '.join(_PARAMETERS)}")
    group = check_name("consumerGroup", query.get("consumerGroup"))
    offset = query.get("offset", "earliest")
    explicit = None
    if offset not in ("earliest", "latest"):
        says = "offset: earliest, latest or a whole number"
        explicit = number_in("offset", offset, ApiError(INVALID_OFFSET, says, {"offset": offset[:80]}))
    partition = query.get("partition")
    auto = query.get("autoCommit", "false")
    if auto not in ("true", "false"):
        raise invalid("autoCommit", "true or false")
    limit = number_in("limit", query.get("limit", "100"))
    if limit < 1:
        raise invalid("limit", "at least 1")
    return Question(
        group,
        offset,
        explicit,
        None if partition is None else number_in("partition", partition),
        min(limit, limits.page),
        min(number_in("timeout", query.get("timeout", str(limits.poll_ms))), limits.longest_ms),
        auto == "true",
    )


def positions(store: Store, stream: Stream, question: Question) -> tuple[dict[int, int], dict[int, int], int]:
    """From where to read each partition, where each ends, and how many events retention took unread."""
    bounds = ends(store, stream)
    if question.partition is not None:
        if question.partition not in bounds:
            says = f"stream {stream.name} has partitions 0 to {stream.partitions - 1}, and no {question.partition}"
            raise ApiError(INVALID_OFFSET, says, {"partition": question.partition})
        bounds = {question.partition: bounds[question.partition]}
    end = {partition: high for partition, (_, high) in bounds.items()}
    if question.explicit is not None:
        return _explicit(stream, question.explicit, bounds), end, 0
    known = committed(store, question.group, stream)
    at: dict[int, int] = {}
    reset = 0
    for partition, (low, high) in bounds.items():
        fallback = low if question.policy == "earliest" else high
        position = known.get(partition, fallback)
        if position < low:
            reset += low - position
            position = fallback
        at[partition] = position
    return at, end, reset


def _explicit(stream: Stream, offset: int, bounds: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    if len(bounds) > 1:
        says = f"stream {stream.name} has {stream.partitions} partitions, and each its own offsets: name one"
        raise invalid("partition", says)
    ((partition, (low, high)),) = bounds.items()
    if not low <= offset <= high:
        says = f"offset {offset} is not within {low} to {high} of stream {stream.name}, partition {partition}"
        details = {"partition": partition, "startOffset": low, "endOffset": high}
        raise ApiError(INVALID_OFFSET, says, details)
    return {partition: offset}


def read_page(store: Store, stream: Stream, question: Question, limits: Limits) -> Answer:
    """What is there now. Where there are more partitions than events may be given, those that lag most come first."""
    start, end, reset = positions(store, stream, question)
    waiting = sorted((p for p in start if end[p] > start[p]), key=lambda p: start[p] - end[p])
    runs: list[list[Out]] = []
    rest, size = question.limit, 0
    for number, partition in enumerate(waiting):
        if rest <= 0 or size > limits.page_bytes:
            break
        share = -(-rest // (len(waiting) - number))
        run = _run(store, stream, (partition, start[partition]), share, limits.page_bytes - size)
        if not run:
            start[partition] = end[partition]  # what was there was damaged, and is gone
        runs.append(run)
        rest -= len(run)
        size += sum(map(_size, run))
    following = {**start, **{run[0].partition: run[-1].offset + 1 for run in runs if run}}
    events = runs[0] if len(runs) == 1 else [one for row in zip_longest(*runs) for one in row if one is not None]
    lag = sum(end[partition] - following[partition] for partition in following)
    return Answer(events, start, following, lag, reset)


def _run(store: Store, stream: Stream, at: tuple[int, int], most: int, room: int) -> list[Out]:
    """Events of one partition: at least one where there is one."""
    partition, offset = at
    found: list[Out] = []
    prefix = id_prefix(store.engine_id, stream.seq, partition)
    batches = log.raw(store, stream, partition, offset, most)
    while (batch := _next(batches, found)) is not None:
        base, appended, columns = batch
        time = time_text(appended)
        keys, headers, ids = columns.k, columns.h, columns.i
        for index in range(max(0, offset - base), len(columns.v)):
            value = columns.v[index]
            if len(found) >= most or (room <= 0 and found):
                return found
            room -= len(value)
            id = ids[index] if ids is not None else None
            found.append(
                Out(
                    id or f"{prefix}{base + index:012x}",
                    partition,
                    base + index,
                    time,
                    keys[index] if keys is not None else None,
                    value,
                    headers[index] if headers is not None else None,
                )
            )
    return found


def _next(batches: Iterator[tuple[int, int, Columns]], found: Sequence[Out]) -> tuple[int, int, Columns] | None:
    """None at the end, which a damaged batch is too, once there is something to give."""
    try:
        return next(batches, None)
    except Damaged:
        if not found:
            raise
        return None


def _size(event: Out) -> int:
    return len(event.value)


def id_prefix(engine_id: str, seq: int, partition: int) -> str:
    """With twelve hexadecimal digits of the offset: the id of an event whose producer gave none."""
    return f"evt_{engine_id[:8]}{seq:08x}{partition:04x}"


def body_of(answer: Answer, stream: Stream, question: Question) -> dict[str, Any]:
    following = [Offset(stream.name, partition, at).body for partition, at in sorted(answer.next.items())]
    if answer.events:
        last: int | None = answer.events[-1].offset + 1
    else:
        last = next(iter(answer.next.values())) if len(answer.next) == 1 else None
    metadata = {
        "consumerGroup": question.group,
        "lag": answer.lag,
        "nextOffset": last,
        "nextOffsets": following,
    }
    if answer.reset:
        metadata["reset"] = answer.reset
    return {"events": answer.events, "metadata": metadata}
