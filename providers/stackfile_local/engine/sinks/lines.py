"""Events as lines of NDJSON or CSV: only their values are written."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

_encoder = msgspec.json.Encoder()


class Lines(Protocol):
    """How values become lines of one output."""

    def adopt(self, first: bytes) -> None:
        """Goes on with an output that begins with this line. Raises ValueError where that cannot be."""

    def first_line(self) -> bytes:
        """What an empty output begins with; asked for after `encode`."""

    def encode(self, values: Sequence[Any]) -> tuple[bytes, list[tuple[int, str]]]:
        """Whole lines, and which values cannot be written, by index with the reason."""


@dataclass(frozen=True, slots=True)
class NdjsonLines:
    """One JSON value a line."""

    def adopt(self, first: bytes) -> None:
        pass

    def first_line(self) -> bytes:
        return b""

    def encode(self, values: Sequence[Any]) -> tuple[bytes, list[tuple[int, str]]]:
        return _encoder.encode_lines(values), []


@dataclass
class CsvLines:
    """The columns are those that were declared, else those of the file as it is, else the fields of the first batch.

    Declared columns choose among an event's fields; where none were, a field without a column refuses the event.
    Null is an empty cell; objects and lists are written as JSON.
    """

    declared: tuple[str, ...] = ()
    _columns: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._columns = self.declared

    def adopt(self, first: bytes) -> None:
        names = tuple(next(csv.reader([first.decode()]), ()))
        if self.declared and names != self.declared:
            raise ValueError(f"its columns are {', '.join(names)}, and declared are {', '.join(self.declared)}")
        self._columns = names

    def first_line(self) -> bytes:
        return _written([self._columns])

    def encode(self, values: Sequence[Any]) -> tuple[bytes, list[tuple[int, str]]]:
        if not self._columns:
            names: dict[str, None] = {}
            for value in values:
                if isinstance(value, dict):
                    names.update(dict.fromkeys(value))
            self._columns = tuple(names)
        columns = self._columns
        rows: list[list[Any]] = []
        refused: list[tuple[int, str]] = []
        for index, value in enumerate(values):
            reason = self._refusal(value)
            if reason:
                refused.append((index, reason))
            else:
                rows.append([_cell(value.get(name)) for name in columns])
        return _written(rows), refused

    def _refusal(self, value: Any) -> str:
        if not isinstance(value, dict):
            return "not an object, so it has no columns"
        if not self.declared and len(value.keys() - self._columns):
            extra = sorted(value.keys() - set(self._columns))
            return f"there is no column `{extra[0]}`"
        return "" if self._columns else "an object without fields"


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return _encoder.encode(value).decode()
    return value


def _written(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
