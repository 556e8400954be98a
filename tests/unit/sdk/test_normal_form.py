"""The one way into normal form: what a stackfile writes, what a service returns, and all that is wrong with either."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BeforeValidator, Field

from stackfile.portable.operations import normalise_operations
from stackfile.sdk.provider import Body
from stackfile.sdk.schema import Problem, schema_of
from stackfile.sdk.traits import Trait
from stackfile.values import Ref, Sealed, Sensitive, Unknown, parse_path, print_path
from tests.unit.sdk.every_shape import REF, SCHEMA

U = Unknown()

NORMAL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "only what it had": ({}, {}),
    "types of the model": ({"number": "5", "codec": "none"}, {"number": 5, "codec": "none"}),
    "validators of the annotation": ({"interval": "5s"}, {"interval": 5}),
    "names of the stackfile": ({"user.defined": "x"}, {"user.defined": "x"}),
    "null on a declared field is gone": ({"number": None, "positive": None}, {}),
    "null in a nested model is gone": ({"inner": {"size": 1, "mode": None}}, {"inner": {"size": 1}}),
    "null in a list of models is gone": ({"inners": [{"size": 1, "mode": None}]}, {"inners": [{"size": 1}]}),
    "null in opaque JSON stays": ({"opaque": {"a": None}}, {"opaque": {"a": None}}),
    "an unknown value": ({"number": U, "positive": "2"}, {"number": U, "positive": 2}),
    "an unknown item": ({"items": ["1", U]}, {"items": [1, U]}),
    "an unknown entry": ({"numbers": {"a": "1", "b": U}}, {"numbers": {"a": 1, "b": U}}),
    "an unknown map of a model": (
        {"entries": {"a": {"size": "1"}, "b": U}},
        {"entries": {"a": {"size": 1}, "b": U}},
    ),
    "an unknown in a nested model": ({"inner": {"size": U}}, {"inner": {"size": U}}),
    "an unknown beside null": ({"name": U, "number": None}, {"name": U}),
    "a null entry where one may be": ({"optional_entries": {"a": None}}, {"optional_entries": {"a": None}}),
    "a null entry beside what is not known": (
        {"name": U, "optional_entries": {"a": None}},
        {"name": U, "optional_entries": {"a": None}},
    ),
    "a secret": ({"number": Sensitive("5")}, {"number": Sensitive(5)}),
    "a secret in a list": ({"items": ["1", Sensitive("2")]}, {"items": [1, Sensitive(2)]}),
    "a secret in opaque JSON": ({"opaque": {"a": [Sensitive("x")]}}, {"opaque": {"a": [Sensitive("x")]}}),
    "a secret beside what is not known": (
        {"name": U, "number": Sensitive("5"), "opaque": {"a": Sensitive("x")}},
        {"name": U, "number": Sensitive(5), "opaque": {"a": Sensitive("x")}},
    ),
    "a secret that is not known": ({"number": Sensitive(U)}, {"number": Sensitive(U)}),
    "a reference": ({"targets": [REF]}, {"targets": [REF]}),
    "a reference to what is to come": ({"targets": [Ref(REF.address, U)]}, {"targets": [Ref(REF.address, U)]}),
    "a digest": ({"secret": Sealed("k", "s", "m")}, {"secret": Sealed("k", "s", "m")}),
}  # fmt: skip


@pytest.mark.parametrize(("tree", "normal"), NORMAL.values(), ids=NORMAL)
def test_a_tree_in_normal_form(tree: dict[str, Any], normal: dict[str, Any]) -> None:
    named = {"name": "n", **normal}
    assert SCHEMA.normalise({"name": "n", **tree}) == (named, ())
    assert SCHEMA.normalise(named) == (named, ())


SETTABLE = [name for name, field in SCHEMA.fields.items() if not field.has(Trait.COMPUTED)]


def problem(code: str, path: str, message: str, known: Any = ()) -> Problem:
    return Problem(code, parse_path(path), message, tuple(known))


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], list[Problem]]] = {
    # the tree, what is left of it, what is said
    "a required field that is null": ({"name": None}, {}, [problem("field-missing", "name", "`name` is required")]),
    "an unknown field": (
        {"numbr": 1}, {},
        [problem("field-unknown", "numbr", "no field `numbr` here", SETTABLE)],
    ),
    "a computed field": ({"id": "x"}, {}, [problem("field-computed", "id", "`id` is set by the service")]),
    "a computed field of a nested model": (
        {"inner": {"size": 1, "path": "p"}}, {"inner": {"size": 1}},
        [problem("field-computed", "inner.path", "`path` is set by the service")],
    ),
    "a computed field of an entry": (
        {"entries": {"a": {"size": 1, "path": "p"}}}, {"entries": {"a": {"size": 1}}},
        [problem("field-computed", "entries.a.path", "`path` is set by the service")],
    ),
    "a wrong type": (
        {"number": "many"}, {},
        [problem("type-wrong", "number", "should be a valid integer")],
    ),
    "a value out of bounds, said beside the annotation": (
        {"name": U, "positive": 0}, {"name": U},
        [problem("type-wrong", "positive", "should be greater than or equal to 1")],
    ),
    "a wrong choice": (
        {"codec": "zip"}, {},
        [problem("type-wrong", "codec", "should be 'none' or 'gzip'")],
    ),
    "a wrong item": (
        {"items": [1, "x"]}, {},
        [problem("type-wrong", "items[1]", "should be a valid integer")],
    ),
    "a wrong item beside an unknown one": (
        {"items": [U, "x"]}, {"items": [U]},
        [problem("type-wrong", "items[1]", "should be a valid integer")],
    ),
    "text where a model should be": ({"inner": "x"}, {}, [problem("type-wrong", "inner", "should be a map")]),
    "text where an entry should be": (
        {"entries": {"a": "x", "b": {"size": 1}}}, {"entries": {"b": {"size": 1}}},
        [problem("type-wrong", "entries.a", "should be a map")],
    ),
    "text where a model in a list should be": (
        {"inners": [{"size": 1}, "x"]}, {"inners": [{"size": 1}]},
        [problem("type-wrong", "inners[1]", "should be a map")],
    ),
    "a field of an element": (
        {"inners": [{"size": 1}, {"size": "x"}]}, {"inners": [{"size": 1}, {}]},
        [problem("type-wrong", "inners[1].size", "should be a valid integer")],
    ),
    "a list that is too short": (
        {"at_least_one": []}, {"at_least_one": []},
        [problem("type-wrong", "at_least_one", "should have at least 1 item after validation, not 0")],
    ),
    "everything at once": (
        {"name": None, "number": "x", "inner": {"mode": 1}, "foo": 1}, {"inner": {}},
        [
            problem("type-wrong", "number", "should be a valid integer"),
            problem("type-wrong", "inner.mode", "should be a valid string"),
            problem("field-missing", "inner.size", "`size` is required"),
            problem("field-unknown", "foo", "no field `foo` here", SETTABLE),
            problem("field-missing", "name", "`name` is required"),
        ],
    ),
    "a secret of the wrong type": (
        {"number": Sensitive("hunter2")}, {},
        [problem("type-wrong", "number", "is not a value that fits here")],
    ),
    "what only the model as a whole can tell": (
        {"number": 13}, {"number": 13},
        [problem("type-wrong", "", "is not a value that fits here")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tree", "left", "found"), WRONG.values(), ids=WRONG)
def test_all_that_is_wrong_is_told_with_its_place(
    tree: dict[str, Any], left: dict[str, Any], found: list[Problem]
) -> None:
    has_name = tree.get("name", "n") is not None
    assert SCHEMA.normalise({"name": "n", **tree}) == ({"name": "n", **left} if has_name else left, tuple(found))


def test_a_required_field_that_is_not_there_is_missing() -> None:
    assert SCHEMA.normalise({}) == ({}, (problem("field-missing", "name", "`name` is required"),))


def _refuse(value: object) -> object:
    raise ValueError(f"{value} is no good")


class Quoting(Body):
    secret: Annotated[str | None, BeforeValidator(_refuse), Trait.SENSITIVE] = None
    pin: Annotated[str | None, Field(min_length=12), Trait.WRITE_ONLY] = None
    shown: Annotated[str | None, BeforeValidator(_refuse)] = None


def test_a_problem_quotes_what_is_shown_anyway_and_no_secret() -> None:
    schema, veil = schema_of(Quoting), "is not a value that fits here"
    assert schema.normalise({"secret": "hunter2"})[1] == (problem("type-wrong", "secret", veil),)
    assert schema.normalise({"secret": Sensitive("hunter2")})[1] == (problem("type-wrong", "secret", veil),)
    short = problem("type-wrong", "pin", "should have at least 12 characters")
    assert schema.normalise({"pin": Sensitive("hunter2")})[1] == (short,)
    assert schema.normalise({"pin": Sensitive(4711)})[1] == (problem("type-wrong", "pin", "should be a valid string"),)
    assert schema.normalise({"shown": Sensitive("hunter2")})[1] == (problem("type-wrong", "shown", veil),)
    assert schema.normalise({"shown": "x"})[1] == (problem("type-wrong", "shown", "x is no good"),)


class Choosing(Body):
    mode: Literal["append", "upsert"] = "append"
    kinds: Annotated[list[Literal["sources", "topics"]], Field(default_factory=list, description="What it is for.")]


def test_a_word_that_is_not_allowed_is_told_with_the_one_that_was_meant() -> None:
    _, problems = schema_of(Choosing).normalise({"mode": "upsrt", "kinds": ["sourcess", "nonsense"]})
    assert [(print_path(one.path), one.message, one.help) for one in problems] == [
        ("mode", "should be 'append' or 'upsert'", ("did you mean `upsert`?",)),
        ("kinds[0]", "should be 'sources' or 'topics'", ("did you mean `sources`?",)),
        ("kinds[1]", "should be 'sources' or 'topics'", ("kinds: What it is for.",)),
    ]


ACCEPTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a whole object": ({"number": "5"}, {"number": 5}),
    "without what is required": ({"number": "5"}, {"number": 5}),
    "computed fields, as they come": ({"id": 7}, {"id": 7}),
    "fields that no model knows": ({"number": "5", "new": {"a": None}}, {"number": 5, "new": {"a": None}}),
    "nulls are what is not there": ({"number": None, "id": None, "new": None}, {}),
    "a value that does not fit": ({"number": "many"}, {"number": "many"}),
    "a nested field that no model knows does not spoil the others": (
        {"inner": {"size": "5", "new": 1}}, {"inner": {"size": 5, "new": 1}},
    ),
    "a nested computed field": ({"inner": {"size": "5", "path": "p"}}, {"inner": {"size": 5, "path": "p"}}),
    "an element that does not fit leaves its list as it came": (
        {"inners": [{"size": "5"}, {"size": "x"}]}, {"inners": [{"size": "5"}, {"size": "x"}]},
    ),
    "text where a model should be": ({"inner": "x"}, {"inner": "x"}),
    "what the model as a whole would refuse": ({"number": "13"}, {"number": 13}),
}  # fmt: skip


@pytest.mark.parametrize(("live", "normal"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_a_service_returns_is_taken_as_far_as_it_fits(live: dict[str, Any], normal: dict[str, Any]) -> None:
    assert SCHEMA.accept(live) == normal


class Piped(Body):
    operations: Annotated[list[dict[str, Any]], BeforeValidator(normalise_operations), Field(description="In order.")]
    secret: Annotated[list[dict[str, Any]] | None, Trait.SENSITIVE, BeforeValidator(normalise_operations)] = None


def test_a_validator_that_knows_the_parts_has_each_told_at_its_path_and_offsets() -> None:
    tree: dict[str, Any] = {"operations": [{"filter": "loer(value.a)"}, {"map": {"b": "2 ** 3"}}, {"select": []}]}
    _, problems = schema_of(Piped).normalise(tree)
    assert [(print_path(one.path), one.message, one.within, one.help) for one in problems] == [
        ("operations[0].filter", "there is no function `loer`", (0, 4), ("did you mean lower?",)),
        ("operations[1].map.b", "`**` is no operator", (2, 4), ("there is no power operator",)),
        (
            "operations[2].select",
            "a list of fields is wanted, not an empty list",
            None,
            ("write [page, user.name]",),
        ),
    ]


def test_the_parts_of_a_secret_are_not_told() -> None:
    _, problems = schema_of(Piped).normalise({"operations": [], "secret": [{"filter": "hunter2("}]})
    assert [(print_path(one.path), one.message) for one in problems] == [("secret", "is not a value that fits here")]


def test_a_wrong_value_is_told_with_what_the_field_is_for() -> None:
    _, problems = schema_of(Piped).normalise({"operations": 3, "secret": None})
    assert [one.help for one in problems] == [("start each with a dash:  - filter: value.amount > 1000",)]
    _, problems = schema_of(Described).normalise({"kept": 3})
    assert [one.help for one in problems] == [("kept: How long.",)]


class Described(Body):
    kept: Annotated[str, Field(description="How long.")]


def refuse(value: str) -> str:
    raise ValueError(f"{value} is too long")


class Refusing(Body):
    text: Annotated[str, AfterValidator(refuse)]


def test_a_sentence_that_quotes_a_large_value_is_cut() -> None:
    _, problems = schema_of(Refusing).normalise({"text": "x" * 1_000_000})
    assert len(problems[0].message) < 250
    assert problems[0].message.endswith("xxx is too long")
