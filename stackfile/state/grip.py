"""Our hold on a lease: whether the lock file is still ours, how long that surely lasts, and its heartbeat."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from stackfile.errors import Fenced, StateError
from stackfile.state.folder import StateFolder
from stackfile.state.lock import LeaseTimes, Lock, print_lock
from stackfile.state.machine import Machine


class Grip:
    """May be used by several threads. Times are of this machine's monotonic clock."""

    def __init__(self, folder: StateFolder, lock: Lock, machine: Machine, times: LeaseTimes, began: float) -> None:
        self._folder, self._machine, self._times = folder, machine, times
        self._deadline = began + times.ttl
        self.lock = lock
        self.after: Lock | None = None
        """The lock of a run that died, which was there before."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps everybody out, and the lease is ours meanwhile. Raises Fenced where it is ours no more."""
        with self._folder.guarded():
            self._verify()
            yield

    def _verify(self) -> None:
        if not self.lock.is_same_lease(self._folder.read_lock()):
            raise Fenced.of(
                "lease-lost",
                f"the lock {self.lock.id} of stack {self._folder.owner[0]} ({self._folder.owner[1]}) was taken away:"
                " this run writes nothing more",
                "Who holds it now: stack lock show. What this run had begun is judged by the next apply.",
            )

    def beat(self) -> None:
        """Renews the lease. Raises Fenced."""
        began = self._machine.monotonic()
        with self.held():
            lock = self.lock.beaten(self._machine.now())
            with self._folder.writing():
                self._folder.files.replace(self._folder.lock_file, print_lock(lock))
            self.lock, self._deadline = lock, began + self._times.ttl

    def check(self) -> None:
        """Raises Fenced unless the lease is ours for one more request.

        A process that slept past its deadline renews the lease if nobody has taken it over.
        """
        if self._machine.monotonic() >= self._deadline:
            self.beat()
        else:
            self._verify()

    def drop(self) -> None:
        """Gives the lease back; one that was lost is left alone."""
        try:
            with self.held(), self._folder.writing():
                self._folder.files.remove(self._folder.lock_file)
                self._folder.files.sync_folder(self._folder.root)
        except StateError:
            # Nothing is owed to a lease that was lost, and a lock that cannot be removed ends with this process.
            return


class Heartbeat:
    """Renews a lease from a thread of its own, so that a busy event loop does not lose it."""

    def __init__(self, grip: Grip, every: float) -> None:
        self._grip, self._every = grip, every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stack-heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self._grip.beat()
            except Fenced:
                return
            except StateError:
                # A full disk now may have room at the next beat; until then the deadline comes nearer.
                continue
