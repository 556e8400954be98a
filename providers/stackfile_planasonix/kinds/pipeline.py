"""Pipelines: graphs of nodes and edges, with a call of its own for each thing that can change of them.

From docs.planasonix.com, api-reference/pipelines; that `paused` is a status is seen in the vendor's own client
(github.com/planasonix/mcp-server, tools/http_client.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.errors import NotFound, Rejected
from stackfile.sdk.provider import Body, Live, Step, Update
from stackfile.sdk.traits import Effect, Impact, Keyed, KindTraits, OnRemove, Reads, Reference, Trait
from stackfile.values import Path, Value
from stackfile_planasonix.kinds.objects import At, PlanasonixKind

_GRAPH = ("nodes", "edges")
_PLACE = ("project", "folder")
_NEW, _WORKS = "draft", "active"


class Pipeline(Body):
    """What is done with the data: nodes, and edges between them."""

    name: Annotated[str, Trait.IDENTITY, Field(min_length=1, description="It can be changed.")]
    project: Annotated[
        str,
        Reference(("project",)),
        Trait.IDENTITY,
        Field(description="What it is in. To another one it is moved, if the workspace permits that."),
    ]
    folder: Annotated[
        str | None, OnRemove.NULL, Field(description="The id of a folder of the project. To another one it is moved.")
    ] = None
    nodes: Annotated[
        list[dict[str, Any]],
        Trait.WHOLE,
        Keyed("id"),
        Field(description="Each with id, type and config, where connectionId names what it reads or writes."),
    ]
    edges: Annotated[
        list[dict[str, Any]],
        Trait.UNORDERED,
        OnRemove.DEFAULT,
        Field(default_factory=list, description="Each with source and target, the ids of nodes."),
    ]
    status: Annotated[
        str, OnRemove.KEEP, Field(description="draft, active, paused or archived. Unwritten, it is left as it is.")
    ] = _NEW
    created_at: At = None
    updated_at: At = None


class Pipelines(PlanasonixKind[Pipeline]):
    section, name, path = "pipelines", "pipeline", "/api/pipelines"
    model: ClassVar[type[Body]] = Pipeline
    renamed: ClassVar = {"project": "project_id", "folder": "folder_id"}
    details: ClassVar = _GRAPH
    traits: ClassVar = KindTraits(
        reads=Reads.OUTLINES,
        delete=Effect(
            Impact.RESTART,
            "It goes to the trash, from where the console restores it; what runs it fails until then. One that is "
            "promoted has to be unpromoted first.",
        ),
    )

    async def create(self, desired: Pipeline, step: Step) -> Live:
        """A new pipeline is a draft, whatever is asked for."""
        live = await super().create(desired, step)
        if "status" not in desired.model_fields_set or live.fields.get("status") == desired.status:
            return live
        await step.phase("status")
        await self._patch(live.id, "status", {"status": desired.status})
        return await self._there(live.id)

    def encode(self, fields: dict[str, Any]) -> Any:
        """Both lists are required, and a status has a call of its own."""
        return super().encode({"edges": [], **{name: one for name, one in fields.items() if name != "status"}})

    async def update(self, change: Update[Pipeline], step: Step) -> Live:
        """Up to four calls, each of which can be repeated; the pipeline is read once at the end."""
        touched, id, wish = {path[0] for path in (*change.changed, *change.removed)}, change.live.id, change.desired
        calls: list[tuple[str, dict[str, Any]]] = []
        if "name" in touched:
            calls.append(("rename", {"name": wish.name}))
        if touched.intersection(_PLACE):
            calls.append(("move", {"projectId": wish.project, "folderId": wish.folder}))
        if "status" in touched:
            calls.append(("status", {"status": wish.status}))
        if touched.intersection(_GRAPH) or not calls:
            # The graph alone: a pipeline is neither renamed nor moved by a PUT, and this says where it is now.
            now = {name: change.live.fields[name] for name in ("name", *_PLACE) if name in change.live.fields}
            body = self.encode({**now, "nodes": wish.nodes, "edges": wish.edges})
            await self.client.request("PUT", self.url(id), json=body, safe=True)
            if calls:
                await step.phase(calls[0][0])
        for number, (verb, body) in enumerate(calls):
            if number:
                await step.phase(verb)
            await self._patch(id, verb, body)
        return await self._there(id)

    async def delete(self, live: Live, step: Step) -> None:
        try:
            await super().delete(live, step)
        except Rejected as error:
            error.message += "; a pipeline that is promoted has to be unpromoted in the console first"
            raise

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        if verb != "update":
            return None
        before, after = changed.get(("status",), (None, None))
        if before == _WORKS and after != _WORKS:
            return Effect(Impact.RESTART, f"Nothing runs it while it is {after}.")
        if any(path[0] in _GRAPH for path in changed):
            return Effect(says="The next run takes the new graph. Where pipelines are promoted, not before that.")
        return None

    async def _patch(self, id: str, verb: str, body: Mapping[str, Any]) -> None:
        await self.client.request("PATCH", f"{self.url(id)}/{verb}", json=body, safe=True)

    async def _there(self, id: str) -> Live:
        found = await self.read(id)
        if found is None:
            raise NotFound(f"{self.url(id)}: the pipeline is gone since", "GET", self.url(id))
        return found
