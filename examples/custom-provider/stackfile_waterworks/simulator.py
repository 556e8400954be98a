"""The waterworks in memory, for tests and for `stack sandbox waterworks`: rules and habits as the service has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from stackfile.testing.simulator import (
    Answer,
    Conditions,
    Endpoint,
    Manners,
    Refused,
    Request,
    Shelf,
    Simulator,
    Tokens,
)

KEY = "waterworks-sandbox-key"
FILLS_FOR = 0.4
"""Seconds until a new tap runs."""

REQUIRED = {"taps": ("name", "spring"), "tanks": ("name", "litres"), "pipes": ("name", "tap", "tank")}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {"taps": {"flow": 10}, "tanks": {}, "pipes": {}}


@dataclass
class Built:
    """One object. `fields` is all that was sent, the tap's code too; `runs_at` is on the monotonic clock."""

    id: str
    fields: dict[str, Any]
    at: str
    runs_at: float


class Town:
    """All that there is in one town."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.clock = conditions.clock
        self.tokens = Tokens(conditions.clock, life=900)
        self.shelves: dict[str, Shelf[Built]] = {name: Shelf(conditions.faults) for name in REQUIRED}

    def guard(self, request: Request) -> Answer | None:
        return None if self.tokens.holds(request.headers) else Answer(401, {"error": "sign in first"})

    def session(self, request: Request) -> Answer:
        if request.json != {"key": KEY}:
            return Answer(403, {"error": "no such key"})
        return Answer(200, {"token": self.tokens.issue(), "expires_in": self.tokens.life})

    def list(self, name: str, request: Request) -> Answer:
        number, size = int(request.query.get("page", "1")), min(int(request.query.get("per_page", "20")), 50)
        part = self.shelves[name].page(number, size)
        return Answer(200, {"items": [self.shown(name, one) for one in part.items], "more": part.more})

    def create(self, name: str, request: Request) -> Answer:
        fields = self.checked(name, request.json)
        now = self.clock.monotonic()
        built = Built(self.conditions.id(8), fields, self.clock.now().isoformat(), now + FILLS_FOR)
        self.shelves[name].put(built.id, built)
        return Answer(201, self.shown(name, built))

    def read(self, name: str, request: Request) -> Answer:
        return Answer(200, self.shown(name, self.found(name, request)))

    def update(self, name: str, request: Request) -> Answer:
        built = self.found(name, request)
        fields = self.checked(name, request.json, but=built.id)
        if name == "taps" and fields["spring"] != built.fields["spring"]:
            raise refused(422, "spring", "a tap stays at its spring")
        if name == "tanks" and fields["litres"] < built.fields["litres"]:
            raise refused(422, "litres", "a tank cannot shrink")
        built.fields = {**({"code": built.fields.get("code")} if name == "taps" else {}), **fields}
        return Answer(200, self.shown(name, built))

    def delete(self, name: str, request: Request) -> Answer:
        built = self.found(name, request)
        if any(built.id in (pipe.fields["tap"], pipe.fields["tank"]) for pipe in self.shelves["pipes"]):
            raise Refused(Answer(409, {"error": "a pipe is fixed to it"}))
        self.shelves[name].remove(built.id)
        return Answer(204)

    def found(self, name: str, request: Request) -> Built:
        built = self.shelves[name].get(request.at["id"])
        if built is None:
            raise Refused(Answer(404, {"error": f"no such thing among the {name}"}))
        return built

    def checked(self, name: str, body: Mapping[str, Any], but: str = "") -> dict[str, Any]:
        for key in REQUIRED[name]:
            if not body.get(key):
                raise refused(422, key, "is required")
        if any(one.fields["name"] == body["name"] and one.id != but for one in self.shelves[name]):
            raise refused(422, "name", "is taken")
        for key, others in (("tap", "taps"), ("tank", "tanks")):
            if key in body and body[key] not in self.shelves[others]:
                raise refused(422, key, f"there is no {key} {body[key]}")
        return {**DEFAULTS[name], **{key: value for key, value in body.items() if value is not None}}

    def shown(self, name: str, built: Built) -> dict[str, Any]:
        """A code is never told, minerals come back sorted, and a tap says how it is."""
        fields = {key: value for key, value in built.fields.items() if key != "code"}
        if "minerals" in fields:
            fields["minerals"] = sorted(fields["minerals"])
        if name == "taps":
            fields["status"] = "running" if self.clock.monotonic() >= built.runs_at else "filling"
        return {"id": built.id, **fields, "built_at": built.at}

    def holds(self, secret: str) -> bool:
        return any(one.fields.get("code") == secret for one in self.shelves["taps"])


def refused(status: int, field: str, why: str) -> Refused:
    return Refused(Answer(status, {"error": "not like this", "details": [{"field": field, "reason": why}]}))


def simulator(conditions: Conditions) -> Simulator:
    """What the entry point names."""
    town = Town(conditions)
    endpoints = [
        Endpoint("POST", "/session", town.session, open=True),
        Endpoint("GET", "/town", lambda request: Answer(200, {"name": "springfield"})),
    ]
    for name in REQUIRED:
        endpoints += [
            _endpoint("GET", f"/{name}", town.list, name),
            _endpoint("POST", f"/{name}", town.create, name),
            _endpoint("GET", f"/{name}/{{id}}", town.read, name),
            _endpoint("PUT", f"/{name}/{{id}}", town.update, name),
            _endpoint("DELETE", f"/{name}/{{id}}", town.delete, name),
        ]
    manners = Manners(
        settings={"key": KEY},
        prefix="/v1",
        guard=town.guard,
        words=lambda status, message: {"error": message},
        expire=town.tokens.expire,
        holds=town.holds,
    )
    return Simulator("waterworks", endpoints, conditions, manners)


def _endpoint(method: str, path: str, handler: Callable[[str, Request], Answer], name: str) -> Endpoint:
    return Endpoint(method, path, partial(handler, name))
