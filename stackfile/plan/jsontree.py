"""Value trees of a plan as JSON, exactly, and back: also what is not known yet, and where a secret stood.

The leaves that JSON lacks are maps with one key that begins with `$`; a user's own key that does has one `$` more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from stackfile.address import Address
from stackfile.plan.plan import UNSET
from stackfile.state.leaves import NotStorable
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value

_PLAIN: Final = frozenset({str, int, bool, type(None)})


def to_json(value: Value) -> Any:
    """Raises NotStorable for a number that is not finite. What is in a `Sensitive` is written too: veil it before."""
    if type(value) in _PLAIN:
        return value
    if value is UNSET:
        return {"$unset": True}
    if isinstance(value, Mapping):
        return {"$" + key if key[:1] == "$" else key: to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(inner) for inner in value]
    return _leaf(value)


def _leaf(value: object) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotStorable("a number that is not finite")
        return value
    if isinstance(value, Unknown):
        return {"$unknown": {"waits_for": list(value.waits_for), "template": value.template}}
    if isinstance(value, Sensitive):
        return {"$sensitive": to_json(value.value)}
    if isinstance(value, Ref):
        return {"$ref": {"address": str(value.address), "id": to_json(value.id)}}
    if isinstance(value, Sealed):
        return {"$secret": {"kid": value.kid, "salt": value.salt, "mac": value.mac, "assumed": value.assumed}}
    if isinstance(value, str | int):
        return value
    raise TypeError(f"a value of type {type(value).__name__} is in no plan")


def from_json(plain: Any) -> Value:
    """The inverse of `to_json`. Raises KeyError, TypeError or ValueError for what was never written so."""
    if isinstance(plain, list):
        return [item if type(item) in _PLAIN else from_json(item) for item in plain]
    if not isinstance(plain, dict):
        return plain  # type: ignore[no-any-return]
    if len(plain) == 1:
        ((key, inside),) = plain.items()
        if key[:1] == "$" and key[:2] != "$$":
            return _READ[key](inside)
    return {key[1:] if key[:1] == "$" else key: from_json(inner) for key, inner in plain.items()}


def _reference(fields: Any) -> Ref:
    id = from_json(fields["id"])
    if not isinstance(id, str | Unknown):
        raise TypeError("the id of a reference is text")
    return Ref(Address.parse(fields["address"]), id)


_READ: Final[Mapping[str, Callable[[Any], Value]]] = {
    "$unset": lambda inside: UNSET,
    "$unknown": lambda inside: Unknown(tuple(inside["waits_for"]), inside["template"]),
    "$sensitive": lambda inside: Sensitive(from_json(inside)),
    "$ref": _reference,
    "$secret": lambda inside: Sealed(inside["kid"], inside["salt"], inside["mac"], inside["assumed"]),
}
