"""The files that one followed name leads to, in the order in which they were written: the rest of the one that was
read, those that were rotated away since, and the one that has the name now.

A file is known by its inode and by how it begins. Where it was copied and emptied, the copy is known by how it begins.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from stackfile.errors import ProviderError
from stackfile_local.engine.readers.file import is_same, start

_ROTATED = r"[.-](\d[\d.T:_-]*)"
_NUMBER = re.compile(r"\d{1,6}\Z")


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it was a moment ago. `label` is what the rotation put into its name."""

    path: Path
    status: os.stat_result
    label: str = ""

    @property
    def node(self) -> tuple[int, int]:
        return (self.status.st_dev, self.status.st_ino)

    def opened(self) -> BinaryIO | None:
        """None where another file has the name by now, or none."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return None
        status = os.fstat(file.fileno())
        if (status.st_dev, status.st_ino) != self.node:
            file.close()
            return None
        return file


@dataclass(frozen=True, slots=True)
class Next:
    """What is to be read: `place` is where in the file; `last` says that nothing is written to it any more."""

    found: Found
    place: Mapping[str, Any]
    last: bool
    note: str = ""


def following(path: Path, place: Mapping[str, Any]) -> Sequence[Next]:
    """From where on to read; first the file that was read last, as long as it is there. Raises ProviderError for a file
    that cannot be read, and for one that was cut."""
    current = _look(path)
    if current is not None and _begins_as(current, place):
        _refuse_cut(current, place)
        if current.node == _node(place, current) or _elsewhere(path, place) is None:
            return [Next(current, place, last=False)]
    files = list(_rotated(path))
    old = _elsewhere(path, place) or _copy(files, place)
    if old is None:
        newer = [one for one in files if one.status.st_mtime_ns > place.get("modified", one.status.st_mtime_ns)]
    else:
        newer = _behind(files, old)
    if current is not None and current.status.st_size:
        newer.append(current)
    if old is not None:
        return [Next(old, place, last=bool(newer)), *_whole(newer, "")]
    read = place.get("line", 1) - 1
    gone = f"the file that {path} was before is gone: what came behind its line {read:,}, if anything did, was not read"
    return list(_whole(newer, gone))


def first(path: Path) -> Sequence[Next]:
    """Where nothing was read yet."""
    current = _look(path)
    return [] if current is None else [Next(current, start()["file"], last=False)]


def _whole(files: Sequence[Found], note: str) -> Iterator[Next]:
    for number, one in enumerate(files):
        yield Next(one, start()["file"], number < len(files) - 1, "" if number else note)


def _look(path: Path) -> Found | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise ProviderError(f"{path} is not a file")
    return Found(path, status)


def _node(place: Mapping[str, Any], current: Found) -> tuple[int, int]:
    """That of a position which was saved before the file was followed is not known, and not asked for."""
    return (place["device"], place["inode"]) if "inode" in place else current.node


def _begins_as(found: Found, place: Mapping[str, Any]) -> bool:
    if found.status.st_size < place["head_bytes"]:
        return False
    file = found.opened()
    if file is None:
        return False
    with file:
        return is_same(file, place)


def _refuse_cut(current: Found, place: Mapping[str, Any]) -> None:
    size = current.status.st_size
    if size < place["byte"]:
        raise ProviderError(
            f"{current.path} begins as before, but is shorter than what was read of it "
            f"({size:,} of {place['byte']:,} bytes): put the rest back, or take another path"
        )


def _rotated(path: Path) -> Iterator[Found]:
    """Oldest first."""
    name, stem, suffix = re.escape(path.name), re.escape(path.stem), re.escape(path.suffix)
    names = re.compile(rf"{name}{_ROTATED}\Z|{stem}{_ROTATED}{suffix}\Z")
    found: list[Found] = []
    for entry in _entries(path.parent):
        match = names.match(entry.name)
        if match is not None and entry.name != path.name:
            found.append(Found(Path(entry.path), entry.stat(), match[1] or match[2]))
    if all(_NUMBER.match(one.label) for one in found):
        return iter(sorted(found, key=lambda one: -int(one.label)))
    return iter(sorted(found, key=lambda one: (one.status.st_mtime_ns, one.label)))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Files, but for those that went while they were looked at."""
    found: list[os.DirEntry[str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if stat.S_ISREG(entry.stat().st_mode):
                    found.append(entry)
            except FileNotFoundError:
                continue
    return found


def _elsewhere(path: Path, place: Mapping[str, Any]) -> Found | None:
    """The file that was read, under another name in the same folder."""
    for entry in _entries(path.parent) if "inode" in place else ():
        status = entry.stat()
        if (status.st_dev, status.st_ino) == (place["device"], place["inode"]) and entry.name != path.name:
            found = Found(Path(entry.path), status)
            if status.st_size >= place["byte"] and _begins_as(found, place):
                return found
    return None


def _copy(files: Sequence[Found], place: Mapping[str, Any]) -> Found | None:
    for one in reversed(files):
        status = one.status
        since = status.st_mtime_ns >= place.get("modified", 0)
        if since and place["head_bytes"] and status.st_size >= place["byte"] and _begins_as(one, place):
            return one
    return None


def _behind(files: Sequence[Found], old: Found) -> list[Found]:
    paths = [one.path for one in files]
    if old.path in paths:
        return list(files[paths.index(old.path) + 1 :])
    return [one for one in files if one.status.st_mtime_ns > old.status.st_mtime_ns]
