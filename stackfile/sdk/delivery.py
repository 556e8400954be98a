"""Secrets that a service makes and shows once: where a stackfile wants them to go."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, model_validator

from stackfile.sdk.provider import Body
from stackfile.sdk.traits import Trait


class DeliverTo(BaseModel):
    """A file to write, relative to the stackfile, or a command that gets it on stdin."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: str | None = None
    command: list[str] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.file is None) == (not self.command):
            raise ValueError("write either file: PATH or command: [PROGRAM, ...]")
        return self


class Delivered(Body):
    """Ancestor of the models of kinds with `KindTraits.shown_once`.

    What was shown cannot be shown again, so another way of delivery takes a new object.
    """

    deliver_to: Annotated[
        DeliverTo | None,
        Trait.LOCAL,
        Trait.IMMUTABLE,
    ] = None
