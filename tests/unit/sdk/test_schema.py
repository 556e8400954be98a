"""A kind's model as a schema: shapes, traits, defaults, and which field governs a path."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel

from stackfile.sdk.provider import Body, Kind
from stackfile.sdk.schema import Schema, Shape, schema_for, schema_of
from stackfile.sdk.traits import Reference, Trait
from stackfile.values import Sensitive, Value, parse_path
from tests.unit.sdk.every_shape import REF, SCHEMA, Inner, Model

SHAPES = {
    "number": (Shape.SCALAR, None),
    "aliased": (None, None),
    "user.defined": (Shape.SCALAR, None),
    "opaque": (Shape.MAP, None),
    "numbers": (Shape.MAP, None),
    "items": (Shape.LIST, None),
    "inner": (Shape.MODEL, Inner),
    "inners": (Shape.LIST, Inner),
    "entries": (Shape.MAP, Inner),
    "optional_entries": (Shape.MAP, Inner),
    "nested": (Shape.LIST, None),
    "either": (Shape.MODEL, Inner),
    "one_of_two": (Shape.SCALAR, None),
    "text_or_list": (Shape.LIST, None),
    "anything": (Shape.MAP, None),
}


@pytest.mark.parametrize(("name", "expected"), SHAPES.items())
def test_the_shape_of_a_field(name: str, expected: tuple[Shape | None, type[BaseModel] | None]) -> None:
    field = SCHEMA.fields.get(name)
    inner = field.inner.model if field is not None and field.inner is not None else None
    assert (field.shape if field is not None else None, inner) == expected


def test_there_is_one_schema_a_model() -> None:
    assert schema_of(Model) is SCHEMA
    assert SCHEMA.fields["inner"].inner is schema_of(Inner)


@pytest.mark.parametrize("name", ["secret", "hidden_in_a_union", "hidden_in_a_list", "one_of_two", "nested"])
def test_a_trait_counts_wherever_in_the_annotation_it_stands(name: str) -> None:
    assert SCHEMA.fields[name].secret


def test_marks_on_the_items_of_a_list_are_the_lists() -> None:
    targets = SCHEMA.fields["targets"]
    assert targets.reference == Reference(("streams",))
    assert targets.has(Trait.PINS)


def test_traits_stay_with_the_model_that_declares_them() -> None:
    assert SCHEMA.fields["inner"].traits == Trait.LOCAL
    assert not SCHEMA.fields["entries"].secret
    assert SCHEMA.has_secrets
    assert SCHEMA.has_computed
    assert [f.name for f in SCHEMA.with_trait(Trait.IDENTITY | Trait.UNORDERED)] == ["name", "items"]


def test_a_default_is_in_normal_form() -> None:
    defaults = {name: SCHEMA.fields[name].default for name in ("interval", "codec", "number", "opaque", "name")}
    assert defaults == {"interval": 10, "codec": "gzip", "number": None, "opaque": {}, "name": None}


GOVERNED: dict[str, tuple[str | None, Trait]] = {
    "number": ("number", Trait.NONE),
    "opaque.a.b[0]": ("opaque", Trait.NONE),
    "items[3]": ("items", Trait.UNORDERED),
    "inner.mode": ("mode", Trait.IMMUTABLE | Trait.LOCAL),
    "inner.size": ("size", Trait.LOCAL),
    "inners[0]": ("inners", Trait.NONE),
    "inners[0].mode": ("mode", Trait.IMMUTABLE),
    "entries.a": ("entries", Trait.NONE),
    "entries.a.mode": ("mode", Trait.IMMUTABLE),
    "entries.size.size": ("size", Trait.NONE),
    "number.deeper": ("number", Trait.NONE),
    "nothing": (None, Trait.NONE),
    "inner.nothing": ("inner", Trait.LOCAL),
    "": (None, Trait.NONE),
}


@pytest.mark.parametrize(("path", "expected"), GOVERNED.items())
def test_a_path_is_governed_by_the_innermost_declared_field(path: str, expected: tuple[str | None, Trait]) -> None:
    field = SCHEMA.at(parse_path(path))
    assert (field.name if field is not None else None, SCHEMA.traits_at(parse_path(path))) == expected


def test_a_known_tree_becomes_the_model_with_its_secrets() -> None:
    tree: dict[str, Value] = {"name": "n", "secret": Sensitive("hunter2"), "targets": [REF]}
    assert SCHEMA.typed(tree) == Model(name="n", secret="hunter2", targets=["s-1"])


class Postgres(Body):
    connector: Literal["postgres"]
    host: str


class Sources(Kind[Body]):
    section, name, model = "sources", "source", Inner
    variants = {"postgres": Postgres}  # noqa: RUF012


def test_the_connector_selects_the_variant() -> None:
    def chosen(body: dict[str, Any]) -> Schema:
        return schema_for(Sources, body)

    assert chosen({"connector": "postgres"}).model is Postgres
    for body in ({"connector": "mysql"}, {}):
        with pytest.raises(KeyError):
            chosen(body)
