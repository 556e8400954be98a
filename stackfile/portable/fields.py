"""Paths to fields of a value, as operations name what they set or keep: `page`, `user.name`, `user["full name"]`."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

FieldPath: TypeAlias = tuple[str, ...]
"""Names of fields, outermost first. Never empty."""

_BARE = r"[^\W\d][\w-]*"
_STEP = re.compile(rf"""(\.?)({_BARE})|\[("(?:[^"\\]|\\.)*")\]|\['([^'"\\]*)'\]""")
_PLAIN = re.compile(_BARE + r"\Z")


def parse_field(text: str) -> FieldPath:
    """The inverse of `print_field`. Raises ValueError with what to write."""
    steps: list[str] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (match[2] is not None and (match[1] == ".") != bool(steps)):
            raise ValueError(_reason(text, at))
        _, bare, quoted, single = match.groups()
        steps.append(bare if bare is not None else _unquote(text, quoted) if quoted is not None else single)
        at = match.end()
    if not steps:
        raise ValueError("the name of a field is missing")
    if steps[0] == "value" and len(steps) > 1 and text.startswith("value"):
        raise ValueError(f'write `{print_field(tuple(steps[1:]))}`; for a field called value, ["value"]{text[5:]}')
    return tuple(steps)


def print_field(path: FieldPath) -> str:
    """The text that `parse_field` reads back."""
    parts: list[str] = []
    for step in path:
        bare = _PLAIN.match(step) and (parts or len(path) == 1 or step != "value")
        if bare:
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f"[{json.dumps(step, ensure_ascii=False)}]")
    return "".join(parts)


def overlaps(paths: Sequence[FieldPath]) -> Iterator[tuple[FieldPath, FieldPath]]:
    """Pairs in which the first leads to the second or to what holds it."""
    ordered = sorted(paths)
    for first, second in itertools.pairwise(ordered):
        if second[: len(first)] == first:
            yield first, second


def _unquote(text: str, quoted: str) -> str:
    try:
        name = str(json.loads(quoted))
        name.encode()
    except ValueError as error:  # half of a surrogate pair too: it could not be saved
        raise ValueError(f"{text!r} is no path of fields: {quoted} is not well quoted") from error
    return name


def _reason(text: str, at: int) -> str:
    rest = text[at:]
    if re.match(r"\[-?[0-9]", rest):
        return f"{text!r} is no path of fields: items of a list cannot be named here"
    return f'{text!r} is no path of fields: put dots between names, and an odd name in brackets and quotes: a["b c"]'
