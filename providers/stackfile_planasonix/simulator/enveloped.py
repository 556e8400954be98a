"""Credentials, schedules and triggers of the simulated workspace: objects in envelopes, lists by cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_planasonix.simulator.workspace import (
    Stored,
    Workspace,
    by_cursor,
    endpoints_of,
    listed,
    refuse,
    required,
    shown_config,
)


def enveloped_endpoints(workspace: Workspace) -> list[Endpoint]:
    families = (_Credentials(workspace), _Schedules(workspace), _Triggers(workspace))
    return [endpoint for family in families for endpoint in family.endpoints()]


@dataclass(frozen=True)
class _Enveloped:
    workspace: Workspace
    shelf = ""
    prefix = ""
    details: ClassVar[tuple[str, ...]] = ()

    def endpoints(self) -> list[Endpoint]:
        return endpoints_of(self.shelf, self)

    def list(self, request: Request) -> Answer:
        page, cursor = by_cursor(self.workspace.shelf(self.shelf), request)
        left_out = self.details if self.workspace.outlines else ()
        data = [self.shown(one, {k: v for k, v in self.told(one).items() if k not in left_out}) for one in page]
        return listed(data, request.query.get("limit"), cursor)

    def create(self, request: Request) -> Answer:
        stored = self.workspace.add(self.shelf, self.prefix, self.new(request))
        return Answer(201, {"data": self.shown(stored, self.told(stored))})

    def read(self, request: Request) -> Answer:
        stored = self.found(request)
        return Answer(200, {"data": self.shown(stored, self.told(stored))})

    def update(self, request: Request) -> Answer:
        stored = self.found(request)
        stored.fields.update(self.edited(stored, required(request)))
        stored.changed = self.workspace.moment
        return Answer(200, {"data": self.shown(stored, self.told(stored))})

    def delete(self, request: Request) -> Answer:
        stored = self.found(request)
        self.workspace.shelf(self.shelf).remove(stored.id)
        return Answer(200, {"data": self.shown(stored, {"deleted": True, "deleted_at": self.workspace.moment})})

    def found(self, request: Request) -> Stored:
        return self.workspace.found(self.shelf, request.at["id"])

    def new(self, request: Request) -> dict[str, Any]:
        raise NotImplementedError

    def edited(self, stored: Stored, body: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def told(self, stored: Stored) -> dict[str, Any]:
        return {**stored.fields, "created_at": stored.made, "updated_at": stored.changed}

    def shown(self, stored: Stored, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": stored.id, "type": self.shelf.removesuffix("s"), "attributes": attributes}


@dataclass(frozen=True)
class _Credentials(_Enveloped):
    """Flat in the envelope; one in the trash can be read, and says so by its status."""

    shelf, prefix = "credentials", "cred"

    def new(self, request: Request) -> dict[str, Any]:
        body = required(request, "name", "type", "config")
        self.workspace.expect_free(self.shelf, body["name"])
        return {"name": body["name"], "type": body["type"], "status": "active", "config": body["config"]}

    def edited(self, stored: Stored, body: Mapping[str, Any]) -> dict[str, Any]:
        self.workspace.expect_free(self.shelf, body.get("name", ""), but=stored.id)
        config = {**stored.fields["config"], **body.get("config", {})}
        return {"name": body.get("name", stored.name), "config": config}

    def read(self, request: Request) -> Answer:
        stored = self.workspace.trash.get(request.at["id"])
        return super().read(request) if stored is None else Answer(200, {"data": self.shown(stored, self.told(stored))})

    def delete(self, request: Request) -> Answer:
        stored = self.found(request)
        self.workspace.discard(self.shelf, stored)
        stored.fields["status"] = "deleted"
        return Answer(200, {"data": self.shown(stored, {"status": "deleted", "deleted_at": self.workspace.moment})})

    def told(self, stored: Stored) -> dict[str, Any]:
        return {**super().told(stored), "config": shown_config(stored.fields["config"])}

    def shown(self, stored: Stored, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": stored.id, **attributes}


@dataclass(frozen=True)
class _Switched(_Enveloped):
    def endpoints(self) -> list[Endpoint]:
        at = f"/api/{self.shelf}/{{id}}"
        switches = [("enable", True), ("disable", False)]
        return [*super().endpoints(), *(Endpoint("POST", f"{at}/{verb}", self._switch(on)) for verb, on in switches)]

    def _switch(self, on: bool) -> Any:
        def answer(request: Request) -> Answer:
            stored = self.found(request)
            stored.fields["enabled"] = on
            stored.changed = self.workspace.moment
            return Answer(200, {"data": self.shown(stored, {"enabled": on, "updated_at": stored.changed})})

        return answer

    def expect_pipeline(self, id: str) -> None:
        if id not in self.workspace.shelf("pipelines"):
            refuse(400, "invalid_request", f"pipeline {id} does not exist", ("pipelineId", "unknown"))


@dataclass(frozen=True)
class _Schedules(_Switched):
    shelf, prefix = "schedules", "sch"

    def new(self, request: Request) -> dict[str, Any]:
        body = required(request, "pipelineId", "cronExpression", "timezone")
        self.expect_pipeline(body["pipelineId"])
        self._expect_cron(body["cronExpression"])
        return {
            "pipeline_id": body["pipelineId"],
            "cron_expression": body["cronExpression"],
            "timezone": body["timezone"],
            "frequency": body.get("frequency", ""),
            "enabled": body.get("enabled", True),
        }

    def edited(self, stored: Stored, body: Mapping[str, Any]) -> dict[str, Any]:
        """What is left out is blanked, and whether it is enabled is passed over."""
        if "cronExpression" in body:
            self._expect_cron(body["cronExpression"])
        names = {"cron_expression": "cronExpression", "timezone": "timezone", "frequency": "frequency"}
        return {here: body.get(there, "") for here, there in names.items()}

    def told(self, stored: Stored) -> dict[str, Any]:
        on = stored.fields["enabled"]
        return {**super().told(stored), "next_run_at": self.workspace.moment if on else None, "last_run_at": None}

    def _expect_cron(self, text: str) -> None:
        if len(text.split()) != 5:
            refuse(400, "invalid_request", f"{text} is no cron expression", ("cronExpression", "five fields"))


@dataclass(frozen=True)
class _Triggers(_Switched):
    shelf, prefix = "triggers", "trg"
    details = ("config",)

    def new(self, request: Request) -> dict[str, Any]:
        """What is particular to a type stands beside the rest, and becomes its config."""
        body = required(request, "name", "triggerType", "pipelineId")
        if body["triggerType"] == "s3":
            body = required(request, "connectionId", "bucket")
        self.expect_pipeline(body["pipelineId"])
        shared = ("name", "triggerType", "pipelineId", "enabled", "connectionId")
        return {
            "name": body["name"],
            "trigger_type": body["triggerType"],
            "pipeline_id": body["pipelineId"],
            "enabled": body.get("enabled", True),
            "_connection": body.get("connectionId"),
            "config": {name: value for name, value in body.items() if name not in shared},
        }

    def edited(self, stored: Stored, body: Mapping[str, Any]) -> dict[str, Any]:
        if "triggerType" in body:
            refuse(409, "conflict", "the type of a trigger cannot change")
        fields = {name: body[name] for name in ("name", "config") if name in body}
        return {**fields, "_connection": body.get("connectionId", stored.fields["_connection"])}

    def told(self, stored: Stored) -> dict[str, Any]:
        fields = {name: value for name, value in super().told(stored).items() if name != "_connection"}
        return {**fields, "config": shown_config(stored.fields["config"])}
