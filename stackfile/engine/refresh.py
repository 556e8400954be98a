"""Reads the live system in bulk: one listing a kind, whatever the number of objects."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from stackfile.address import Address
from stackfile.engine.connections import Connections
from stackfile.errors import ProviderError
from stackfile.language.stackfile import Configuration
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import ReadSummary, Skipped
from stackfile.sdk.provider import Clock, Kind, Live
from stackfile.state.format import Record, State

Wanted: TypeAlias = Mapping[KindKey, list[Record]]
"""The kinds of one provider instance that are in use, with the records of their objects."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one provider instance gave, or why it did not."""

    instance: str
    scope: str = ""
    objects: Mapping[KindKey, Mapping[str, Live]] = field(default_factory=dict)
    failure: ProviderError | None = None


async def refresh(
    configuration: Configuration, state: State, connections: Connections, clock: Clock, excluded: frozenset[str]
) -> Observed:
    """Everything live of the kinds that file or state use. A provider that does not answer is left out and named."""
    began, before = clock.monotonic(), connections.requests
    wanted = {name: kinds for name, kinds in sorted(_wanted(configuration, state).items()) if name not in excluded}
    readings = await _all(_read(name, kinds, connections, clock.now()) for name, kinds in wanted.items())
    owners = _owners(configuration, state)
    skipped = [_skip(r.instance, str(r.failure), owners) for r in readings if r.failure is not None]
    skipped += [_skip(name, "excluded", owners) for name in sorted(excluded & set(owners.values()))]
    good = [reading for reading in readings if reading.failure is None]
    counts = tuple((r.instance, sum(map(len, r.objects.values()))) for r in good)
    return Observed(
        objects={key: objects for reading in good for key, objects in reading.objects.items()},
        scopes={reading.instance: reading.scope for reading in good},
        skipped=tuple(skipped),
        read=ReadSummary(counts, connections.requests - before, clock.monotonic() - began),
    )


async def _all(reading: Iterable[Coroutine[Any, Any, _Reading]]) -> list[_Reading]:
    """None is left running when one fails."""
    done = await asyncio.gather(*reading, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException):
            raise one
    return [one for one in done if isinstance(one, _Reading)]


def _wanted(configuration: Configuration, state: State) -> dict[str, Wanted]:
    wanted: dict[str, dict[KindKey, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for resource in configuration.resources.values():
        wanted[resource.provider][(resource.provider, resource.kind.section, resource.kind.name)]
    for record in state.records.values():
        wanted[record.provider][(record.provider, record.section, record.kind)].append(record)
    return dict(wanted)


async def _read(instance: str, wanted: Wanted, connections: Connections, now: datetime) -> _Reading:
    try:
        scope = await connections.scope(instance)
        objects = {}
        for key, records in sorted(wanted.items()):
            objects[key] = await _objects(await connections.kind(*key), records, now)
    except ProviderError as failure:
        return _Reading(instance, failure=failure)
    return _Reading(instance, scope, objects)


async def _objects(kind: Kind[Any], records: Iterable[Record], now: datetime) -> dict[str, Live]:
    """The objects of one kind by id. One that was changed a moment ago may be missing in a listing that lags: it is
    asked for by itself."""
    if not kind.traits.can_list:
        return await _each(kind, [record.id for record in records])
    listed = {live.id: live for live in await kind.list_all()}
    settled = now - timedelta(seconds=kind.traits.settle)
    missing = [r.id for r in records if r.id not in listed and r.updated_at is not None and r.updated_at > settled]
    return listed | await _each(kind, missing)


async def _each(kind: Kind[Any], ids: Iterable[str]) -> dict[str, Live]:
    found = [await kind.read(id) for id in ids]
    return {live.id: live for live in found if live is not None}


def _owners(configuration: Configuration, state: State) -> dict[Address, str]:
    recorded = {address: record.provider for address, record in state.records.items()}
    return recorded | {address: resource.provider for address, resource in configuration.resources.items()}


def _skip(instance: str, says: str, owners: Mapping[Address, str]) -> Skipped:
    return Skipped(instance, says, tuple(sorted(a for a, provider in owners.items() if provider == instance)))
