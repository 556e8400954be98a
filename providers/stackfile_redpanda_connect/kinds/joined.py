"""Pipelines: a source and a destination joined into one stream, with processors between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from stackfile.sdk.provider import Body, Live
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import Brought, Effect, Names, Reference, SecretsIn, Trait
from stackfile.values import Path, Tree, Value, get
from stackfile_redpanda_connect.advice import secrets_in_clear
from stackfile_redpanda_connect.kinds.running import StreamKind
from stackfile_redpanda_connect.kinds.stream import Chilled, Name, Status, Trouble
from stackfile_redpanda_connect.labels import KINDS, named
from stackfile_redpanda_connect.secrets import hidden

_ENDS: Final = {"input": "source", "output": "destination"}
_BETWEEN: Final = ("processors", "threads")


class Pipeline(Body):
    """One stream: what it reads and where it writes are the definitions that it refers to."""

    name: Name
    source: Annotated[str, Reference(("sources",)), Trait.UNREAD]
    destination: Annotated[str, Reference(("destinations",)), Trait.UNREAD]
    input: Annotated[
        dict[str, Any] | None,
        Brought("source", "config"),
        Trait.WHOLE,
        SecretsIn(hidden),
        Field(description="The config of `source`; not to be written here."),
    ] = None
    output: Annotated[
        dict[str, Any] | None,
        Brought("destination", "config"),
        Trait.WHOLE,
        SecretsIn(hidden),
        Field(description="The config of `destination`; not to be written here."),
    ] = None
    processors: Annotated[
        list[dict[str, Any]] | None,
        Trait.WHOLE,
        SecretsIn(hidden),
        Names(KINDS, named),
        Field(description="What is done with each message, in this order."),
    ] = None
    buffer: Annotated[dict[str, Any] | None, Trait.WHOLE, Field(description="memory, system_window, ...")] = None
    threads: Annotated[int | None, Field(description="Unwritten: one for each CPU, which changes the order.")] = None
    chilled: Chilled = None
    status: Status = None
    trouble: Trouble = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        for name, end in _ENDS.items():
            if name in tree:
                says = f"`{name}` is what `{end}` says"
                help = (f"Write it as the config of an entry under {end}s:, and here {end}: {end}s.NAME",)
                yield Problem("field-computed", (name,), says, help=help)
        yield from secrets_in_clear("processors", tree.get("processors"))


class Pipelines(StreamKind[Pipeline]):
    section, name = "pipelines", "pipeline"
    model: ClassVar[type[Body]] = Pipeline

    def config_of(self, desired: Pipeline) -> dict[str, Any]:
        between = {"processors": desired.processors, "threads": desired.threads}
        pipeline = {name: one for name, one in between.items() if one is not None}
        parts = {"input": desired.input, "buffer": desired.buffer, "pipeline": pipeline or None}
        whole = {**parts, "output": desired.output}
        return {name: one for name, one in whole.items() if one is not None}

    @classmethod
    def fields_of(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: config.get(name) for name in ("input", "output", "buffer")}
        return {**found, **{name: get(config, ("pipeline", name)) for name in _BETWEEN}}

    @classmethod
    def field_at(cls, path: Path) -> tuple[Path, str]:
        """What a definition says stands elsewhere: the reference to it is where it comes from here."""
        if path[:1] == ("pipeline",):
            return path[1:], ""
        if path and path[0] in _ENDS:
            within = ".".join(map(str, path[1:]))
            return (_ENDS[str(path[0])],), f"{within}: " if within else ""
        return path, ""

    @classmethod
    def buffer_of(cls, fields: Mapping[str, Any]) -> Any:
        return fields.get("buffer")

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        """Another definition that says the same changes nothing of the stream."""
        if verb == "update" and {path[0] for path in changed} <= set(_ENDS.values()):
            return Effect()
        return super().effect(verb, live, changed)
