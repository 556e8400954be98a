"""Value trees as plain JSON, with the masks that say where something is unknown or sensitive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from stackfile.plan.plan import UNSET
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value

Json: TypeAlias = Any
"""Maps with text keys, lists and scalars: what every JSON encoder takes."""

_LARGEST = 2**63


def plain(value: Value) -> Json:
    """The tree as JSON: unknown and sensitive leaves as null, references as ids.

    An integer beyond 64 bits becomes text, so that every encoder takes it; `encodable` does the rest.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return None if value is UNSET else {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Ref):
        return plain(value.id)
    if isinstance(value, Unknown | Sensitive | Sealed):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and not -_LARGEST <= value < _LARGEST:
        return hex(value)
    return value


def encodable(document: Mapping[str, Json]) -> dict[str, Json]:
    """The finished document with lone surrogates in its texts replaced: no encoder of UTF-8 takes them."""
    return {_text(key): _encodable(inner) for key, inner in document.items()}


def _encodable(value: Json) -> Json:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return encodable(value)
    return [_encodable(inner) for inner in value] if isinstance(value, list | tuple) else value


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def unknown_mask(value: Value) -> Json:
    """Mirrors the tree with true at unknown leaves; maps hold only what is unknown."""
    return _mask(value, (Unknown,))


def sensitive_mask(value: Value) -> Json:
    """Mirrors the tree with true at sensitive leaves; maps hold only what is sensitive."""
    return _mask(value, (Sensitive, Sealed))


def _mask(value: Value, marks: tuple[type[object], ...]) -> Json:
    """False, true, or a map or list in which something is true; a map without any is empty."""
    if isinstance(value, str) or value is None:
        return False
    if isinstance(value, marks):
        return True
    if isinstance(value, Ref):
        return isinstance(value.id, marks)
    if isinstance(value, Mapping) and value is not UNSET:
        inner = {str(key): _mask(one, marks) for key, one in value.items()}
        return {key: mask for key, mask in inner.items() if _any(mask)}
    if isinstance(value, list | tuple):
        masks = [_mask(one, marks) for one in value]
        return masks if any(_any(mask) for mask in masks) else []
    return False


def _any(mask: Json) -> bool:
    return mask is True or bool(mask)
