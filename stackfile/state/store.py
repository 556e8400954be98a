"""The contract of a state backend: read without a lock, write only under a lease, every write durable and fenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from stackfile.address import Address
from stackfile.state.format import Author, Record, State
from stackfile.state.secrets import Seal
from stackfile.values import Tree


class EntryType(StrEnum):
    INTENT = "intent"
    PHASE = "phase"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to write to the journal. The store adds lineage, token, run, sequence number and checksum.

    Intent: `verb` (create, update, delete, replace), the IDENTITY fields in `identity`, the remote `id` where known,
    what is `sent` (secrets sealed), `absent` when the natural key was seen to be absent before, and `prev`: the digest
    of the state record it starts from. Phase: `phase` names it; `id` once known; it belongs to the newest open intent
    of its address. Result: `ok`, and the state record as it is from now on (None: the resource is gone); it closes all
    open intents of its address. Origin, outputs, moves and a new lineage are results too, with the address None:
    `journal` and `moving` make them.
    """

    type: EntryType
    address: Address | None
    verb: str
    provider: str = ""
    identity: Tree = field(default_factory=dict)
    id: str | None = None
    sent: Tree | None = None
    absent: bool = False
    prev: str = ""
    phase: str = ""
    ok: bool = True
    record: Record | None = None
    at: datetime | None = None
    meta: Tree = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent that has no result, with what its phases told. `token` is the lease it was written under."""

    entry: Entry
    token: int
    run: str
    seq: int
    phases: tuple[str, ...] = ()
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds, or wants to hold, the lease. `run_url` is the CI job's where there is one."""

    by: str
    command: str
    run: str
    run_url: str = ""
    host: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True)
class LockInfo:
    """A lease as an observer sees it. `alive` is what the observer could tell; times are UTC."""

    id: str
    holder: Holder
    token: int
    since: datetime
    heartbeat: int
    heartbeat_at: datetime
    alive: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """What a backend holds: the state with its journal replayed, the open intents, and who holds the lease."""

    state: State | None
    intents: tuple[Intent, ...] = ()
    lock: LockInfo | None = None
    last_token: int = 0


@dataclass(frozen=True, slots=True)
class Mended:
    """What a damaged state comes to. `dropped` counts the lines of its journal that cannot be used."""

    state: State
    intents: tuple[Intent, ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Generation:
    """An earlier snapshot that can be gone back to."""

    serial: int
    at: datetime
    size: int
    intact: bool
    author: Author = field(default_factory=Author)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend promises. `init` prints what is weaker than all of these."""

    constant_cost: bool
    lease: bool
    fencing: bool


class Lease(Protocol):
    """The right to write, until it is released, broken or expired."""

    @property
    def token(self) -> int: ...

    @property
    def info(self) -> LockInfo: ...

    @property
    def after(self) -> LockInfo | None:
        """The lease of a run that died, which this one took over."""

    async def append(self, entries: Sequence[Entry]) -> None:
        """Returns when all entries are durable. Concurrent calls share one sync. Raises Fenced, StateError."""

    async def announce(self, entries: Sequence[Entry]) -> None:
        """As `append`, for what is to be durable before a request is sent: raises Fenced, too, unless the lease then
        surely holds for one more request."""

    async def check(self) -> None:
        """Raises Fenced unless the lease surely holds for one more request."""

    async def compact(self, state: State) -> State:
        """Writes a new snapshot with the next serial, and starts a journal that has nothing but the open intents.

        Earlier snapshots are kept as generations. On a stack that is new the state brings the lineage.
        """

    async def restore(self, state: State, intents: Sequence[Intent] = ()) -> State:
        """Puts a state in place of whatever is there, readable or not, under a serial above all that are known.

        It may be of another lineage. What it replaces is kept: as a generation, or set aside where it is damaged.
        """

    async def begin_key(self) -> tuple[Seal, Seal]:
        """The seal that the state is under, and that under a new key: the one that is configured, or else one which is
        durable from now on, and in use as soon as the snapshot has a digest made with it.

        Raises StateError where the key is configured, and none is kept here.
        """

    async def keep_key(self) -> None:
        """The new key is the only one from now on."""

    async def release(self) -> None:
        """Gives the lease back. Idempotent; never raises for a lease that was lost."""


@runtime_checkable
class KnowsNeighbours(Protocol):
    """A store that sees the states of other environments."""

    async def neighbours(self) -> Sequence[State]:
        """Those that can be read, without a lease."""


class Store(Protocol):
    """One backend of one stack and environment."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def read(self) -> Stored:
        """The state as it is now, without a lease. Raises StateError naming what is wrong and the last good copy."""

    async def lock(self) -> LockInfo | None:
        """Who holds the lease; nothing else is looked at. Raises StateError."""

    async def acquire(self, holder: Holder, timeout: float = 0.0) -> Lease:
        """Takes the lease, waiting up to `timeout` seconds. Raises LockHeld, StateError."""

    async def seal(self) -> Seal:
        """The seal under the stack's key. Where there is no key yet and no lease to make one, a passing one."""

    async def break_lock(self, id: str) -> LockInfo:
        """Ends a lease by force; its holder is fenced from its next write on. Raises StateError for another id."""

    async def generations(self) -> Sequence[Generation]:
        """Snapshots that are kept, newest first; the first may be a second copy of the current one."""

    async def earlier(self, serial: int) -> State:
        """One of them. Raises StateError for one that is not there, or not intact."""

    async def mended(self, serial: int) -> Mended:
        """The same for a state that is damaged: with all that the journal still tells of what happened since then."""
