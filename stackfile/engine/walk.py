"""The walk: does every stage once what it waits for is done, a bounded number at a time. Blind to what a stage is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from stackfile.graph.dag import reverse
from stackfile.plan.plan import Stage



class Ended(Enum):
    """How one stage ended."""

    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Limits:
    """`parallelism` stages at once; `fail_fast` starts nothing more after a failure; `stop` is asked before each."""

    parallelism: int
    fail_fast: bool
    stop: Callable[[], bool]


@dataclass
class Walked:
    """Stages by how they ended; what is in neither was never started, and `blocked_by` says after which failure."""

    ended: dict[Stage, Ended] = field(default_factory=dict)
    blocked_by: dict[Stage, Stage] = field(default_factory=dict)


async def walk(waits: Mapping[Stage, tuple[Stage, ...]], do: Callable[[Stage], Awaitable[Ended]], limits: Limits) -> Walked:
    """Runs all stages. What waits for a failed stage is not started; everything else goes on."""
    walked = Walked()
    open_waits = {stage: sum(need in waits for need in needs) for stage, needs in waits.items()}
    needed_by = reverse(waits)
    ready = deque(stage for stage, count in open_waits.items() if count == 0)
    running: dict[asyncio.Task[Ended], Stage] = {}
    while ready or running:
        while ready and len(running) < limits.parallelism and not _stopping(walked, limits):
            stage = ready.popleft()
            running[asyncio.ensure_future(do(stage))] = stage
        if not running:
            break
        finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in finished:
            stage = running.pop(task)
            walked.ended[stage] = task.result()
            for dependent in needed_by[stage]:
                open_waits[dependent] -= 1
                if walked.ended[stage] is Ended.FAILED:
                    _block(dependent, stage, needed_by, walked)
                elif open_waits[dependent] == 0 and dependent not in walked.blocked_by:
                    ready.append(dependent)
    return walked


def _stopping(walked: Walked, limits: Limits) -> bool:
    return limits.stop() or (limits.fail_fast and Ended.FAILED in walked.ended.values())


def _block(stage: Stage, failed: Stage, needed_by: Mapping[Stage, list[Stage]], walked: Walked) -> None:
    waiting = [stage]
    while waiting:
        blocked = waiting.pop()
        if blocked not in walked.blocked_by:
            walked.blocked_by[blocked] = failed
            waiting.extend(needed_by[blocked])
