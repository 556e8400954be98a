"""Access to the simulated service: Kafka users, client credentials and roles. Bare lists, and empty answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_streamkap.simulator.project import SERVICE, Project, Stored, body_of, invalid, refuse

ROLES = (
    {"id": "role-1", "key": "admin", "name": "Admin", "description": "Everything."},
    {"id": "role-2", "key": "read_only", "name": "Read only", "description": "Nothing is changed."},
)
_SHOWN = ("whitelist_ips", "kafka_acls", "is_create_schema_registry")


def access_endpoints(project: Project) -> list[Endpoint]:
    access = Access(project)
    users, credentials = "/kafka-access/kafka-users", "/auth/client-credentials"
    return [
        Endpoint("GET", users, access.users),
        Endpoint("POST", users, access.add_user),
        Endpoint("PUT", f"{users}/{{name}}", access.change_user),
        Endpoint("DELETE", f"{users}/{{name}}", access.remove_user),
        Endpoint("GET", credentials, access.credentials),
        Endpoint("POST", credentials, access.add_credential),
        Endpoint("DELETE", f"{credentials}/{{id}}", access.remove_credential),
        Endpoint("GET", "/auth/roles", lambda request: Answer(200, list(ROLES))),
    ]


@dataclass(frozen=True)
class Access:
    project: Project

    def users(self, request: Request) -> Answer:
        return Answer(200, [_user(one) for one in self.project.shelves["kafka-users"].listed()])

    def add_user(self, request: Request) -> Answer:
        body = body_of(request, "username", "password")
        if self.project.get("kafka-users", body["username"]) is not None:
            refuse(409, f"User {body['username']} already exists")
        return Answer(200, _user(self.project.add("kafka-users", body, body["username"])))

    def change_user(self, request: Request) -> Answer:
        stored = self.project.stored("kafka-users", request.at["name"])
        stored.body = {**body_of(request, "password"), "username": stored.id}
        return Answer(200, _user(stored))

    def remove_user(self, request: Request) -> Answer:
        self.project.stored("kafka-users", request.at["name"])
        self.project.remove("kafka-users", request.at["name"])
        return Answer(200)

    def credentials(self, request: Request) -> Answer:
        return Answer(200, [self._credential(one) for one in self.project.shelves["credentials"].listed()])

    def add_credential(self, request: Request) -> Answer:
        """The only answer that has the secret."""
        body = body_of(request, "role_ids")
        unknown = [id for id in body["role_ids"] if id not in {role["id"] for role in ROLES}]
        if unknown:
            invalid((("role_ids",), f"Role {unknown[0]} not found"))
        stored = self.project.add("credentials", {**body, "secret": f"cred-{self.project.conditions.id(40)}"})
        return Answer(200, {**self._credential(stored), "secret": stored.body["secret"]})

    def remove_credential(self, request: Request) -> Answer:
        self.project.stored("credentials", request.at["id"])
        self.project.remove("credentials", request.at["id"])
        return Answer(200)

    def _credential(self, stored: Stored) -> dict[str, Any]:
        return {
            "client_id": stored.id,
            "description": stored.body.get("description"),
            "created_at": stored.made,
            "roles": [role for role in ROLES if role["id"] in stored.body["role_ids"]],
            "service_id": stored.body.get("service_id") or SERVICE,
            "created_by_user": "sandbox",
        }


def _user(stored: Stored) -> dict[str, Any]:
    shown = {key: stored.body.get(key) for key in _SHOWN}
    endpoints = {
        "kafka_proxy_endpoint": "kafka.example.com:32400",
        "schema_proxy_endpoint": "https://schemas.example.com",
    }
    return {"username": stored.id, **shown, **endpoints}
