"""Edits of the state that touch no service: each is one new snapshot under the lease, which is there whole or not at
all, and the snapshot before it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from stackfile.errors import Diagnostic, Refused, StateError
from stackfile.state.document import Damage, check_owner, parse_snapshot
from stackfile.state.format import Author, State
from stackfile.state.store import Holder, Lease, Mended, Store, Stored

DAMAGED: Final = frozenset({"state-damaged", "journal-damaged", "state-other-serial"})
"""The codes of a state that cannot be read, and can be gone back from."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The state before and after. `before` is None where there was none, or none that can be read; `dropped` counts
    the lines of a damaged journal that could not be used."""

    before: State | None
    after: State
    dropped: int = 0


@asynccontextmanager
async def leased(store: Store, holder: Holder, timeout: float = 0.0) -> AsyncIterator[Lease]:
    """Raises LockHeld, StateError."""
    lease = await store.acquire(holder, timeout)
    try:
        yield lease
    finally:
        await lease.release()


async def edit(store: Store, holder: Holder, change: Callable[[State], State], timeout: float = 0.0) -> Edited:
    """The state as `change` makes it. Nothing is written where that is what it was.

    Raises StateError where a killed run left calls open, LockHeld, and whatever `change` raises.
    """
    async with leased(store, holder, timeout) as lease:
        stored = await store.read()
        refuse_unsettled(stored)
        if stored.state is None:
            raise no_state()
        after = change(stored.state)
        if after == stored.state:
            return Edited(stored.state, stored.state)
        return Edited(stored.state, await lease.compact(after))


def no_state() -> StateError:
    return StateError.of("state-none", "there is no state yet: nothing was applied", "First: stack apply")


def refuse_unsettled(stored: Stored) -> None:
    """Raises StateError while calls of a killed run have no recorded answer: what they made is in no record yet."""
    if not stored.intents:
        return
    open_ones = ", ".join(f"{intent.entry.address} ({intent.entry.verb})" for intent in stored.intents)
    number = len(stored.intents)
    calls = "1 call of a killed run has" if number == 1 else f"{number} calls of a killed run have"
    raise StateError.of(
        "state-unsettled", f"{calls} no recorded answer: {open_ones}", "Have them judged first: stack recover"
    )


async def roll_back(store: Store, holder: Holder, serial: int, timeout: float = 0.0) -> Edited:
    """Goes back to a generation, as a new serial. From a damaged state, what its journal recorded since is kept.

    Raises StateError for a generation that is not there or not intact.
    """
    async with leased(store, holder, timeout) as lease:
        stored = await _unless_damaged(store)
        if stored is None:
            mended = await store.mended(serial)
            return Edited(None, await lease.restore(mended.state, mended.intents), mended.dropped)
        refuse_unsettled(stored)
        earlier = Mended(await store.earlier(serial))
        if stored.state is not None and _content(stored.state) == _content(earlier.state):
            return Edited(stored.state, stored.state)
        return Edited(stored.state, await lease.restore(earlier.state))


async def push(store: Store, holder: Holder, new: State, *, force: bool = False, timeout: float = 0.0) -> Edited:
    """Puts a state that was pulled in place, as a new serial. Raises Refused, naming the flag, for one of another
    history and for one that is older than what is there."""
    async with leased(store, holder, timeout) as lease:
        stored = await _unless_damaged(store)
        before = stored.state if stored is not None else None
        if stored is not None:
            refuse_unsettled(stored)
        if before is not None and _content(before) == _content(new):
            return Edited(before, before)
        if before is not None and not force:
            _refuse_other(before, new)
        return Edited(before, await lease.restore(new))


def read_pushed(data: bytes, file: str, owner: tuple[str, str]) -> State:
    """The state in a file that `pull` wrote. Raises StateError for anything else, and for another stack's."""
    try:
        state = parse_snapshot(data, file).state
    except Damage as damage:
        help = "A state is not edited by hand: stack state mv, rm, rollback. A fresh copy: stack state pull > FILE"
        raise StateError.of("push-damaged", f"{file} is not as it was pulled: {damage}", help) from None
    check_owner(owner, (state.stack, state.env), file)
    return state


def _refuse_other(before: State, new: State) -> None:
    if before.lineage != new.lineage:
        says = f"this state is of another history: lineage {new.lineage}, and here it is {before.lineage}"
        help = "What it does not name would be forgotten, alive. If that is meant: stack state push FILE --force"
        raise Refused([Diagnostic("push-lineage", says, help=(help,))])
    if new.serial < before.serial:
        says = f"this state is older than what is here: serial {new.serial}, and here it is {before.serial}"
        help = "What was applied since would be forgotten, alive. If that is meant: stack state push FILE --force"
        raise Refused([Diagnostic("push-serial", says, help=(help,))])


async def _unless_damaged(store: Store) -> Stored | None:
    """None for a state that is damaged. Raises StateError for one that must not be touched, such as a newer one."""
    try:
        return await store.read()
    except StateError as error:
        if any(one.code not in DAMAGED for one in error.diagnostics):
            raise
        return None


def _content(state: State) -> State:
    return replace(state, serial=0, author=Author())
