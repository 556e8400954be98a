"""The functions that expressions have beyond Jinja2's filters. All are pure but `file`, which reads by its caller."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from stackfile.language.findings import Fault
from stackfile.language.reader import describe
from stackfile.language.yamltext import read_data

LAZY = ("try", "nonsensitive")
"""Functions whose arguments are evaluated by themselves; the expression sees to them."""

LARGEST_FILE = 10_000_000
MOST_COMBINATIONS = 10_000

ReadFile = Callable[[str], bytes]


def functions(read_file: ReadFile | None, touch: Callable[[], None]) -> Mapping[str, Callable[..., Any]]:
    """The functions by name. `touch` is called when something was declared to be sensitive.

    Each raises TypeError or ValueError, with the reason for the user.
    """

    def sensitive(value: Any) -> Any:
        touch()
        return value

    def file(path: str) -> str:
        return read_text(read_file, _text("file", path))

    return {**_PURE, "sensitive": sensitive, "file": file}


def read_text(read_file: ReadFile | None, path: str) -> str:
    """A file's text. Raises ValueError, with the reason, where it cannot be had."""
    if read_file is None:
        raise ValueError(f"cannot read {path}: files are not available here")
    try:
        data = read_file(path)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or type(error).__name__}") from None
    if len(data) > LARGEST_FILE:
        raise ValueError(f"{path} is larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None


def _json(text: str) -> Any:
    try:
        return json.loads(_text("json", text), parse_constant=_not_finite)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("not JSON: nested too deep") from None


def _not_finite(name: str) -> Any:
    raise ValueError(f"not JSON: {name}")


def _yaml(text: str) -> Any:
    try:
        return read_data(_text("yaml", text))
    except Fault as fault:
        raise ValueError(fault.message) from None


def _b64encode(text: str) -> str:
    return base64.b64encode(_text("b64encode", text).encode("utf-8")).decode("ascii")


def _sha256(text: str) -> str:
    return hashlib.sha256(_text("sha256", text).encode("utf-8")).hexdigest()


def _key_by(items: Any, field: str) -> dict[str, Any]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise TypeError("key_by takes a list of maps and the name of a field")
    out: dict[str, Any] = {}
    for item in items:
        key = item.get(field)
        if not isinstance(key, str):
            raise ValueError(f"key_by: an item whose `{field}` is {describe(key)}, where text is wanted")
        if key in out:
            raise ValueError(f"key_by: two items whose `{field}` is the same")
        out[key] = item
    return out


def _product(*lists: Any, **named: Any) -> list[Any]:
    """Every combination: lists of items, or with names maps of them, `name` being their texts joined by `-`."""
    if bool(lists) == bool(named):
        raise TypeError("product takes lists, or named lists: product(region=['eu', 'us'], tier=['a', 'b'])")
    sides = [_list(side) for side in (*lists, *named.values())]
    count = 1
    for side in sides:
        count *= len(side)
    if count > MOST_COMBINATIONS:
        raise ValueError(f"product of more than {MOST_COMBINATIONS:,} combinations")
    if lists:
        return [list(items) for items in itertools.product(*sides)]
    if "name" in named:
        raise ValueError("product makes `name` itself: choose another name")
    rows = (dict(zip(named, items, strict=True)) for items in itertools.product(*sides))
    return [{"name": "-".join(map(str, row.values())), **row} for row in rows]


def _list(side: Any) -> list[Any]:
    if not isinstance(side, list | tuple):
        raise TypeError(f"product takes lists, not {describe(side)}")
    return list(side)


def _text(function: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{function} takes text, not {describe(value)}; for the text of a value use | tojson")
    return value


_PURE: Mapping[str, Callable[..., Any]] = {
    "json": _json,
    "yaml": _yaml,
    "b64encode": _b64encode,
    "sha256": _sha256,
    "key_by": _key_by,
    "product": _product,
}

FUNCTIONS = (*_PURE, "sensitive", "file")
