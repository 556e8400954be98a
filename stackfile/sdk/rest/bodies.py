"""What is sent and what is taken from an answer, by a model's traits: pure, plain JSON in and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackfile.sdk.provider import Body, Update
from stackfile.sdk.schema import FieldSchema, Schema, Shape
from stackfile.sdk.traits import OnRemove, Trait
from stackfile.values import Path, drop, get, put

_NOT_SENT = Trait.COMPUTED | Trait.LOCAL
_NOT_SENT_BACK = _NOT_SENT | Trait.VOLATILE | Trait.WRITE_ONLY
_ABSENT: Any = object()


def new_body(desired: Body, schema: Schema) -> dict[str, Any]:
    """What a create sends: the fields that the stackfile sets; the service fills in the others."""
    return _wish(desired, schema)


def whole_body(change: Update[Any], schema: Schema) -> dict[str, Any]:
    """What a PUT sends: the wish over what is live, so that nothing is lost that the stackfile leaves alone.

    A live WRITE_ONLY value is a mask at best, and is not sent back as if it were the secret.
    """
    live = _sent(change.live.fields, schema, _NOT_SENT_BACK)
    for path in change.removed:
        live = _unset(live, path, schema)
    wish = _wish(change.desired, schema)
    body = _over(live, wish, schema)
    for path, value in change.changed.items():
        if get(wish, path, _ABSENT) is _ABSENT and _settable(path, schema):
            body = put(body, path, value)  # a default that comes back in the place of what was removed
    return body


def fields_body(change: Update[Any], schema: Schema) -> dict[str, Any]:
    """What a PATCH that replaces top-level fields sends: each one in which something differs, whole; null unsets it.

    With nothing that differs (a secret that is sent again) it is the whole wish.
    """
    body = whole_body(change, schema)
    touched = {path[0]: None for path in (*change.changed, *change.removed)}
    patch = {name: body[name] for name in body if name in touched}
    for path in change.removed:
        if len(path) == 1 and _goes(path, schema):
            patch = put(patch, path, None)
    return patch or _wish(change.desired, schema)


def merge_body(change: Update[Any], schema: Schema) -> dict[str, Any]:
    """What a PATCH that merges deeply sends (RFC 7396): `fields_body`, with null for whatever goes, at any depth."""
    patch = fields_body(change, schema)
    for path in change.removed:
        if _goes(path, schema):
            patch = put(patch, path, None)
    for known in schema.with_trait(Trait.WHOLE):
        live, wish = change.live.fields.get(known.name), patch.get(known.name)
        if isinstance(live, Mapping) and isinstance(wish, Mapping):
            patch[known.name] = _exactly(live, wish)
    return patch


def declared(item: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """What the model knows or takes of what a service returned, but for WRITE_ONLY fields, whose echo tells nothing."""
    out: dict[str, Any] = {}
    for name, known in schema.fields.items():
        if name in item and not known.has(Trait.WRITE_ONLY):
            out[name] = _each(item[name], known, declared)
    if schema.extra is not None:
        out |= {name: value for name, value in item.items() if name not in schema.fields}
    return out


def secrets_in(tree: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    """The texts below SENSITIVE and WRITE_ONLY fields."""
    for name, value in tree.items():
        known = schema.fields.get(name)
        if known is not None and known.secret:
            yield from _texts(value)
        elif known is not None and known.inner is not None:
            for inner in _maps_in(value, known):
                yield from secrets_in(inner, known.inner)


def _wish(desired: Body, schema: Schema) -> dict[str, Any]:
    tree = desired.model_dump(mode="json", exclude_unset=True, by_alias=True)
    return _sent(_without_nulls(tree, schema), schema, _NOT_SENT)


def _sent(tree: Mapping[str, Any], schema: Schema, without: Trait) -> dict[str, Any]:
    """The tree without the fields that have one of these traits, and with lists as text where the service wants it."""
    out: dict[str, Any] = {}
    for name, value in tree.items():
        known = schema.fields.get(name)
        if known is None:
            out[name] = value
        elif known.has(without):
            continue
        elif known.list_text is not None and isinstance(value, list):
            out[name] = known.list_text.separator.join(str(item) for item in value)
        else:
            out[name] = _each(value, known, lambda inner, schema: _sent(inner, schema, without))
    return out


def _without_nulls(tree: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Null on a declared field is the same as unset, so it must not clear what the service decided."""
    out: dict[str, Any] = {}
    for name, value in tree.items():
        known = schema.fields.get(name)
        if known is None:
            out[name] = value
        elif value is not None:
            out[name] = _each(value, known, _without_nulls)
    return out


def _each(value: Any, known: FieldSchema, change: Any) -> Any:
    """The value with `change(map, schema)` done to each map of the field's inner model in it."""
    inner = known.inner
    if inner is None:
        return value
    if known.shape is Shape.MODEL and isinstance(value, Mapping):
        return change(value, inner)
    if known.shape is Shape.MAP and isinstance(value, Mapping):
        return {key: change(one, inner) if isinstance(one, Mapping) else one for key, one in value.items()}
    if known.shape is Shape.LIST and isinstance(value, list):
        return [change(one, inner) if isinstance(one, Mapping) else one for one in value]
    return value


def _maps_in(value: Any, known: FieldSchema) -> list[Mapping[str, Any]]:
    if known.shape is Shape.MODEL:
        candidates = [value]
    elif isinstance(value, Mapping):
        candidates = list(value.values())
    else:
        candidates = value if isinstance(value, list) else []
    return [one for one in candidates if isinstance(one, Mapping)]


def _over(under: Mapping[str, Any], wish: Mapping[str, Any], schema: Schema | None) -> dict[str, Any]:
    """Maps merge by leaf; a WHOLE field and a list replace, and KEYED elements merge with those of the same key."""
    out = dict(under)
    for name, value in wish.items():
        known = schema.fields.get(name) if schema is not None else None
        out[name] = _merged(under.get(name), value, known)
    return out


def _merged(under: Any, wish: Any, known: FieldSchema | None) -> Any:
    if known is not None and known.has(Trait.WHOLE):
        return wish
    if isinstance(under, Mapping) and isinstance(wish, Mapping):
        if known is not None and known.shape is Shape.MAP and known.inner is not None:
            return {**under, **{key: _inner(under.get(key), one, known.inner) for key, one in wish.items()}}
        return _over(under, wish, known.inner if known is not None else None)
    if known is not None and known.keyed is not None and isinstance(under, list) and isinstance(wish, list):
        by_key = {one.get(known.keyed.field): one for one in under if isinstance(one, Mapping)}
        return [_inner(by_key.get(one[known.keyed.field]), one, known.inner) for one in wish]
    return wish


def _inner(under: Any, wish: Any, schema: Schema | None) -> Any:
    return _over(under, wish, schema) if isinstance(under, Mapping) and isinstance(wish, Mapping) else wish


def _unset(live: dict[str, Any], path: Path, schema: Schema) -> dict[str, Any]:
    match _on_remove(path, schema):
        case OnRemove.OMIT:
            return drop(live, path)
        case OnRemove.NULL:
            return put(live, path, None)
        case OnRemove.DEFAULT:
            known = schema.at(path)
            return put(live, path, known.default if known is not None else None)
        case _:
            return live


def _on_remove(path: Path, schema: Schema) -> OnRemove:
    known = schema.at(path)
    return known.on_remove if known is not None else OnRemove.OMIT


def _goes(path: Path, schema: Schema) -> bool:
    return _on_remove(path, schema) in (OnRemove.OMIT, OnRemove.NULL) and _settable(path, schema)


def _exactly(live: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Any]:
    """The wish, with null for each live key that it does not have."""
    out: dict[str, Any] = {key: None for key in live if key not in wish}
    for key, value in wish.items():
        under = live.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            value = _exactly(under, value)
        out[key] = value
    return out


def _settable(path: Path, schema: Schema) -> bool:
    """Paths into lists are no place to set: their list is sent whole."""
    known = schema.at(path)
    return all(isinstance(step, str) for step in path) and (known is None or not known.has(_NOT_SENT))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
