"""Diagnostics as text with a snippet and a caret, and as JSON in the shape that Terraform's tools read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackfile.errors import Diagnostic, Severity, Span
from stackfile.report.colour import coloured_diagnostics
from stackfile.report.json_values import encodable
from stackfile.report.text import CUT, WIDTH, char_width, safe, width, wrapped

_TAB = "    "
_LABEL_ROOM = 40


def render(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """Every diagnostic once, in the order given, an empty line between two; ends in a newline where there is any."""
    blocks = ["\n".join(_block(one)) for one in dict.fromkeys(diagnostics)]
    text = "\n\n".join(blocks) + "\n" if blocks else ""
    return coloured_diagnostics(text) if colour else text


def summary(diagnostics: Sequence[Diagnostic], consequence: str) -> str:
    """The last line under several errors: how many there are, where, and what that means ("Nothing was planned.")."""
    errors = [one for one in dict.fromkeys(diagnostics) if one.severity is Severity.ERROR]
    more = len(errors) - 1
    if more < 1:
        return consequence
    files = sorted({one.span.file for one in errors if one.span is not None})
    where = f" in {safe(files[0])}" if len(files) == 1 else f" in {len(files)} files" if files else ""
    return f"{more} {'error' if more == 1 else 'errors'} more{where}, above. {consequence}"


def _block(one: Diagnostic) -> list[str]:
    lines = [_title(one)]
    gutter = max(len(str(one.span.line)), 2) if one.span is not None else 2
    if one.span is not None:
        lines.append(f"{' ' * gutter}--> {safe(str(one.span))}")
    if one.span is not None and one.source is not None:
        lines += _snippet(one.span, one.source, one.label, gutter)
        lines += [" " * gutter + " |"] if one.help else []
    elif one.label:
        lines.append(f"  {safe(one.label)}")
    return lines + [f"  {safe(line)}".rstrip() for text in one.help for line in text.split("\n")]


def _title(one: Diagnostic) -> str:
    address = f"{one.address}: " if one.address and not one.message.startswith(one.address) else ""
    return safe(f"{one.severity}[{one.code}]: {address}{one.message}")


def _snippet(span: Span, source: str, label: str, gutter: int) -> list[str]:
    margin = " " * gutter + " |"
    shown, start, length = _window(span, source.rstrip("\r\n"), WIDTH - len(margin) - 1)
    lines = [margin, f"{str(span.line).rjust(gutter)} | {shown}".rstrip()]
    return [*lines, *(f"{margin} {line}" for line in _caret(start, length, safe(label), WIDTH - len(margin) - 1))]


def _window(span: Span, source: str, room: int) -> tuple[str, int, int]:
    """The part of the line to show, and the column and width of the carets under it."""
    cells = [_TAB if char == "\t" else safe(char) for char in source]
    first = min(max(span.column - 1, 0), len(cells))
    last = min(max(span.end_column - 1, first), len(cells)) if span.end_line == span.line else len(cells)
    left, right = 0, len(cells)
    if _columns(cells) > room:
        left, right = _around(cells, first, last, room - 2 * len(CUT))
    before, after = CUT if left else "", CUT if right < len(cells) else ""
    start = len(before) + _columns(cells[left:first])
    length = _columns(cells[first : min(last, right)])
    return before + "".join(cells[left:right]) + after, start, max(length, 1)


def _around(cells: Sequence[str], first: int, last: int, room: int) -> tuple[int, int]:
    """The widest stretch that fits, with the marked one in it: its start if it is wider itself."""
    left = right = min(first, len(cells))
    used = 0
    while right < last and used + width(cells[right]) <= room:
        used += width(cells[right])
        right += 1
    grown = True
    while grown:
        grown = False
        if left > 0 and used + width(cells[left - 1]) <= room:
            left, used, grown = left - 1, used + width(cells[left - 1]), True
        if right < len(cells) and used + width(cells[right]) <= room:
            right, used, grown = right + 1, used + width(cells[right]), True
    return left, right


def _columns(cells: Sequence[str]) -> int:
    return sum(char_width(cell) if len(cell) == 1 else len(cell) for cell in cells)


def _caret(start: int, length: int, label: str, room: int) -> list[str]:
    line = " " * start + "^" * length
    if not label or width(line) + 1 + width(label) <= room:
        return [f"{line} {label}".rstrip()]
    widest = max(width(word) for word in label.split(" "))
    indent = min(start, max(room - max(widest, _LABEL_ROOM), 0))
    return [line, *(" " * indent + text for text in wrapped(label, room - indent))]


def to_json(one: Diagnostic) -> dict[str, Any]:
    """One diagnostic as `validate -json` has it. Columns count characters from 1, ends are exclusive.

    Byte offsets into the file are not known here and are left out. What is ours is under `stackfile`.
    """
    detail = "\n".join([*([one.label] if one.label else []), *one.help])
    document: dict[str, Any] = {"severity": str(one.severity), "summary": one.message, "detail": detail}
    if one.address is not None:
        document["address"] = one.address
    if one.span is not None:
        document["range"] = _range(one.span)
    if one.span is not None and one.source is not None:
        document["snippet"] = _snippet_json(one.span, one.source)
    return encodable(document | {"stackfile": {"code": one.code, "label": one.label, "help": list(one.help)}})


def report_json(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """All of them in one document, as `validate --json` prints it."""
    errors = sum(one.severity is Severity.ERROR for one in diagnostics)
    return {
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": len(diagnostics) - errors,
        "diagnostics": [to_json(one) for one in diagnostics],
    }


def _range(span: Span) -> dict[str, Any]:
    return {
        "filename": span.file,
        "start": {"line": span.line, "column": span.column},
        "end": {"line": span.end_line, "column": span.end_column},
    }


def _snippet_json(span: Span, source: str) -> dict[str, Any]:
    first = min(max(span.column - 1, 0), len(source))
    last = max(span.end_column - 1, first) if span.end_line == span.line else len(source)
    return {
        "context": None,
        "code": source,
        "start_line": span.line,
        "highlight_start_offset": first,
        "highlight_end_offset": min(last, len(source)),
        "values": [],
    }
