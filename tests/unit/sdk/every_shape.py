"""A model with a field of every shape, for the tests of schemas and of normal form."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from stackfile.address import Address
from stackfile.sdk.provider import Body
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Keyed, OnRemove, Reference, Trait
from stackfile.values import Ref

REF = Ref(Address("streams", "s"), "s-1")


class Codec(Enum):
    NONE = "none"
    GZIP = "gzip"


def _seconds(value: Any) -> Any:
    return int(value.removesuffix("s")) if isinstance(value, str) and value.endswith("s") else value


Seconds = Annotated[int, BeforeValidator(_seconds)]


class Inner(Body):
    size: int
    mode: Annotated[str | None, Trait.IMMUTABLE] = None
    path: Annotated[str | None, Trait.COMPUTED] = None
    password: Annotated[str | None, Trait.WRITE_ONLY] = None


class Other(Body):
    other: str


class Model(Body):
    name: Annotated[str, Trait.IDENTITY]
    number: int | None = None
    positive: int = Field(default=1, ge=1)
    interval: Annotated[Seconds, OnRemove.DEFAULT] = "10s"  # type: ignore[assignment]
    codec: Annotated[Codec, OnRemove.DEFAULT] = Codec.GZIP
    aliased: str | None = Field(default=None, alias="user.defined")
    opaque: dict[str, Any] = Field(default_factory=dict)
    numbers: dict[str, int] = Field(default_factory=dict)
    items: Annotated[list[int] | None, Trait.UNORDERED] = None
    inner: Annotated[Inner | None, Trait.LOCAL] = None
    inners: Annotated[list[Inner] | None, Keyed("size")] = None
    at_least_one: Annotated[list[Inner] | None, Field(min_length=1)] = None
    entries: dict[str, Inner] = Field(default_factory=dict)
    optional_entries: dict[str, Inner | None] = Field(default_factory=dict)
    nested: list[list[Inner]] | None = None
    either: Inner | str | None = None
    one_of_two: Inner | Other | None = None
    text_or_list: str | list[str] | None = None
    anything: Any = None
    secret: Annotated[str | None, Trait.SENSITIVE] = None
    hidden_in_a_union: Annotated[str, Trait.SENSITIVE] | None = None
    hidden_in_a_list: list[Annotated[str, Trait.SENSITIVE]] | None = None
    targets: list[Annotated[str, Reference(("streams",)), Trait.PINS]] | None = None
    id: Annotated[str | None, Trait.COMPUTED] = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Model:
        if self.number is not None and self.number == 13:
            raise ValueError(f"number {self.number} brings no luck to {self.secret}")
        return self


SCHEMA = schema_of(Model)
