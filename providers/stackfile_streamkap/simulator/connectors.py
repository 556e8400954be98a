"""Sources and destinations of the simulated service: one shape, a flat config that comes back as text, states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_streamkap.catalogue.entries import Connector
from stackfile_streamkap.catalogue.impacts import CAPTURED
from stackfile_streamkap.simulator.definitions import definition
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

_FILLED = {
    "ssh.public.key.user.displayed": "ssh-rsa AAAAB3-made-by-the-service",
    "mongodb.connection.hostname": "made-by-the-service.example.com",
    "webhook.url": "https://hooks.example.com/made-by-the-service",
    "api.key": "hook-key-made-by-the-service",
}
_MAPS_OF_DOCUMENTS = ("dynamodb", "mongodb", "mongodbhosted", "documentdb")
_KEEP_COLUMNS = ("s3", "gcs", "azblob", "redis", "kafka")
_OPTIONAL = "transforms.MarkColumnsAsOptional.fields.include.list"
_NAMES_BROKEN = "broken"


def connector_endpoints(project: Project) -> list[Endpoint]:
    return [*Connectors(project, "sources").endpoints(), *Connectors(project, "destinations").endpoints()]


def shown_end(project: Project, section: str, id: str, secrets: bool = False) -> dict[str, Any]:
    """The whole object as a pipeline embeds it."""
    stored = project.get(section, id)
    return Connectors(project, section).shown(stored, secrets=secrets) if stored is not None else {"id": id}


def topics_of(stored: Stored) -> list[str]:
    """The pretty names of a source's topics: its tables."""
    config = stored.body["config"]
    prefix = "default." if stored.body["connector"] == "dynamodb" else ""
    texts = [str(config.get(key) or "") for key in CAPTURED]
    return [f"{prefix}{name.strip()}" for text in texts for name in text.split(",") if name.strip()]


@dataclass(frozen=True)
class Connectors:
    """`/sources` or `/destinations`."""

    project: Project
    section: str

    def endpoints(self) -> list[Endpoint]:
        at = f"/{self.section}"
        return [
            Endpoint("GET", f"{at}/connectors", self._definitions),
            Endpoint("GET", at, self._list),
            Endpoint("POST", at, self._create),
            Endpoint("GET", f"{at}/{{id}}", self._read),
            Endpoint("PUT", f"{at}/{{id}}", self._update),
            Endpoint("DELETE", f"{at}/{{id}}", self._delete),
            Endpoint("POST", f"{at}/{{id}}/deploy", self._deploy),
        ]

    def _list(self, request: Request) -> Answer:
        return self.project.page(self.section, request, self.shown)

    def _read(self, request: Request) -> Answer:
        stored = self.project.get(self.section, request.at["id"])
        return envelope(None if stored is None else self.shown(stored, secrets=_asks_for_secrets(request)))

    async def _create(self, request: Request) -> Answer:
        body = self._checked(body_of(request, "name", "connector", "config"))
        stored = self.project.add(self.section, body)
        stored.settles = self.project.now + self.project.pace.starts
        await self.project.waited(request, self.project.pace.starts)
        return Answer(200, self.shown(stored, secrets=_asks_for_secrets(request)))

    async def _update(self, request: Request) -> Answer:
        stored = self.project.stored(self.section, request.at["id"])
        body = body_of(request, "name", "connector", "config")
        if body["connector"] != stored.body["connector"]:
            refuse(422, f"Connector of {stored.name} cannot be changed")
        stored.body = self._checked(body, stored)
        stored.settles, stored.is_new = self.project.now + self.project.pace.changes, False
        await self.project.waited(request, self.project.pace.changes)
        return Answer(200, self.shown(stored, secrets=_asks_for_secrets(request)))

    async def _delete(self, request: Request) -> Answer:
        stored = self.project.stored(self.section, request.at["id"])
        end = self.section[:-1]
        users = [one for one in self.project.live("pipelines") if one.body[end]["id"] == stored.id and one.ends is None]
        if users:
            refuse(400, f"{end.capitalize()} {stored.name} is used by pipeline {users[0].name}")
        self.project.begin_end(self.section, stored)
        await self.project.waited(request, self.project.pace.ends)
        return Answer(200, self.shown(stored))

    def _deploy(self, request: Request) -> Answer:
        stored = self.project.stored(self.section, request.at["id"])
        stored.settles = self.project.now + self.project.pace.changes
        return Answer(200, self.shown(stored))

    def _definitions(self, request: Request) -> Answer:
        offers, asked = self.project.offered_to(request), request.query.get("connector_code")
        names = [name for name in offers.names(self.section) if asked in (None, name)]
        return Answer(200, [definition(offers.connector(self.section, name)) for name in names])

    def _checked(self, body: dict[str, Any], stored: Stored | None = None) -> dict[str, Any]:
        """An absent key is cleared, but a secret that is not sent stays; an absent or null `tags` stays too."""
        entry, before = self._entry(body), stored.body if stored is not None else {}
        if self.project.is_taken(self.section, body["name"], stored.id if stored is not None else ""):
            refuse(422, f"{self.section[:-1].capitalize()} with name {body['name']} already exists")
        config = {key: kept(value) for key, value in body["config"].items()}
        for key in entry.keys.values() if entry is not None else ():
            was = before.get("config", {}).get(key.name)
            if key.secret and key.name not in config and was is not None:
                config[key.name] = was
        self._check_config(entry, config)
        for key in entry.keys.values() if entry is not None else ():
            if key.server:
                config[key.name] = _FILLED.get(key.name)
        tags = tags_of(self.project, body) if body.get("tags") is not None else before.get("tags", [])
        return {**{k: body.get(k) for k in ("name", "connector", "kc_cluster_id")}, "config": config, "tags": tags}

    def _entry(self, body: Mapping[str, Any]) -> Connector | None:
        try:
            return self.project.offers.connector(self.section, body["connector"])
        except KeyError:
            if str(body["connector"]).startswith("new_"):
                return None  # one that the service has and the catalogue lacks
            invalid((("connector",), f"unknown connector {body['connector']}"))

    def _check_config(self, entry: Connector | None, config: Mapping[str, Any]) -> None:
        if entry is None:
            return
        missing = [key.name for key in entry.keys.values() if key.required and config.get(key.name) is None]
        missing += [
            key.name
            for key in entry.keys.values()
            if key.when and config.get(key.name) is None and all(config.get(n) == kept(v) for n, v in key.when.items())
        ]
        if missing:
            invalid(*((("config", name), "field required") for name in missing))

    def shown(self, stored: Stored, secrets: bool = False) -> dict[str, Any]:
        entry = self._entry(stored.body)
        hidden = {key.name for key in entry.keys.values() if key.secret and not key.server} if entry is not None else ()
        config = {k: None if k in hidden and not secrets else v for k, v in stored.body["config"].items()}
        topics = topics_of(stored) if self.section == "sources" else []
        status = self._status(stored)
        return {
            "id": stored.id,
            "name": stored.name,
            "connector": stored.body["connector"],
            "connector_display_name": stored.body["connector"].capitalize(),
            "created_timestamp": stored.made,
            "tenant_id": TENANT,
            "service_id": SERVICE,
            "config": {**config, **self._filled_in(stored)},
            "topics": topics,
            "topic_ids": [f"source_{stored.id}.{name}" for name in topics],
            "tasks": [0],
            "connector_status": status,
            "desired_state": "Active",
            "task_statuses": _tasks(status),
            "kc_cluster_id": stored.body.get("kc_cluster_id"),
            "tags": stored.body["tags"],
        }

    def _status(self, stored: Stored) -> str:
        if stored.ends is not None:
            return "Pending Delete"
        if self.project.now < stored.settles:
            return "Starting" if stored.is_new else "Pending Update"
        broken = any(str(value).startswith(f"{_NAMES_BROKEN}.") for value in stored.body["config"].values())
        return "Broken" if broken else "Active"

    def _filled_in(self, stored: Stored) -> dict[str, Any]:
        """A destination's columns are optional where the source of its pipeline has documents (issue 80 of the
        Terraform provider)."""
        if self.section != "destinations" or stored.body["connector"] in _KEEP_COLUMNS:
            return {}
        if stored.body["config"].get(_OPTIONAL) is not None:
            return {}
        documents = {one.id for one in self.project.live("sources") if one.body["connector"] in _MAPS_OF_DOCUMENTS}
        ends = (one.body for one in self.project.live("pipelines")) if documents else ()
        filled = any(one["destination"]["id"] == stored.id and one["source"]["id"] in documents for one in ends)
        return {_OPTIONAL: "*"} if filled else {}


def kept(value: Any) -> Any:
    """Numbers and booleans are stored as text, an empty text as nothing, maps and lists as JSON text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value)
    return None if value in (None, "") else str(value)


def _tasks(status: str) -> dict[str, Any]:
    if status != "Broken":
        return {"0": {"state": "RUNNING"}}
    trace = "org.apache.kafka.connect.errors.ConnectException: the host does not answer\n\tat io.example.Task.start"
    return {"0": {"state": "FAILED", "trace": trace}}


def _asks_for_secrets(request: Request) -> bool:
    return request.query.get("secret_returned", "false") == "true"
