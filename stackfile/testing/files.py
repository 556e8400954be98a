"""Files that fail, kill or lose power at a chosen effect, for tests of what survives."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from stackfile.state.files import Files
from stackfile.testing.faults import Killed, Side

T = TypeVar("T")


@dataclass
class CountedFiles(Files):
    """Real files. `log` tells each effect; from effect number `fail_from` on, counted from 1, `error` is raised."""

    error: OSError | None = None
    only: str = ""
    log: list[tuple[str, str]] = field(default_factory=list)

    def effect(self, name: str, path: Path, act: Callable[[], T]) -> T:
        self.log.append((name, path.name))
        if self.error is not None and self.only in ("", name):
            raise self.error
        return act()

    def count(self, name: str) -> int:
        return sum(effect == name for effect, _ in self.log)


@dataclass
class MortalFiles(Files):
    """Real files of a process that dies at effect number `at`, before or after it, or in the middle of a write.

    Syncs count, and are not done: what a process wrote outlives it without them.
    """

    at: int | None = None
    side: Side = Side.BEFORE
    torn: bool = False
    count: int = 0
    dead: bool = False

    def effect(self, name: str, path: Path, act: Callable[[], T]) -> T:
        if self.dead:
            raise Killed
        self.count += 1
        if self.count == self.at:
            self.dead = True
            if self.side is Side.AFTER:
                act()
            raise Killed
        return act()

    def sync(self, fd: int) -> None:
        return

    def write(self, fd: int, path: Path, data: bytes, at: int) -> None:
        if self.torn and not self.dead and self.count + 1 == self.at:
            os.pwrite(fd, data[: len(data) // 2], at)
        super().write(fd, path, data, at)


@dataclass
class UnpoweredFiles(MortalFiles):
    """Files of a machine that loses its power: of a file there is what was synced, of a folder the names that were.

    `lose_power` puts the folder into that state.
    """

    root: Path = Path()
    contents: dict[int, bytes] = field(default_factory=dict)
    names: dict[Path, dict[str, int]] = field(default_factory=dict)

    def effect(self, name: str, path: Path, act: Callable[[], T]) -> T:
        done = super().effect(name, path, act)
        if name == "fsync":
            self.contents[path.stat().st_ino] = path.read_bytes()
        elif name == "fsync folder":
            self.names[path] = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
        elif name == "open" and path.stat().st_size == 0:
            self.contents.pop(path.stat().st_ino, None)
        return done

    def lose_power(self) -> None:
        kept: dict[Path, bytes | None] = {}
        waiting = [self.root]
        while waiting:
            folder = waiting.pop()
            for name, inode in self.names.get(folder, {}).items():
                path = folder / name
                kept[path] = None if path.is_dir() else self.contents.get(inode, b"")
                waiting += [path] if path.is_dir() else []
        shutil.rmtree(self.root)
        self.root.mkdir()
        for path, data in kept.items():
            if data is None:
                path.mkdir()
            else:
                path.write_bytes(data)
