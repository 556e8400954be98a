"""The intents that have no result yet, as a journal's entries open them, tell more of them, and close them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.state.moving import VERB, moved_intent, moves_of_meta
from stackfile.state.store import Entry, EntryType, Intent


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a store adds to an entry: whose history, under which lease, by which run, and the place in the journal."""

    lineage: str
    token: int
    run: str
    seq: int


class OpenIntents:
    """Grows and shrinks with each entry at a cost that does not depend on how many there are."""

    def __init__(self, intents: Iterable[Intent] = ()) -> None:
        self._by_address: dict[Address | None, list[Intent]] = {}
        for intent in intents:
            self._of(intent.entry.address).append(intent)

    def take(self, entry: Entry, stamp: Stamp) -> None:
        """A phase belongs to the newest intent of its address; a result closes all of them; a move takes them along."""
        if entry.address is None and entry.verb == VERB:
            self._move(moves_of_meta(entry.meta))
            return
        intents = self._of(entry.address)
        if entry.type is EntryType.INTENT:
            intents.append(Intent(entry, stamp.token, stamp.run, stamp.seq, (), entry.id))
        elif entry.type is EntryType.RESULT:
            del self._by_address[entry.address]
        elif intents:
            last = intents[-1]
            intents[-1] = replace(last, phases=(*last.phases, entry.phase), id=entry.id or last.id)

    def _move(self, moves: Mapping[Address, Address]) -> None:
        every = [moved_intent(intent, moves) for intent in self.all()]
        self._by_address.clear()
        for intent in every:
            self._of(intent.entry.address).append(intent)

    def _of(self, address: Address | None) -> list[Intent]:
        return self._by_address.setdefault(address, [])

    def all(self) -> tuple[Intent, ...]:
        """In the order in which they were written."""
        return tuple(sorted((i for intents in self._by_address.values() for i in intents), key=lambda i: i.seq))
