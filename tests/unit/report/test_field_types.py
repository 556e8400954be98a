"""What a field takes is told from its annotation."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, Field

from stackfile.report.field_types import takes
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Trait


class Speed(StrEnum):
    SLOW = "slow"
    FAST = "fast"


class Inner(BaseModel):
    x: int


class Example(BaseModel):
    text: str
    flag: bool = False
    number: float | None = None
    maybe: Annotated[str | None, Trait.SENSITIVE, BeforeValidator(str)] = None
    between: Annotated[int | None, Trait.SENSITIVE] = Field(None, ge=1, le=9)
    more: Annotated[int, Field(ge=0)] = 1
    less: Annotated[int | None, Field(le=5)] = None
    one: Literal["a", "b"] | None = None
    truth: Literal[True] = True
    speed: Speed = Speed.SLOW
    either: int | str = 1
    anything: Any = None
    several: list[str] | None = None
    named: dict[str, int] | None = None
    inner: Inner | None = None


TAKES = {
    "text": "text",
    "flag": "boolean",
    "number": "number",
    "maybe": "text",
    "between": "integer from 1 to 9",
    "more": "integer, 0 or more",
    "less": "integer, 5 or less",
    "one": "one of a, b",
    "truth": "one of true",
    "speed": "one of slow, fast",
    "either": "",
    "anything": "map",
    "several": "list",
    "named": "map",
    "inner": "map",
}


@pytest.mark.parametrize("name", Example.model_fields)
def test_a_field_takes(name: str) -> None:
    assert str(takes(schema_of(Example).fields[name])) == TAKES[name]
