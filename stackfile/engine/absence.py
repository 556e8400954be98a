"""Objects that a listing lacks: a few may be gone; many at once are asked for one by one before that is believed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stackfile.engine.connections import Connections
from stackfile.plan.observed import KindKey
from stackfile.plan.plan import Missing
from stackfile.sdk.provider import Kind, Live
from stackfile.state.format import Record

FEW = 10
"""Up to this many missing objects of a kind, or half of them, are nothing out of the ordinary."""

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Doubt:
    """When absence is believed at once: of at most `few`, or of half, in a listing as of `now`."""

    now: datetime
    few: int = FEW


async def objects_of(kind: Kind[Any], records: Sequence[Record], doubt: Doubt) -> dict[str, Live]:
    """The objects of one kind by id. What a listing may lack by mistake is asked for by itself: what was changed a
    moment ago, and everything where too much is missing."""
    if not kind.traits.can_list:
        return await each(kind, [record.id for record in records])
    listed = {live.id: live for live in await kind.list_all()}
    lacking = [record for record in records if record.id not in listed]
    if not _many(len(lacking), len(records), doubt.few):
        settled = doubt.now - timedelta(seconds=kind.traits.settle)
        lacking = [record for record in lacking if record.updated_at is not None and record.updated_at > settled]
    return listed | await each(kind, [record.id for record in lacking])


def _many(missing: int, all: int, few: int) -> bool:
    return missing > few and (missing * 2 > all or few == 0)


async def each(kind: Kind[Any], ids: Iterable[str]) -> dict[str, Live]:
    """Those that are there, by id; a few at a time."""
    waiting, found = list(ids), {}

    async def ask() -> None:
        while waiting:
            live = await kind.read(waiting.pop())
            if live is not None:
                found[live.id] = live

    done = await asyncio.gather(*(ask() for _ in range(min(AT_ONCE, len(waiting)))), return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException):
            raise one
    return found


async def missing_of(
    key: KindKey, records: Sequence[Record], objects: dict[str, Live], connections: Connections
) -> Missing | None:
    """None as long as no more is missing than happens in the ordinary course."""
    number = sum(record.id not in objects for record in records)
    if not _many(number, len(records), FEW):
        return None
    return Missing(*key, number, len(records), await connections.cause_of_loss(key[0]))
