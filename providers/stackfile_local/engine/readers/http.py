"""What is sent to the engine by HTTP. A request is answered when its events are in the stream.

An event with an id is known again for as long as the source says: ids are saved in the transaction of their events.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackfile.sdk.measures import Measured
from stackfile_local.engine.events import Batch, Event, Position, offset_in
from stackfile_local.engine.inbox import Delivery, Inbox
from stackfile_local.engine.store import Store
from stackfile_local.engine.tables import ADD_RECEIVED_IDS

_IN_ONE_QUERY = 500


@dataclass(frozen=True, slots=True)
class HttpReader:
    """A position is the number of events that came so far. `listen` gives the inbox, and raises ProviderError where
    nothing can be received; None: this run receives nothing. `window` is milliseconds."""

    name: str
    store: Store
    source: int
    window: int
    listen: Callable[[], Inbox] | None

    def accepts(self, position: Position) -> bool:
        return True

    def read(self, position: Position | None, most: int) -> Batch:
        inbox = None if self.listen is None else self.listen()
        deliveries = [] if inbox is None else inbox.look(most)
        first = offset_in(position, 0)
        if inbox is None or not deliveries:
            return Batch((), (), position or {"offsets": {"0": 0}}, 0)
        now = self.store.microseconds() // 1000
        seen = self._known([one.id for each in deliveries for one in each.events if one.id is not None], now)
        fresh, repeats, events, number = list[str](), list[int](), list[Event](), first
        for each in deliveries:
            before = number - len(events)
            for one in each.events:
                if one.id is None or one.id not in seen:
                    events.append((one.key, one.value, one.headers, now, 0, number))
                    if one.id is not None:
                        seen.add(one.id)
                        fresh.append(one.id)
                number += 1
            repeats.append(number - len(events) - before)
        receipt = Receipt(self, inbox, deliveries, repeats, fresh)
        return Batch(events, (), {"offsets": {"0": number}}, number - first, receipt=receipt)

    def origin(self, event: Event) -> Mapping[str, Any]:
        return {"source": self.name, "number": event[5]}

    def lag(self, position: Position | None) -> Measured | None:
        return None

    def waiting(self, position: Position | None) -> bool:
        return False

    def _known(self, ids: Sequence[str], now: int) -> set[str]:
        if not ids or not self.store.rows("SELECT 1 FROM sqlite_master WHERE name = 'received_ids'"):
            return set()
        found: set[str] = set()
        for start in range(0, len(ids), _IN_ONE_QUERY):
            part = ids[start : start + _IN_ONE_QUERY]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT id FROM received_ids WHERE source = ? AND at >= ? AND id IN ({marks})"  # noqa: S608 - marks only
            found.update(id for (id,) in self.store.rows(sql, self.source, now - self.window, *part))
        return found


@dataclass(frozen=True, slots=True)
class Receipt:
    """What belongs to a batch that was sent: the ids to keep, and who waits to hear of it."""

    reader: HttpReader
    inbox: Inbox
    deliveries: Sequence[Delivery]
    repeats: Sequence[int]
    ids: Sequence[str]

    def save(self, transaction: sqlite3.Connection, now: int) -> None:
        if not self.ids:
            return
        source = self.reader.source
        for statement in ADD_RECEIVED_IDS:
            transaction.execute(statement)
        transaction.execute("DELETE FROM received_ids WHERE source = ? AND at < ?", (source, now - self.reader.window))
        rows = [(source, id, now) for id in self.ids]
        transaction.executemany("INSERT OR REPLACE INTO received_ids VALUES (?, ?, ?)", rows)

    def done(self) -> None:
        self.inbox.take_away(self.deliveries)
        for delivery, repeats in zip(self.deliveries, self.repeats, strict=True):
            delivery.tell(repeats)
