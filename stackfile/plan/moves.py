"""Addresses that have another name now, and those that leave the file: what the state becomes before anything is
decided. A remote name never changes because an address moved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError, Span
from stackfile.language.moved import Handover, Moved, Removed, Spot
from stackfile.plan.plan import PendingIntent
from stackfile.state.format import State
from stackfile.state.moving import moved_holds, moved_records


@dataclass(frozen=True, slots=True)
class Moves:
    """Where addresses are now. `pairs` are those that something is at, from before to now."""

    entries: Mapping[Spot, Moved] = field(default_factory=dict)
    pairs: Mapping[Address, Address] = field(default_factory=dict)

    def of(self, address: Address) -> Address:
        """Where an address is now, after all moves that follow each other."""
        used: set[Moved] = set()
        while (move := self._move_of(address)) is not None and move not in used:
            used.add(move)
            address = move.takes(address) or address
        return address

    def _move_of(self, address: Address) -> Moved | None:
        found = (self.entries.get(spot) for spot in _spots(address))
        return next((move for move in found if move is not None and move.takes(address) is not None), None)

    @property
    def previous(self) -> Mapping[Address, Address]:
        """From now to before."""
        return {after: before for before, after in self.pairs.items()}

    def state(self, state: State) -> State:
        if not self.pairs:
            return state
        records = moved_records(state.records.values(), self.pairs)
        return replace(state, records=records, holds=moved_holds(state.holds, self.pairs))

    def pending(self, pending: Iterable[PendingIntent]) -> tuple[PendingIntent, ...]:
        return tuple(replace(one, address=self.of(one.address)) for one in pending)


def find_moves(handover: Handover, state: State, pending: Collection[PendingIntent] = ()) -> Moves:
    """What moves of what the state has, and of what calls without an answer are about.

    Raises DiagnosticError for what would take the place of something else.
    """
    if not handover.moved:
        return Moves()
    moves = Moves({one.before: one for one in handover.moved})
    there = {*state.records, *(one.address for one in pending)}
    pairs = {address: now for address in sorted(there) if (now := moves.of(address)) != address}
    problems: list[Diagnostic] = []
    taken = {address: address for address in there if address not in pairs}
    for before, after in pairs.items():
        owner = taken.setdefault(after, before)
        if owner != before:
            problems.append(_taken(before, after, owner, moves))
    if problems:
        raise DiagnosticError(problems)
    return replace(moves, pairs=pairs)


def _taken(before: Address, after: Address, owner: Address, moves: Moves) -> Diagnostic:
    span, source = _place(moves.entries, before)
    whose = "an object of its own" if owner == after else f"the object of {owner} by then"
    return Diagnostic(
        "moved-taken",
        f"{before} cannot become {after}, which has {whose}",
        span=span,
        source=source,
        address=str(after),
        help=(
            "Take this entry away and declare both, or have the state forget one of the two objects:",
            f"removed: [{{address: {before}, destroy: false}}]",
        ),
    )


def _place(entries: Mapping[Spot, Moved], address: Address) -> tuple[Span | None, str | None]:
    places = (entries[spot].place for spot in _spots(address) if spot in entries)
    return next((place for place in places if place is not None), (None, None))


@dataclass(frozen=True, slots=True)
class Removals:
    """What the file says of addresses that it declares no more."""

    entries: Mapping[Spot, Removed]

    @classmethod
    def of(cls, handover: Handover) -> Removals:
        return cls({one.spot: one for one in handover.removed})

    def stays_alive(self, address: Address) -> bool:
        """Whether only the state is to forget it."""
        if not self.entries:
            return False
        found = (self.entries.get(spot) for spot in _spots(address))
        return any(not one.destroy for one in found if one is not None)


def _spots(address: Address) -> Iterator[Spot]:
    """What an entry may call an address, the closest first."""
    yield Spot(address)
    if address.instance is not None:
        yield Spot(address.declaration)
    for depth in range(len(address.modules), 0, -1):
        around, (key, instance) = address.modules[: depth - 1], address.modules[depth - 1]
        yield Spot(None, (*around, (key, instance)))
        if instance is not None:
            yield Spot(None, (*around, (key, None)))
