"""Plain YAML scalars by the core schema of YAML 1.2: `on`, `no` and `12:30` are text, `0x1f` and `0o17` are numbers."""

from __future__ import annotations

import re

from stackfile.values import Scalar

MAY_NOT_BE_TEXT = frozenset("0123456789+-.~nNtTfF")
"""First characters of plain scalars that may be something other than text; the empty scalar is null."""

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_OTHER_BASE = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_LONGEST = 40
"""More digits than any number has that fits in 64 bits; longer ones are never converted."""


def plain(text: str) -> Scalar:
    """The value of a plain scalar. Raises ValueError, with the reason, for a number that JSON cannot carry."""
    if text in _WORDS:
        return _WORDS[text]
    if _DECIMAL.match(text):
        return _whole(text, 10)
    if _FLOAT.match(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError("the number is too large")
        return number
    if _OTHER_BASE.match(text):
        return _whole(text[2:], 8 if text[1] == "o" else 16)
    if _NOT_FINITE.match(text):
        raise ValueError("a number must be finite")
    return text


def _whole(digits: str, radix: int) -> int:
    if len(digits) <= _LONGEST:
        number = int(digits, radix)
        if fits(number):
            return number
    raise ValueError("the number does not fit in 64 bits")


def fits(number: int) -> bool:
    """Whether a whole number can be written to JSON by every program that reads it."""
    return -(2**63) <= number < 2**64
