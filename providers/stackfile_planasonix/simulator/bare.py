"""Connections, pipelines and projects of the simulated workspace: bare objects in camelCase, and a trash."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_planasonix.simulator.workspace import Stored, Workspace, endpoints_of, refuse, required, shown_config

_STATUSES = ("draft", "active", "paused", "archived")


def bare_endpoints(workspace: Workspace) -> list[Endpoint]:
    return [*_Projects(workspace).endpoints(), *_Connections(workspace).endpoints(), *_Pipelines(workspace).endpoints()]


@dataclass(frozen=True)
class _Bare:
    """One family: its verbs by what is special about it."""

    workspace: Workspace
    shelf = ""
    details: ClassVar[tuple[str, ...]] = ()

    def endpoints(self) -> list[Endpoint]:
        return endpoints_of(self.shelf, self)

    def list(self, request: Request) -> Answer:
        """All at once, for no way of paging is documented."""
        found = [self.shown(one) for one in self.workspace.shelf(self.shelf).listed()]
        if self.workspace.outlines:
            found = [{name: one[name] for name in one if name not in self.details} for one in found]
        if self.workspace.as_client_sees:
            return Answer(200, found)
        return Answer(200, {"data": found, **self.meta(len(found))})

    def meta(self, total: int) -> Mapping[str, Any]:
        return {"meta": {"total": total}}

    def create(self, request: Request) -> Answer:
        raise NotImplementedError

    def update(self, request: Request) -> Answer:
        raise NotImplementedError

    def delete(self, request: Request) -> Answer:
        raise NotImplementedError

    def read(self, request: Request) -> Answer:
        return Answer(200, self.shown(self.found(request)))

    def found(self, request: Request) -> Stored:
        return self.workspace.found(self.shelf, request.at["id"])

    def shown(self, stored: Stored) -> dict[str, Any]:
        return {"id": stored.id, **stored.fields, "createdAt": stored.made, "updatedAt": stored.changed}

    def changed(self, stored: Stored, fields: Mapping[str, Any]) -> Answer:
        stored.fields.update(fields)
        stored.changed = self.workspace.moment
        return Answer(200, self.shown(stored))


@dataclass(frozen=True)
class _Projects(_Bare):
    shelf = "projects"

    def meta(self, total: int) -> Mapping[str, Any]:
        return {}

    def create(self, request: Request) -> Answer:
        body = required(request, "name")
        self.workspace.expect_free(self.shelf, body["name"])
        fields = {"name": body["name"], "description": body.get("description")}
        return Answer(201, self.shown(self.workspace.add(self.shelf, "prj", fields)))

    def update(self, request: Request) -> Answer:
        stored, body = self.found(request), required(request)
        self.workspace.expect_free(self.shelf, body.get("name", ""), but=stored.id)
        return self.changed(stored, {name: body[name] for name in ("name", "description") if name in body})

    def delete(self, request: Request) -> Answer:
        stored = self.found(request)
        if any(one.fields["projectId"] == stored.id for one in self.workspace.shelf("pipelines")):
            refuse(409, "conflict", "pipelines are in the project")
        self.workspace.shelf(self.shelf).remove(stored.id)
        return Answer(200, {"ok": True, "id": stored.id})


@dataclass(frozen=True)
class _Connections(_Bare):
    shelf = "connections"
    details = ("config", "params")

    def endpoints(self) -> list[Endpoint]:
        return [Endpoint("POST", "/api/connections/test", self.test), *super().endpoints()]

    def test(self, request: Request) -> Answer:
        required(request, "type")
        if self.workspace.as_client_sees:
            return Answer(200, {"success": True, "message": "Connection successful."})
        return Answer(200, {"ok": True, "latencyMs": 12, "message": "Connection successful."})

    def create(self, request: Request) -> Answer:
        body = required(request, "name", "type", *(["category"] if self.workspace.as_client_sees else ["config"]))
        self.workspace.expect_free(self.shelf, body["name"])
        self._expect_credential(body.get("credentialId"))
        fields = {name: body.get(name) for name in ("name", "type", "category", "credentialId")}
        fields["config"] = self._config(body) or {}
        return Answer(201, self.shown(self.workspace.add(self.shelf, "conn", fields)))

    def update(self, request: Request) -> Answer:
        stored, body = self.found(request), required(request)
        self.workspace.expect_free(self.shelf, body.get("name", ""), but=stored.id)
        self._expect_credential(body.get("credentialId"))
        fields: dict[str, Any] = {name: body[name] for name in ("name", "credentialId") if name in body}
        config = self._config(body)
        if config is not None:
            secrets = {k: v for k, v in stored.fields["config"].items() if k not in shown_config({k: v})}
            fields["config"] = {**(stored.fields["config"] if self.workspace.merges else secrets), **config}
        return self.changed(stored, fields)

    def delete(self, request: Request) -> Answer:
        stored = self.found(request)
        used = (json.dumps(one.fields["nodes"]) for one in self.workspace.shelf("pipelines"))
        streams = (one.fields["connection_id"] for one in self.workspace.shelf("streams"))
        if any(stored.id in nodes for nodes in used) or stored.id in streams:
            refuse(409, "conflict", f"{stored.name} is in use")
        self.workspace.shelf(self.shelf).remove(stored.id)
        return Answer(200, {"ok": True, "id": stored.id, "deletedAt": self.workspace.moment})

    def shown(self, stored: Stored) -> dict[str, Any]:
        found = super().shown(stored)
        config = shown_config(found.pop("config"), self.workspace.mask)
        if self.workspace.as_client_sees:
            return {**found, "params": config}
        del found["category"]
        return {**found, "config": config}

    def _config(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        if not self.workspace.as_client_sees:
            config: dict[str, Any] | None = body.get("config")
            return config
        params: dict[str, Any] | None = body.get("params")
        if params is not None and not all(isinstance(value, str) for value in params.values()):
            refuse(400, "invalid_request", "params are texts", ("params", "not a text"))
        return params

    def _expect_credential(self, id: str | None) -> None:
        if id is not None and id not in self.workspace.shelf("credentials"):
            refuse(400, "invalid_request", f"credential {id} does not exist", ("credentialId", "unknown"))


@dataclass(frozen=True)
class _Pipelines(_Bare):
    shelf = "pipelines"
    details = ("nodes", "edges")

    def endpoints(self) -> list[Endpoint]:
        patches: Mapping[str, Callable[[Stored, dict[str, Any]], dict[str, Any]]] = {
            "rename": self._rename,
            "move": self._move,
            "status": self._status,
        }
        return [
            *super().endpoints(),
            *(Endpoint("PATCH", f"/api/pipelines/{{id}}/{name}", self._patch(act)) for name, act in patches.items()),
        ]

    def create(self, request: Request) -> Answer:
        body = required(request, "name", "projectId", "nodes")
        if "edges" not in body:
            refuse(400, "invalid_request", "edges is required", ("edges", "blank"))
        self._expect_project(body["projectId"])
        self._expect_free(body["name"], body["projectId"])
        fields = {name: body.get(name) for name in ("name", "projectId", "folderId", "nodes", "edges")}
        return Answer(201, self.shown(self.workspace.add(self.shelf, "pl", {**fields, "status": "draft"})))

    def read(self, request: Request) -> Answer:
        """One in the trash can be read."""
        stored = self.workspace.trash.get(request.at["id"])
        if stored is None:
            return super().read(request)
        fields = {name: value for name, value in self.shown(stored).items() if name != "deleted_at"}
        return Answer(200, {**fields, "deleted": True, "deletedAt": stored.fields["deleted_at"]})

    def update(self, request: Request) -> Answer:
        """The graph; a name or a place in it is passed over."""
        stored, body = self.found(request), required(request)
        return self.changed(stored, {name: body[name] for name in ("nodes", "edges") if name in body})

    def delete(self, request: Request) -> Answer:
        stored = self.found(request)
        if stored.id in self.workspace.promoted:
            refuse(409, "conflict", "the pipeline is promoted")
        self.workspace.discard(self.shelf, stored)
        return Answer(200, {"id": stored.id, "deleted": True, "deletedAt": self.workspace.moment})

    def _patch(self, act: Callable[[Stored, dict[str, Any]], dict[str, Any]]) -> Any:
        def answer(request: Request) -> Answer:
            stored = self.found(request)
            stored.fields.update(act(stored, required(request)))
            stored.changed = self.workspace.moment
            return Answer(200, {"ok": True, "id": stored.id})

        return answer

    def _rename(self, stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
        self._expect_free(body["name"], stored.fields["projectId"], but=stored.id)
        return {"name": body["name"]}

    def _move(self, stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
        project = body.get("projectId", stored.fields["projectId"])
        self._expect_project(project)
        return {"projectId": project, "folderId": body.get("folderId")}

    def _status(self, stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("status") not in _STATUSES:
            refuse(400, "invalid_request", f"no status {body.get('status')}", ("status", "unknown"))
        return {"status": body["status"]}

    def _expect_free(self, name: str, project: str, but: str = "") -> None:
        """That names are told apart within a project is a guess."""
        for one in self.workspace.shelf(self.shelf):
            if one.name == name and one.fields["projectId"] == project and one.id != but:
                refuse(409, "conflict", f"{name} already exists")

    def _expect_project(self, id: str) -> None:
        if id not in self.workspace.shelf("projects"):
            refuse(400, "invalid_request", f"project {id} does not exist", ("projectId", "unknown"))
