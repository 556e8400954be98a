"""NDJSON: one JSON value a line. Blank lines are no events; a line that is not JSON is a failed one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import msgspec

from stackfile_local.engine.events import Event
from stackfile_local.engine.readers.file import Bad, Parsed
from stackfile_local.engine.stored import Part, Shape

_decode = msgspec.json.Decoder().decode
_decode_lines = msgspec.json.Decoder().decode_lines


@dataclass(frozen=True, slots=True)
class Ndjson:
    """`key` makes an event's key of its value."""

    key: Callable[[Any], Any] | None

    def parse(self, block: bytes, columns: tuple[str, ...], last: bool) -> Parsed:
        lines = _lines(block)
        try:
            values: Sequence[Any] = [_decode(line) for line in lines]
            numbers: Sequence[int] = range(len(lines))
            bad: list[Bad] = []
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            values, numbers, bad = _line_by_line(lines)
        keys = [None] * len(values) if self.key is None else list(map(self.key, values))
        return Parsed(keys, values, numbers, bad, len(block), len(lines))

    def whole(self, block: bytes, first: int, now: int, shape: Shape | None) -> Part | None:
        count = count_maps(block)
        if not count:
            return None
        try:
            if shape is not None and shape.read_lines is not None and self.key is None and is_plain(block):
                return _checked(Lines(block, first, count, now, None, picked=shape.read_lines(block)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        try:
            return _checked(Lines(block, first, count, now, self.key, values=_decode_lines(block)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None


def count_maps(block: bytes) -> int:
    """How many lines there are, where each begins and ends as a map does; 0 where one does not.

    Between a brace that closes and one that opens, a line can only end outside of all values: so each such line holds
    one value or more, and there is one in each of them where there are as many values as lines.
    """
    count = block.count(b"\n") + (block[-1:] != b"\n")
    ends = block[:1] == b"{" and block[-2:].rstrip(b"\n")[-1:] == b"}"
    return count if ends and block.count(b"}\n{") == count - 1 else 0


def _checked(lines: Lines) -> Lines | None:
    found = lines.picked if lines.values is None else lines.values
    return lines if found is not None and len(found) == lines.count else None


@dataclass(slots=True)
class Lines:
    """Lines that are a map each, from the one with the number `first` on. What was decoded already to know that is
    given once: whoever gets it may change it."""

    block: bytes
    first: int
    count: int
    appended: int
    key: Callable[[Any], Any] | None
    values: Sequence[Any] | None = None
    picked: Sequence[Any] | None = None
    partition: int = 0

    def __len__(self) -> int:
        return self.count

    def events(self) -> Iterator[Event]:
        values, self.values = self.values, None
        if values is None:
            values = _decode_lines(self.block)
        keys = repeat(None) if self.key is None else map(self.key, values)
        numbers = range(self.first, self.first + self.count)
        return zip(keys, values, repeat(None), repeat(self.appended), repeat(0), numbers, strict=False)

    def rows(self, shape: Shape) -> Iterator[Any] | None:
        if self.picked is None:
            return None
        if shape.bare:
            return iter(self.picked)
        none, numbers = repeat(None), range(self.first, self.first + self.count)
        return zip(none, none, none, repeat(self.appended), repeat(0), numbers, self.picked, strict=False)


_DIGITS = bytes(0x30 if byte in b"0123456789" else 0x20 for byte in range(256))
_LONG = b"0" * 300
_EXPONENTS = (re.compile(rb"e[+0-9]"), re.compile(rb"E[+0-9]"))
_FAR = re.compile(rb"[eE]\+?[0-9]{3}")


def is_plain(block: bytes) -> bool:
    """Whether a field of it can be passed over unread: there is no number that might be out of range, and all of it is
    UTF-8. Only then is every line that holds JSON an event for all readers alike."""
    if any(each.search(block) for each in _EXPONENTS) and _FAR.search(block):
        return False
    if _LONG in block.translate(_DIGITS):
        return False
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return lines


def _line_by_line(lines: Sequence[bytes]) -> tuple[list[Any], list[int], list[Bad]]:
    values: list[Any] = []
    numbers: list[int] = []
    bad: list[Bad] = []
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            values.append(_decode(line))
            numbers.append(number)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            bad.append(Bad(number, _reason(line, str(error)), line.decode("utf-8", "backslashreplace")))
        except RecursionError:
            bad.append(Bad(number, "nested too deeply", line.decode("utf-8", "backslashreplace")))
    return values, numbers, bad


def _reason(line: bytes, says: str) -> str:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start + 1}"
    detail = says.removeprefix("JSON is malformed: ")
    return f"not JSON: {detail[:1].lower()}{detail[1:]}"


def path_key(path: str) -> Callable[[Any], Any]:
    """Follows a dotted path; None where it leads nowhere, and for what is no key: null, a list, an object."""
    steps = path.split(".")

    def key(value: Any) -> Any:
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return None if isinstance(value, dict | list) else value

    return key
