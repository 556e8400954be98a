"""NDJSON: one JSON value a line. Blank lines are no events; a line that is not JSON is a failed one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from stackfile_local.engine.readers.file import Bad, Parsed

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Ndjson:
    """`key` makes an event's key of its value."""

    key: Callable[[Any], Any] | None

    def parse(self, block: bytes, columns: tuple[str, ...], last: bool) -> Parsed:
        lines = block.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        try:
            values: Sequence[Any] = [_decode(line) for line in lines]
            numbers: Sequence[int] = range(len(lines))
            bad: list[Bad] = []
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            values, numbers, bad = _line_by_line(lines)
        keys = [None] * len(values) if self.key is None else list(map(self.key, values))
        return Parsed(keys, values, numbers, bad, len(block), len(lines))


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
