"""What every source has, whatever its connector."""

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

AGAIN_SAYS = "The source is read from its start; events that it gave before stay."
AGAIN = Changes(Effect(Impact.REPROCESS, AGAIN_SAYS))


class Source(Body):
    """What every connector has. With `stream` the source feeds that stream by itself; without, a pipeline reads it."""

    name: Name
    connector: Annotated[str, Trait.IMMUTABLE, AGAIN]
    stream: Annotated[
        str | None,
        Reference(("streams",), Flow.OUT),
        Trait.IMMUTABLE,
        Trait.PINS,
        AGAIN,
        Field(description="The stream that the source feeds by itself."),
    ] = None
    dead_letter: Annotated[
        str | None,
        Reference(("streams",)),
        Trait.PINS,
        OnRemove.OMIT,
        Field(description="Where lines go that cannot be read, for a source with `stream`; a pipeline has its own."),
    ] = None
    created_at: CreatedAt = None
    dead_letters: DeadLetters = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return review_dead_letter(tree, "the pipeline that reads the source")
