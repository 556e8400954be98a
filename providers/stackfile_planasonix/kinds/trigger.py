"""Triggers: events that run pipelines (docs.planasonix.com, api-reference/triggers)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.sdk.provider import Body, Live
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import Effect, Impact, KindTraits, Reads, Reference, Trait
from stackfile.values import Tree
from stackfile_planasonix.kinds.config import Config, plain_secrets
from stackfile_planasonix.kinds.objects import At
from stackfile_planasonix.kinds.switched import Active, SwitchedKind
from stackfile_planasonix.wire import unmasked, unwrapped

_DEAF = "Events that come meanwhile run nothing"


class Trigger(Body):
    """Runs a pipeline when something happens elsewhere."""

    name: Annotated[str, Trait.IDENTITY, Field(min_length=1, description="It can be changed.")]
    pipeline: Annotated[
        str,
        Reference(("pipelines",)),
        Trait.IDENTITY,
        Trait.IMMUTABLE,
        Field(description="What it runs."),
    ]
    trigger_type: Annotated[
        str, Trait.IMMUTABLE, Field(min_length=1, description="s3, gcs, azure, webhook, file_watcher or one of yours.")
    ]
    connection: Annotated[
        str | None,
        Reference(("sources", "destinations")),
        Trait.UNREAD,
        Field(description="What it watches the storage with; s3 needs one."),
    ] = None
    config: Annotated[
        Config | None,
        Trait.UNREAD,
        Field(description="By type: bucket, prefix and suffix for s3."),
    ] = None
    active: Active = None
    created_at: At = None
    updated_at: At = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return plain_secrets(tree)


class Triggers(SwitchedKind[Trigger]):
    """A new trigger's config stands beside its other fields; from then on it is an object of its own."""

    section, name, path = "resources", "trigger", "/api/triggers"
    model: ClassVar[type[Body]] = Trigger
    renamed: ClassVar = {"active": "enabled", "connection": "connection_id", "pipeline": "pipeline_id"}
    details: ClassVar = ("config",)
    unsent_in_updates: ClassVar = ("pipelineId", "triggerType")
    traits: ClassVar = KindTraits(
        reads=Reads.OUTLINES,
        replace=Effect(Impact.RESTART, f"{_DEAF}; a webhook has another address then."),
        delete=Effect(says="What it has subscribed to at the storage goes too, where the service manages that."),
    )

    async def prepared(self, fields: dict[str, Any], live: Live | None) -> Any:
        body = await super().prepared(fields, live)
        return {**(body.pop("config", None) or {}), **body} if live is None else body

    def decode(self, item: Any) -> Live:
        found = unwrapped(item)
        if found is not None and "config" in found:
            found["config"] = unmasked(found["config"])
        return super().decode(found)
