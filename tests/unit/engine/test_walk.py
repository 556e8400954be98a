"""The walk: order, bounds, failures, and an end that leaves nothing running."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.address import Address
from stackfile.engine.walk import Ended, Limits, Places, Walked, walk
from stackfile.plan.plan import Stage, Verb


def stage(name: str) -> Stage:
    return (Address("streams", name), Verb.CREATE)


def waits(**needs: str) -> Mapping[Stage, tuple[Stage, ...]]:
    """`c="a b"`: c waits for a and b."""
    return {stage(name): tuple(map(stage, text.split())) for name, text in needs.items()}


async def never() -> None:
    await asyncio.Event().wait()


@dataclass
class Doer:
    """Does stages by taking turns, some of which fail. `log` has what began and ended, in order."""

    failing: str = ""
    raising: str = ""
    log: list[str] = field(default_factory=list)
    running: int = 0
    most: int = 0

    async def do(self, what: Stage) -> Ended:
        name = what[0].key
        self.running += 1
        self.most = max(self.most, self.running)
        self.log.append(f"+{name}")
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            if name in self.raising.split():
                raise KeyError(name)
        finally:
            self.running -= 1
            self.log.append(f"-{name}")
        return Ended.FAILED if name in self.failing.split() else Ended.DONE

    def walk(
        self,
        needs: Mapping[Stage, tuple[Stage, ...]],
        *,
        at_once: int = 10,
        fail_fast: bool = False,
        stop: Callable[[], bool] = lambda: False,
        let_go: Callable[[], Awaitable[None]] = never,
    ) -> Walked:
        return asyncio.run(walk(needs, self.do, Limits(at_once, fail_fast, stop, let_go)))


def names(stages: Mapping[Stage, object]) -> str:
    return " ".join(sorted(one[0].key for one in stages))


def test_each_stage_waits_for_all_that_it_needs() -> None:
    doer = Doer()
    walked = doer.walk(waits(d="b c", c="a", b="a", a=""))
    assert doer.log == ["+a", "-a", "+c", "+b", "-c", "-b", "+d", "-d"]
    assert names(walked.ended) == "a b c d"


def test_no_more_run_at_once_than_allowed() -> None:
    doer = Doer()
    doer.walk({stage(f"s{number}"): () for number in range(20)}, at_once=3)
    assert doer.most == 3


def test_a_stage_that_leaves_its_place_lets_another_begin_and_is_waited_for() -> None:
    doer, places, a_done = Doer(), Places(), asyncio.Event()

    async def do(what: Stage) -> Ended:
        if what == stage("b"):
            places.leave(what)
            await a_done.wait()
        ended = await doer.do(what)
        if what == stage("a"):
            a_done.set()
        return ended

    limits = Limits(1, False, lambda: False, never, places)
    walked = asyncio.run(walk(waits(b="", a="", c="b"), do, limits))
    assert (doer.log, names(walked.ended)) == (["+a", "-a", "+b", "-b", "+c", "-c"], "a b c")


def test_a_failure_stops_only_what_needs_it() -> None:
    doer = Doer(failing="b")
    walked = doer.walk(waits(a="", b="a", c="b", d="c", e="a", f="d e"))
    assert names(walked.ended) == "a b e"
    assert walked.blocked_by == {stage(name): stage("b") for name in "cdf"}


def test_fail_fast_starts_nothing_more() -> None:
    doer = Doer(failing="a")
    walked = doer.walk(waits(a="", b="", c="", d="b"), at_once=2, fail_fast=True)
    assert names(walked.ended) == "a b"
    assert walked.blocked_by == {}


def test_a_stop_lets_running_stages_end() -> None:
    doer = Doer()
    walked = doer.walk(waits(a="", b="", c="a"), at_once=2, stop=lambda: bool(doer.log[1:]))
    assert (doer.log, names(walked.ended)) == (["+a", "+b", "-a", "-b"], "a b")


def test_stages_are_let_go_when_they_take_too_long() -> None:
    doer = Doer()

    async def stuck(what: Stage) -> Ended:
        if what == stage("b"):
            try:
                await never()
            finally:
                doer.log.append("cancelled b")
        return await doer.do(what)

    async def soon() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    walked = asyncio.run(walk(waits(a="", b="", c="b"), stuck, Limits(5, False, lambda: False, soon)))
    assert (doer.log, names(walked.ended)) == (["+a", "-a", "cancelled b"], "a")


def test_when_a_stage_raises_none_is_left_running() -> None:
    doer = Doer(raising="b")

    async def story() -> int:
        with pytest.raises(KeyError):
            await walk(waits(a="", b="", c=""), doer.do, Limits(5, False, lambda: False, never))
        return len(asyncio.all_tasks())

    assert asyncio.run(story()) == 1
    assert doer.running == 0


def test_what_is_needed_from_outside_the_walk_is_there_already() -> None:
    doer = Doer()
    doer.walk(waits(b="a"))
    assert doer.log == ["+b", "-b"]


@given(st.lists(st.sets(st.integers(0, 30)), max_size=25), st.sets(st.integers(0, 25)), st.integers(1, 4))
def test_every_stage_is_done_failed_or_blocked_by_a_failure(
    needs: list[set[int]], failing: set[int], at_once: int
) -> None:
    graph = {stage(f"s{at}"): tuple(stage(f"s{n}") for n in before if n < at) for at, before in enumerate(needs)}
    doer = Doer(failing=" ".join(f"s{number}" for number in failing))
    walked = doer.walk(graph, at_once=at_once)
    assert walked.ended.keys() | walked.blocked_by.keys() == graph.keys()
    assert not walked.ended.keys() & walked.blocked_by.keys()
    assert all(walked.ended[by] is Ended.FAILED for by in walked.blocked_by.values())
    for one, before in graph.items():
        bad = any(need in walked.blocked_by or walked.ended[need] is Ended.FAILED for need in before)
        assert bad == (one in walked.blocked_by)
    assert doer.most <= at_once
