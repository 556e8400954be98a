"""How dataclasses become JSON and come back: one table for each, one line for each field.

A field that has its default is left out, so that what gets a new field still reads what was written before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from stackfile.address import Address
from stackfile.plan.jsontree import from_json, to_json
from stackfile.values import Path

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """How values of one type are written as JSON, and read. `read` raises KeyError, TypeError or ValueError."""

    write: Callable[[T], Any]
    read: Callable[[Any], T]


def _as_it_is(value: Any) -> Any:
    return value


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _path(steps: Any) -> Path:
    return tuple(steps)


PLAIN: Final[Form[Any]] = Form(_as_it_is, _as_it_is)
ADDRESS: Final = Form(str, Address.parse)
VALUE: Final[Form[Any]] = Form(to_json, from_json)
MOMENT: Final = Form(_utc, datetime.fromisoformat)
PATH: Final[Form[Path]] = Form(list, _path)


def optional(form: Form[T]) -> Form[T | None]:
    return Form(
        lambda value: None if value is None else form.write(value),
        lambda data: None if data is None else form.read(data),
    )


def several(form: Form[T]) -> Form[tuple[T, ...]]:
    return Form(
        lambda values: [form.write(value) for value in values], lambda data: tuple(form.read(one) for one in data)
    )


def mapping(key: Form[K], value: Form[T]) -> Form[Mapping[K, T]]:
    """A map as a list of pairs, which keeps its order and takes keys that are no text."""
    return Form(
        lambda values: [[key.write(one), value.write(values[one])] for one in values],
        lambda data: {key.read(one): value.read(other) for one, other in data},
    )


def named(type_: type[Enum]) -> Form[Any]:
    """An enum by the names of its members: their values may be signs."""
    return Form(lambda member: member.name.lower(), lambda name: type_[name.upper()])


def table(type_: type[T], forms: Mapping[str, Form[Any]]) -> Form[T]:
    """The form of a dataclass. Raises TypeError, as soon as it is made, unless there is one form for each field."""
    declared: dict[str, Field[Any]] = {one.name: one for one in fields(type_)}  # type: ignore[arg-type]
    if declared.keys() != forms.keys():
        raise TypeError(f"{type_.__name__}: no form for {sorted(declared.keys() ^ forms.keys())}")
    rows = [(name, form, _default(declared[name])) for name, form in forms.items()]

    def write(value: T) -> dict[str, Any]:
        found = ((name, form, default, getattr(value, name)) for name, form, default in rows)
        return {name: form.write(one) for name, form, default, one in found if default is MISSING or one != default}

    def read(data: Any) -> T:
        if not isinstance(data, dict) or not data.keys() <= forms.keys():
            raise ValueError(f"no {type_.__name__.lower()}")
        return type_(**{name: forms[name].read(one) for name, one in data.items()})

    return Form(write, read)


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
