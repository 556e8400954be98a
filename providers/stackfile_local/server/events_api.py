"""Produce and consume: plain ASGI functions, for these are what a busy engine does."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from stackfile_local.server.appending import Append, Placed
from stackfile_local.server.consumers import Commit, Offset, committed, ends, is_known
from stackfile_local.server.consuming import Question, body_of, id_prefix, parse_question, read_page
from stackfile_local.server.engine import Served
from stackfile_local.server.errors import ApiError, invalid
from stackfile_local.server.http import Receive, Scope, Send, encode, query_of, read_body, send_body
from stackfile_local.server.names import number_in, time_text
from stackfile_local.server.requests import Produced, parse_batch, parse_one


class Result(msgspec.Struct, omit_defaults=True, gc=False):
    """Where an event of a batch is."""

    eventId: str
    partition: int
    offset: int
    duplicate: bool = False


class Published(msgspec.Struct, omit_defaults=True, gc=False):
    """Where a single event is."""

    eventId: str
    partition: int
    offset: int
    timestamp: str
    duplicate: bool = False
    status: str = msgspec.field(default_factory=lambda: "published")


async def produce(served: Served, stream: str, scope: Scope, receive: Receive, send: Send) -> None:
    """POST .../events: one event."""
    timeout = _timeout(served, scope)
    body = await read_body(scope, receive, served.limits)
    done = await _append(served, stream, parse_one(body), len(body), timeout)
    placed = done.placed[0]
    if isinstance(placed, ApiError):
        raise placed
    id = done.produced.ids[0] or f"{id_prefix(served.engine_id, done.seq, placed.partition)}{placed.offset:012x}"
    answer = Published(id, placed.partition, placed.offset, time_text(done.timestamp), placed.duplicate)
    await send_body(send, 200, encode(answer))


async def produce_batch(served: Served, stream: str, scope: Scope, receive: Receive, send: Send) -> None:
    """POST .../events/batch: each event has its own result."""
    body = await read_body(scope, receive, served.limits)
    produced = parse_batch(body, served.limits)
    results: list[Any] = [None] * produced.total
    for number, error in produced.failed.items():
        results[number] = {"error": error.brief}
    failed = len(produced.failed)
    if produced.events:
        failed += await _append_batch(served, stream, produced, len(body), results)
    else:
        served.known.find(stream)
    answer = {
        "batchId": f"batch_{uuid.uuid4().hex}",
        "totalEvents": produced.total,
        "successCount": produced.total - failed,
        "failureCount": failed,
        "results": results,
    }
    await send_body(send, 200, encode(answer))


async def _append_batch(served: Served, stream: str, produced: Produced, size: int, results: list[Any]) -> int:
    """Fills in the results, and returns how many events failed. Raises ApiError where all do, but for the time."""
    try:
        done = await _append(served, stream, produced, size, produced.timeout)
    except ApiError as error:
        if error.status != 504:
            raise
        for number in produced.numbers:
            results[number] = {"error": error.brief}
        return len(produced.numbers)
    failed = 0
    prefixes: dict[int, str] = {}
    for number, own, placed in zip(produced.numbers, produced.ids, done.placed, strict=True):
        if type(placed) is Placed:
            partition, offset = placed.partition, placed.offset
            if partition not in prefixes:
                prefixes[partition] = id_prefix(served.engine_id, done.seq, partition)
            id = own or f"{prefixes[partition]}{offset:012x}"
            results[number] = Result(id, partition, offset, placed.duplicate)
        elif isinstance(placed, ApiError):
            results[number] = {"error": placed.brief}
            failed += 1
    return failed


async def _append(served: Served, stream: str, produced: Produced, size: int, timeout: int) -> Append:
    served.rate.take(len(produced.events))
    return await served.writer.append(Append(stream, produced), size, timeout / 1000)


def _timeout(served: Served, scope: Scope) -> int:
    query = query_of(scope)
    for name in query.keys() - {"timeout"}:
        raise invalid(name[:80], "there is no such parameter; there is timeout")
    return min(number_in("timeout", query.get("timeout", str(served.limits.produce_ms))), served.limits.longest_ms)


async def consume(served: Served, name: str, scope: Scope, receive: Receive, send: Send) -> None:
    """GET .../events: a page, as soon as there is an event, or when the time is over."""
    question = parse_question(query_of(scope), served.limits)
    stream = served.known.find(name)
    if question.explicit is None:
        await _prepare(served, name, question)
    until = served.monotonic() + question.timeout / 1000
    page = read_page(served.store, stream, question, served.limits)
    while not page.events and not served.hub.closed and (rest := until - served.monotonic()) > 0:
        await served.hub.wait(stream.seq, rest)
        stream = served.known.find(name)
        page = read_page(served.store, stream, question, served.limits)
    if question.auto_commit and question.explicit is None and page.events:
        served.remember(question.group, stream.seq, name, page.next)
    served.consumed += len(page.events)
    await send_body(send, 200, encode(body_of(page, stream, question)))


async def _prepare(served: Served, name: str, question: Question) -> None:
    """The group is there from its first poll on; with `latest`, that is also where it begins. A group that commits by
    itself has by now dealt with the page before."""
    stream = served.known.find(name)
    offsets: list[Offset] = []
    if question.auto_commit:
        offsets.extend(served.pages.pop((question.group, stream.seq), ()))
    if question.policy == "latest":
        known = committed(served.store, question.group, stream).keys() | {one.partition for one in offsets}
        fresh = ((p, high) for p, (_, high) in ends(served.store, stream).items() if p not in known)
        offsets.extend(Offset(name, partition, high) for partition, high in fresh)
    if offsets or not is_known(served.store, question.group):
        await served.writer.commit(Commit(question.group, offsets, creates=True), served.limits.produce_ms / 1000)
