"""Reads how objects fare: one listing and one question for each kind, and one for those who read the streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from stackfile.engine.connections import Connections
from stackfile.engine.refresh import refresh
from stackfile.engine.shelter import sheltered
from stackfile.errors import ProviderError
from stackfile.language.stackfile import Catalog, Lookup, Resource
from stackfile.plan.known import Known, key_of
from stackfile.plan.observed import KindKey
from stackfile.sdk.operations import CanListConsumers, CanMeasure, Consumer, Metrics
from stackfile.sdk.provider import Clock, Kind, Live, Provider
from stackfile.state.format import Record, State

STREAMS: Final = "streams"
"""The section whose objects consumers read."""


@dataclass(frozen=True, slots=True)
class Fare:
    """What was read. `consumers` are by provider instance; `unread` says for a kind why it told no metrics, and for an
    instance why it told no consumers."""

    known: Known
    measured: Mapping[tuple[KindKey, str], Metrics]
    consumers: Mapping[str, Sequence[Consumer]] = field(default_factory=dict)
    unread: Mapping[KindKey | str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Nothing:
    """Only what the state holds is read."""

    resources: Mapping[Any, Resource] = field(default_factory=dict)
    lookups: Mapping[Any, Lookup] = field(default_factory=dict)


async def read_fare(state: State, connections: Connections, catalog: Catalog, clock: Clock) -> Fare:
    """Of all objects of the state. What a provider fails to tell is left out and named."""
    observed = await refresh(_Nothing(), state, connections, clock, frozenset())
    known = Known(state, observed, catalog)
    unread: dict[KindKey | str, str] = {}
    measured: dict[tuple[KindKey, str], Metrics] = {}
    for key, (type, lives) in _there(known).items():
        try:
            said = await metrics_of(await connections.kind(*key), type, lives)
        except ProviderError as error:
            unread[key] = str(error)
            continue
        measured |= {(key, metrics.id): metrics for metrics in said}
    consumers: dict[str, Sequence[Consumer]] = {}
    skipped = {one.provider for one in observed.skipped}
    for instance in sorted({r.provider for r in state.records.values() if has_readers(r, catalog)} - skipped):
        try:
            consumers[instance] = await consumers_of(await connections.provider(instance), instance)
        except ProviderError as error:
            unread[instance] = str(error)
    return Fare(known, measured, consumers, unread)


def has_readers(record: Record, catalog: Catalog) -> bool:
    """Whether consumers read what this stands for: a stream, or what has streams at a service that lists none."""
    return record.section == STREAMS or (record.section == "sources" and not catalog.kinds(record.service, STREAMS))


async def metrics_of(kind: Kind[Any], type: type[Kind[Any]], lives: Sequence[Live]) -> Sequence[Metrics]:
    """What a kind says of its objects; of a kind that measures nothing, nothing. `type` is the class behind `kind`."""
    if not lives or not issubclass(type, CanMeasure):
        return ()
    return await cast(CanMeasure, kind).metrics(lives)


async def consumers_of(provider: Provider[Any], instance: str) -> Sequence[Consumer]:
    """Who reads the streams of a provider; nobody where it does not know."""
    if not isinstance(provider, CanListConsumers):
        return ()
    with sheltered(instance, "consumers"):
        return await provider.consumers()


def _there(known: Known) -> Mapping[KindKey, tuple[type[Kind[Any]], Sequence[Live]]]:
    """By kind, its class and its live objects."""
    found: dict[KindKey, tuple[type[Kind[Any]], list[Live]]] = {}
    for record in known.state.records.values():
        live = known.live(record)
        if live is not None:
            key = key_of(record)
            if key not in found:
                found[key] = (known.kind(record), [])
            found[key][1].append(live)
    return found
