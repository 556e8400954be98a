"""The local backend: a state in a folder of one machine, with a constant cost per change, a lease, and fencing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from stackfile.errors import Diagnostic, StateError
from stackfile.state.files import Files
from stackfile.state.folder import StateFolder
from stackfile.state.format import State
from stackfile.state.grip import Grip, Heartbeat
from stackfile.state.keys import Keys
from stackfile.state.local_lease import LocalLease
from stackfile.state.lock import LeaseTimes, Lock, Standing, Watch, lock_held, new_lock, print_lock
from stackfile.state.machine import Machine
from stackfile.state.neighbours import neighbours
from stackfile.state.recorder import Recorder
from stackfile.state.secrets import KEY_BYTES, Seal, print_key
from stackfile.state.store import Capabilities, Generation, Holder, LockInfo, Mended, Stored


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a store meets outside itself. Tests give others."""

    files: Files = field(default_factory=Files)
    machine: Machine = field(default_factory=Machine)
    times: LeaseTimes = field(default_factory=LeaseTimes)


class LocalStore:
    """The state of one stack and environment in `folder`, which is made by the first lease.

    `key` gives the configured key of its secrets, and is asked when a digest is to be made; without one a random key is
    made beside the state.
    """

    def __init__(
        self,
        folder: Path,
        stack: str,
        env: str,
        key: Callable[[], bytes] | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        outside = surroundings or Surroundings()
        self._machine, self._times = outside.machine, outside.times
        self._folder = StateFolder(folder, (stack, env), outside.files)
        self._configured_key = key
        self._new_key = self._machine.random(KEY_BYTES)

    @property
    def owner(self) -> tuple[str, str]:
        """The stack's name and environment."""
        return self._folder.owner

    @property
    def name(self) -> str:
        return "local"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(constant_cost=True, lease=True, fencing=True)

    async def read(self) -> Stored:
        return await asyncio.to_thread(self._read)

    async def neighbours(self) -> Sequence[State]:
        return await asyncio.to_thread(lambda: list(neighbours(self._folder)))

    def _read(self) -> Stored:
        lock, token = self._folder.read_lock(), self._folder.read_token()
        replayed = self._folder.load().replayed
        last = max(token, replayed.token, lock.token if lock is not None else 0)
        return Stored(replayed.state, replayed.intents, self._info(lock) if lock is not None else None, last)

    async def lock(self) -> LockInfo | None:
        lock = await asyncio.to_thread(self._folder.read_lock)
        return self._info(lock) if lock is not None else None

    def _info(self, lock: Lock) -> LockInfo:
        return lock.info(alive=Watch(self._times).judge(lock, self._machine) is Standing.ALIVE)

    async def acquire(self, holder: Holder, timeout: float = 0.0) -> LocalLease:
        """A holder that gives no sign of life is waited out, also beyond `timeout`, until it is surely gone."""
        watch, give_up = Watch(self._times), self._machine.monotonic() + timeout
        while True:
            taking = asyncio.create_task(asyncio.to_thread(self._try_to_take, holder, watch))
            try:
                taken = await asyncio.shield(taking)
            except asyncio.CancelledError:
                await self._undo(taking)
                raise
            if isinstance(taken, Grip):
                return self._lease(taken)
            lock, standing = taken
            if standing is Standing.ALIVE and self._machine.monotonic() >= give_up:
                raise lock_held(self._folder.owner, lock, holder, self._machine.now(), self._times)
            await self._machine.sleep(self._times.poll)

    def _lease(self, grip: Grip) -> LocalLease:
        heartbeat = Heartbeat(grip, self._times.beat)
        heartbeat.start()
        keys = Keys(self._folder, grip, self._machine, self._configured_key)
        return LocalLease(grip, Recorder(self._folder, grip), heartbeat, keys)

    async def _undo(self, taking: asyncio.Task[Grip | tuple[Lock, Standing]]) -> None:
        """The thread goes on when its task is cancelled; a lock that it took then would be nobody's."""
        with suppress(StateError):
            taken = await taking
            if isinstance(taken, Grip):
                await asyncio.to_thread(taken.drop)

    def _try_to_take(self, holder: Holder, watch: Watch) -> Grip | tuple[Lock, Standing]:
        self._folder.prepare()
        with self._folder.guarded():
            lock = self._folder.read_lock()
            standing = watch.judge(lock, self._machine) if lock is not None else Standing.GONE
            if lock is not None and standing is not Standing.GONE:
                return lock, standing
            return self._take(holder, lock)

    def _take(self, holder: Holder, before: Lock | None) -> Grip:
        files, folder = self._folder.files, self._folder
        token = max(folder.read_token(), before.token if before is not None else 0) + 1
        began = self._machine.monotonic()
        lock = new_lock(holder, token, self._machine)
        with folder.writing():
            folder.hide()
            self._keep_key()
            files.replace(folder.token_file, b"%d\n" % token)
            try:
                files.replace(folder.lock_file, print_lock(lock))
            except OSError:
                with suppress(OSError):
                    files.remove(folder.lock_file)
                raise
        grip = Grip(folder, lock, self._machine, self._times, began)
        grip.after = before
        return grip

    def _keep_key(self) -> None:
        if self._configured_key is None and self._folder.read_key() is None:
            self._folder.files.replace(self._folder.key_file, print_key(self._new_key))

    async def seal(self) -> Seal:
        """Before there is a key, one that the first lease of this store object will keep."""
        key = await asyncio.to_thread(self._key)
        return Seal.of(key, lambda: self._machine.random(16).hex())

    def _key(self) -> bytes:
        if self._configured_key is not None:
            return self._configured_key()
        return self._folder.read_key() or self._new_key

    async def break_lock(self, id: str) -> LockInfo:
        return await asyncio.to_thread(self._break_lock, id)

    def _break_lock(self, id: str) -> LockInfo:
        if self._folder.read_lock() is None:
            raise _no_such_lock(self._folder.owner, None, id)
        with self._folder.guarded():
            lock = self._folder.read_lock()
            if lock is None or lock.id != id:
                raise _no_such_lock(self._folder.owner, lock, id)
            info = self._info(lock)
            with self._folder.writing():
                self._folder.files.remove(self._folder.lock_file)
                self._folder.files.sync_folder(self._folder.root)
            return info

    async def generations(self) -> Sequence[Generation]:
        return await asyncio.to_thread(self._folder.generations)

    async def earlier(self, serial: int) -> State:
        return (await asyncio.to_thread(self._folder.earlier, serial)).state

    async def mended(self, serial: int) -> Mended:
        return await asyncio.to_thread(self._folder.mended, serial)


def _no_such_lock(owner: tuple[str, str], lock: Lock | None, id: str) -> StateError:
    stack = f"stack {owner[0]} ({owner[1]})"
    if lock is None:
        return StateError([Diagnostic("lock-none", f"{stack} is not locked", help=("There is nothing to break.",))])
    held = f"{stack} is locked by {lock.id}, not by {id}"
    return StateError([Diagnostic("lock-other", held, help=("See who that is: stack lock show",))])
