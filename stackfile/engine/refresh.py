"""Reads the live system in bulk: one listing a kind, whatever the number of objects."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

from stackfile.address import Address
from stackfile.engine.absence import missing_of, objects_of
from stackfile.engine.connections import Connections
from stackfile.errors import ProviderError
from stackfile.language.stackfile import Lookup, Resource
from stackfile.plan.lookups import kind_of
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import Missing, ReadSummary, Skipped
from stackfile.sdk.provider import Clock, Live
from stackfile.sdk.traits import Reads
from stackfile.state.format import Record, State

T = TypeVar("T")

Wanted: TypeAlias = Mapping[KindKey, list[Record]]
"""The kinds of one provider instance that are in use, with the records of their objects."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one provider instance gave, or why it did not."""

    instance: str
    scope: str = ""
    objects: Mapping[KindKey, Mapping[str, Live]] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    failure: ProviderError | None = None


class Uses(Protocol):
    """What is declared of providers: resources, and what is only looked up."""

    @property
    def resources(self) -> Mapping[Address, Resource]: ...

    @property
    def lookups(self) -> Mapping[Address, Lookup]: ...


async def refresh(
    configuration: Uses,
    state: State,
    connections: Connections,
    clock: Clock,
    excluded: frozenset[str],
) -> Observed:
    """Everything live of the kinds that file or state use. A provider that does not answer is left out and named."""
    began, before = clock.monotonic(), connections.requests
    wanted = {name: kinds for name, kinds in sorted(_wanted(configuration, state).items()) if name not in excluded}
    readings = await _all(_reading(name, kinds, connections) for name, kinds in wanted.items())
    owners = _owners(configuration, state)
    skipped = [_skip(r.instance, str(r.failure), owners) for r in readings if r.failure is not None]
    skipped += excluded_of(configuration, state, excluded)
    good = [reading for reading in readings if reading.failure is None]
    counts = tuple((r.instance, sum(map(len, r.objects.values()))) for r in good)
    return Observed(
        objects={key: objects for reading in good for key, objects in reading.objects.items()},
        scopes={reading.instance: reading.scope for reading in good},
        skipped=tuple(skipped),
        read=ReadSummary(counts, connections.requests - before, clock.monotonic() - began),
        missing=tuple(one for reading in good for one in reading.missing),
    )


def excluded_of(configuration: Uses, state: State, excluded: frozenset[str]) -> tuple[Skipped, ...]:
    """The providers that are left out because somebody asked for that."""
    owners = _owners(configuration, state)
    return tuple(_skip(name, "excluded", owners) for name in sorted(excluded & set(owners.values())))


async def _all(reading: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """None is left running when one fails."""
    done: list[T] = []
    for one in await asyncio.gather(*reading, return_exceptions=True):
        if isinstance(one, BaseException):
            raise one
        done.append(one)
    return done


def _wanted(configuration: Uses, state: State) -> dict[str, Wanted]:
    wanted: dict[str, dict[KindKey, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for resource in configuration.resources.values():
        wanted[resource.provider][(resource.provider, resource.kind.section, resource.kind.name)]
    for lookup in configuration.lookups.values():
        wanted[lookup.provider][kind_of(lookup)]
    for record in state.objects:
        wanted[record.provider][(record.provider, record.section, record.kind)].append(record)
    return dict(wanted)


async def _reading(instance: str, wanted: Wanted, connections: Connections) -> Reading:
    try:
        return await read_kinds(instance, wanted, connections)
    except ProviderError as failure:
        return Reading(instance, failure=failure)


async def read_kinds(instance: str, wanted: Wanted, connections: Connections) -> Reading:
    """The scope and all kinds at once: how much of that a service bears is its client's budget.

    Raises ProviderError. Where the scope cannot be told nothing else is waited for: it is asked first, so what keeps
    everybody out, wrong credentials for instance, is met by it alone.
    """
    await connections.provider(instance)

    async def of(key: KindKey) -> tuple[Mapping[str, Live], Missing | None]:
        found = await objects_of(await connections.kind(*key), wanted[key], connections.session(instance).clock)
        return found, await missing_of(key, wanted[key], found, connections)

    keys = sorted(wanted)
    reading = asyncio.ensure_future(_all(of(key) for key in keys))
    try:
        scope = await connections.scope(instance)
    except BaseException:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        raise
    read = dict(zip(keys, await reading, strict=True))
    objects = {key: found for key, (found, _) in read.items()}
    missing = tuple(one for _, one in read.values() if one is not None)
    reads = {key: (await connections.kind(*key)).traits.reads for key in keys}
    unseen = [key for key in keys if reads[key] is Reads.NONE]
    if unseen and await _lost_all({key: wanted[key] for key in keys if reads[key].seen}, objects, connections):
        objects |= {key: {} for key in unseen}
    return Reading(instance, scope, objects, missing)


async def _lost_all(wanted: Wanted, objects: Mapping[KindKey, Mapping[str, Live]], connections: Connections) -> bool:
    """Whether all is gone that can be seen, and the provider knows why: then so is what cannot be seen."""
    there = [(key, record.id in objects[key]) for key, records in wanted.items() for record in records]
    if not there or any(is_there for _, is_there in there):
        return False
    return bool(await connections.cause_of_loss(there[0][0][0]))


def _owners(configuration: Uses, state: State) -> dict[Address, str]:
    recorded = {address: record.provider for address, record in state.records.items()}
    declared: Mapping[Address, Resource | Lookup] = {**configuration.resources, **configuration.lookups}
    return recorded | {address: one.provider for address, one in declared.items()}


def _skip(instance: str, says: str, owners: Mapping[Address, str]) -> Skipped:
    return Skipped(instance, says, tuple(sorted(a for a, provider in owners.items() if provider == instance)))
