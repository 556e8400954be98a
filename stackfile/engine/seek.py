"""Looks for objects that are to be imported where no listing has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from stackfile.engine.absence import is_outline
from stackfile.engine.connections import Connections
from stackfile.errors import Rejected
from stackfile.language.moved import Import
from stackfile.language.stackfile import Configuration, Resource
from stackfile.plan.imports import kind_key
from stackfile.plan.observed import KindKey, Observed
from stackfile.sdk.provider import Live
from stackfile.state.format import State


async def look_for(
    imports: Iterable[Import], configuration: Configuration, observed: Observed, state: State, connections: Connections
) -> Observed:
    """What was seen, with the imported objects that no listing has: of kinds that cannot list, or made a moment ago.

    One that is of another kind is looked for too, so that it can be told.
    """
    for wanted in imports:
        resource = configuration.resources[wanted.to]
        key = kind_key(resource)
        id = wanted.id or _named(wanted.name, resource, observed.objects.get(key, {}))
        there = observed.live(key, id) if id else None
        listed = there is not None and not is_outline(resource.kind, there)
        if id and not (wanted.to in state.records or listed) and key[0] not in observed.left_out:
            seen = await _read(id, key, connections) or await _elsewhere(id, key, connections)
            objects = {kind: {**observed.objects.get(kind, {}), **lives} for kind, lives in seen.items()}
            observed = replace(observed, objects={**observed.objects, **objects})
    return observed


def _named(name: str | None, resource: Resource, objects: Mapping[str, Live]) -> str:
    """The id of the one object that has this name, where the list does not tell what it is like."""
    lives = [live for live in objects.values() if live.fields.get("name") == name]
    return lives[0].id if len(lives) == 1 and is_outline(resource.kind, lives[0]) else ""


async def _read(id: str, key: KindKey, connections: Connections) -> Mapping[KindKey, Mapping[str, Live]]:
    kind = await connections.kind(*key)
    try:
        live = await kind.read(id)
    except Rejected:
        return {}
    return {key: {live.id: live}} if live is not None else {}


async def _elsewhere(id: str, key: KindKey, connections: Connections) -> Mapping[KindKey, Mapping[str, Live]]:
    provider = await connections.provider(key[0])
    for kind in provider.kinds:
        other = (key[0], kind.section, kind.name)
        if other != key and kind.traits.can_list and kind.traits.reads.seen:
            lives = {live.id: live for live in await (await connections.kind(*other)).list_all()}
            if id in lives:
                return {other: lives}
    return {}
