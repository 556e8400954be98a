"""Transforms of the simulated service: the odd family, with versions, deploys and jobs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_streamkap.catalogue import entries
from stackfile_streamkap.simulator.project import Project, Stored, body_of, envelope, invalid, refuse, tags_of

_NAME = "transforms.name"
_WINDOW = re.compile(r"[1-9]\d*[smhd]")
_ADDED: dict[str, dict[str, Any]] = {"rollup": {"sourceIdleTimeoutMs": 0, "stateTTLMs": 0}}
"""What the service adds to an implementation by itself."""


def transform_endpoints(project: Project) -> list[Endpoint]:
    transforms = Transforms(project)
    one = "/transforms/{id}"
    return [
        Endpoint("GET", "/transforms", transforms.list),
        Endpoint("POST", "/transforms", transforms.create),
        Endpoint("PUT", "/transforms", transforms.update),
        Endpoint("DELETE", "/transforms", transforms.delete),
        Endpoint("GET", one, transforms.read),
        Endpoint("GET", f"{one}/implementation_details", transforms.details),
        Endpoint("PUT", f"{one}/implementation_details", transforms.implement),
        Endpoint("PUT", f"{one}/deploy-job-preview/{{version}}", transforms.preview),
        Endpoint("PUT", f"{one}/deploy-job-live/{{version}}", transforms.go_live),
        Endpoint("GET", f"{one}/job_status", transforms.job),
    ]


@dataclass(frozen=True)
class Transforms:
    project: Project

    def list(self, request: Request) -> Answer:
        return self.project.page("transforms", request, self.shown)

    def read(self, request: Request) -> Answer:
        stored = self.project.get("transforms", request.at["id"])
        return envelope(None if stored is None else self.shown(stored))

    def create(self, request: Request) -> Answer:
        body = body_of(request, "transform", "config")
        checked = {**self._checked(body), "transform": body["transform"], "implementation": {}, "version": 1}
        return Answer(200, self.shown(self.project.add("transforms", checked)))

    def update(self, request: Request) -> Answer:
        """The id is in the body, and an implementation that is not sent is gone."""
        body = body_of(request, "id", "config")
        stored = self.project.stored("transforms", body["id"])
        checked = self._checked(body, stored)
        implementation = body.get("implementation") or {}
        if (checked["config"], implementation) != (stored.body["config"], stored.body["implementation"]):
            checked["version"] = stored.body["version"] + 1
        stored.body = {**stored.body, **checked, "implementation": implementation}
        return Answer(200, self.shown(stored))

    def delete(self, request: Request) -> Answer:
        stored = self.project.stored("transforms", request.query.get("id", ""))
        used = [one for one in self.project.live("pipelines") if _uses(one, stored.id) and one.ends is None]
        if used:
            refuse(400, f"Transform {stored.name} is used by pipeline {used[0].name}")
        self.project.begin_end("transforms", stored)
        return Answer(200, self.shown(stored))

    def details(self, request: Request) -> Answer:
        stored = self.project.stored("transforms", request.at["id"])
        versions = {str(stored.body["version"]): self._implementation(stored)}
        return Answer(200, {"transform_id": stored.id, "impl_versions": versions})

    def implement(self, request: Request) -> Answer:
        stored = self.project.stored("transforms", request.at["id"])
        implementation = body_of(request, "transform_id", "implementation")["implementation"]
        if implementation != stored.body["implementation"]:
            stored.body = {**stored.body, "implementation": implementation, "version": stored.body["version"] + 1}
        return self.details(request)

    def preview(self, request: Request) -> Answer:
        window = request.query.get("replay_window")
        if window is not None and not _WINDOW.fullmatch(window):
            refuse(400, f"Invalid replay_window {window}")
        if self.project.stored("transforms", request.at["id"]).body["transform"] == "topic_router":
            refuse(400, "A topic router has no preview")
        return self._deployed(request, "preview_version")

    def go_live(self, request: Request) -> Answer:
        return self._deployed(request, "live_version")

    def job(self, request: Request) -> Answer:
        """400 and not 404 for one that was never deployed."""
        stored = self.project.get("transforms", request.at["id"])
        if stored is None or not (stored.body.get("live_version") or stored.body.get("preview_version")):
            refuse(400, "Transform not found" if stored is None else "Job not found")
        body = {"id": stored.id, "job_name": f"job-{stored.id}", "status": self._status(stored)}
        return Answer(200, {**body, "start_time": stored.made})

    def _deployed(self, request: Request, where: str) -> Answer:
        stored = self.project.stored("transforms", request.at["id"])
        stored.body = {**stored.body, where: stored.body["version"]}
        stored.settles = self.project.now + self.project.pace.changes
        return Answer(200, self.shown(stored))

    def _checked(self, body: dict[str, Any], stored: Stored | None = None) -> dict[str, Any]:
        kind = stored.body["transform"] if stored is not None else body["transform"]
        if kind not in entries.names("transforms"):
            invalid((("transform",), f"unknown transform {kind}"))
        name = body["config"].get(_NAME)
        if not name:
            invalid((("config", _NAME), "field required"))
        if self.project.is_taken("transforms", name, stored.id if stored is not None else ""):
            refuse(422, f"Transform with name {name} already exists")
        before = stored.body if stored is not None else {}
        tags = tags_of(self.project, body) if body.get("tags") is not None else before.get("tags", [])
        config = {key: str(value) for key, value in body["config"].items() if value not in (None, "")}
        return {"name": name, "config": config, "tags": tags}

    def _implementation(self, stored: Stored) -> dict[str, Any]:
        added = {**dict.fromkeys(("key_transform", "topic_transform")), **_ADDED.get(stored.body["transform"], {})}
        return {**added, **stored.body["implementation"]}

    def _status(self, stored: Stored) -> str:
        return "DEPLOYING" if self.project.now < stored.settles else "RUNNING"

    def shown(self, stored: Stored) -> dict[str, Any]:
        body = stored.body
        pattern = str(body["config"].get("transforms.output.topic.pattern", ""))
        topics = [pattern] if re.fullmatch(r"[\w.]+", pattern) and "." in pattern else []
        deployed = body.get("live_version") or body.get("preview_version")
        return {
            "id": stored.id,
            "name": stored.name,
            "transform_type": body["transform"],
            "status": self._status(stored) if deployed else None,
            "config": body["config"],
            "implementation": self._implementation(stored),
            "version": body["version"],
            "live_version": body.get("live_version"),
            "preview_version": body.get("preview_version"),
            "topics": topics,
            "topic_ids": [f"transform_{stored.id}_1.{name}" for name in topics],
            "created_timestamp": stored.made,
            "tags": body["tags"],
        }


def _uses(pipeline: Stored, id: str) -> bool:
    return any(one.get("id") == id for one in pipeline.body["transforms"])
