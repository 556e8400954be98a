"""Values as YAML text, in the way a person would write them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stackfile.language.scalars import plain
from stackfile.language.source import Template
from stackfile.values import Value

_PLAIN = re.compile(r"(?:[A-Za-z_/.][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+-]+)*|[0-9]+[A-Za-z]{1,3})\Z")
_OTHER_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "="))
"""Text to us, and something else to readers of older YAML."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_SHOWN_AS_IT_IS = re.compile("[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BLOCK = re.compile("(?:[\x20-\x7e\t\n\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff])*\\Z")
WIDTH = 100


class Unwritable(Exception):
    """A value that no YAML text stands for."""


def scalar(value: Value, like: str = "") -> str:
    """One scalar on one line; a text in the quotes `like`, where it can be."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if not isinstance(value, str):
        raise Unwritable
    raw = "!raw " if "{{" in value and not isinstance(value, Template) else ""
    if like == "'" and _SHOWN_AS_IT_IS.sub("", value) == "":
        return raw + "'" + value.replace("'", "''") + "'"
    return raw + (value if not like and is_plain(value) else quoted(value))


def is_plain(text: str) -> bool:
    """Whether the text may stand without quotes, anywhere."""
    return bool(_PLAIN.match(text)) and text.lower() not in _OTHER_WORDS and isinstance(_read(text), str)


def _read(text: str) -> object:
    try:
        return plain(text)
    except ValueError:
        return None


def quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(sign) or _sign(sign) for sign in text) + '"'


def _sign(sign: str) -> str:
    if _SHOWN_AS_IT_IS.match(sign):
        return sign
    code = ord(sign)
    if 0xD800 <= code < 0xE000:
        raise Unwritable
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def key(text: str) -> str:
    return text if is_plain(text) else quoted(text)


def in_flow(value: Value) -> str:
    """Any value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key(str(name))}: {in_flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(in_flow, value)) + "]"
    return scalar(value)


def after_sign(value: Value, column: int, newline: str) -> str:
    """What follows the sign of a key (`:`) or an item (`-`) that begins in this column, the space included: on its
    line what is short, below it in lines of their own what is long."""
    if isinstance(value, str) and "\n" in value and (block := in_block(value, column + 2, newline)):
        return f" {block}"
    if isinstance(value, Mapping | list | tuple) and value:
        flow = in_flow(value)
        if column + len(flow) > WIDTH - 20 or "\\n" in flow:
            return newline + _in_lines(value, column + 2, newline)
        return f" {flow}"
    return f" {in_flow(value)}"


def _in_lines(value: Value, column: int, newline: str) -> str:
    space = " " * column
    if isinstance(value, Mapping):
        lines = (f"{space}{key(str(name))}:{after_sign(inner, column, newline)}" for name, inner in value.items())
    else:
        items = value if isinstance(value, list | tuple) else []
        lines = (f"{space}-{after_sign(inner, column, newline)}" for inner in items)
    return newline.join(lines)


def in_block(text: str, column: int, newline: str) -> str:
    """A text of several lines behind `|`; empty where it could not be read back."""
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    if not body or "{{" in text or body[0] in " \t\n" or ends > 1 or not _BLOCK.match(text):
        return ""
    space = " " * column
    lines = [f"{space}{line}" if line else "" for line in body.split("\n")]
    return newline.join(["|" if ends else "|-", *lines])
