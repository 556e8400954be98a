"""The functions of the expression language in Python; each gets only arguments of the kinds that its table names."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from stackfile.portable.functions import FUNCTIONS, TIME_PARTS, Kind, Kinds, describe
from stackfile.portable.quantities import parse_duration
from stackfile_local.engine.runtime import (
    MAX_RESULT_ITEMS,
    MAX_RESULT_TEXT,
    Failed,
    bounded_text,
    equal,
    kind_word,
    number,
)

_WHOLE = re.compile(r"[+-]?[0-9]{1,25}\Z")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,10})?\Z")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?)?\Z"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EXACT = 2.0**53
_KINDS: Mapping[type, Kinds] = MappingProxyType(
    {bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT, str: Kind.TEXT, list: Kind.LIST, dict: Kind.MAP}
)


def unfit(name: str, arguments: Sequence[Any]) -> None:
    """What a call gives whose arguments are not all of the kinds asked for: null for a null; otherwise it fails."""
    if any(argument is None for argument in arguments):
        return
    for place, argument in enumerate(arguments):
        wanted = FUNCTIONS[name].parameter(place)[1]
        if not _KINDS[type(argument)] & wanted:
            got = "a fraction" if type(argument) is float and wanted & Kind.INT else kind_word(argument)
            raise Failed(f"`{name}` takes {describe(wanted)}, got {got}")


def _contains(holder: Any, part: Any) -> bool:
    if type(holder) is list:
        return any(equal(part, each) for each in holder)
    if type(part) is not str:
        raise Failed(f"`contains` looks for text there, got {kind_word(part)}")
    return part in holder


def _replace(text: str, old: str, new: str) -> str:
    if not old:
        raise Failed("`replace` cannot look for an empty text")
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_RESULT_TEXT:
        raise Failed(f"the result is longer than {MAX_RESULT_TEXT:,} characters")
    return text.replace(old, new)


def _split(text: str, separator: str) -> list[str]:
    if not separator:
        raise Failed("`split` takes a separator that is not empty")
    if text.count(separator) >= MAX_RESULT_ITEMS:
        raise Failed(f"the result has more than {MAX_RESULT_ITEMS:,} items")
    return text.split(separator)


def _join(items: list[Any], separator: str) -> str | None:
    if any(item is None for item in items):
        return None
    for item in items:
        if type(item) in (list, dict):
            raise Failed(f"`join` takes texts, numbers and booleans, got {kind_word(item)}")
    texts = [_string(item) for item in items]
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_RESULT_TEXT:
        raise Failed(f"the result is longer than {MAX_RESULT_TEXT:,} characters")
    return separator.join(texts)


def _concat(*parts: Any) -> str:
    return bounded_text("".join([_string(part) for part in parts]))


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:end]


def _sha256(text: str) -> str:
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise Failed("`sha256` got half of a surrogate pair, which is no character") from error


def _int(value: Any) -> Any:
    if type(value) is str:
        if not _WHOLE.match(value):
            raise Failed("`int` got text that is not a whole number")
        return number(int(value))
    return number(math.trunc(number(value)))


def _float(value: Any) -> Any:
    if type(value) is str and not _DECIMAL.match(value):
        raise Failed("`float` got text that is not a number")
    return number(float(value))


def _string(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    return repr(number(value))


def _bool(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if type(value) is str:
        raise Failed("`bool` got text that is neither true nor false")
    return bool(value)


def _abs(value: Any) -> Any:
    return number(abs(value))


def _floor(value: Any) -> Any:
    return number(math.floor(number(value)))


def _ceil(value: Any) -> Any:
    return number(math.ceil(number(value)))


def _round(value: Any, digits: int | None = None) -> Any:
    """Halves go away from zero. With digits a float stays a float; a whole number is what it was."""
    if type(value) is int:
        return number(value)
    number(value)
    if digits is None:
        return number(int(_round_half(value)))
    if not 0 <= digits <= 15:
        raise Failed("`round` takes from 0 to 15 digits")
    scaled = value * 10.0**digits
    return value if abs(scaled) >= _EXACT else _round_half(scaled) / 10.0**digits


def _round_half(value: float) -> float:
    size = abs(value)
    whole = float(math.floor(size))
    return math.copysign(whole + 1.0 if size - whole >= 0.5 else whole, value)


def _extreme(name: str, pick: Callable[[Sequence[Any]], Any]) -> Callable[..., Any]:
    def extreme(*arguments: Any) -> Any:
        values = arguments[0] if len(arguments) == 1 and type(arguments[0]) is list else arguments
        if not values or any(value is None for value in values):
            return None
        kinds = {kind_word(value) for value in values}
        if kinds not in ({"a number"}, {"text"}):
            raise Failed(f"`{name}` takes numbers or texts, got {' and '.join(sorted(kinds))}")
        picked = pick(values)
        return picked if type(picked) is str else number(picked)

    return extreme


def _time(value: Any) -> int:
    """Milliseconds since 1970 in UTC; text without an offset is UTC."""
    if type(value) is int:
        return int(number(value))
    try:
        moment = datetime.fromisoformat(value) if _TIME.match(value) else None
    except ValueError:
        moment = None
    if moment is None:
        raise Failed("`time` got text that is not a time such as 2025-01-31T10:30:00Z")
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND


def _moment(milliseconds: int, by: str) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise Failed(f"`{by}` takes milliseconds within the years 1 to 9999") from error


def _time_text(milliseconds: int) -> str:
    return _moment(milliseconds, "time_text").isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _part(name: str) -> Callable[[int], int]:
    def part(milliseconds: int) -> int:
        moment = _moment(milliseconds, name)
        return moment.isoweekday() if name == "weekday" else int(getattr(moment, name))

    return part


def _time_floor(milliseconds: int, size: int) -> Any:
    if size <= 0:
        raise Failed("`time_floor` takes a size above zero")
    return number(milliseconds - milliseconds % size)


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Failed("`duration` got text that is not a duration such as 1h30m") from error


def _sqrt(value: Any) -> float:
    if value < 0:
        raise Failed("`sqrt` takes no number below zero")
    return float(number(math.sqrt(value)))


def _slice(items: list[Any], start: int, end: int | None = None) -> list[Any]:
    return items[start:end]


def _reverse(items: list[Any]) -> list[Any]:
    return items[::-1]


IMPLEMENTATIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "lower": str.lower,
        "upper": str.upper,
        "trim": str.strip,
        "length": len,
        "contains": _contains,
        "starts_with": str.startswith,
        "ends_with": str.endswith,
        "replace": _replace,
        "split": _split,
        "join": _join,
        "concat": _concat,
        "substring": _substring,
        "sha256": _sha256,
        "int": _int,
        "float": _float,
        "string": _string,
        "bool": _bool,
        "abs": _abs,
        "floor": _floor,
        "ceil": _ceil,
        "round": _round,
        "min": _extreme("min", min),
        "max": _extreme("max", max),
        "time": _time,
        "time_text": _time_text,
        "time_floor": _time_floor,
        "duration": _duration,
        **{name: _part(name) for name in TIME_PARTS},
        "sqrt": _sqrt,
        "index_of": str.find,
        "slice": _slice,
        "reverse": _reverse,
        "keys": list,
    }
)
"""Every function of the table but the special ones, for which code is generated."""
