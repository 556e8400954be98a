"""What a simulated workspace holds, and how its answers look: three envelopes, two casings, pages by cursor."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from stackfile.testing.simulator import Answer, Conditions, Endpoint, Refused, Request, Shelf
from stackfile_planasonix.simulator.front import Front

KEY = "plnx_sandbox_key"
FREE_KEY = "plnx_sandbox_free"
"""Of a workspace whose plan has no streams."""
_DEFAULT_LIMIT, _MOST = 50, 100


@dataclass
class Stored:
    """One object. `fields` is what it is now, by the names of the answers, secrets too."""

    id: str
    fields: dict[str, Any]
    made: str
    changed: str

    @property
    def name(self) -> str:
        return str(self.fields.get("name", ""))


@dataclass
class Workspace:
    """The objects of one workspace. `starts_in` is how many seconds a stream is `starting`; `refuses` is a
    call by its name (`pause`) that no state allows.

    `as_client_sees`: connections, pipelines and projects look as the vendor's own client decodes them, not as they are
    documented: lists without an envelope, connections with `category` and `params`. `outlines`: lists leave out what
    was configured. `mask` stands in the place of a connection's secrets; empty, they are left out. `merges`: a PUT of
    a connection leaves the keys of its config that it does not name. `promoted` are ids of pipelines.
    """

    conditions: Conditions
    starts_in: float = 1.0
    refuses: str = ""
    as_client_sees: bool = False
    outlines: bool = True
    mask: str = ""
    merges: bool = False
    promoted: set[str] = field(default_factory=set)
    trash: dict[str, Stored] = field(default_factory=dict)
    front: Front = field(default_factory=Front)
    shelves: dict[str, Shelf[Stored]] = field(default_factory=dict)

    def shelf(self, name: str) -> Shelf[Stored]:
        return self.shelves.setdefault(name, Shelf(self.conditions.faults))

    @property
    def now(self) -> float:
        return self.conditions.clock.monotonic()

    @property
    def moment(self) -> str:
        return self.conditions.clock.now().isoformat().replace("+00:00", "Z")

    def guard(self, request: Request) -> Answer | None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key == FREE_KEY and "/api/streams" in request.path:
            return Answer(403, error("forbidden", "streaming needs the Premium plan"))
        return None if key in (KEY, FREE_KEY) else Answer(401, error("unauthorized", "the API key is not valid"))

    def add(self, shelf: str, prefix: str, fields: dict[str, Any]) -> Stored:
        stored = Stored(f"{prefix}_{self.conditions.id(16)}", fields, self.moment, self.moment)
        self.shelf(shelf).put(stored.id, stored)
        return stored

    def found(self, shelf: str, id: str) -> Stored:
        """Raises Refused with 404 where there is none."""
        stored = self.shelf(shelf).get(id)
        if stored is None:
            refuse(404, "not_found", f"{id} does not exist")
        return stored

    def discard(self, shelf: str, stored: Stored) -> None:
        """To the trash, from where it can still be read."""
        self.shelf(shelf).remove(stored.id)
        stored.fields["deleted_at"] = self.moment
        self.trash[stored.id] = stored

    def expect_free(self, shelf: str, name: str, but: str = "") -> None:
        """Raises Refused with 409 where the name is taken."""
        if any(one.name == name and one.id != but for one in self.shelf(shelf)):
            refuse(409, "conflict", f"{name} already exists")

    def holds(self, secret: str) -> bool:
        """Whether some object was given this secret."""
        return any(_has(one.fields, secret) for shelf in self.shelves.values() for one in shelf)


SECRETS = re.compile(r"password|secret|token|private_?key|api_?key", re.IGNORECASE)


def shown_config(config: Mapping[str, Any], mask: str = "") -> dict[str, Any]:
    """A config as it is given back: with the mask in the place of its secrets, or without them."""
    return {
        key: mask if SECRETS.search(key) else value for key, value in config.items() if mask or not SECRETS.search(key)
    }


class Family(Protocol):
    """Objects that are listed, made, read, changed and deleted under one path."""

    def list(self, request: Request) -> Answer: ...

    def create(self, request: Request) -> Answer: ...

    def read(self, request: Request) -> Answer: ...

    def update(self, request: Request) -> Answer: ...

    def delete(self, request: Request) -> Answer: ...


def endpoints_of(shelf: str, family: Family) -> list[Endpoint]:
    at = f"/api/{shelf}"
    return [
        Endpoint("GET", at, family.list),
        Endpoint("POST", at, family.create),
        Endpoint("GET", f"{at}/{{id}}", family.read),
        Endpoint("PUT", f"{at}/{{id}}", family.update),
        Endpoint("DELETE", f"{at}/{{id}}", family.delete),
    ]


def error(code: str, message: str, details: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": list(details)}}


def refuse(status: int, code: str, message: str, *fields: tuple[str, str]) -> NoReturn:
    """`fields` are the names of what is wrong in the request, and what is wrong with each."""
    details = [{"field": name, "issue": issue} for name, issue in fields]
    raise Refused(Answer(status, error(code, message, details)))


def required(request: Request, *names: str) -> dict[str, Any]:
    """The request's body. Raises Refused with 400 where one of these is not in it."""
    body = request.json if isinstance(request.json, dict) else {}
    blank = [name for name in names if body.get(name) in (None, "")]
    if blank:
        refuse(400, "invalid_request", f"{blank[0]} is required", *((name, "blank") for name in blank))
    return body


def by_cursor(shelf: Shelf[Stored], request: Request, keep: Any = lambda one: True) -> tuple[list[Stored], str | None]:
    """A page of a list, and the cursor of the next one; None at the end."""
    limit = min(int(request.query.get("limit") or _DEFAULT_LIMIT), _MOST)
    cursor = request.query.get("cursor")
    number = int(base64.urlsafe_b64decode(cursor).decode().removeprefix("page-")) if cursor else 1
    part = shelf.page(number, limit)
    following = base64.urlsafe_b64encode(f"page-{number + 1}".encode()).decode() if part.more else None
    return [one for one in part.items if keep(one)], following


def listed(data: list[Any], limit: str | None, cursor: str | None) -> Answer:
    return Answer(200, {"data": data, "meta": {"page": {"limit": int(limit or _DEFAULT_LIMIT), "cursor": cursor}}})


def _has(value: Any, secret: str) -> bool:
    if isinstance(value, Mapping):
        return any(_has(one, secret) for one in value.values())
    if isinstance(value, list):
        return any(_has(one, secret) for one in value)
    return bool(value == secret)
