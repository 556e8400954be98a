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
