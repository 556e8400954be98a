"""A REST service in memory, a simulator: sources, sinks and pipes, with the habits that real services have.

    sources   server-made ids, a secret that is never returned, an immutable field, a list that comes back sorted,
              defaults filled in, slow to get ready; pages by number, PUT of the whole, refusals as a list of places
    sinks     objects wrapped twice, opaque cursors, PATCH that merges, refusals in an `error` map
    pipes     made by one call and configured by a second, pins its source and sink; linked pages, empty answers to
              updates, refusals as plain text

A client signs in at /v1/token. Time is the clock's; `Faults` says what goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from stackfile.sdk.provider import Clock
from stackfile.testing.simulator import (
    Answer,
    Call,
    Conditions,
    Endpoint,
    Faults,
    Manners,
    Request,
    Shelf,
    Simulator,
    Tokens,
)

CLIENT_ID = "acme"
CLIENT_SECRET = "peer-client-secret"


@dataclass
class Stored:
    """One object. `fields` is all that was sent, secrets too; `ready_at` is on the monotonic clock."""

    id: str
    fields: dict[str, Any]
    created_at: datetime
    ready_at: float


class Refused(Exception):
    """Becomes a refusal in the words of the collection that was asked."""

    def __init__(self, status: int, message: str, place: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.place = status, message, place


@dataclass(frozen=True)
class Rules:
    """What a collection takes. `defaults` are filled in, `secret` is kept and never told, `sorted` comes back so."""

    prefix: str
    required: tuple[str, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    secret: str = ""
    immutable: str = ""
    sorted: str = ""


RULES = {
    "sources": Rules(
        "src",
        ("name", "connector", "host"),
        {"port": 5432, "heartbeat": True},
        ("password", "tables", "comment"),
        secret="password",
        immutable="connector",
        sorted="tables",
    ),
    "sinks": Rules("snk", ("name", "bucket"), {"format": "json", "options": {}}, ("columns",)),
    "pipes": Rules("pip", ("name", "source", "sink"), {"filter": None, "max_rate": 1000}),
}


class PeerService:
    """The service, and what tests may look at and change: `objects`, `calls`, `faults`, `expire_tokens()`."""

    def __init__(self, clock: Clock, faults: Faults | None = None, slow: float = 5.0, token_life: float = 3600) -> None:
        self.clock = clock
        self.faults = faults or Faults()
        self.slow = slow
        self.objects: dict[str, Shelf[Stored]] = {name: Shelf(self.faults) for name in RULES}
        self._tokens = Tokens(clock, token_life, "peer-token")
        self._made = 0
        self.app = Simulator("peer", self._endpoints(), Conditions(clock, faults=self.faults), self._manners())

    @property
    def token_life(self) -> float:
        return self._tokens.life

    @property
    def calls(self) -> list[Call]:
        return self.app.calls.made

    @property
    def bodies(self) -> list[Any]:
        return self.app.bodies

    def expire_tokens(self) -> None:
        self._tokens.expire()

    def live(self, collection: str) -> list[Stored]:
        """The objects that are there, in order of creation."""
        return list(self.objects[collection])

    def count(self, request: str) -> int:
        """How many calls began like this (`POST /v1/sources`)."""
        return self.app.calls.count(request)

    def _manners(self) -> Manners:
        return Manners(
            settings={"client_id": CLIENT_ID, "secret": CLIENT_SECRET},
            prefix="/v1",
            guard=self._guard,
            expire=self._tokens.expire,
            holds=lambda secret: any(secret in one.fields.values() for one in self.live("sources")),
        )

    def _guard(self, request: Request) -> Answer | None:
        return None if self._tokens.holds(request.headers) else Answer(401, {"detail": "invalid or expired token"})

    def _endpoints(self) -> list[Endpoint]:
        found = [
            Endpoint("POST", "/token", self._token, open=True),
            Endpoint("GET", "/account", lambda request: Answer(200, {"account": CLIENT_ID})),
        ]
        for name in RULES:
            verbs = {"GET": self._read, "PUT": self._update, "PATCH": self._update, "DELETE": self._delete}
            found.append(Endpoint("GET", f"/{name}", partial(self._list, name)))
            found.append(Endpoint("POST", f"/{name}", partial(_spoken, name, self._create)))
            found += [Endpoint(m, f"/{name}/{{id}}", partial(_spoken, name, verb)) for m, verb in verbs.items()]
        return found

    def _token(self, request: Request) -> Answer:
        if request.json != {"client_id": CLIENT_ID, "secret": CLIENT_SECRET}:
            return Answer(401, {"detail": f"wrong secret {request.json['secret']!r}"})
        return Answer(200, {"access_token": self._tokens.issue(), "expires_in": self._tokens.life})

    def _stored(self, name: str, request: Request) -> Stored:
        stored = self.objects[name].get(request.at["id"])
        if stored is None:
            raise Refused(404, f"no {request.at['id']} here")
        return stored

    def _read(self, name: str, request: Request) -> Answer:
        return Answer(200, self._shown(name, self._stored(name, request)))

    def _create(self, name: str, request: Request) -> Answer:
        rules = RULES[name]
        if name == "pipes":
            _check_keys(request.json, rules.required)
        fields = self._checked(name, request.json)
        self._made += 1
        id = f"{rules.prefix}_{self._made:04d}"
        ready_at = self.clock.monotonic() + (self.slow if name == "sources" else 0.0)
        stored = Stored(id, fields, self.clock.now(), ready_at)
        self.objects[name].put(id, stored)
        return Answer(201, self._shown(name, stored))

    def _update(self, name: str, request: Request) -> Answer:
        stored, fields = self._stored(name, request), request.json
        if request.method == "PATCH":
            fields = _patched(stored.fields, fields)
        immutable = RULES[name].immutable
        if immutable and fields.get(immutable) != stored.fields[immutable]:
            raise Refused(422, f"{immutable} cannot be changed", immutable)
        stored.fields = self._checked(name, fields, but=stored.id)
        return Answer(204) if name == "pipes" else Answer(200, self._shown(name, stored))

    def _delete(self, name: str, request: Request) -> Answer:
        stored = self._stored(name, request)
        pinned_by = [pipe for pipe in self.live("pipes") if stored.id in (pipe.fields["source"], pipe.fields["sink"])]
        if name != "pipes" and pinned_by:
            raise Refused(409, f"in use by {pinned_by[0].fields['name']}")
        self.objects[name].remove(stored.id)
        return Answer(200, {"deleted": True})

    def _checked(self, name: str, body: dict[str, Any], but: str = "") -> dict[str, Any]:
        rules = RULES[name]
        _check_keys(body, (*rules.required, *rules.defaults, *rules.optional))
        for key in rules.required:
            if not body.get(key):
                raise Refused(422, "is required", key)
        if any(one.fields["name"] == body["name"] and one.id != but for one in self.live(name)):
            raise Refused(422 if name == "sources" else 409, f"{body['name']} already exists", "name")
        for key, collection in (("source", "sources"), ("sink", "sinks")):
            if key in body and body[key] not in {one.id for one in self.live(collection)}:
                raise Refused(422, f"no {body[key]} here", key)
        if rules.secret and body.get(rules.secret) == "short":
            raise Refused(422, f"the {rules.secret} {body[rules.secret]!r} is too short", rules.secret)
        return {**rules.defaults, **{key: value for key, value in body.items() if value is not None}}

    def _shown(self, name: str, stored: Stored) -> Any:
        rules = RULES[name]
        fields = dict(stored.fields)
        if rules.secret in fields:
            fields[rules.secret] = "********"
        if rules.sorted in fields:
            fields[rules.sorted] = sorted(fields[rules.sorted])
        if "columns" in fields:
            fields["columns"] = [{"nullable": True, **column} for column in fields["columns"]]
        created = stored.created_at.isoformat()
        if name == "sinks":
            return {"data": {"id": stored.id, "type": "sink", "attributes": {**fields, "created_at": created}}}
        status = "ready" if self.clock.monotonic() >= stored.ready_at else "pending"
        return {"id": stored.id, **fields, "created_at": created, "status": status}

    def _list(self, name: str, request: Request) -> Answer:
        params = request.query
        at = int(params.get("cursor", params.get("page", "1").removeprefix("c")).removeprefix("c"))
        size = min(int(params.get("page_size", params.get("limit", params.get("per_page", "10")))), 100)
        part = self.objects[name].page(at, size)
        page = [self._shown(name, one) for one in part.items]
        if name == "sources":
            return Answer(200, {"result": page, "page": at, "page_size": size, "has_next": part.more})
        if name == "sinks":
            cursor = f"c{at + 1}" if part.more else None
            return Answer(200, {"data": [one["data"] for one in page], "meta": {"page": {"cursor": cursor}}})
        next_page = f"http://{request.headers['host']}/v1/pipes?per_page={size}&page={at + 1}"
        return Answer(200, page, {"link": f'<{next_page}>; rel="next"'} if part.more else {})


def _spoken(name: str, verb: Callable[[str, Request], Answer], request: Request) -> Answer:
    try:
        return verb(name, request)
    except Refused as refused:
        return _refusal(name, refused)


def _patched(fields: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396."""
    out = dict(fields)
    for key, value in patch.items():
        under = out.pop(key, None)
        if isinstance(value, Mapping):
            out[key] = _patched(under if isinstance(under, Mapping) else {}, value)
        elif value is not None:
            out[key] = value
    return out


def _check_keys(body: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in body:
        if key not in known:
            raise Refused(400, "is not known", key)


def _refusal(collection: str, refused: Refused) -> Answer:
    if collection == "pipes":
        return Answer(refused.status, f"Error: {refused.place} {refused.message}\n")
    if collection == "sinks":
        details = [{"field": refused.place, "issue": refused.message}] if refused.place else []
        error = {"code": "invalid_request", "message": refused.message, "details": details}
        return Answer(refused.status, {"error": error})
    if refused.place:
        return Answer(refused.status, {"detail": [{"loc": ["body", refused.place], "msg": refused.message}]})
    return Answer(refused.status, {"detail": refused.message})


def simulator(conditions: Conditions) -> Simulator:
    """For `stack sandbox`."""
    return PeerService(conditions.clock, conditions.faults).app
