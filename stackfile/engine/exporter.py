"""Reads what a provider has, whoever made it, for an export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackfile.engine.absence import in_full
from stackfile.engine.connections import Connections
from stackfile.engine.preview import Stack
from stackfile.plan.export import Found
from stackfile.plan.observed import is_shown_again
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Reads
from stackfile.state.format import State


async def look_at_everything(stack: Stack, providers: Iterable[str]) -> list[Found]:
    """Every object of every kind that can be listed, but for those that are made of what others say: what that is
    cannot be told from them. Raises ProviderError, StateError."""
    state = (await stack.store.read()).state or stack.empty_state()
    connections = Connections(stack.configuration.providers, stack.catalog, stack.session, stack.counted)
    try:
        return [one for name in providers for one in await _objects(name, stack, state, connections)]
    finally:
        await connections.close()


async def look_at_each(stack: Stack, wanted: Iterable[tuple[str, str, str, str]]) -> list[Found]:
    """Those of kinds that cannot be listed, by provider, section, kind and id. What is not there is left out."""
    connections = Connections(stack.configuration.providers, stack.catalog, stack.session, stack.counted)
    found: list[Found] = []
    try:
        for instance, section, name, id in wanted:
            kind = await connections.kind(instance, section, name)
            if not kind.traits.can_list and (live := await kind.read(id)) is not None:
                service = stack.configuration.providers[instance].service
                found.append(Found(instance, stack.catalog.kinds(service, section)[name], live))
        return found
    finally:
        await connections.close()


async def _objects(instance: str, stack: Stack, state: State, connections: Connections) -> list[Found]:
    records = [r for r in state.records.values() if r.provider == instance]
    ours, ids = {(r.section, r.kind, r.id) for r in records}, {r.id for r in records}
    provider = await connections.provider(instance)
    found: list[Found] = []
    for bound in provider.kinds:
        if bound.traits.can_list and bound.traits.reads.seen and not schema_of(bound.model).brought:
            type_ = stack.catalog.kinds(type(provider).name, bound.section)[bound.name]
            kind = await connections.kind(instance, bound.section, bound.name)
            listed = {live.id: live for live in await kind.list_all()}
            for live in (await in_full(kind, listed)).values():
                is_ours = (bound.section, bound.name, live.id) in ours
                # A list of outlines does not tell one kind from another, unless by when each was made.
                is_ours |= bound.traits.reads is Reads.OUTLINES and live.created_at is None and live.id in ids
                found.append(Found(instance, type_, live, is_ours))
    return _once(found)


def _once(found: Sequence[Found]) -> list[Found]:
    """Without what is shown as a second kind too, by a service that does not tell the two apart: it is written as what
    the stack manages it as, or else as the kind that comes first."""
    by_id: dict[str, list[Found]] = {}
    for one in sorted(found, key=lambda one: not one.managed):
        same_id = by_id.setdefault(one.live.id, [])
        if not is_shown_again(one.live, [other.live for other in same_id]):
            same_id.append(one)
    kept = {id(one) for same_id in by_id.values() for one in same_id}
    return [one for one in found if id(one) in kept]
