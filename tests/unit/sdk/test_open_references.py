"""Bodies whose references have no ids yet: validated as a whole, without an id that anybody could find fault with."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, model_validator

from stackfile.address import Address
from stackfile.sdk.provider import Body
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Reference
from stackfile.values import Ref, Sensitive, Unknown, Value

TARGET = Address("streams", "clicks")
OPEN = Ref(TARGET, Unknown(("streams.clicks.id",)))
KNOWN = Ref(TARGET, "st_1")


class Pipe(Body):
    stream: Annotated[str, Reference("streams"), Field(pattern="^st_")]
    others: Annotated[list[str], Reference("streams")] = Field(default_factory=list)
    partitions: int = 1
    width: float = 1.0

    @model_validator(mode="after")
    def _narrow(self) -> Pipe:
        if self.width > self.partitions:
            raise ValueError("width is at most partitions")
        return self


@pytest.mark.parametrize("reference", [OPEN, KNOWN, Sensitive("st_1")])
def test_a_reference_comes_out_as_it_went_in_and_the_rest_in_normal_form(reference: Value) -> None:
    normal, problems = schema_of(Pipe).normalise({"stream": reference, "partitions": "2"})
    assert (normal, problems) == ({"stream": reference, "partitions": 2}, ())


def test_references_in_a_list_come_out_as_they_went_in() -> None:
    normal, problems = schema_of(Pipe).normalise({"stream": OPEN, "others": [OPEN, KNOWN], "width": "0.5"})
    assert (normal, problems) == ({"stream": OPEN, "others": [OPEN, KNOWN], "width": 0.5}, ())


def test_what_is_wrong_beside_an_open_reference_is_told_at_its_place() -> None:
    _, problems = schema_of(Pipe).normalise({"stream": OPEN, "partitions": "many", "wide": 1})
    assert [(one.code, one.path) for one in problems] == [
        ("type-wrong", ("partitions",)),
        ("field-unknown", ("wide",)),
    ]


@pytest.mark.parametrize(("reference", "told"), [(KNOWN, ["type-wrong"]), (OPEN, [])])
def test_a_rule_over_several_fields_is_asked_once_all_are_known(reference: Ref, told: list[str]) -> None:
    _, problems = schema_of(Pipe).normalise({"stream": reference, "width": 2})
    assert [one.code for one in problems] == told


class Span(Body):
    """Rules over several fields, beside a reference that any text fits and a text that is secret for some."""

    stream: Annotated[str, Reference("streams")]
    first: int = 1
    last: int = 1
    note: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.first > self.last:
            raise ValueError(f"first is at most last; the note says {self.note}")
        return self


SAID = "first is at most last; the note says hello"
OVER_FIELDS: dict[str, tuple[Value, Value, list[str]]] = {
    "a reference without an id hides nothing": (OPEN, "hello", [SAID]),
    "a reference with one hides nothing": (KNOWN, "hello", [SAID]),
    "a secret hides what may quote it": (OPEN, Sensitive("hello"), ["is not a value that fits here"]),
    "what is not known yet is asked later": (OPEN, Unknown(("streams.clicks.name",)), []),
}


@pytest.mark.parametrize(("reference", "note", "told"), OVER_FIELDS.values(), ids=OVER_FIELDS)
def test_what_is_wrong_with_several_fields_is_told(reference: Value, note: Value, told: list[str]) -> None:
    _, problems = schema_of(Span).normalise({"stream": reference, "first": 3, "note": note})
    assert [one.message for one in problems] == told
