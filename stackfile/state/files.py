"""Every effect on the files of a state, each a method of its own: tests count them, make them fail, or stop at one.

What is written here is whole or not there: a file is replaced by writing a new one beside it, syncing it, renaming it
and syncing the folder. Errors are OSErrors; what they mean to a user is said where the files are known.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


class GuardBusy(Exception):
    """Another process has had the guard for longer than any write takes."""


class Files:
    """The file system. Reading is no effect: it goes past `effect`.

    `patience` is how long, in seconds, somebody else may keep the guard before he must be stuck.
    """

    patience = 10.0

    def effect(self, name: str, path: Path, act: Callable[[], T]) -> T:
        """Does one effect. The seam for tests."""
        return act()

    def read(self, path: Path) -> bytes | None:
        """The bytes of a file; None where there is none."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def replace(self, path: Path, data: bytes, by_way_of: Path | None = None) -> None:
        """Returns when the file durably has this content. Until then it has what it had.

        `by_way_of` is the folder for the new file, where several processes may replace this one at a time.
        """
        fresh = (by_way_of or path.parent) / f"{path.name}.new"
        try:
            with self._opened(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
                self.write(fd, fresh, data, 0)
                self.effect("fsync", fresh, lambda: self.sync(fd))
            self.effect("rename", path, lambda: os.rename(fresh, path))
            self.sync_folder(path.parent)
        except OSError:
            with suppress(OSError):
                self.remove(fresh)
            raise

    def append(self, path: Path, data: bytes, at: int) -> None:
        """Puts the data at byte `at`, in place of all that stands there, and returns when it is durable.

        Where that fails the file ends at `at`.
        """
        with self._opened(path, os.O_WRONLY) as fd:
            if os.fstat(fd).st_size != at:
                self._truncate(fd, path, at)
            try:
                self.write(fd, path, data, at)
                self.effect("fsync", path, lambda: self.sync(fd))
            except OSError:
                with suppress(OSError):
                    self._truncate(fd, path, at)
                raise

    def remove(self, path: Path) -> None:
        """A file that is gone already is fine."""
        with suppress(FileNotFoundError):
            self.effect("unlink", path, lambda: os.unlink(path))

    def make_folder(self, path: Path) -> None:
        """Makes the folder and what leads to it, durably, for nobody else to read."""
        if path.is_dir():
            return
        self.make_folder(path.parent)
        with suppress(FileExistsError):
            self.effect("mkdir", path, lambda: os.mkdir(path, PRIVATE_FOLDER))
        self.sync_folder(path.parent)

    def sync(self, fd: int) -> None:
        os.fsync(fd)

    def sync_folder(self, path: Path) -> None:
        def sync() -> None:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                self.sync(fd)
            finally:
                os.close(fd)

        self.effect("fsync folder", path, sync)

    def write(self, fd: int, path: Path, data: bytes, at: int) -> None:
        def write() -> None:
            rest, position = memoryview(data), at
            while rest:
                done = os.pwrite(fd, rest, position)
                rest, position = rest[done:], position + done

        self.effect("write", path, write)

    def _truncate(self, fd: int, path: Path, size: int) -> None:
        self.effect("truncate", path, lambda: os.ftruncate(fd, size))

    @contextmanager
    def _opened(self, path: Path, flags: int) -> Iterator[int]:
        fd = self.effect("open", path, lambda: os.open(path, flags | os.O_CLOEXEC, PRIVATE_FILE))
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def guarded(self, path: Path) -> Iterator[None]:
        """Keeps every other process, and every other thread, out for a moment. Freed by the system when we die.

        Raises GuardBusy when patience ends: whoever has it is stopped in the middle of a write.
        """
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            _flock(fd, time.monotonic() + self.patience)
            yield
        finally:
            os.close(fd)


def _flock(fd: int, deadline: float) -> None:
    pause = 0.0005
    while True:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise GuardBusy from None
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
