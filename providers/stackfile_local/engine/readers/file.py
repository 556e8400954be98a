"""Reads a file in blocks of whole lines, and knows whether it is still the file that it was."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from stackfile.errors import ProviderError
from stackfile.portable.quantities import print_size
from stackfile.sdk.measures import Measured, Unit, lag
from stackfile.sdk.provider import Clock
from stackfile_local.engine.events import Batch, Event, Failure, Position
from stackfile_local.engine.stored import Part, Shape, Stored

BLOCK = 2**20
LONGEST_LINE = 16 * 2**20
_HEAD = 4096
_SHOWN = 2000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is no event. `line` counts from the first line of its block."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A block as events: keys, values and lines run side by side. `used` are its bytes, `lines` its lines, that are
    done with. `columns` are those of a format that has them in its first line."""

    keys: Sequence[Any]
    values: Sequence[Any]
    lines: Sequence[int]
    bad: Sequence[Bad]
    used: int
    total_lines: int
    columns: tuple[str, ...] = ()


class Format(Protocol):
    """How the lines of a file become events."""

    def parse(self, block: bytes, columns: tuple[str, ...], last: bool) -> Parsed:
        """`block` ends with a whole line; `last` says that what is still open there will not be closed.

        Raises ValueError for a file that cannot be read at all, such as one whose first line names no columns.
        """

    def whole(self, block: bytes, first: int, now: int, shape: Shape | None) -> Part | None:
        """A block of which every line is an event; `first` is the number of its first line, `now` the time. None where
        that is not so, or would be no quicker to know."""


@dataclass(frozen=True, slots=True)
class FileReader:
    """A position is the number of the next line, and its byte, the columns, and a digest of the file's beginning.

    The digest tells another file of the same name from the one that was read, also where it was written in place.
    """

    name: str
    path: Path
    format: Format
    follow: bool
    clock: Clock
    shape: Shape | None = None
    """The fields of values that are read by whoever reads this, where that is all."""

    def accepts(self, position: Position) -> bool:
        try:
            with self.path.open("rb") as file:
                return is_same(file, position["file"])
        except OSError:
            return True

    def read(self, position: Position | None, most: int) -> Batch:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise ProviderError(f"{self.path} is not a file")
            with self.path.open("rb") as file:
                return self._read(file, position)
        except FileNotFoundError:
            raise ProviderError(f"there is no file {self.path}") from None
        except OSError as error:
            raise ProviderError(f"{self.path}: {error.strerror or error}") from error

    def origin(self, event: Event) -> Mapping[str, Any]:
        return {"file": str(self.path), "line": event[5]}

    def waiting(self, position: Position | None) -> bool:
        return False

    def lag(self, position: Position | None) -> Measured | None:
        try:
            rest = self.path.stat().st_size - (position["file"]["byte"] if position else 0)
        except OSError:
            return None
        return lag(max(0, rest), Unit.BYTES)

    def _read(self, file: BinaryIO, position: Position | None) -> Batch:
        notes: tuple[str, ...] = ()
        size = os.fstat(file.fileno()).st_size
        if position is not None and position["file"]["byte"]:
            if size == 0:
                return Batch((), (), position, 0)
            if not is_same(file, position["file"]):
                position, notes = None, (f"{self.path} is another file now: read from its start",)
            elif size < position["file"]["byte"]:
                raise ProviderError(
                    f"{self.path} begins as before, but is shorter than what was read of it "
                    f"({size:,} of {position['file']['byte']:,} bytes): put the rest back, or take another path"
                )
        at = position or start()
        return replace(self.parse(file, at), notes=notes, anew=bool(notes))

    def parse(self, file: BinaryIO, at: Position) -> Batch:
        """What is in an open file from a position on, a batch of it."""
        place, first = at["file"], at["offsets"]["0"]
        block = _block(file, place["byte"], self.follow)
        if not block.data and not block.skipped:
            return Batch((), (), at, 0)
        now = int(self.clock.now().timestamp() * 1000)
        if not block.skipped and (part := self.format.whole(block.data, first, now, self.shape)) is not None:
            moved = self._moved(file, at, block.bom + len(block.data), (tuple(place["columns"]), len(part)))
            return Batch(Stored((part,)), (), moved, len(part))
        if block.skipped:
            bad = Bad(0, f"a line of {_about(block.skipped)}: at most {print_size(LONGEST_LINE)}", _text(block.start))
            parsed = Parsed((), (), (), (bad,), block.skipped, 1, tuple(place["columns"]))
        else:
            try:
                parsed = self._parse_block(block, tuple(place["columns"]))
            except ValueError as error:
                raise ProviderError(f"{self.path}:{first}: {error}") from error
        count = len(parsed.values)
        events = list(
            zip(
                parsed.keys,
                parsed.values,
                repeat(None, count),
                repeat(now, count),
                repeat(0, count),
                _lines(first, parsed),
                strict=True,
            )
        )
        moved = self._moved(file, at, block.bom + parsed.used, (parsed.columns, parsed.total_lines))
        return Batch(events, [self._failure(first, b) for b in parsed.bad], moved, count + len(parsed.bad))

    def _moved(self, file: BinaryIO, at: Position, size: int, done: tuple[tuple[str, ...], int]) -> Position:
        """The position behind so many bytes and lines; the columns come first."""
        place, (columns, lines) = at["file"], done
        byte = place["byte"] + size
        head = {"head": place["head"], "head_bytes": place["head_bytes"]}
        if place["head_bytes"] < _HEAD:
            head = _head(file, byte)
        return {"offsets": {"0": at["offsets"]["0"] + lines}, "file": {"byte": byte, "columns": list(columns), **head}}

    def _parse_block(self, block: _Block, columns: tuple[str, ...]) -> Parsed:
        parsed = self.format.parse(block.data, columns, block.ended and not self.follow)
        if not parsed.used and not block.ended:  # a record that is longer than a block
            return self.format.parse(block.data, columns, True)
        return parsed

    def _failure(self, first: int, bad: Bad) -> Failure:
        kept = {"source": self.name, "file": str(self.path), "line": first + bad.line, "text": bad.text[:_SHOWN]}
        return Failure(0, first + bad.line, f"{self.path.name}:{first + bad.line}: {bad.reason}", kept)


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole lines from one place, and whether the file ends there.

    `skipped` is the length of one line that is too long to be read, which begins with `start`. `bom` bytes before the
    data are a mark of the encoding.
    """

    data: bytes
    ended: bool
    skipped: int = 0
    start: bytes = field(default=b"")
    bom: int = 0


def start() -> Position:
    return {"offsets": {"0": 1}, "file": {"byte": 0, "columns": [], "head": "", "head_bytes": 0}}


def _lines(first: int, parsed: Parsed) -> Sequence[int]:
    lines = parsed.lines
    if isinstance(lines, range):
        return range(first + lines.start, first + lines.stop)
    return [first + line for line in lines]


def _block(file: BinaryIO, byte: int, follow: bool) -> _Block:
    file.seek(byte)
    data = file.read(BLOCK)
    bom = len(_BOM) if byte == 0 and data.startswith(_BOM) else 0
    ended = len(data) < BLOCK
    while not ended and b"\n" not in data:
        if len(data) > LONGEST_LINE:
            return _skip(file, data, bom)
        more = file.read(BLOCK)
        ended = len(more) < BLOCK
        data += more
    if ended and not follow:
        return _Block(data[bom:], True, bom=bom)
    return _Block(data[bom : data.rfind(b"\n") + 1], ended, bom=bom)


def _skip(file: BinaryIO, start: bytes, bom: int) -> _Block:
    length = len(start)
    while more := file.read(BLOCK):
        end = more.find(b"\n")
        if end >= 0:
            length += end + 1
            break
        length += len(more)
    return _Block(b"", False, length - bom, start[bom:_SHOWN], bom)


def _head(file: BinaryIO, byte: int) -> dict[str, Any]:
    """A digest of what was read of the beginning: it goes on to fit while the file only grows."""
    length = min(byte, _HEAD)
    file.seek(0)
    return {"head": hashlib.blake2b(file.read(length), digest_size=8).hexdigest(), "head_bytes": length}


def is_same(file: BinaryIO, place: Mapping[str, Any]) -> bool:
    return bool(_head(file, place["head_bytes"])["head"] == place["head"]) if place["head_bytes"] else True


def _text(data: bytes) -> str:
    return data[:_SHOWN].decode("utf-8", "replace")


def _about(size: int) -> str:
    for unit, length in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return f"{size} B"
