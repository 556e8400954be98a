"""What a plain word of a YAML document means to the engine, and numbers and times as it prints them in JSON."""

from __future__ import annotations

import base64
import math
import re
from datetime import datetime
from typing import Any

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER = re.compile(r"[-+]?(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[-+]\d\d:\d\d)?)?"
)
_TAGS = {bool: "!!bool", int: "!!int", float: "!!float", str: "!!str", type(None): "!!null"}
_MOST_UNSIGNED, _LEAST_SIGNED = 2**64 - 1, -(2**63)


def short_tag(plain: str) -> str:
    """What a word without quotes is taken for."""
    if plain == "<<":
        return "!!merge"
    if plain and _time(plain) is not None:
        return "!!timestamp"
    return _TAGS[type(_resolved(plain))]


def meaning(tag: str, text: str) -> Any:
    """The value of a scalar."""
    if tag == "!!binary":
        return base64.b64decode(text).decode(errors="replace")
    if tag == "!!timestamp":
        return _time(text) or text
    if tag in ("!!int", "!!float", "!!bool", "!!null"):
        found = _resolved(text)
        return float(found) if tag == "!!float" and isinstance(found, int) else found
    return text


def number(value: float) -> str:
    """As Go prints it in JSON."""
    if isinstance(value, int):
        return str(value)
    if value == 0:
        return "-0" if math.copysign(1.0, value) < 0 else "0"
    digits, _, exponent = f"{value!r}".partition("e")
    power = int(exponent or 0)
    if 1e-6 <= abs(value) < 1e21:
        return _plain(digits, power)
    if not exponent:
        digits, power = _scientific(value)
    return f"{digits.removesuffix('.0')}e{'+' if power > 0 else '-'}{abs(power):d}"


def _plain(digits: str, power: int) -> str:
    sign = "-" if digits.startswith("-") else ""
    whole, _, part = digits.lstrip("-").partition(".")
    part = "" if part == "0" else part
    if power >= 0:
        whole, part = whole + part[:power].ljust(power, "0"), part[power:]
    else:
        whole, part = "0", "0" * (-power - len(whole)) + whole + part
    return f"{sign}{whole.lstrip('0') or '0'}{'.' + part if part else ''}"


def _scientific(value: float) -> tuple[str, int]:
    digits, _, exponent = f"{value:.17e}".partition("e")
    return repr(float(digits)), int(exponent)


def _resolved(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    bare = text.replace("_", "")
    if bare[:1] not in "+-.0123456789" or not bare:
        return text
    whole = _INTEGER.fullmatch(bare)
    if whole is not None:
        return _integer(bare, whole)
    if _FLOAT.fullmatch(bare) and not math.isinf(float(bare)):
        return float(bare)
    return text


def _integer(bare: str, found: re.Match[str]) -> int | float:
    digits = next(one for one in found.groups() if one is not None)
    base = (16, 2, 8, 10)[found.groups().index(digits)]
    value = int(digits, base) * (-1 if bare.startswith("-") else 1)
    return value if _LEAST_SIGNED <= value <= _MOST_UNSIGNED else float(value)


def _time(text: str) -> str | None:
    """RFC 3339, where the word is a moment."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day, between, *clock, part, zone = found.groups()
    if between is not None and (between == " ") == (zone is not None):
        return None
    hour, minute, second = (int(one or 0) for one in clock)
    try:
        datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return None
    rest = (part or "").rstrip("0").rstrip(".")
    return f"{year}-{int(month):02}-{int(day):02}T{hour:02}:{minute:02}:{second:02}{rest}{zone or 'Z'}"
