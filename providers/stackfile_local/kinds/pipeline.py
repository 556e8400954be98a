"""Pipelines: operations from a source or stream to a stream or destination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from stackfile.portable.operations import Apply, Route, normalise_operations, parse_operations
from stackfile.sdk.normal import Problem
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.traits import Changes, Effect, Flow, Impact, KindTraits, OnRemove, Reference, Trait
from stackfile.values import Path, Tree, Value
from stackfile_local.engine.registered import registered
from stackfile_local.kinds.fields import CreatedAt, DeadLetters, Name, Period
from stackfile_local.kinds.reviewing import review_routes
from stackfile_local.kinds.source import refused
from stackfile_local.kinds.stored import Place, StoredKind

_AGAIN_SAYS = "The pipeline is computed again from the start; its destination may receive results a second time."
_STATEFUL = ("window", "aggregate", "dedupe")
_AGAIN = Changes(Effect(Impact.REPROCESS, _AGAIN_SAYS))


class Pipeline(Body):
    """Exactly once from a file or stream into a stream, a file or a SQLite table, a kill at any moment included.

    An event that an operation or the destination cannot take goes to the dead letters with the reason.
    """

    name: Name
    source: Annotated[
        str,
        Reference(("sources", "streams"), Flow.IN),
        Trait.IMMUTABLE,
        Trait.PINS,
        _AGAIN,
        Field(description="What is read, from its start."),
    ]
    destination: Annotated[
        str,
        Reference(("streams", "destinations"), Flow.OUT),
        Trait.IMMUTABLE,
        Trait.PINS,
        _AGAIN,
        Field(description="What is written to."),
    ]
    operations: Annotated[
        list[dict[str, Any]],
        BeforeValidator(normalise_operations),
        OnRemove.DEFAULT,
        Field(default_factory=list, description="What happens to each event, in order."),
    ]
    routes: Annotated[
        list[Annotated[str, Reference(("streams",), Flow.OUT), Trait.PINS]] | None,
        OnRemove.OMIT,
        Field(description="The streams that `route` operations name."),
    ] = None
    late: Annotated[
        str | None,
        Reference(("streams",), Flow.OUT),
        Trait.PINS,
        OnRemove.OMIT,
        Changes(Effect(says="Late events go there from now on.")),
        Field(description="Where events go whose windows are closed. Unwritten, they are only counted."),
    ] = None
    idle_timeout: Annotated[
        Period,
        OnRemove.DEFAULT,
        Field(
            description="How long a partition without events holds windows open, where events have times of their own."
        ),
    ] = "30s"
    checkpoint_interval: Annotated[
        Period,
        OnRemove.DEFAULT,
        Field(description="The longest time between two saved positions: slower batches are made smaller."),
    ] = "1m"
    parallelism: Annotated[
        int,
        OnRemove.DEFAULT,
        Field(
            ge=1,
            le=256,
            strict=True,
            description="How much may go on at once: here one thing does. Results do not depend on it.",
        ),
    ] = 1
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

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return review_routes(tree)


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

    async def pause(self, live: Live) -> Live:
        return await self.objects.set_status(type(self), live.id, "paused")

    async def resume(self, live: Live) -> Live:
        return await self.objects.set_status(type(self), live.id, "running")

    async def start(self, live: Live) -> Live:
        return await self.objects.set_status(type(self), live.id, "running")

    async def stop(self, live: Live) -> Live:
        return await self.objects.set_status(type(self), live.id, "stopped")

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        operations = {path: pair for path, pair in changed.items() if path[:1] == ("operations",)}
        if verb != "update" or not operations:
            return super().effect(verb, live, changed)
        if _holds_state(live.fields.get("operations")) or any(
            _holds_state([*p, b]) for p, (_, b) in operations.items()
        ):
            return Effect(Impact.REPROCESS, f"What the operations hold is discarded. {_AGAIN_SAYS}")
        return Effect(Impact.RESTART, "The operations count from the next event on; earlier results stay as they are.")

    @classmethod
    def complete(cls, body: dict[str, Any], place: Place) -> dict[str, Any]:
        operations = parse_operations(body.get("operations", []))
        routed = [name for each in operations if isinstance(each, Route) for name, _ in each.routes]
        if body["source"] in (body["destination"], body.get("late"), *(f"stream:{name}" for name in routed)):
            raise refused("pipeline", body, "destination", "a pipeline cannot write to what it reads")
        if body.get("dead_letter") == body["source"]:
            raise refused("pipeline", body, "dead_letter", "failed events would come again: name another stream")
        for name in routed:
            if f"stream:{name}" not in body.get("routes", ()):
                says = f"`route` names the stream {name}, which is not among the pipeline's `routes`"
                raise refused(
                    "pipeline", body, "operations", f"{says}: write routes: [streams.{name.removeprefix('streams.')}]"
                )
        called = {number: each.function for number, each in enumerate(operations) if isinstance(each, Apply)}
        functions = registered() if called else {}
        for number, name in called.items():
            if name not in functions:
                known = f"there are {', '.join(sorted(functions))}" if functions else "none is installed"
                says = f"operations[{number}].map: there is no function {name}; {known}"
                raise refused("pipeline", body, "operations", says)
        return body


def _holds_state(value: Any) -> bool:
    """Whether operations that hold state are among a value, or among the names on the way to it."""
    if isinstance(value, Mapping):
        return any(name in _STATEFUL or _holds_state(each) for name, each in value.items())
    if isinstance(value, list | tuple):
        return any(_holds_state(each) for each in value)
    return value in _STATEFUL
