"""Connections, which are sources or destinations: bare objects whose secrets are never given back.

From docs.planasonix.com, api-reference/connections. That a connection has a `category`, and `params` in the place of
`config`, is seen in the vendor's own client only (github.com/planasonix/mcp-server, tools/http_client.go).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.errors import Conflict
from stackfile.sdk.provider import Body, Live, Step, Update
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import Effect, Impact, KindTraits, OnRemove, Reads, Reference, Trait
from stackfile.values import Tree
from stackfile_planasonix.kinds.config import Config, plain_secrets
from stackfile_planasonix.kinds.objects import At, PlanasonixKind
from stackfile_planasonix.wire import unmasked, unwrapped

_CATEGORIES = ("source", "destination")


class Connection(Body):
    """A system, and how it is reached."""

    name: Annotated[
        str,
        Trait.IDENTITY,
        Field(min_length=1, description="Unique among sources and destinations; it can be changed."),
    ]
    type: Annotated[
        str, Trait.IMMUTABLE, Field(min_length=1, description="The connector: postgres, snowflake, s3 and so on.")
    ]
    config: Annotated[
        Config,
        Trait.UNREAD,
        Field(description="By type: host, port, database, bucket and so on. Sent whole, as it is written."),
    ]
    credential: Annotated[
        str | None,
        Reference(("credential",)),
        OnRemove.NULL,
        Field(description="The credential that has its secrets."),
    ] = None
    created_at: At = None
    updated_at: At = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return plain_secrets(tree)


class _Connections(PlanasonixKind[Connection]):
    """One path for both: where the objects say no category, each is listed as a source and as a destination."""

    path = "/api/connections"
    category: ClassVar[str]
    model: ClassVar[type[Body]] = Connection
    renamed: ClassVar = {"credential": "credential_id"}
    details: ClassVar = ("config",)
    traits: ClassVar = KindTraits(
        reads=Reads.OUTLINES,
        replace=Effect(
            Impact.RESTART, "The new connection has another id: what names it by id has to name the new one."
        ),
        delete=Effect(says="The service refuses while a pipeline uses it."),
    )

    def lists(self, item: Mapping[str, Any]) -> bool:
        said = item.get("category")
        return super().lists(item) and (said not in _CATEGORIES or said == self.category)

    def encode(self, fields: dict[str, Any]) -> Any:
        """A category that is not known of is passed over, as far as is known."""
        body = {**super().encode(fields), "category": self.category}
        if self.account.has_params:
            body["params"] = {name: _text(value) for name, value in body.pop("config", {}).items()}
        return body

    def decode(self, item: Any) -> Live:
        found = unwrapped(item)
        if found is not None and "params" in found and "config" not in found:
            self.account.has_params = True
            found["config"] = found["params"]
        if found is not None and "config" in found:
            found["config"] = unmasked(found["config"])
        return super().decode(found)

    async def create(self, desired: Connection, step: Step) -> Live:
        """What has `params` passes over the `config` that was sent as long as no connection had been seen."""
        knew = self.account.has_params
        live = await super().create(desired, step)
        if knew or not self.account.has_params:
            return live
        await step.phase("params")
        return await self.update(Update(live, desired, {}), step)

    async def delete(self, live: Live, step: Step) -> None:
        try:
            await super().delete(live, step)
        except Conflict as error:
            error.message += (
                "; a pipeline or a stream that this stack does not have may use it: take it out of that first"
            )
            raise


class Sources(_Connections):
    section, name, category = "sources", "source", "source"


class Destinations(_Connections):
    section, name, category = "destinations", "destination", "destination"


def _text(value: Any) -> str:
    """All params are texts."""
    return value if isinstance(value, str) else json.dumps(value)
