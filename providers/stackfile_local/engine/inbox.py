"""What came by HTTP and is not saved yet: put there by the threads that receive, taken by the run that saves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile.errors import StackError

_MOST_BYTES = 64 * 2**20


class Closed(StackError):
    """Nothing is taken any more, or nothing for now."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One event: with an `id`, a repeat of it is known."""

    key: Any
    value: Any
    headers: dict[str, str] | None = None
    id: str | None = None


@dataclass(eq=False)
class Delivery:
    """One request. `tell` is called once, with the number of repeats in it when all of it is durable, with None when it
    will not be; `given_up` says that nobody waits for that any more."""

    events: Sequence[Arrived]
    size: int
    tell: Callable[[int | None], None]
    given_up: bool = False


@dataclass
class Inbox:
    """Deliveries in the order in which they came."""

    wake: Callable[[], None]
    """Tells the run that there is something."""
    _waiting: dict[Delivery, None] = field(default_factory=dict, init=False)
    _bytes: int = field(default=0, init=False)
    _closed: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def put(self, delivery: Delivery) -> None:
        """Raises Closed."""
        with self._lock:
            if self._closed:
                raise Closed("the engine is stopping")
            if self._waiting and self._bytes + delivery.size > _MOST_BYTES:
                raise Closed("too much waits for the disk: come again")
            self._waiting[delivery] = None
            self._bytes += delivery.size
        self.wake()

    def look(self, most: int) -> list[Delivery]:
        """The oldest ones, with about so many events; they stay until they are taken away."""
        found: list[Delivery] = []
        with self._lock:
            self._drop([one for one in self._waiting if one.given_up])
            for one in self._waiting:
                if most <= 0:
                    break
                found.append(one)
                most -= len(one.events)
        return found

    def take_away(self, done: Sequence[Delivery]) -> None:
        with self._lock:
            self._drop(done)

    def close(self) -> None:
        """Whoever waits is told that nothing was saved."""
        with self._lock:
            self._closed, left = True, list(self._waiting)
            self._drop(left)
        for one in left:
            one.tell(None)

    def _drop(self, deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            if one in self._waiting:
                del self._waiting[one]
                self._bytes -= one.size
