"""Pipelines: operations from a source or stream to a stream or destination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from stackfile.portable.operations import normalise_operations
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.traits import Changes, Effect, Impact, KindTraits, OnRemove, Reference, Trait
from stackfile_local.engine.catalog import Draft, Entry
from stackfile_local.kinds.fields import CreatedAt, DeadLetters, Name
from stackfile_local.kinds.source import refused
from stackfile_local.kinds.stored import StoredKind

_AGAIN_SAYS = "The pipeline is computed again from the start; its destination may receive results a second time."
_AGAIN = Changes(Effect(Impact.REPROCESS, _AGAIN_SAYS))


def _runnable(raw: Any) -> list[dict[str, Any]]:
    for number, operation in enumerate(operations := normalise_operations(raw)):
        for name, body in operation.items():
            if name in ("window", "aggregate", "route", "dedupe") or (isinstance(body, str) and name == "map"):
                raise ValueError(f"operations[{number}].{name}: the local engine does not run this yet")
    return operations


class Pipeline(Body):
    """Exactly once from a file or stream into a stream, a file or a SQLite table, a kill at any moment included.

    An event that an operation or the destination cannot take goes to the dead letters with the reason.
    """

    name: Name
    source: Annotated[
        str,
        Reference(("sources", "streams")),
        Trait.IMMUTABLE,
        Trait.PINS,
        _AGAIN,
        Field(description="What is read, from its start."),
    ]
    destination: Annotated[
        str,
        Reference(("streams", "destinations")),
        Trait.IMMUTABLE,
        Trait.PINS,
        _AGAIN,
        Field(description="What is written to."),
    ]
    operations: Annotated[
        list[dict[str, Any]],
        BeforeValidator(_runnable),
        OnRemove.DEFAULT,
        Changes(
            Effect(Impact.RESTART, "The operations count from the next event on; earlier results stay as they are.")
        ),
        Field(default_factory=list, description="What happens to each event, in order."),
    ]
    dead_letter: Annotated[
        str | None,
        Reference(("streams",)),
        Trait.PINS,
        OnRemove.OMIT,
        Changes(Effect(says="Failed events go there from now on; those that are kept elsewhere stay.")),
        Field(description="Where failed events go. Unwritten, the engine keeps them in `<name>.dead_letter`."),
    ] = None
    status: Annotated[
        Literal["running", "paused", "stopped"],
        OnRemove.KEEP,
        Changes(Effect(Impact.RESTART, "A paused or stopped pipeline moves nothing, and goes on where it was.")),
        Field(description="Unwritten, a pipeline runs, and pausing it by hand is no difference."),
    ] = "running"
    created_at: CreatedAt = None
    dead_letters: DeadLetters = None


class Pipelines(StoredKind[Pipeline]):
    section = "pipelines"
    name = "pipeline"
    prefix = "proc"
    model = Pipeline
    traits = KindTraits(
        settle=0.0,
        replace=Effect(Impact.REPROCESS, _AGAIN_SAYS),
        delete=Effect(says="Its results stay."),
    )

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        from stackfile_local.engine.measure import measure_movers

        return measure_movers(self.catalog.store, self.base, live, self.name)

    async def pause(self, live: Live) -> Live:
        return self._set_status(live, "paused")

    async def resume(self, live: Live) -> Live:
        return self._set_status(live, "running")

    async def start(self, live: Live) -> Live:
        return self._set_status(live, "running")

    async def stop(self, live: Live) -> Live:
        return self._set_status(live, "stopped")

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["source"] == body["destination"]:
            raise refused("pipeline", body, "destination", "a pipeline cannot write to what it reads")
        return body

    def _set_status(self, live: Live, status: str) -> Live:
        def redraft(entry: Entry) -> Draft:
            return replace(self._draft(entry.id, entry.body), body={**entry.body, "status": status})

        return self.live(self.catalog.change(self.name, live.id, redraft))
