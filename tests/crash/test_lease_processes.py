"""Leases among real processes: raced for, stopped, killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackfile.errors import StateError
from stackfile.state.files import Files
from stackfile.state.local import LocalStore, Surroundings
from stackfile.state.lock import LeaseTimes
from stackfile.state.store import LockInfo, Stored
from stackfile.testing.entries import CI, LAKE, record, result

PROLOGUE = """
import asyncio, sys
from pathlib import Path
from stackfile.address import Address
from stackfile.errors import Fenced, LockHeld
from stackfile.state.files import Files
from stackfile.state.local import LocalStore, Surroundings
from stackfile.state.lock import LeaseTimes
from stackfile.testing.entries import ANA, BEGIN, intent, record, result

times = LeaseTimes(beat=3600, ttl=3600, poll=0.001)
store = LocalStore(Path(sys.argv[1]), "orders", "prod", surroundings=Surroundings(times=times))

def say(*words):
    print(*words, flush=True)
"""

RACER = """
async def main():
    for line in sys.stdin:
        try:
            lease = await store.acquire(ANA)
            say("got", lease.token)
        except LockHeld:
            lease = None
            say("held")
        sys.stdin.readline()
        if lease is not None:
            await lease.release()
        say("free")
asyncio.run(main())
"""

COUNTER = """
async def main():
    number = Path(sys.argv[1]) / "number"
    for _ in range(40):
        lease = await store.acquire(ANA, timeout=3600)
        number.write_text(str(int(number.read_text()) + 1))
        await lease.release()
asyncio.run(main())
"""

HOLDER = """
async def main():
    lease = await store.acquire(ANA)
    await lease.append([BEGIN])
    say("holds", lease.info.id)
    sys.stdin.readline()
    for doing in (lease.check(), lease.append([intent(Address("streams", "late"))])):
        try:
            await doing
            say("done")
        except Fenced as error:
            say(error.diagnostics[0].code)
    await lease.release()
asyncio.run(main())
"""

WRITER = """
async def write(lease, name):
    address = Address("streams", name)
    await lease.append([intent(address)])
    await lease.append([result(address, record(address))])
    say(name)

async def main():
    lease = await store.acquire(ANA)
    stored = await store.read()
    if stored.state is None:
        await lease.append([BEGIN])
    say("holds", lease.info.id)
    try:
        for turn in range(1_000_000):
            await asyncio.gather(*(write(lease, f"s{lease.token}_{turn}_{number}") for number in range(5)))
            if turn % 4 == 3:
                await lease.compact((await store.read()).state)
    except Fenced as error:
        say("!", error.diagnostics[0].code)
asyncio.run(main())
"""


def start(script: str, folder: Path) -> subprocess.Popen[str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-c", PROLOGUE + script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


@contextmanager
def running(script: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    with start(script, folder) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


def whole_lines(process: subprocess.Popen[str]) -> list[str]:
    """All that it says until it ends, but for a line that death cut off."""
    assert process.stdout is not None
    return process.stdout.read().split("\n")[:-1]


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def stop(process: subprocess.Popen[str]) -> None:
    """Returns when the process is stopped."""
    os.kill(process.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".stack" / "prod"


class Impatient(Files):
    patience = 0.05


def store_in(folder: Path) -> LocalStore:
    return LocalStore(folder, "orders", "prod", surroundings=Surroundings(times=LeaseTimes(beat=3600, ttl=3600)))


def read(folder: Path) -> Stored:
    return asyncio.run(store_in(folder).read())


def names(stored: Stored) -> set[str]:
    return {address.key for address in stored.state.records} if stored.state is not None else set()


def test_environments_beside_each_other_may_begin_at_the_same_time(folder: Path) -> None:
    for round in range(6):
        folders = [folder.parent.parent / str(round) / ".stack" / env for env in ("dev", "prod")]
        with running(RACER, folders[0]) as one, running(RACER, folders[1]) as other:
            for process in (one, other):
                tell(process)
            assert [said(one), said(other)] == [["got", "1"], ["got", "1"]]
        assert (folders[0].parent / ".gitignore").read_text() == "*\n"


def test_of_two_processes_that_want_the_lease_one_gets_it(folder: Path) -> None:
    with running(RACER, folder) as one, running(RACER, folder) as other:
        for round in range(1, 31):
            for process in (one, other):
                tell(process)
            answers = sorted([said(one), said(other)])
            assert answers == [["got", str(round)], ["held"]]
            for process in (one, other):
                tell(process)
            assert [said(one), said(other)] == [["free"], ["free"]]


def test_processes_that_wait_for_the_lease_never_hold_it_together(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "number").write_text("0")
    with running(COUNTER, folder) as one, running(COUNTER, folder) as other:
        assert (one.wait(), other.wait()) == (0, 0)
    assert (folder / "number").read_text() == "80"
    assert read(folder).last_token == 80


def test_a_stopped_holder_whose_lease_was_broken_cannot_write(folder: Path) -> None:
    async def take_over(id: str) -> None:
        broken = await store_in(folder).break_lock(id)
        assert broken.holder.by == "ana"
        lease = await store_in(folder).acquire(CI)
        await lease.append([result(LAKE, record(LAKE))])
        await lease.release()

    with running(HOLDER, folder) as holder:
        _, id = said(holder)
        stop(holder)
        asyncio.run(take_over(id))
        before = read(folder)
        os.kill(holder.pid, signal.SIGCONT)
        tell(holder)
        assert [said(holder), said(holder)] == [["lease-lost"], ["lease-lost"]]
        assert holder.wait() == 0
    assert (names(read(folder)), read(folder).intents) == ({"lake"}, ())
    assert read(folder) == before


def test_a_writer_stopped_at_any_moment_is_fenced_and_nothing_is_lost(folder: Path) -> None:
    acknowledged: set[str] = set()
    for turn in range(4):
        with running(WRITER, folder) as writer:
            _, id = said(writer)
            for _ in range(7 * turn + 1):
                acknowledged.update(said(writer))
            broken_while_stopped(writer, folder, id)
            *last, farewell = whole_lines(writer)
            assert farewell == "! lease-lost"
            acknowledged.update(last)
            assert writer.wait() == 0
        assert acknowledged <= names(read(folder))


def broken_while_stopped(writer: subprocess.Popen[str], folder: Path, id: str) -> LockInfo:
    """One that is stopped in the middle of a write keeps the files to itself: let it go on, and stop it again."""
    while True:
        stop(writer)
        try:
            return asyncio.run(impatient(folder).break_lock(id))
        except StateError as error:
            if error.diagnostics[0].code != "state-busy":
                raise
        finally:
            os.kill(writer.pid, signal.SIGCONT)


def impatient(folder: Path) -> LocalStore:
    return LocalStore(folder, "orders", "prod", surroundings=Surroundings(files=Impatient()))


def test_a_killed_writer_loses_nothing_that_was_acknowledged(folder: Path) -> None:
    acknowledged: set[str] = set()
    for turn in range(8):
        with running(WRITER, folder) as writer:
            assert said(writer)[0] == "holds"
            for _ in range(5 * turn + turn % 3):
                acknowledged.update(said(writer))
            writer.kill()
            acknowledged.update(whole_lines(writer))
        stored = read(folder)
        assert acknowledged <= names(stored)
        assert stored.last_token == turn + 1
        assert stored.lock is not None
        assert not stored.lock.alive
        for intent in stored.intents:
            assert intent.token <= turn + 1
