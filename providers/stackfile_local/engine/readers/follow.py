"""Follows a file by its name while it grows, across rotation: no line twice, and none lost that is still there.

Lines are numbered through all files, so that a position can be compared with an earlier one; within its own file a line
has another number, by which people find it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stackfile.errors import ProviderError
from stackfile.sdk.measures import Measured, Unit, lag
from stackfile_local.engine.events import Batch, Event, Position
from stackfile_local.engine.readers.file import FileReader
from stackfile_local.engine.readers.rotation import Next, first, following


@dataclass
class FollowReader:
    """`file` reads what has the name; others that were rotated away are read as it does.

    A position has at least one line of its file behind it: columns alone would tell no file from the next.
    """

    file: FileReader
    _shown: tuple[Path, int] = field(default=(Path(), 0), init=False)
    """The file that was read last, and by how much less a line counts there."""

    def accepts(self, position: Position) -> bool:
        return True

    def read(self, position: Position | None, most: int) -> Batch:
        try:
            for one in self._next(position):
                batch = self._read(one, 1 if position is None else position["offsets"]["0"])
                if batch is None:
                    break  # it was rotated away this very moment: look again
                if batch.count:
                    return batch
        except OSError as error:
            raise ProviderError(f"{self.file.path}: {error.strerror or error}") from error
        return Batch((), (), position or {"offsets": {"0": 1}}, 0)

    def origin(self, event: Event) -> Mapping[str, Any]:
        path, before = self._shown
        return {"file": str(path), "line": event[5] - before}

    def waiting(self, position: Position | None) -> bool:
        return False

    def lag(self, position: Position | None) -> Measured | None:
        try:
            rest = [one.found.status.st_size - one.place["byte"] for one in self._next(position)]
        except (OSError, ProviderError):
            return None
        return lag(max(0, sum(rest)), Unit.BYTES)

    def _next(self, position: Position | None) -> Sequence[Next]:
        if position is None or not position["file"]["byte"]:
            return first(self.file.path)
        return following(self.file.path, {"line": position["offsets"]["0"], **position["file"]})

    def _read(self, one: Next, number: int) -> Batch | None:
        """None where the file is not there any more. `number` is that of the next line."""
        file = one.found.opened()
        if file is None:
            return None
        with file:
            status = os.fstat(file.fileno())
            line, at = one.place.get("line", 1), one.place["byte"]
            reader = replace(self.file, path=one.found.path, follow=not one.last)
            batch = reader.parse(file, {"offsets": {"0": line}, "file": one.place})
            while not batch.count and batch.next["file"]["byte"] > at:  # blank lines, or the columns alone
                at = batch.next["file"]["byte"]
                batch = reader.parse(file, batch.next)
        before = number - line
        self._shown = (one.found.path, before)
        moved = {
            **batch.next["file"],
            "line": batch.next["offsets"]["0"],
            "device": status.st_dev,
            "inode": status.st_ino,
            "modified": status.st_mtime_ns,
        }
        return Batch(
            [(*event[:5], event[5] + before) for event in batch.events] if before else batch.events,
            [replace(failure, offset=failure.offset + before) for failure in batch.failed],
            {"offsets": {"0": batch.next["offsets"]["0"] + before}, "file": moved},
            batch.count,
            (one.note,) if one.note else (),
        )
