"""Objects that a listing lacks. They are asked for one by one before that is believed: a list that is cut into pages
while others change it skips some, and one that lags does not know the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from stackfile.engine.connections import Connections
from stackfile.plan.observed import KindKey
from stackfile.plan.plan import Missing
from stackfile.sdk.provider import Clock, Kind, Live
from stackfile.sdk.traits import Reads
from stackfile.state.format import Record

FEW = 10
"""Up to this many objects of a kind that are gone, or half of them, are nothing out of the ordinary."""

AT_ONCE = 8


async def objects_of(kind: Kind[Any], records: Sequence[Record], clock: Clock) -> dict[str, Live]:
    """The objects of one kind by id: what a listing shows, and of what the state knows what a read finds."""
    if not kind.traits.reads.seen:
        return {record.id: Live(record.id, {}) for record in records}
    if not kind.traits.can_list:
        return await each(kind, [record.id for record in records])
    listed = {live.id: live for live in await kind.list_all()}
    if kind.traits.reads is Reads.OUTLINES:
        asked = {r.id for r in records if r.id not in listed or is_outline(kind, listed[r.id])}
        return {id: live for id, live in listed.items() if id not in asked} | await each(kind, asked, kind.read)
    found = listed | await each(kind, [record.id for record in records if record.id not in listed])
    missing = [record for record in records if record.id not in found]
    if missing and kind.traits.reads is Reads.LIST:
        await _until_settled(missing, kind.traits.settle, clock)
        found |= await each(kind, [record.id for record in missing])
    return found


async def in_full(kind: Kind[Any], objects: Mapping[str, Live]) -> Mapping[str, Live]:
    """Objects of a list, as a read shows them where the list tells no more than that they are there."""
    outlines = {id for id, live in objects.items() if is_outline(kind, live)}
    if not outlines:
        return objects
    return {id: live for id, live in objects.items() if id not in outlines} | await each(kind, outlines, kind.read)


def is_outline(kind: Kind[Any] | type[Kind[Any]], listed: Live) -> bool:
    """Whether a list tells of this object no more than that it is there."""
    return kind.traits.reads is Reads.OUTLINES and not kind.in_full(listed)


async def _until_settled(records: Iterable[Record], settle: float, clock: Clock) -> None:
    """Returns once a list must show the newest of these: what was made a moment ago is not gone for not being there."""
    now = clock.now()
    ages = [(now - record.updated_at).total_seconds() for record in records if record.updated_at is not None]
    youngest = min(ages, default=settle)
    if youngest < settle:
        await clock.sleep(settle - youngest)


async def each(
    kind: Kind[Any], ids: Iterable[str], look: Callable[[str], Awaitable[Live | None]] | None = None
) -> dict[str, Live]:
    """Those that are there, by id; a few at a time, and read together where that can be, or each by `look`."""
    waiting, found = list(ids), {}

    async def ask(look: Callable[[str], Awaitable[Live | None]]) -> None:
        live = await look(waiting.pop())
        if live is not None:
            found[live.id] = live

    async def ask_all() -> None:
        while waiting:
            await ask(look or kind.look)

    if waiting:
        await ask(kind.read)
    done = await asyncio.gather(*(ask_all() for _ in range(min(AT_ONCE, len(waiting)))), return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException):
            raise one
    return found


async def missing_of(
    key: KindKey, records: Sequence[Record], objects: dict[str, Live], connections: Connections
) -> Missing | None:
    """None as long as no more is missing than happens in the ordinary course, for which nothing has to be the cause."""
    number = sum(record.id not in objects for record in records)
    many = number > FEW and number * 2 > len(records)
    if not many and (not number or number < len(records)):
        return None
    cause = await connections.cause_of_loss(key[0])
    return Missing(*key, number, len(records), cause) if many or cause else None
