"""Edits of a state by hand: records that move or are forgotten. Pure: a state in, a state out; no object is touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from stackfile.address import Address, parse_modules
from stackfile.errors import StateError
from stackfile.state.format import State
from stackfile.state.moving import moved_holds, moved_records

Moves = Mapping[Address, Address]
"""Where records go, by where they are."""


def moves_between(state: State, source: str, target: str) -> Moves:
    """What moving one text to another means: a resource, all instances of a declaration, or all that is in a module.

    Raises ValueError for a text that is neither; StateError where the move cannot be. Empty: nothing is there to move.
    """
    moves: Moves
    if source == target:
        raise ValueError(f"{source!r} is where it is already")
    if source.startswith("modules.") and _is_module(source):
        before, after = parse_modules(source), parse_modules(target)
        there = [one for one in state.records if one.modules[: len(before)] == before]
        moves = {one: replace(one, modules=(*after, *one.modules[len(before) :])) for one in there}
    else:
        moves = _of_resource(state, Address.parse(source), Address.parse(target))
    _refuse(state, moves)
    return moves


def _of_resource(state: State, source: Address, target: Address) -> Moves:
    if source in state.records:
        return {source: target}
    if source.instance is not None or target.instance is not None:
        return {}
    there = [one for one in state.records if one.declaration == source]
    return {one: replace(target, instance=one.instance) for one in there}


def _is_module(text: str) -> bool:
    try:
        Address.parse(text)
    except ValueError:
        return True
    return False


def _refuse(state: State, moves: Moves) -> None:
    for source, target in moves.items():
        if source.section != target.section:
            says = f"{source} is under {source.section}: it cannot become {target}"
            raise StateError.of("move-section", says, f"Its section stays: {source.section}.{target.key}")
        if target in state.records and target not in moves:
            says = f"the state has {target} already ({state.records[target].id})"
            help = f"Move that one away first, or forget it, which leaves its object alive: stack state rm '{target}'"
            raise StateError.of("move-taken", says, help)


def moved(state: State, moves: Moves) -> State:
    """The state with records under new addresses, and those that depend on them told so. Names and ids stay."""
    records = moved_records(state.records.values(), moves)
    return replace(state, records=records, holds=moved_holds(state.holds, moves))


def without(state: State, addresses: Collection[Address]) -> State:
    """The state without these records."""
    gone = set(addresses)
    return replace(state, records={at: record for at, record in state.records.items() if at not in gone})


def lost_by(before: State, after: State) -> Sequence[Address]:
    """The addresses whose objects the later state does not have under any address."""
    kept = {(record.provider, record.section, record.kind, record.id) for record in after.records.values()}
    return [
        at
        for at, record in before.records.items()
        if (record.provider, record.section, record.kind, record.id) not in kept
    ]
