"""Value trees as the state keeps them: JSON, with the leaves that JSON lacks under keys that begin with `$`.

A `Sealed` is `{"$secret": {...}}`, a `Ref` is `{"$ref": {...}}`. A tree that has such leaves stands under `$leaves`,
and in there a user's own key that begins with `$` has one `$` more: nothing that a user writes can be taken for a
leaf, and a tree without leaves is read and written as it is, at the speed of the JSON library.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

from stackfile.address import Address
from stackfile.errors import Diagnostic, StateError
from stackfile.values import Ref, Sealed, Unknown, Value, leaves, print_path

SECRET, REF, LEAVES = "$secret", "$ref", "$leaves"
SECRET_VERSION = 1

_PLAIN = frozenset({str, int, bool, type(None)})

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
_PLAIN_ONLY = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


class NotStorable(ValueError):
    """A value that JSON has no form for. The text says why; `refuse` finds where."""


def dump(plain: Any) -> bytes:
    """The bytes of plain JSON values, keys sorted. Raises NotStorable for what JSON or its 64 bits cannot hold."""
    try:
        return orjson.dumps(plain, option=_OPTIONS)
    except TypeError as error:
        raise NotStorable(str(error)) from None


def canonical(value: Value) -> bytes:
    """The one byte form of a tree: what is stored, and what digests are made over.

    Raises NotStorable for a number that is not finite, or has more than 64 bits, and for broken text. Raises TypeError
    for what must never get as far as here: a secret that is not sealed, and a value that is not known yet.
    """
    try:
        text = orjson.dumps(value, option=_PLAIN_ONLY)
    except TypeError:
        return _with_leaves(value)
    # A number that is not finite comes out as null, too: both are looked at again, leaf by leaf.
    return _with_leaves(value) if b'"$' in text or b"null" in text else text


def _with_leaves(value: Value) -> bytes:
    text = dump(_escaped(value))
    return b'{"%b":%b}' % (LEAVES.encode(), text) if b'"$' in text else text


def _escaped(value: Value) -> Any:
    if isinstance(value, dict):
        return {
            "$" + key if key[:1] == "$" else key: item if type(item) in _PLAIN else _escaped(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [item if type(item) in _PLAIN else _escaped(item) for item in value]
    return value if value is None or isinstance(value, (str, int)) else _leaf(value)


def _leaf(value: object) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotStorable("a number that is not finite")
        return value
    if isinstance(value, Sealed):
        return {SECRET: _sealed(value)}
    if isinstance(value, Ref) and isinstance(value.id, str):
        return {REF: {"address": str(value.address), "id": value.id}}
    if isinstance(value, Mapping):
        return _escaped(dict(value))
    if isinstance(value, Ref | Unknown):
        raise TypeError("what is not known yet cannot be stored")
    raise TypeError(f"a value of type {type(value).__name__} cannot be stored")


def _sealed(sealed: Sealed) -> dict[str, Any]:
    fields: dict[str, Any] = {"v": SECRET_VERSION, "kid": sealed.kid, "salt": sealed.salt, "mac": sealed.mac}
    return fields | ({"assumed": True} if sealed.assumed else {})


def from_json(plain: Any) -> Value:
    """The tree whose canonical bytes were parsed to `plain`.

    Raises ValueError, KeyError or TypeError for what was never written so.
    """
    if isinstance(plain, dict) and LEAVES in plain:
        return _restored(plain[LEAVES])
    return plain  # type: ignore[no-any-return]


def _restored(plain: Any) -> Value:
    if isinstance(plain, dict):
        if SECRET in plain:
            return _unsealed(plain[SECRET])
        if REF in plain:
            return Ref(Address.parse(plain[REF]["address"]), plain[REF]["id"])
        return {
            _unescaped(key) if key[:1] == "$" else key: item if type(item) in _PLAIN else _restored(item)
            for key, item in plain.items()
        }
    if isinstance(plain, list):
        return [item if type(item) in _PLAIN else _restored(item) for item in plain]
    return plain  # type: ignore[no-any-return]


def _unescaped(key: str) -> str:
    if not key.startswith("$$"):
        raise ValueError(f"unknown key {key}")
    return key[1:]


def _unsealed(fields: Mapping[str, Any]) -> Sealed:
    if fields["v"] != SECRET_VERSION:
        raise ValueError(f"a secret's digest of version {fields['v']}")
    return Sealed(fields["kid"], fields["salt"], fields["mac"], fields.get("assumed", False))


def refuse(what: str, tree: Value) -> StateError:
    """The diagnostic for a tree that was not storable: names the first leaf that cannot be stored, never its value."""
    for path, leaf in leaves(tree):
        try:
            canonical(leaf)
        except NotStorable as error:
            return refusal(f"{what}, {print_path(path)}", error)
    return refusal(what, NotStorable("nested too deeply, or a key is not text"))


def refusal(where: str, why: NotStorable) -> StateError:
    message = f"{where}: this value cannot be stored: {str(why)[:1].lower()}{str(why)[1:]}"
    help = (
        "The state is JSON with numbers of 64 bits. Write the value as text, in quotes, where the service takes that."
    )
    return StateError([Diagnostic("state-value", message, help=(help,))])
