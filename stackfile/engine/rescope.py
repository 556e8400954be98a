"""Takes the records of a provider to where it is connected now, on purpose. No object is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.engine.connections import Connections
from stackfile.engine.edits import leased, no_state
from stackfile.engine.preview import Stack
from stackfile.engine.refresh import refresh
from stackfile.errors import DiagnosticError
from stackfile.graph.build import in_file_order
from stackfile.plan.known import key_of
from stackfile.plan.rescoping import Rescoping
from stackfile.spelling import guess
from stackfile.state.format import Record, State
from stackfile.state.store import Entry, EntryType, Holder, Intent, Lease, Stored


@dataclass(frozen=True, slots=True)
class Rescoped:
    """What was proposed, and the serial of the state that has it; None where somebody said no."""

    rescoping: Rescoping
    serial: int | None


async def rescope(
    stack: Stack, provider: str, approve: Callable[[Rescoping], bool], holder: Holder, timeout: float = 0.0
) -> Rescoped:
    """Raises DiagnosticError for a provider that the state has no objects of, ProviderError for one that does not
    answer, Refused, LockHeld, StateError."""
    async with leased(stack.store, holder, timeout) as lease:
        stored = await stack.store.read()
        if stored.state is None:
            raise no_state()
        ours = _records_of(stored.state, provider)
        others = frozenset({*stack.configuration.providers, *_providers(stored.state)} - {provider})
        connections = stack.connections(stored.state, others)
        try:
            rescoping = await _look(stack, connections, stored, ours, others)
        finally:
            await connections.close()
        if rescoping.moves and not approve(rescoping):
            return Rescoped(rescoping, None)
        state = await _write(lease, stored.state, rescoping, _stranded(stored, rescoping)) if rescoping.moves else None
        return Rescoped(rescoping, (state or stored.state).serial)


async def _look(
    stack: Stack, connections: Connections, stored: Stored, ours: Mapping[Address, Record], others: frozenset[str]
) -> Rescoping:
    state = replace(stored.state or stack.empty_state(), records=ours)
    provider = next(iter(ours.values())).provider
    now = await connections.scope(provider)
    moves = {at: record.scope for at, record in ours.items() if record.scope not in ("", now)}
    observed = await refresh(stack.configuration, state, connections, stack.clock, others)
    missing = tuple(at for at in moves if observed.live(key_of(ours[at]), ours[at].id) is None)
    found = Rescoping(provider, now, {at: moves[at] for at in in_file_order(moves)}, tuple(in_file_order(missing)))
    return replace(found, open=tuple(one.entry.address for one in _stranded(stored, found) if one.entry.address))


def _stranded(stored: Stored, rescoping: Rescoping) -> list[Intent]:
    """Calls without an answer that were made in another scope: nobody can look there any more."""
    return [
        one
        for one in stored.intents
        if one.entry.record is not None
        and one.entry.record.provider == rescoping.provider
        and one.entry.record.scope not in ("", rescoping.scope)
    ]


async def _write(lease: Lease, state: State, rescoping: Rescoping, stranded: list[Intent]) -> State:
    """A death in between leaves some records in the old scope: the same command does the rest."""
    new = {at: replace(state.records[at], scope=rescoping.scope) for at in rescoping.moves}
    closed = [
        _closing(address, one, new.get(address)) for one in stranded if (address := one.entry.address) is not None
    ]
    if closed:
        await lease.append(closed)
    return await lease.compact(replace(state, records={**state.records, **new}))


def _closing(address: Address, intent: Intent, record: Record | None) -> Entry:
    return Entry(EntryType.RESULT, address, intent.entry.verb, intent.entry.provider, record=record)


def _records_of(state: State, provider: str) -> dict[Address, Record]:
    ours = {at: record for at, record in state.records.items() if record.provider == provider}
    if not ours:
        providers = _providers(state)
        help = guess(provider, providers, f"The state has objects of: {', '.join(sorted(providers))}")
        raise DiagnosticError.of("provider-unused", f"the state has no object of a provider `{provider}`", help)
    return ours


def _providers(state: State) -> set[str]:
    return {record.provider for record in state.records.values()}
