"""Operations beyond the five verbs, as protocols: what a provider or a kind can do is what it implements.

The command line finds them through the registry and asks with `isinstance`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from stackfile.sdk.measures import Measured
from stackfile.sdk.provider import Clock, Live


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Which pipelines to run (remote ids; empty: all) and when to stop.

    `until_idle` stops once every source is read to its end and every destination has all of it; otherwise the run goes
    on until `stop` answers True. `write` takes data for stdout, as whole lines; it is called with nothing as soon as it
    is known that there will be some. None: the process's own stdout.
    """

    ids: tuple[str, ...]
    until_idle: bool
    stop: Callable[[], bool]
    write: Callable[[bytes], None] | None = None


@dataclass(frozen=True, slots=True)
class RunProgress:
    """One moment of a run of one pipeline or source. Counts are events since the start of this run.

    `id` is the remote id, by which the command line tells the address; `name` is what is said without one. `problem` is
    why it cannot go on for now, where that is new.
    """

    name: str
    read: int
    written: int
    failed: int
    seconds: float
    done: bool = False
    id: str = ""
    problem: str = ""


@runtime_checkable
class CanRun(Protocol):
    """A provider whose pipelines run in this process."""

    async def run(self, request: RunRequest, report: Callable[[RunProgress], None]) -> Sequence[RunProgress]:
        """Runs until done or stopped; returns the last progress of each. Positions are durable at every moment."""


@runtime_checkable
class RunsByItself(Protocol):
    """A provider, of a kind that can run here, that is connected to an engine which runs what is declared by itself."""

    @property
    def runs_at(self) -> str:
        """Where that engine is."""


@dataclass(frozen=True, slots=True)
class ServeRequest:
    """An engine's folder, where to serve it, and to whom. Relative paths of what it runs start at `base`.

    Without `token` it is for this machine only. `ready` is told the address as soon as it answers.
    """

    folder: Path
    base: Path
    host: str
    port: int
    token: str | None
    clock: Clock
    ready: Callable[[str], None]
    events_per_second: int | None = None


@runtime_checkable
class CanServe(Protocol):
    """A provider whose engine can be served from this process."""

    @classmethod
    def serve(cls, request: ServeRequest) -> None:
        """Until SIGTERM or SIGINT; what was begun is ended, and what was acknowledged is durable."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something within an object that has a state of its own, such as the snapshot that a source takes."""

    name: str
    state: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a service says of one object now.

    `state` is in the service's words, `well` whether that is as it should be. `values` holds whatever the service
    tells: any object may have `lag`, `events_per_s`, `errors` and `since`; a kind that has others gets a table of its
    own. `says` are lines for a person.
    """

    id: str
    state: str
    well: bool = True
    values: tuple[Measured, ...] = ()
    says: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


@runtime_checkable
class CanMeasure(Protocol):
    """A kind that knows how its objects fare."""

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        """One entry for each object, in the same order, in as few calls as the service allows."""


@runtime_checkable
class HasWindows(Protocol):
    """A kind that measures, and whose rates are over a window that can be chosen."""

    @classmethod
    def windows(cls) -> tuple[str, ...]:
        """Those that the service knows, the shortest first: `1m`."""

    async def metrics_over(self, live: Sequence[Live], window: str) -> Sequence[Metrics]:
        """As `metrics`, over one of them."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a service says of all that it holds, whoever manages it: `of` is what that is, a workspace for instance.

    `values` read as `14 streams`, `3 running`, `120 events/min`: a name is what is counted, in snake_case.
    """

    of: str
    values: tuple[Measured, ...]


@runtime_checkable
class CanSummarize(Protocol):
    """A provider whose service tells in one call how all that it holds fares."""

    async def summary(self) -> Summary: ...


@dataclass(frozen=True, slots=True)
class Consumer:
    """A group of consumers outside of the stack and how far it is with one stream, which is named by its remote id.

    Where streams are no objects of their own, `owner` is the id of the source that has it, and `name` what it is called
    there.
    """

    group: str
    stream: str
    values: tuple[Measured, ...] = ()
    owner: str = ""
    name: str = ""


@runtime_checkable
class CanListConsumers(Protocol):
    """A provider that knows who reads its streams. Consumers are no resources: nobody declares them."""

    async def consumers(self) -> Sequence[Consumer]:
        """One entry for each group and stream, whoever's they are, in as few calls as the service allows."""


@dataclass(frozen=True, slots=True)
class Soundness:
    """What became of reading all that an engine holds. `lost` are events that cannot be read, a sentence for each
    stretch with its offsets; `amiss` is whatever else is damaged."""

    streams: int
    events: int
    lost: tuple[str, ...] = ()
    amiss: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.lost and not self.amiss


@dataclass(frozen=True, slots=True)
class Mending:
    """What was found, what else could not be kept, and where the damaged data are now; None where nothing was done."""

    found: Soundness
    gone: tuple[str, ...] = ()
    kept: Path | None = None


@runtime_checkable
class CanMend(Protocol):
    """A provider that can tell whether the data of its engine are whole, and go on without what is damaged."""

    @classmethod
    def check(cls, folder: Path, clock: Clock) -> Soundness:
        """Changes nothing. Raises ProviderError where nothing at all can be read."""

    @classmethod
    def mend(cls, folder: Path, clock: Clock) -> Mending:
        """Raises Conflict while the engine runs."""


@dataclass(frozen=True, slots=True)
class OffsetsReset:
    """Where a group of consumers is to go on: at the oldest or the newest event, at the first of a moment (UTC), or at
    an offset. Topics by the names that the service has for them; none: all that the group reads."""

    group: str
    to: Literal["earliest", "latest"] | datetime | int
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OffsetsMoved:
    """One topic of a group, and one partition where the service tells them apart; None: it does not say."""

    topic: str
    partition: int | None = None
    before: int | None = None
    after: int | None = None


@runtime_checkable
class CanResetOffsets(Protocol):
    """A provider that can send its consumer groups elsewhere."""

    async def reset_offsets(self, request: OffsetsReset) -> Sequence[OffsetsMoved]:
        """Repeating it does no harm. Raises NotFound for a group or a topic that is not there, Rejected where the
        group is reading just now or the service cannot go there."""


@runtime_checkable
class CanPause(Protocol):
    """A kind whose objects can be paused and resumed. Both are idempotent."""

    async def pause(self, live: Live) -> Live: ...

    async def resume(self, live: Live) -> Live: ...


@runtime_checkable
class CanStop(Protocol):
    """A kind whose objects can be stopped and started. Both are idempotent."""

    async def start(self, live: Live) -> Live: ...

    async def stop(self, live: Live) -> Live: ...


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """Tables by the names that the source has for them; none: all that it reads. `where` is a condition in the source's
    own language, on each of them."""

    tables: tuple[str, ...] = ()
    where: str | None = None


@dataclass(frozen=True, slots=True)
class SnapshotProgress:
    """How far a snapshot is, or how the last one ended; `state` is in the service's words. Tables by name.

    `mark` tells one snapshot from another, such as when the newest was asked for; empty where the service does not say.
    """

    state: str
    is_running: bool = False
    has_failed: bool = False
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    mark: str = field(default="", compare=False)


@runtime_checkable
class CanSnapshot(Protocol):
    """A kind whose objects can read their tables again while they go on with the changes."""

    async def snapshot(self, live: Live, request: SnapshotRequest) -> None:
        """Begins one. Raises Conflict where one is running."""

    async def stop_snapshot(self, live: Live) -> None:
        """Ends the one that is running; what was read stays. Where none is, that is a success."""

    async def snapshot_progress(self, live: Live) -> SnapshotProgress: ...


@runtime_checkable
class ChecksAhead(Protocol):
    """A kind that can tell at plan what its service would refuse, or would take and do nothing with."""

    async def check(self, desired: Any, live: Live | None) -> None:
        """`desired` is the kind's model, `live` None for a new object. Changes nothing. Raises Rejected, with the
        fields that are wrong."""
