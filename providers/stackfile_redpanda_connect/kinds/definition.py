"""Sources and destinations: definitions of an input and of an output. The engine has nothing of them; pipelines are
made of what they say, so that a change of one is a change of each pipeline that refers to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.sdk.provider import B, Body, Kind, Live, Step, Update
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import KindTraits, Names, Reads, SecretsIn, Trait
from stackfile.values import Tree
from stackfile_redpanda_connect.advice import secrets_in_clear
from stackfile_redpanda_connect.labels import KINDS, named
from stackfile_redpanda_connect.secrets import hidden


class Definition(Body):
    name: Annotated[str, Trait.IDENTITY, Trait.IMMUTABLE, Trait.UNREAD, Field(min_length=1)]
    config: Annotated[
        dict[str, Any],
        Trait.UNREAD,
        Trait.WHOLE,
        SecretsIn(hidden),
        Names(KINDS, named),
        Field(description="One component, as the engine's documentation has it: kafka_franz: {...} for instance."),
    ]

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return secrets_in_clear("config", tree.get("config"))


class Source(Definition):
    """An input that pipelines read."""


class Destination(Definition):
    """An output that pipelines write to."""


class DefinitionKind(Kind[B]):
    """Nothing is called: the state is where they are."""

    traits: ClassVar = KindTraits(stable_id=True, reads=Reads.STATE)

    @classmethod
    def stable_id(cls, desired: Mapping[str, Any]) -> str:
        return str(desired["name"])

    async def create(self, desired: B, step: Step) -> Live:
        return Live(self.stable_id(desired.model_dump(include={"name"})), {})

    async def update(self, change: Update[B], step: Step) -> Live:
        return change.live

    async def delete(self, live: Live, step: Step) -> None:
        return


class Sources(DefinitionKind[Source]):
    section, name = "sources", "source"
    model: ClassVar[type[Body]] = Source


class Destinations(DefinitionKind[Destination]):
    section, name = "destinations", "destination"
    model: ClassVar[type[Body]] = Destination
