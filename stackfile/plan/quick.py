"""The quick roads to "nothing to do", for the many resources that did not change.

They may say no where a full comparison finds no difference; they never say yes where it finds one.
"""

from __future__ import annotations

from typing import Any

from stackfile.sdk.provider import Live
from stackfile.sdk.schema import FieldSchema, Schema, Shape
from stackfile.sdk.traits import Trait
from stackfile.values import Sealed, Sensitive, Tree, Unknown, Value, contains

_SIMPLE = frozenset({str, int, float, type(None), Sealed})
_NOT_READ = Trait.WRITE_ONLY | Trait.LOCAL
_AS_ONE = Trait.WHOLE | Trait.SENSITIVE


def untouched(desired: Tree, applied: Tree, live: Live) -> bool:
    """Whether file, record and raw live object say the same, as they are: what no reference or secret is in."""
    return alike(desired, applied) and _has(live, applied)


def agrees(schema: Schema, desired: Tree, wanted: Tree, applied: Tree, live: Live) -> bool:
    """The same for `wanted`: the desired tree in the form of the record, with the digests that still hold."""
    if not alike(wanted, applied) or contains(desired, Unknown):
        return False
    return _met(schema, desired, wanted, live.fields)


def _met(schema: Schema, desired: Tree, wanted: Tree, live: Tree) -> bool:
    """Whether what is wanted is live; a model within the object may have more than that, as the object may."""
    for name, value in wanted.items():
        field = schema.fields.get(name)
        if field is not None and (field.has(_NOT_READ) or field.unread_in(live)):
            continue
        if name not in live:
            return False
        there, wish = live[name], desired.get(name)
        inner = _model_in(field) if field is not None else None
        if inner is not None and isinstance(value, dict) and isinstance(wish, dict) and isinstance(there, dict):
            if not _met(inner, wish, value, there):
                return False
        elif not alike(there, _inside(wish) if isinstance(value, Sealed) else value):
            return False
    return True


def _model_in(field: FieldSchema) -> Schema | None:
    """The model of a map that is compared field by field."""
    return field.inner if field.shape is Shape.MODEL and not field.has(_AS_ONE) else None


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
