"""The quick roads to "nothing to do", for the many resources that did not change.

They may say no where a full comparison finds no difference; they never say yes where it finds one.
"""

from __future__ import annotations

from typing import Any

from stackfile.sdk.provider import Live
from stackfile.sdk.schema import FieldSchema, Schema
from stackfile.sdk.traits import Trait
from stackfile.values import Sealed, Sensitive, Tree, Unknown, Value, contains

_SIMPLE = frozenset({str, int, float, type(None), Sealed})
_NOT_READ = Trait.WRITE_ONLY | Trait.LOCAL


def untouched(desired: Tree, applied: Tree, live: Live) -> bool:
    """Whether file, record and raw live object say the same, as they are: what no reference or secret is in."""
    return alike(desired, applied) and _has(live, applied)


def agrees(schema: Schema, desired: Tree, wanted: Tree, applied: Tree, live: Live) -> bool:
    """The same for `wanted`: the desired tree in the form of the record, with the digests that still hold."""
    if not alike(wanted, applied) or contains(desired, Unknown):
        return False
    fields = schema.fields
    read = {name: value for name, value in wanted.items() if name not in fields or _is_read(fields[name], live)}
    secrets = {name: _inside(desired[name]) for name, value in read.items() if isinstance(value, Sealed)}
    return _has(live, {**read, **secrets})


def _is_read(field: FieldSchema, live: Live) -> bool:
    return not field.has(_NOT_READ) and not field.unread_in(live.fields)


def _has(live: Live, tree: Tree) -> bool:
    fields = live.fields
    return all(name in fields and alike(fields[name], value) for name, value in tree.items())


def _inside(value: Value) -> Value:
    return value.value if isinstance(value, Sensitive) else value


def alike(left: Value, right: Value) -> bool:
    """Equal, and a boolean only where the other is one too: Python takes true for 1."""
    return left == right and _same_types(left, right)


def _same_types(left: Value, right: Any) -> bool:
    if isinstance(left, dict):
        for key, one in left.items():  # noqa: SIM110 - asked of every resource up to four times; a generator costs more
            if type(one) is not str and not _same_types(one, right[key]):
                return False
        return True
    if isinstance(left, list):
        return all(type(one) is str or _same_types(one, other) for one, other in zip(left, right, strict=True))
    if type(left) is bool or type(right) is bool:
        return left is right
    return type(left) in _SIMPLE
