"""Reads the live system in bulk: one listing a kind, whatever the number of objects."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stackfile.address import Address
from stackfile.engine.connections import Connections
from stackfile.errors import AuthFailed, ProviderError, Unreachable
from stackfile.language.stackfile import Configuration
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import ReadSummary, Skipped
from stackfile.sdk.provider import Clock, Kind, Live
from stackfile.state.format import State


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one provider instance gave, or why it did not."""

    instance: str
    scope: str = ""
    objects: Mapping[KindKey, Mapping[str, Live]] | None = None
    failure: ProviderError | None = None


async def refresh(
    configuration: Configuration, state: State, connections: Connections, clock: Clock, excluded: frozenset[str]
) -> Observed:
    """Everything live of the kinds that file or state use. A provider that does not answer is left out and named."""
    began, before = clock.monotonic(), connections.requests
    wanted = _wanted(configuration, state)
    readings = await asyncio.gather(
        *(_read(instance, kinds, connections) for instance, kinds in sorted(wanted.items()) if instance not in excluded)
    )
    owners = _owners(configuration, state)
    skipped = [_skip(r.instance, str(r.failure), owners) for r in readings if r.failure is not None]
    skipped += [_skip(instance, "excluded", owners) for instance in sorted(excluded) if instance in wanted]
    good = [reading for reading in readings if reading.objects is not None]
    counts = tuple((r.instance, sum(len(objects) for objects in (r.objects or {}).values())) for r in good)
    return Observed(
        objects={key: objects for reading in good for key, objects in (reading.objects or {}).items()},
        scopes={reading.instance: reading.scope for reading in good},
        skipped=tuple(skipped),
        read=ReadSummary(counts, connections.requests - before, clock.monotonic() - began),
    )


def _wanted(configuration: Configuration, state: State) -> dict[str, dict[KindKey, list[str]]]:
    """For each provider instance its kinds in use, with the ids that the state has of them."""
    wanted: dict[str, dict[KindKey, list[str]]] = defaultdict(lambda: defaultdict(list))
    for resource in configuration.resources.values():
        wanted[resource.provider][(resource.provider, resource.kind.section, resource.kind.name)]
    for record in state.records.values():
        wanted[record.provider][(record.provider, record.section, record.kind)].append(record.id)
    return wanted


async def _read(instance: str, kinds: Mapping[KindKey, list[str]], connections: Connections) -> _Reading:
    try:
        provider = await connections.provider(instance)
        scope = str(await provider.scope())
        objects = {}
        for key, ids in sorted(kinds.items()):
            kind = await connections.kind(*key)
            objects[key] = await _objects(kind, ids)
    except (Unreachable, AuthFailed) as failure:
        return _Reading(instance, failure=failure)
    return _Reading(instance, scope, objects)


async def _objects(kind: Kind[Any], ids: Iterable[str]) -> dict[str, Live]:
    if kind.traits.can_list:
        return {live.id: live for live in await kind.list_all()}
    found = [await kind.read(id) for id in ids]
    return {live.id: live for live in found if live is not None}


def _owners(configuration: Configuration, state: State) -> dict[Address, str]:
    recorded = {address: record.provider for address, record in state.records.items()}
    return recorded | {address: resource.provider for address, resource in configuration.resources.items()}


def _skip(instance: str, says: str, owners: Mapping[Address, str]) -> Skipped:
    return Skipped(instance, says, tuple(sorted(a for a, provider in owners.items() if provider == instance)))
