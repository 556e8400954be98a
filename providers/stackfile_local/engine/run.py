"""The loop that moves events: every mover in turn, a batch at a time, until all is moved or somebody says stop."""

from __future__ import annotations

import asyncio
import functools
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from stackfile.errors import ProviderError
from stackfile.sdk.operations import RunProgress, RunRequest
from stackfile_local.engine import progress
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.doors import Doors
from stackfile_local.engine.hop import CatalogMoved, Hop
from stackfile_local.engine.lock import running, seen
from stackfile_local.engine.outside import Outside, to_stdout
from stackfile_local.engine.processor import Quiet
from stackfile_local.engine.quiet import Upstream
from stackfile_local.engine.retention import expire_all
from stackfile_local.engine.routes import Routes
from stackfile_local.engine.sinks import Later
from stackfile_local.engine.stateful_hop import StatefulHop
from stackfile_local.engine.store import Store

_IDLE = 0.2
_REPORT_EVERY = 0.25
_RETRY_AFTER = 5.0
_SEEN_EVERY = 5.0


@dataclass
class Tally:
    """What one mover did in this run, over all the hops that were made of it."""

    owner: Entry
    started: float
    read: int = 0
    written: int = 0
    failed: int = 0
    problem: str = ""
    waiting: bool = False
    """Whether the destination asked to be asked later, at `retry_at`."""
    known_well: bool = False
    """Whether the store has no problem of it either."""
    retry_at: float = 0.0
    reported_at: float = 0.0


@dataclass
class Runner:
    """One run. `hops` are made anew whenever the catalog moves; positions are in the store at every moment."""

    store: Store
    base: Path
    request: RunRequest
    report: Callable[[RunProgress], None]
    tallies: dict[str, Tally] = field(default_factory=dict)
    hops: dict[str, Hop | StatefulHop] = field(default_factory=dict)
    routes: Routes | None = None
    catalog: int = -1
    tried: int = -1
    """The version of the catalog of which every mover was asked to move at least once."""
    outside: Outside = field(init=False)
    seen_at: float = float("-inf")

    def __post_init__(self) -> None:
        doors = None if self.request.until_idle else Doors(self.store.clock)
        self.outside = Outside(self.request.write or to_stdout, self.request.until_idle, doors)

    async def run(self) -> Sequence[RunProgress]:
        """Raises ProviderError in the end where a mover could not go on; all others have gone as far as they can."""
        with running(self.store):
            return await self.move()

    async def move(self) -> Sequence[RunProgress]:
        """As `run`, for a process that runs this engine already."""
        with _without_cyclic_gc():
            try:
                with self.store.transaction() as transaction:
                    expire_all(transaction, self.store.append_time(transaction))
                idle = await self._loop()
            finally:
                self._shut()
                self._close()
        last = [self._progress(tally, done=idle and not tally.problem) for tally in self.tallies.values()]
        for one in last:
            self.report(one)
        problems = [tally.problem for tally in self.tallies.values() if tally.problem]
        if problems:
            raise ProviderError("; ".join(problems))
        return last

    async def _loop(self) -> bool:
        """True when everything was moved, False when it was told to stop."""
        while not self.request.stop():
            moved = False
            self._tell_seen()
            self._load()
            for id in list(self.hops):
                if self.request.stop():
                    return False
                moved |= self._step(id)
                await asyncio.sleep(0)  # lets a signal through
            self.tried = self.catalog
            if not moved and not self._settle():
                if self.request.until_idle and not self._waits():
                    return True
                await self._rest()
        return False

    async def _rest(self) -> None:
        if self.outside.doors is None:
            await self.store.clock.sleep(_IDLE)
        else:
            await self.outside.doors.rest(_IDLE)

    def _shut(self) -> None:
        """Whoever sends now is told to come again."""
        if self.outside.doors is not None:
            self.outside.doors.keep(())

    def _load(self) -> None:
        version = int(self.store.meta("catalog"))
        if version == self.catalog:
            return
        self._close()
        self.routes, self.catalog = Routes.load(self.store, self.base, self.outside), version
        ids = frozenset(self.request.ids)
        for owner in self.routes.movers():
            if ids and owner.id not in ids:
                continue
            tally = self.tallies.setdefault(owner.id, Tally(owner, self.store.clock.monotonic()))
            tally.problem, tally.waiting = "", False
            self._prepare(owner)
        if self.outside.doors is not None:
            self.outside.doors.keep([hop.route.owner.seq for hop in self.hops.values()])

    def _prepare(self, owner: Entry) -> None:
        if self.routes is None:
            return
        try:
            self.hops[owner.id] = self.routes.hop(owner, self.catalog)
        except ProviderError as error:
            self._fail(self.tallies[owner.id], error)

    def _step(self, id: str) -> bool:
        tally, hop = self.tallies[id], self.hops[id]
        return self._may_move(tally) and self._watched(tally, hop, lambda: hop.step() is not None)

    def _may_move(self, tally: Tally) -> bool:
        if tally.problem and self.request.until_idle:
            return False
        return not (tally.problem or tally.waiting) or self.store.clock.monotonic() >= tally.retry_at

    def _settle(self) -> bool:
        """Windows that close because everything was read. One pipeline at a time, for others may read what it gives."""
        if self.routes is None:
            return False
        upstream = Upstream(self.routes.by_id)
        moment = Quiet(self.store.microseconds() // 1000, self.request.until_idle)
        for hop in upstream.in_order(self.hops):
            tally = self.tallies[hop.route.owner.id]
            quiet = upstream.quiet(hop.route.input, self.hops, moment)
            settle = functools.partial(hop.settle, quiet)
            if not tally.problem and self._may_move(tally) and self._watched(tally, hop, settle):
                return True
        return False

    def _waits(self) -> bool:
        """Whether a source will give more by itself, or a destination will take more."""
        return any(self.tallies[id].waiting for id in self.hops) or any(
            hop.route.reader.waiting(hop.at.position) for id, hop in self.hops.items() if not self.tallies[id].problem
        )

    def _watched(self, tally: Tally, hop: Hop | StatefulHop, move: Callable[[], bool]) -> bool:
        """Whether anything moved; what was moved, and what went wrong, is told and counted."""
        try:
            hop.resume()
            before = hop.at
            moved = move()
        except CatalogMoved:
            return True
        except Later as later:
            self._put_off(tally, later)
            return False
        except ProviderError as error:
            self._fail(tally, error)
            return False
        tally.waiting = False
        if not tally.known_well:
            tally.problem, tally.known_well = "", True
            progress.clear_problem(self.store, tally.owner.seq)
        now = self.store.clock.monotonic()
        if moved:
            tally.read += hop.at.read - before.read
            tally.written += hop.at.written - before.written
            tally.failed += hop.at.failed - before.failed
        if moved and now - tally.reported_at >= _REPORT_EVERY:
            tally.reported_at = now
            self.report(self._progress(tally, done=False))
        return moved

    def _put_off(self, tally: Tally, later: Later) -> None:
        tally.waiting, tally.retry_at = True, self.store.clock.monotonic() + later.after
        if later.message:
            tally.known_well = False
            progress.save_problem(
                self.store, tally.owner.seq, f"{later}; tried again in {max(1, round(later.after))} s"
            )

    def _fail(self, tally: Tally, error: ProviderError) -> None:
        tally.waiting = False
        known, tally.problem = tally.problem, f"{tally.owner.kind} {tally.owner.name}: {error}"
        if tally.problem != known and not self.request.until_idle:  # whose end will tell it
            self.report(replace(self._progress(tally, done=False), problem=str(error)))
        tally.retry_at = self.store.clock.monotonic() + _RETRY_AFTER
        tally.known_well = False
        progress.save_problem(self.store, tally.owner.seq, str(error))

    def _progress(self, tally: Tally, *, done: bool) -> RunProgress:
        seconds = self.store.clock.monotonic() - tally.started
        owner = tally.owner
        return RunProgress(owner.name, tally.read, tally.written, tally.failed, seconds, done, owner.id)

    def _tell_seen(self) -> None:
        now = self.store.clock.monotonic()
        if now - self.seen_at >= _SEEN_EVERY:
            self.seen_at = now
            seen(self.store)
            gc.collect()

    def _close(self) -> None:
        self.hops = {}
        routes, self.routes = self.routes, None
        failed: list[ProviderError] = []
        for sink in routes.sinks.values() if routes is not None else ():
            try:
                sink.close()
            except ProviderError as error:
                failed.append(error)
        if failed:
            raise failed[0]


@contextmanager
def _without_cyclic_gc() -> Iterator[None]:
    """Events make no cycles, and looking for some among millions of them costs a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
