"""The walk: does every stage once what it waits for is done, a bounded number at a time. Blind to what a stage is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from stackfile.graph.dag import reverse
from stackfile.plan.plan import Stage


class Ended(Enum):
    """How one stage ended."""

    DONE = "done"
    FAILED = "failed"


class Places:
    """The stages that are at work. One that only waits for its object to be ready leaves its place to another; so does
    one whose call was answered, unless there is one place: then one is wholly done before the next begins."""

    def __init__(self, count: int = 1) -> None:
        self._count = count
        self._at_work: set[Stage] = set()
        self._woken = asyncio.Event()

    @property
    def taken(self) -> int:
        return len(self._at_work)

    def take(self, stage: Stage) -> None:
        self._at_work.add(stage)

    def leave(self, stage: Stage) -> None:
        """Of a stage that goes on waiting, or has ended."""
        self._at_work.discard(stage)
        self.wake()

    def answered(self, stage: Stage) -> None:
        """Of a stage that has its result to write."""
        if self._count > 1:
            self.leave(stage)

    def wake(self) -> None:
        self._woken.set()

    async def change(self) -> None:
        """Returns once something happened since it last did."""
        await self._woken.wait()
        self._woken.clear()


@dataclass(frozen=True, slots=True)
class Limits:
    """`parallelism` stages at work at once; `fail_fast` starts nothing more after a failure; `stop` is asked before
    each.

    `let_go` returns when stages that still run are to be cancelled; it is awaited once, from the start.
    """

    parallelism: int
    fail_fast: bool
    stop: Callable[[], bool]
    let_go: Callable[[], Awaitable[None]]
    places: Places = field(default_factory=Places)


@dataclass
class Walked:
    """Stages by how they ended; what is in neither was never started, or cancelled. `blocked_by` names the failure."""

    ended: dict[Stage, Ended] = field(default_factory=dict)
    blocked_by: dict[Stage, Stage] = field(default_factory=dict)
    failed: bool = False


async def walk(
    waits: Mapping[Stage, tuple[Stage, ...]], do: Callable[[Stage], Awaitable[Ended]], limits: Limits
) -> Walked:
    """Runs all stages. What waits for a failed stage is not started; everything else goes on.

    When it returns or raises, no stage runs any more.
    """
    queue, places = _Queue(waits), limits.places
    running: dict[asyncio.Future[Any], Stage] = {}
    finished: deque[asyncio.Future[Any]] = deque()

    def ended(task: asyncio.Future[Any]) -> None:
        finished.append(task)
        places.leave(running[task])

    let_go: asyncio.Future[Any] = asyncio.ensure_future(limits.let_go())
    let_go.add_done_callback(lambda _: places.wake())
    try:
        while True:
            while queue.ready and places.taken < limits.parallelism and not _stopping(queue.walked, limits):
                stage = queue.ready.popleft()
                places.take(stage)
                task: asyncio.Future[Any] = asyncio.ensure_future(do(stage))
                running[task] = stage
                task.add_done_callback(ended)
            if not running:
                return queue.walked
            await places.change()
            if let_go.done():
                let_go.result()
                return queue.walked
            while finished:
                task = finished.popleft()
                queue.take(running.pop(task), task.result())
    finally:
        await _cancelled((let_go, *running))


def _stopping(walked: Walked, limits: Limits) -> bool:
    return limits.stop() or (limits.fail_fast and walked.failed)


async def _cancelled(tasks: Iterable[asyncio.Future[Any]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Queue:
    """Which stages may start, as others end."""

    def __init__(self, waits: Mapping[Stage, tuple[Stage, ...]]) -> None:
        self.walked = Walked()
        self._open_waits = {stage: sum(need in waits for need in needs) for stage, needs in waits.items()}
        self._needed_by = reverse(waits)
        self.ready = deque(stage for stage, count in self._open_waits.items() if count == 0)

    def take(self, stage: Stage, ended: Ended) -> None:
        self.walked.ended[stage] = ended
        if ended is Ended.FAILED:
            self.walked.failed = True
            self._block(stage)
            return
        for dependent in self._needed_by[stage]:
            self._open_waits[dependent] -= 1
            if self._open_waits[dependent] == 0 and dependent not in self.walked.blocked_by:
                self.ready.append(dependent)

    def _block(self, failed: Stage) -> None:
        """Each stage is blocked by the first failure that it waits for, directly or by way of others."""
        waiting = [*self._needed_by[failed]]
        while waiting:
            stage = waiting.pop()
            if stage not in self.walked.blocked_by:
                self.walked.blocked_by[stage] = failed
                waiting.extend(self._needed_by[stage])
