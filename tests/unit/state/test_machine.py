"""Which processes of this machine are alive, and the heartbeat that shows it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

from stackfile.state.files import Files
from stackfile.state.local import LocalStore, Surroundings
from stackfile.state.lock import LeaseTimes
from stackfile.state.machine import Machine
from stackfile.testing.entries import ANA


def test_this_process_is_alive_and_stays_the_same() -> None:
    machine = Machine()
    assert machine.process(machine.pid) is not None
    assert machine.process(machine.pid) == Machine().process(os.getpid())
    assert machine.place == Machine().place


def test_another_process_is_told_from_this_one() -> None:
    machine = Machine()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        alive = machine.process(other.pid)
        assert alive is not None
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert machine.process(other.pid) is None, "one that nobody has buried yet is dead"
    assert machine.process(other.pid) is None


class Watched(Files):
    """Tells when the lock file has been written so many times."""

    def __init__(self, times: int) -> None:
        self.left, self.done = times, threading.Event()

    def replace(self, path: Path, data: bytes, by_way_of: Path | None = None) -> None:
        super().replace(path, data, by_way_of)
        if path.name == "lock.json":
            self.left -= 1
            if self.left == 0:
                self.done.set()


def test_a_lease_beats_by_itself_while_the_event_loop_is_busy(tmp_path: Path) -> None:
    files = Watched(times=4)
    outside = Surroundings(files, Machine(), LeaseTimes(beat=0.001))

    async def story() -> None:
        store = LocalStore(tmp_path / "prod", "orders", "prod", surroundings=outside)
        lease = await store.acquire(ANA)
        assert files.done.wait(timeout=60)
        lock = (await store.read()).lock
        assert lock is not None
        assert lock.heartbeat >= 3
        await lease.check()
        await lease.release()
        assert not (tmp_path / "prod" / "lock.json").exists()

    asyncio.run(story())


def test_a_broken_lease_stops_beating(tmp_path: Path) -> None:
    outside = Surroundings(Files(), Machine(), LeaseTimes(beat=0.001))

    async def story() -> None:
        store = LocalStore(tmp_path / "prod", "orders", "prod", surroundings=outside)
        before = set(threading.enumerate())
        lease = await store.acquire(ANA)
        (heart,) = (thread for thread in set(threading.enumerate()) - before if thread.name == "stack-heartbeat")
        await store.break_lock(lease.info.id)
        heart.join(timeout=60)
        assert not heart.is_alive()
        assert (await store.read()).lock is None

    asyncio.run(story())
