"""Tags of the simulated service: a list of their own shape, and system ones that stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_streamkap.simulator.project import Project, Stored, body_of, invalid, refuse

_TYPES = [
    "environment",
    "general",
    "sources",
    "destinations",
    "pipelines",
    "transforms",
    "topics",
    "services",
    "users",
    "tenant",
]


def tag_endpoints(project: Project) -> list[Endpoint]:
    tags = Tags(project)
    return [
        Endpoint("GET", "/tags", tags.list),
        Endpoint("POST", "/tags/search", tags.search),
        Endpoint("POST", "/tags", tags.create),
        Endpoint("PUT", "/tags/{id}", tags.update),
        Endpoint("DELETE", "/tags/{id}", tags.delete),
    ]


@dataclass(frozen=True)
class Tags:
    project: Project

    def list(self, request: Request) -> Answer:
        ids = [value for name, value in request.pairs if name == "tag_ids"]
        names = [value for name, value in request.pairs if name == "tag_name"]
        shown = self.project.shelves["tags"].listed()
        found = [one for one in shown if (not ids or one.id in ids) and (not names or one.name in names)]
        return Answer(200, {"tags": list(map(_shown, found))})

    def search(self, request: Request) -> Answer:
        ids: Iterable[str] = body_of(request, "tag_ids")["tag_ids"]
        return Answer(200, {"tags": [_shown(one) for one in self.project.live("tags") if one.id in ids]})

    def create(self, request: Request) -> Answer:
        return Answer(200, _shown(self.project.add("tags", self._checked(request))))

    def update(self, request: Request) -> Answer:
        stored = self._own(request)
        stored.body = self._checked(request, stored)
        return Answer(200, _shown(stored))

    def delete(self, request: Request) -> Answer:
        stored = self._own(request)
        users = sum(stored.id in one.body.get("tags", ()) for one in self._tagged())
        if users:
            refuse(400, f"Tag is used by {users} entities")
        self.project.remove("tags", stored.id)
        return Answer(200, _shown(stored))

    def _own(self, request: Request) -> Stored:
        stored = self.project.stored("tags", request.at["id"])
        if stored.body.get("system"):
            refuse(400, "System tags cannot be changed")
        return stored

    def _tagged(self) -> Iterable[Stored]:
        return (
            one for name in ("sources", "destinations", "pipelines", "transforms") for one in self.project.live(name)
        )

    def _checked(self, request: Request, stored: Stored | None = None) -> dict[str, Any]:
        body = body_of(request, "name", "type")
        wrong = [(("type",), f"{one} is not a valid enumeration member") for one in body["type"] if one not in _TYPES]
        if wrong:
            invalid(*wrong)
        for key in ("system", "custom"):
            if key in body and body[key] is None:
                invalid(((key,), "none is not an allowed value"))
        if any(one.name == body["name"] and one is not stored for one in self.project.live("tags")):
            refuse(400, "A tag with identical properties already exists.")
        return {"name": body["name"], "type": body["type"], "description": body.get("description")}


def _shown(stored: Stored) -> dict[str, Any]:
    is_system = bool(stored.body.get("system"))
    return {
        "id": stored.id,
        **stored.body,
        "description": stored.body.get("description") or None,
        "system": is_system,
        "custom": not is_system,
    }
