"""This machine as leases see it: its clocks, its randomness, and which processes are alive on it."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path


class Machine:
    """The real one. Tests give one whose clock they turn and whose processes die on demand."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def random(self, count: int) -> bytes:
        return os.urandom(count)

    @property
    def pid(self) -> int:
        return os.getpid()

    @property
    def host(self) -> str:
        return socket.gethostname()

    @property
    def place(self) -> str:
        """Where process numbers mean what they mean here: this boot of this kernel, and this container."""
        return f"{self.host}/{_read('/proc/sys/kernel/random/boot_id')}/{_link('/proc/self/ns/pid')}"

    def process(self, pid: int) -> str | None:
        """Tells a process from a later one with the same number, by when it was started; None when it is dead."""
        stat = _read(f"/proc/{pid}/stat")
        if not stat:
            return _process_without_proc(pid)
        # The name, in parentheses, may hold anything. After it: the state (field 3), and the start time (field 22).
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in ("Z", "X") else fields[19]


def _process_without_proc(pid: int) -> str | None:
    """On a system without /proc a reused number cannot be told; there the heartbeat decides."""
    if os.path.exists("/proc/self/stat"):
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
