"""CSV: the first line names the columns, each further record is an event that maps them to values.

CSV has no types. With `types: auto` a cell that is written as a JSON number is that number, an empty cell and one that
`nulls` names is null, and everything else is text, `00123` and `true` too. With `types: text` every cell that `nulls`
does not name is text as it stands.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import msgspec

from stackfile_local.engine.readers.file import BLOCK, Bad, Parsed
from stackfile_local.engine.stored import Shape

LONGEST_RECORD = BLOCK // 2
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_SPACE = re.compile(r"[ \t\r\n]")
_INT64 = 2**63
_numbers = msgspec.json.Decoder(list[int | float | None]).decode


@dataclass(slots=True)
class _Records:
    """What was found in a block: each record with the index of its first line, and what is no record."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    used: int = 0


@dataclass(frozen=True, slots=True)
class Csv:
    """`key` names a column; `nulls` are cells that mean null."""

    key: str | None
    text_only: bool
    nulls: frozenset[str] = frozenset()

    def parse(self, block: bytes, columns: tuple[str, ...], last: bool) -> Parsed:
        raw = block.split(b"\n")
        if raw[-1] == b"":
            raw.pop()
        text, clean = _decoded(block)
        lines = text.split("\n")[: len(raw)]
        found = _records(lines, last, '"' in text)
        if not columns and found.rows:
            columns = self._columns(found.rows.pop(0))
            found.lines.pop(0)
        if not clean:
            _drop_undecodable(found, lines)
        _drop_misfits(found, lines, len(columns))
        used = len(block) if found.used == len(raw) else sum(len(line) + 1 for line in raw[: found.used])
        keys, values = self._events(found.rows, columns)
        return Parsed(keys, values, found.lines, sorted(found.bad, key=_line), used, found.used, columns)

    def whole(self, block: bytes, first: int, now: int, shape: Shape | None) -> None:
        return None

    def _events(self, rows: list[list[str]], columns: tuple[str, ...]) -> tuple[Sequence[Any], Sequence[Any]]:
        if not rows:
            return (), ()
        cells: Sequence[Sequence[Any]] = list(zip(*rows, strict=True))
        if not self.text_only:
            cells = [_typed(column, self.nulls) for column in cells]
        elif self.nulls:
            cells = [[None if cell in self.nulls else cell for cell in column] for column in cells]
        keys = [None] * len(rows) if self.key is None else cells[columns.index(self.key)]
        return keys, [dict(pairs) for pairs in map(zip, repeat(columns), zip(*cells, strict=True))]

    def _columns(self, row: Sequence[str]) -> tuple[str, ...]:
        """Raises ValueError for names that could not tell the columns apart, and for a key that is none of them."""
        names = tuple(name.strip() for name in row)
        for index, name in enumerate(names):
            if not name:
                raise ValueError(f"column {index + 1} has no name")
            if name in names[:index]:
                raise ValueError(f"two columns are named `{name}`")
        if self.key is not None and self.key not in names:
            raise ValueError(f"no column is named `{self.key}`, which is to be the key")
        return names


def _line(bad: Bad) -> int:
    return bad.line


def _decoded(block: bytes) -> tuple[str, bool]:
    """The text, and whether all of it is UTF-8; what is not comes as lone surrogates."""
    try:
        return block.decode(), True
    except UnicodeDecodeError:
        return block.decode("utf-8", "surrogateescape"), False


def _records(lines: Sequence[str], last: bool, quoted: bool) -> _Records:
    """A record whose quotes do not end, or end in the middle of a cell, is bad in its first line, and what follows that
    line is read as if the line were not there."""
    found = _Records()
    while found.used < len(lines):
        start = found.used
        reader = csv.reader(_feed(lines, start, "\n" if quoted else ""), strict=True)
        try:
            for row in reader:
                if row:
                    found.rows.append(row)
                    found.lines.append(found.used)
                found.used = start + reader.line_num
        except csv.Error as error:
            open_end = start + reader.line_num >= len(lines) and "unexpected end" in str(error)
            if open_end and not last and sum(map(len, lines[found.used :])) < LONGEST_RECORD:
                break
            found.bad.append(Bad(found.used, f"not CSV: {_reason(str(error))}", lines[found.used]))
            found.used += 1
    return found


def _reason(says: str) -> str:
    """Python's words for it change with its version, and some speak to programmers."""
    if "unexpected end" in says:
        return "a quote is opened and never closed"
    if "new-line character" in says:
        return "a carriage return within a row"
    return f"a cell of more than {csv.field_size_limit():,} characters" if "field limit" in says else says


def _feed(lines: Sequence[str], start: int, end: str) -> Iterator[str]:
    for index in range(start, len(lines)):
        yield lines[index] + end


def _drop_undecodable(found: _Records, lines: Sequence[str]) -> None:
    for index in range(len(found.rows) - 1, -1, -1):
        try:
            "".join(found.rows[index]).encode()
        except UnicodeEncodeError:
            _drop(found, index, "not UTF-8", lines)


def _drop_misfits(found: _Records, lines: Sequence[str], width: int) -> None:
    if set(map(len, found.rows)) <= {width}:
        return
    for index in range(len(found.rows) - 1, -1, -1):
        cells = len(found.rows[index])
        if cells != width:
            _drop(found, index, f"{cells} cells where there are {width} columns", lines)


def _drop(found: _Records, index: int, reason: str, lines: Sequence[str]) -> None:
    line = found.lines.pop(index)
    del found.rows[index]
    text = lines[line].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    found.bad.append(Bad(line, reason, text))


def _typed(column: Sequence[str], nulls: frozenset[str]) -> Sequence[Any]:
    """A whole column of numbers is decoded at once. Of a column that has anything else each distinct cell is looked at
    once: columns repeat themselves."""
    if nulls.isdisjoint(column) and "null" not in column:
        joined = ",".join([cell or "null" for cell in column] if "" in column else column)
        if not _SPACE.search(joined):
            try:
                values = _numbers(f"[{joined}]")
            except msgspec.MsgspecError:
                pass
            else:
                if len(values) == len(column) and not _has_large(values):
                    return values
    meant = {cell: _cell(cell) for cell in set(column)}
    meant.update(dict.fromkeys(nulls))
    return [meant[cell] for cell in column]


def _has_large(values: Sequence[Any]) -> bool:
    numbers = [value for value in values if value is not None]
    return bool(numbers) and not -_INT64 <= min(numbers) <= max(numbers) < _INT64


def _cell(cell: str) -> Any:
    if not cell:
        return None
    if cell[0] not in "-0123456789" or _NUMBER.match(cell) is None:
        return cell
    try:
        (value,) = _numbers(f"[{cell}]")
    except msgspec.MsgspecError:
        return cell
    return cell if isinstance(value, int) and not -_INT64 <= value < _INT64 else value
