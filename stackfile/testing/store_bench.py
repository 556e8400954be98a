"""What the stories of a state backend are told with: clients of one place, and how a story checks what it got."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from stackfile.errors import DiagnosticError
from stackfile.state.format import State
from stackfile.state.store import Entry, Lease, Store
from stackfile.testing.entries import ANA, BEGIN

E = TypeVar("E", bound=Exception)


class Bench(Protocol):
    """One place where a state is kept. Each client that is opened is a process of its own."""

    def open(self, stack: str = "orders", env: str = "prod") -> Store:
        """A new client, with a TTL that `pass_time` can outlast."""

    def kill(self, store: Store) -> None:
        """The process of a client dies: what it did not do by now it never does."""

    def pass_time(self, seconds: float) -> None: ...


Case = Callable[[Bench], Awaitable[None]]


def same(got: object, wanted: object) -> None:
    if got != wanted:
        raise AssertionError(f"got {got!r}\nwanted {wanted!r}")


async def raises(kind: type[E], doing: Awaitable[object]) -> E:
    try:
        await doing
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def code(error: DiagnosticError) -> str:
    return error.diagnostics[0].code


async def state_of(store: Store) -> State:
    state = (await store.read()).state
    if state is None:
        raise AssertionError("there is no state")
    return state


async def begun(store: Store, *entries: Entry) -> Lease:
    """A lease of a stack that was new, with these entries written."""
    lease = await store.acquire(ANA)
    await lease.append([BEGIN, *entries])
    return lease
