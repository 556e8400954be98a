"""Types of fields that the kinds share: names, times and sizes in normal form, references."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from stackfile.portable.quantities import parse_duration, parse_size, print_duration, print_size
from stackfile.sdk.traits import Trait
from stackfile_local.engine.codec import COMPRESS

FOREVER = "forever"
_SMALLEST_EVENT = 1024
_LARGEST_EVENT = 256 * 2**20


def _not_dots(name: str) -> str:
    if name in (".", ".."):
        raise ValueError("`.` and `..` are no names")
    return name


def _duration(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"write a number with its unit, as in 7d, or `{FOREVER}`")
    return FOREVER if value == FOREVER else print_duration(parse_duration(value))


def _period(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write a number with its unit, as in 30s")
    return print_duration(parse_duration(value))


def _size(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write a number with its unit, as in 1MiB")
    size = parse_size(value)
    if not _SMALLEST_EVENT <= size <= _LARGEST_EVENT:
        raise ValueError(f"from {print_size(_SMALLEST_EVENT)} to {print_size(_LARGEST_EVENT)}")
    return print_size(size)


def _room(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write a number with its unit, as in 1GiB")
    size = parse_size(value)
    if size < _SMALLEST_EVENT:
        raise ValueError(f"at least {print_size(_SMALLEST_EVENT)}")
    return print_size(size)


def _codec(value: Any) -> str:
    if value not in COMPRESS:
        raise ValueError(f"{value} is not installed: write one of {', '.join(COMPRESS)}")
    return str(value)


def _filled(value: str) -> str:
    if not value.strip() or "\0" in value:
        raise ValueError("write a path")
    return value


StreamName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._-]{1,249}$",
        description="Letters, digits, `.`, `_` and `-`, up to 249: the names that Kafka takes too.",
    ),
    AfterValidator(_not_dots),
    Trait.IDENTITY,
    Trait.IMMUTABLE,
]
Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._-]{1,200}$",
        description="Letters, digits, `.`, `_` and `-`, up to 200; no two of a kind have the same.",
    ),
    AfterValidator(_not_dots),
    Trait.IDENTITY,
]
FilePath = Annotated[str, AfterValidator(_filled)]
Retention = Annotated[str, BeforeValidator(_duration)]
Period = Annotated[str, BeforeValidator(_period)]
Size = Annotated[str, BeforeValidator(_size)]
Room = Annotated[str, BeforeValidator(_room)]
Codec = Annotated[str, BeforeValidator(_codec)]
CreatedAt = Annotated[str | None, Trait.COMPUTED, Field(description="When it was made.")]
DeadLetters = Annotated[
    int | None,
    Trait.COMPUTED,
    Trait.VOLATILE,
    Field(description="Failed events that the engine keeps because no `dead_letter` stream was named."),
]
