"""Takes over what is there: records move to their new addresses, and imported objects get theirs, before any change."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stackfile.address import Address
from stackfile.engine.book import Book
from stackfile.engine.edits import leased, refuse_unsettled
from stackfile.engine.neighbours import with_neighbours
from stackfile.engine.preview import Stack
from stackfile.engine.records import Seen, confirmed
from stackfile.engine.refresh import refresh
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.engine.seek import look_for
from stackfile.errors import DiagnosticError, ProviderError
from stackfile.graph.dag import topological
from stackfile.language.moved import Import
from stackfile.language.stackfile import Attributes, Configuration, Resource
from stackfile.plan.imports import adopt, as_live, kind_key, provisional, record_of
from stackfile.plan.known import Known
from stackfile.plan.mask import mask
from stackfile.plan.moves import find_moves
from stackfile.plan.observed import Observed
from stackfile.plan.plan import Plan
from stackfile.sdk.provider import Live
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal
from stackfile.state.store import Holder
from stackfile.values import Tree, Unknown


async def take_over(plan: Plan, known: Known, book: Book) -> None:
    """Makes the moves and imports of a plan durable. No service is asked for anything."""
    if plan.moves:
        await book.move(plan.moves)
    await book.settle([_imported(record_of(change), known, book) for change in plan.imports], "import")


def _imported(record: Record, known: Known, book: Book) -> Record:
    now, live = book.clock.now(), known.live(record) or Live(record.id, {})
    seen = Seen(known.schema(record), live, record.applied, now)
    return confirmed(replace(record, created_at=live.created_at or now), record.applied, seen)


async def import_one(stack: Stack, wanted: Import, holder: Holder, timeout: float = 0.0) -> Record | None:
    """As `import_all` does; None: its address has it already."""
    return (await import_all(stack, [wanted], holder, timeout)).get(wanted.to)


async def import_all(
    stack: Stack, wanted: Sequence[Import], holder: Holder, timeout: float = 0.0
) -> Mapping[Address, Record]:
    """Takes objects into the state, under one lease and after one look, and changes nothing else. What an address has
    already is left out.

    Raises DiagnosticError for what cannot be imported, LockHeld, StateError, ProviderError; then nothing is imported.
    """
    async with leased(stack.store, holder, timeout) as lease:
        stored = await stack.store.read()
        refuse_unsettled(stored)
        before = state = stored.state or stack.empty_state()
        others = frozenset(stack.configuration.providers) - {_resource(stack, one).provider for one in wanted}
        connections = stack.connections(state, others)
        try:
            observed = await refresh(stack.configuration, state, connections, stack.clock, others)
            observed = await look_for(wanted, stack.configuration, observed, state, connections)
            observed = await with_neighbours(observed, stack.store)
        finally:
            await connections.close()
        seal = await stack.store.seal()
        imported: dict[Address, Record] = {}
        for one in _needs_first(stack, wanted):
            record = _adopted(stack, one, state, observed, seal)
            if record is not None:
                imported[one.to] = record
                state = replace(state, records={**state.records, one.to: record})
        if state is not before:
            await lease.compact(state)
        return imported


def _resource(stack: Stack, wanted: Import) -> Resource:
    return stack.configuration.resources[wanted.to]


def _needs_first(stack: Stack, wanted: Sequence[Import]) -> list[Import]:
    """So that whoever refers to one that is imported beside it finds it."""
    by_address = {one.to: one for one in wanted}
    edges = {
        to: tuple(a for a in _resource(stack, one).dependencies if a in by_address) for to, one in by_address.items()
    }
    return [by_address[to] for to in topological(edges)]


def _adopted(stack: Stack, wanted: Import, state: State, observed: Observed, seal: Seal) -> Record | None:
    refuse_other_scopes(state, observed)
    if any(one.provider == stack.configuration.resources[wanted.to].provider for one in observed.skipped):
        raise ProviderError("; ".join(one.says for one in observed.skipped))
    configuration, moved = stack.configuration, find_moves(stack.configuration.handover, state).state(state)
    importing = adopt([wanted], configuration, moved, observed).get(wanted.to)
    if importing is None:
        _refuse_another(wanted, moved.records[wanted.to])
        return None
    resource = configuration.resources[wanted.to]
    known = Known(moved, observed, stack.catalog)
    desired = mask(resource.schema, configuration.resolve(resource, _attributes(configuration, known), importing.name))
    live = observed.objects[kind_key(resource)][importing.id]
    importing = as_live(importing, resource.schema, desired, live, seal)
    record, now = provisional(importing, resource), stack.clock.now()
    seen = Seen(resource.schema, live, importing.applied, now)
    return confirmed(replace(record, created_at=live.created_at or now), importing.applied, seen)


def _refuse_another(wanted: Import, record: Record) -> None:
    """In a stackfile an import whose object is gone was made long ago; typed now, it is a mistake."""
    if wanted.wanted not in (record.id, f"name:{record.name}"):
        says = f"{wanted.to} has another object already: {record.id}"
        help = "If the address shall have another one, have the state forget this one first:"
        raise DiagnosticError.of("import-other-id", says, help, f"stack state rm {shlex.quote(str(wanted.to))}")


def _attributes(configuration: Configuration, known: Known) -> Attributes:
    """What is known of the others now; of those that are not there yet, nothing but that they will be."""

    def of(address: Address) -> Tree | None:
        found, resource = known.attributes(address), configuration.resources.get(address)
        if found is not None or resource is None:
            return found
        names = (*resource.schema.fields, "id")
        return {name: Unknown((f"{address}.{name}",)) for name in names}

    return of
