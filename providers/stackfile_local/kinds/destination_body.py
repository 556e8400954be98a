"""What every destination has, whatever its connector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from stackfile.sdk.normal import Problem
from stackfile.sdk.provider import Body
from stackfile.sdk.traits import Changes, Effect, Flow, Impact, OnRemove, Reference, Trait
from stackfile.values import Tree
from stackfile_local.kinds.fields import CreatedAt, DeadLetters, Name
from stackfile_local.kinds.reviewing import review_dead_letter

AGAIN_SAYS = "Everything is written again, from the start; what was written before stays where it is."
AGAIN = Changes(Effect(Impact.REPROCESS, AGAIN_SAYS))
FROM_NOW = Changes(Effect(Impact.RESTART, "It counts from the next batch on; what was sent before stays as it is."))


class Destination(Body):
    """What every connector has. With `stream` the destination drains that stream by itself, beside any pipelines."""

    name: Name
    connector: Annotated[str, Trait.IMMUTABLE, AGAIN]
    stream: Annotated[
        str | None,
        Reference(("streams",), Flow.IN),
        Trait.IMMUTABLE,
        Trait.PINS,
        AGAIN,
        Field(description="The stream that the destination drains by itself."),
    ] = None
    dead_letter: Annotated[
        str | None,
        Reference(("streams",)),
        Trait.PINS,
        OnRemove.OMIT,
        Field(description="Where events go that cannot be written, for a destination with `stream`."),
    ] = None
    created_at: CreatedAt = None
    dead_letters: DeadLetters = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return review_dead_letter(tree, "the pipeline that writes to the destination")
