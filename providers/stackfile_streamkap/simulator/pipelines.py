"""Pipelines of the simulated service: they embed both ends, and cut topic ids at the first dot."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_streamkap.simulator.connectors import shown_end
from stackfile_streamkap.simulator.project import (
    SERVICE,
    TENANT,
    Project,
    Stored,
    body_of,
    envelope,
    invalid,
    refuse,
    tags_of,
)

_ShownEnd: TypeAlias = Callable[[str, str], dict[str, Any]]
"""The object of a section with an id, as a pipeline embeds it."""


def pipeline_endpoints(project: Project) -> list[Endpoint]:
    pipelines = Pipelines(project)
    return [
        Endpoint("GET", "/pipelines", pipelines.list),
        Endpoint("POST", "/pipelines", pipelines.create),
        Endpoint("GET", "/pipelines/{id}", pipelines.read),
        Endpoint("PUT", "/pipelines/{id}", pipelines.update),
        Endpoint("DELETE", "/pipelines/{id}", pipelines.delete),
    ]


@dataclass(frozen=True)
class Pipelines:
    project: Project

    def list(self, request: Request) -> Answer:
        end = functools.cache(self._end)  # many pipelines of a page end at one destination
        return self.project.page("pipelines", request, lambda stored: self.shown(stored, end))

    def read(self, request: Request) -> Answer:
        stored = self.project.get("pipelines", request.at["id"])
        return envelope(None if stored is None else self.shown(stored))

    async def create(self, request: Request) -> Answer:
        stored = self.project.add("pipelines", self._checked(body_of(request, "name", "source", "destination")))
        await self.project.waited(request, self.project.pace.changes)
        return Answer(200, self._echo(stored))

    async def update(self, request: Request) -> Answer:
        stored = self.project.stored("pipelines", request.at["id"])
        stored.body = self._checked(body_of(request, "name", "source", "destination"), stored)
        await self.project.waited(request, self.project.pace.changes)
        return Answer(200, self._echo(stored))

    async def delete(self, request: Request) -> Answer:
        stored = self.project.stored("pipelines", request.at["id"])
        self.project.begin_end("pipelines", stored)
        await self.project.waited(request, self.project.pace.ends)
        return Answer(200, self.shown(stored))

    def _checked(self, body: dict[str, Any], stored: Stored | None = None) -> dict[str, Any]:
        if self.project.is_taken("pipelines", body["name"], stored.id if stored is not None else ""):
            refuse(409, f"Pipeline with name {body['name']} already exists")
        for end in ("source", "destination"):
            missing = [key for key in ("id", "name", "connector") if not body[end].get(key)]
            if missing:
                invalid(*(((end, key), "field required") for key in missing))
            there = self.project.get(f"{end}s", body[end]["id"])
            if there is None:
                refuse(404, f"{end.capitalize()} {body[end]['id']} not found")
            if self.project.checks_names and there.name != body[end]["name"]:
                invalid(((end, "name"), f"{end} {there.id} has another name"))
        before = stored.body if stored is not None else {}
        tags = tags_of(self.project, body) if body.get("tags") is not None else before.get("tags", [])
        kept = {key: body.get(key) for key in ("name", "source", "destination")}
        return {
            **kept,
            "snapshot_new_tables": body.get("snapshot_new_tables", False),
            "transforms": body.get("transforms") or [],
            "topic_auto_discovery_transforms": body.get("topic_auto_discovery_transforms") or [],
            "tags": tags,
        }

    def _end(self, section: str, id: str) -> dict[str, Any]:
        return shown_end(self.project, section, id)

    def shown(self, stored: Stored, end: _ShownEnd | None = None) -> dict[str, Any]:
        """The names of both ends are as the pipeline was told them, not as they are."""
        body = stored.body
        source, destination = body["source"], body["destination"]
        end = end or self._end
        ends = {
            "source": {**end("sources", source["id"]), "name": source["name"]},
            "destination": {**end("destinations", destination["id"]), "name": destination["name"]},
        }
        topics = [_pretty(source["id"], one) for one in source.get("topics") or ()]
        ends["source"]["topics"] = topics
        return {
            "id": stored.id,
            **{key: body[key] for key in ("name", "snapshot_new_tables", "topic_auto_discovery_transforms", "tags")},
            **ends,
            "transforms": [{**one, "topic": _cut(one.get("topic_id"))} for one in reversed(body["transforms"])],
            "topics": topics,
            "topic_ids": [f"source_{source['id']}.{name}" for name in topics],
            "periodic_audit": None,
            "tenant_id": TENANT,
            "service_id": SERVICE,
            "created_timestamp": stored.made,
        }

    def _echo(self, stored: Stored) -> dict[str, Any]:
        """The answers to changes may carry topics in their raw form."""
        shown = self.shown(stored)
        raw = [f"source_{stored.body['source']['id']}.{name}" for name in shown["topics"]]
        return {**shown, "source": {**shown["source"], "topics": raw}}


def _pretty(source_id: str, name: str) -> str:
    return name.removeprefix(f"source_{source_id}.")


def _cut(topic_id: object) -> str:
    return str(topic_id or "").partition(".")[2]
