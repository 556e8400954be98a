"""Reads how objects fare: one listing and one question for each kind, and one for those who read the streams."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from stackfile.engine.connections import Connections
from stackfile.engine.refresh import refresh
from stackfile.engine.shelter import sheltered
from stackfile.errors import DiagnosticError, ProviderError
from stackfile.language.stackfile import Catalog, Lookup, Resource
from stackfile.plan.known import Known, key_of
from stackfile.plan.observed import KindKey
from stackfile.sdk.operations import CanListConsumers, CanMeasure, CanSummarize, Consumer, HasWindows, Metrics, Summary
from stackfile.sdk.provider import Clock, Kind, Live, Provider
from stackfile.state.format import Record, State

STREAMS: Final = "streams"
"""The section whose objects consumers read."""


@dataclass(frozen=True, slots=True)
class Fare:
    """What was read. `consumers` and `summaries` are by provider instance; `unread` says for a kind why it told no
    metrics, and for an instance why it told no consumers, `unsummed` why no summary."""

    known: Known
    measured: Mapping[tuple[KindKey, str], Metrics]
    consumers: Mapping[str, Sequence[Consumer]] = field(default_factory=dict)
    unread: Mapping[KindKey | str, str] = field(default_factory=dict)
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    unsummed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Nothing:
    """Only what the state holds is read."""

    resources: Mapping[Any, Resource] = field(default_factory=dict)
    lookups: Mapping[Any, Lookup] = field(default_factory=dict)


async def read_fare(
    state: State, connections: Connections, catalog: Catalog, clock: Clock, window: str | None = None
) -> Fare:
    """Of all objects of the state. What a provider fails to tell is left out and named.

    `window` is what rates are over, where a kind has a choice. Raises DiagnosticError for one that no kind has.
    """
    if window is not None:
        _expect_window(window, state, catalog)
    observed = await refresh(_Nothing(), state, connections, clock, frozenset())
    known = Known(state, observed, catalog)
    unread: dict[KindKey | str, str] = {}
    measured: dict[tuple[KindKey, str], Metrics] = {}
    for key, (type, lives) in _there(known).items():
        try:
            said = await metrics_of(await connections.kind(*key), type, lives, window)
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
    summaries, unsummed = await _summaries(state, connections, skipped)
    return Fare(known, measured, consumers, unread, summaries, unsummed)


async def _summaries(
    state: State, connections: Connections, skipped: Collection[str]
) -> tuple[Mapping[str, Summary], Mapping[str, str]]:
    """By instance: what it says of all that it holds, and why it does not where it could."""
    told: dict[str, Summary] = {}
    untold: dict[str, str] = {}
    for instance in sorted({record.provider for record in state.records.values()} - set(skipped)):
        try:
            provider = await connections.provider(instance)
            if isinstance(provider, CanSummarize):
                with sheltered(instance, "summary"):
                    told[instance] = await provider.summary()
        except ProviderError as error:
            untold[instance] = str(error)
    return told, untold


def _expect_window(window: str, state: State, catalog: Catalog) -> None:
    """Raises DiagnosticError where no kind of the state measures over this window."""
    found: dict[str, tuple[str, ...]] = {}
    for record in state.records.values():
        kind = catalog.kinds(record.service, record.section).get(record.kind)
        if kind is not None and issubclass(kind, HasWindows):
            found[f"{record.service} {record.kind}"] = kind.windows()
    if any(window in windows for windows in found.values()):
        return
    told = [f"{kind}: {', '.join(windows)}" for kind, windows in found.items()]
    help = f"What there is: {'; '.join(told)}" if told else "Nothing that is shown has rates over a window of choice."
    raise DiagnosticError.of("window-unknown", f"no rates are told over {window}", help)


def has_readers(record: Record, catalog: Catalog) -> bool:
    """Whether consumers read what this stands for: a stream, or what has streams at a service that lists none."""
    return record.section == STREAMS or (record.section == "sources" and not catalog.kinds(record.service, STREAMS))


async def metrics_of(
    kind: Kind[Any], type: type[Kind[Any]], lives: Sequence[Live], window: str | None = None
) -> Sequence[Metrics]:
    """What a kind says of its objects; of a kind that measures nothing, nothing. `type` is the class behind `kind`."""
    if not lives or not issubclass(type, CanMeasure):
        return ()
    if window is not None and issubclass(type, HasWindows) and window in type.windows():
        return await cast(HasWindows, kind).metrics_over(lives, window)
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
