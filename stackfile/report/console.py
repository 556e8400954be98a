"""The answer of the console: one value, for people over several lines and for programs as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from stackfile.report.json_values import Json, encodable, plain, sensitive_mask, unknown_mask
from stackfile.report.text import WIDTH, width
from stackfile.report.value_text import inline, item
from stackfile.values import Value

_INDENT = "  "
_DEEPEST = 12


def answer_text(value: Value, depth: int = 0) -> str:
    """Texts in quotes; maps and lists on one line where they fit in it."""
    line = inline(value)
    room = WIDTH - len(_INDENT) * depth
    if depth >= _DEEPEST or not isinstance(value, Mapping | list | tuple) or not value or width(line) <= room:
        return line
    inner, end = _INDENT * (depth + 1), _INDENT * depth
    if isinstance(value, Mapping):
        lines = [f"{inner}{item(str(key))}: {answer_text(one, depth + 1)}" for key, one in value.items()]
        return "\n".join(["{", *lines, f"{end}}}"])
    return "\n".join(["[", *(f"{inner}{answer_text(one, depth + 1)}" for one in value), f"{end}]"])


def answer_json(expression: str, value: Value) -> dict[str, Json]:
    """Unknown and sensitive parts are null in `value`, and true in the masks."""
    masks = {"unknown": unknown_mask(value), "sensitive": sensitive_mask(value)}
    return encodable({"expression": expression, "value": plain(value), **masks})
