"""Locks: who is taken for alive, and what a refused one is told, word for word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stackfile.errors import StateError
from stackfile.state.lock import LeaseTimes, Lock, Standing, Watch, lock_held, new_lock, parse_lock
from stackfile.state.store import Holder
from stackfile.testing.world import World

TIMES = LeaseTimes(beat=5, ttl=30, grace=10)
HOLDER = Holder("ci", "stack apply", "20261121T031204Z-7k2", "https://ci.example.com/runs/8812")


def a_lock(world: World, host: str = "here") -> Lock:
    return new_lock(HOLDER, 1, world.process(host))


def test_a_lock_is_called_like_the_end_of_its_run() -> None:
    world = World()
    assert a_lock(world).id == "7k2"
    assert len(new_lock(Holder("ana", "stack apply", "some run"), 1, world.process()).id) == 3


def test_a_held_lock_is_told_word_for_word() -> None:
    since = datetime(2026, 11, 21, 3, 12, 4, tzinfo=UTC)
    lock = Lock("7k2", HOLDER, 4, since, 26, since + timedelta(seconds=126), "runner", "1")
    now = since + timedelta(seconds=130)
    wanted = Holder("ana", "stack apply", "20261121T031414Z-9xw")
    (diagnostic,) = lock_held(("orders", "prod"), lock, wanted, now, LeaseTimes()).diagnostics
    printed = [f"error[{diagnostic.code}]: {diagnostic.message}", *(f"  {line}" for line in diagnostic.help)]
    assert "\n".join(printed) == (
        "error[lock-held]: stack orders (prod) is locked\n"
        "  by     ci, `stack apply`, https://ci.example.com/runs/8812\n"
        "  since  2026-11-21 03:12:04 UTC, 2 m 10 s; heartbeat 4 s ago: it is alive\n"
        "  Wait for it: stack apply --lock-timeout 10m. If its job is surely dead the lease ends by itself\n"
        "  30 s after the last heartbeat; before that: stack lock break 7k2"
    )


def test_a_holder_without_a_job_is_named_by_its_process() -> None:
    world = World()
    lock = replace(a_lock(world), holder=Holder("ana", "stack apply", "r", host="laptop", pid=77))
    help = lock_held(("orders", "prod"), lock, HOLDER, lock.since + timedelta(hours=3, minutes=5), TIMES).diagnostics
    assert help[0].help[0] == "by     ana, `stack apply`, process 77 on laptop"
    assert help[0].help[1].endswith("3 h 5 m; heartbeat 3 h 5 m ago: it is alive")


def test_a_living_process_with_a_fresh_heartbeat_is_alive() -> None:
    world = World()
    lock, observer = a_lock(world), world.process()
    world.pass_time(29)
    assert Watch(TIMES).judge(lock, observer) is Standing.ALIVE


def test_a_dead_process_of_this_machine_is_gone_at_once() -> None:
    world = World()
    holder, observer = world.process(), world.process()
    lock = new_lock(HOLDER, 1, holder)
    world.kill(holder)
    assert Watch(TIMES).judge(lock, observer) is Standing.GONE


def test_another_process_with_the_number_of_a_dead_one_is_not_it() -> None:
    world = World()
    holder, observer = world.process(), world.process()
    lock = new_lock(HOLDER, 1, holder)
    world.kill(holder)
    world.reuse(holder.pid)
    assert Watch(TIMES).judge(lock, observer) is Standing.GONE


def test_a_process_of_another_machine_is_judged_by_its_heartbeat_alone() -> None:
    world = World()
    lock, observer = a_lock(world, "there"), world.process("here")
    world.kill(world.process("there"))
    assert Watch(TIMES).judge(lock, observer) is Standing.ALIVE


def test_a_silent_holder_is_gone_when_its_time_and_one_request_have_passed() -> None:
    world = World()
    lock, observer = a_lock(world, "there"), world.process()
    world.pass_time(1000)
    watch = Watch(TIMES)
    seen = []
    for seconds in (0, 39.9, 0.1):
        world.pass_time(seconds)
        seen.append(watch.judge(lock, observer))
    assert seen == [Standing.SILENT, Standing.SILENT, Standing.GONE]


def test_a_heartbeat_seen_to_move_is_life_whatever_the_clocks_say() -> None:
    world = World()
    lock, observer = a_lock(world, "there"), world.process()
    observer.skew = 86_400
    watch = Watch(TIMES)
    assert watch.judge(lock, observer) is Standing.SILENT
    world.pass_time(5)
    assert watch.judge(replace(lock, heartbeat=1), observer) is Standing.ALIVE
    world.pass_time(30)
    assert watch.judge(replace(lock, heartbeat=1), observer) is Standing.SILENT
    world.pass_time(10)
    assert watch.judge(replace(lock, heartbeat=1), observer) is Standing.GONE


def test_a_heartbeat_from_the_future_is_no_sign_of_life() -> None:
    world = World()
    lock, observer = a_lock(world, "there"), world.process()
    observer.skew = -3600
    assert Watch(TIMES).judge(lock, observer) is Standing.SILENT


def test_another_holders_lock_starts_the_wait_anew() -> None:
    world = World()
    first, observer = a_lock(world, "there"), world.process()
    world.pass_time(100)
    watch = Watch(TIMES)
    watch.judge(first, observer)
    world.pass_time(39)
    second = replace(first, id="9xw", token=2)
    watch.judge(second, observer)
    world.pass_time(2)
    assert watch.judge(second, observer) is Standing.SILENT


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"id": 1}', b"nonsense"])
def test_a_damaged_lock_file_is_refused_with_a_way_out(data: bytes) -> None:
    with pytest.raises(StateError, match="lock-damaged") as caught:
        parse_lock(data, ".stack/prod/lock.json")
    assert caught.value.diagnostics[0].help[-1].endswith("rm .stack/prod/lock.json")
