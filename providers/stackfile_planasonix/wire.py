"""The shapes of Planasonix's answers, made one: three envelopes, two casings, and lists with or without one.

Streams, schedules and triggers come as `{data: {id, type, attributes}}`, credentials as `{data: {...}}`, connections,
pipelines and projects bare; the first two in snake_case, the last in camelCase (docs.planasonix.com, api-reference).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackfile.sdk.rest.pages import Further, Page
from stackfile.values import get

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """`sourceType` as `source_type`."""
    return _HUMP.sub("_", name).lower()


def camel(name: str) -> str:
    """`source_type` as `sourceType`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def unwrapped(body: Any) -> dict[str, Any] | None:
    """The object in an answer or a list, its own keys in snake_case and what is in them as it came. None: no object."""
    data = body.get("data", body) if isinstance(body, Mapping) else body
    if not isinstance(data, Mapping):
        return None
    attributes = data.get("attributes")
    if isinstance(attributes, Mapping):
        data = {**({"id": data["id"]} if "id" in data else {}), **attributes}
    return {snake(str(key)): value for key, value in data.items()}


def is_gone(item: Mapping[str, Any]) -> bool:
    """Whether an object was deleted and is shown all the same: pipelines and credentials go to a trash first."""
    return item.get("deleted") is True or bool(item.get("deleted_at")) or item.get("status") == "deleted"


def items(body: Any) -> Any:
    """The list in an answer, which the vendor's own client gets without an envelope."""
    return body.get("data") if isinstance(body, Mapping) else body


def camelled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A request's own keys in camelCase; what is in them, a config above all, goes as it is."""
    return {camel(name): value for name, value in fields.items()}


_MASK = re.compile(r"[*\u2022\u25cf]{3,}|[<\[(](redacted|hidden|masked|secret|sensitive)[>\])]", re.IGNORECASE)


def unmasked(value: Any) -> Any:
    """A config without what stands in the place of a secret, `****` for instance: that was not given back. None for
    such a text itself; in a list it stays, as the items that follow it keep their places."""
    if isinstance(value, str):
        return None if _MASK.search(value) else value
    if isinstance(value, Mapping):
        shown = {key: unmasked(one) for key, one in value.items()}
        return {key: one for key, one in shown.items() if one is not None or value[key] is None}
    return value


@dataclass(frozen=True, slots=True)
class Listed:
    """`?limit=100&cursor=...`, the next cursor being in `meta.page.cursor` or `meta.cursor`; none ends the list.

    A list that only tells a total goes on by `offset` while there should be more: no way is documented, and a page that
    comes again ends the walk with an error. A cursor that leads to itself ends the list.
    """

    limit: int = 100
    maximum: int = 10_000

    def first(self) -> Mapping[str, Any]:
        return {"limit": self.limit}

    def after(self, page: Page) -> Further | None:
        meta = get(page.response.json, ("meta",))
        cursor = get(meta, ("page", "cursor")) or get(meta, ("cursor",))
        if cursor:
            return Further({**page.params, "cursor": cursor}) if cursor != page.params.get("cursor") else None
        total, seen = get(meta, ("total",)), page.params.get("offset", 0) + len(page.items)
        if isinstance(total, int) and seen < total and page.items and "cursor" not in page.params:
            return Further({**page.params, "offset": seen})
        return None
