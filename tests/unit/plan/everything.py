"""One model with every trait that a comparison knows, and comparisons of it as text."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from stackfile.plan.applied import to_applied
from stackfile.plan.diff import Comparison, diff
from stackfile.plan.mask import mask
from stackfile.sdk.provider import Body
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Keyed, ListText, OnRemove, Reference, Satisfies, Trait
from stackfile.state.secrets import Seal
from stackfile.values import Tree
from tests.unit.plan.world import field_in_short, seal_of


class Inner(Body):
    size: int | None = None
    mode: Annotated[str | None, Trait.IMMUTABLE] = None
    path: Annotated[str | None, Trait.COMPUTED] = None


class Column(Body):
    name: str
    type: str | None = None
    length: int | None = None


class Everything(Body):
    text: str | None = None
    number: int | None = None
    flag: bool | None = None
    opaque: dict[str, Any] = Field(default_factory=dict)
    frozen: Annotated[dict[str, Any], Trait.IMMUTABLE] = Field(default_factory=dict)
    inner: Inner | None = None
    frozen_inner: Annotated[Inner | None, Trait.IMMUTABLE] = None
    entries: dict[str, Inner] = Field(default_factory=dict)
    items: list[Any] | None = None
    columns: list[Column] | None = None
    keyed: Annotated[list[Column] | None, Keyed("name")] = None
    unordered: Annotated[list[Any] | None, Trait.UNORDERED] = None
    whole: Annotated[dict[str, Any] | None, Trait.WHOLE] = None
    whole_list: Annotated[list[Column] | None, Trait.WHOLE] = None
    list_text: Annotated[str | list[Any] | None, ListText(",")] = None
    unordered_text: Annotated[str | list[str] | None, ListText(","), Trait.UNORDERED] = None
    password: Annotated[str | None, Trait.WRITE_ONLY] = None
    token: Annotated[str | None, Trait.SENSITIVE] = None
    headers: Annotated[dict[str, str] | None, Trait.SENSITIVE] = None
    secret_pair: Annotated[str | list[str] | None, ListText(","), Trait.SENSITIVE] = None
    local: Annotated[int | None, Trait.LOCAL] = None
    local_inner: Annotated[Inner | None, Trait.LOCAL] = None
    uptime: Annotated[int | None, Trait.VOLATILE] = None
    id: Annotated[str | None, Trait.COMPUTED] = None
    status: Annotated[str | None, Satisfies((("running", ("finished", "starting")),))] = None
    target: Annotated[str | None, Reference(("streams",))] = None
    slot: Annotated[str | None, Trait.IMMUTABLE] = None
    by_null: Annotated[str | None, OnRemove.NULL] = None
    by_default: Annotated[int, OnRemove.DEFAULT] = 5
    by_default_of_map: Annotated[dict[str, int], OnRemove.DEFAULT] = Field(default_factory=lambda: {"a": 1})
    by_default_of_none: Annotated[str | None, OnRemove.DEFAULT] = None
    by_replace: Annotated[str | None, OnRemove.REPLACE] = None
    by_keep: Annotated[str | None, OnRemove.KEEP] = None
    kept_map: Annotated[dict[str, Any] | None, OnRemove.KEEP] = None


SCHEMA = schema_of(Everything)


def compare(desired: Tree, applied: Tree, live: Tree, seal: Seal | None = None) -> Comparison:
    """The comparison of three trees as people write them: `applied` too holds secrets in plain, and is sealed here."""
    seal = seal or seal_of()
    tree, problems = SCHEMA.normalise(desired)
    assert problems == ()
    earlier, _ = SCHEMA.normalise(applied)
    recorded = to_applied(mask(SCHEMA, earlier), {}, seal)
    return diff(SCHEMA, mask(SCHEMA, tree), recorded, mask(SCHEMA, SCHEMA.accept(live)), seal)


def in_words(comparison: Comparison) -> str:
    return "; ".join(map(field_in_short, comparison.fields)) or "nothing"
