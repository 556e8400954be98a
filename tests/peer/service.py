"""A REST service in memory, as an ASGI app: sources, sinks and pipes, with the habits that real services have.

    sources   server-made ids, a secret that is never returned, an immutable field, a list that comes back sorted,
              defaults filled in, slow to get ready; pages by number, PUT of the whole, refusals as a list of places
    sinks     objects wrapped twice, opaque cursors, PATCH that merges, refusals in an `error` map
    pipes     made by one call and configured by a second, pins its source and sink; linked pages, empty answers to
              updates, refusals as plain text

A client signs in at /v1/token. Time is the clock's; `Faults` says what goes wrong.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from stackfile.sdk.provider import Clock
from tests.peer.faults import Fault, Faults

CLIENT_ID = "acme"
CLIENT_SECRET = "peer-client-secret"
BASE = "http://peer.example/v1"


@dataclass
class Stored:
    """One object. `fields` is all that was sent, secrets too; `ready_at` is on the monotonic clock."""

    id: str
    fields: dict[str, Any]
    created_at: datetime
    ready_at: float
    unlisted: int = 0
    deleted: bool = False


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    status: int | None
    """None where the answer was lost."""


@dataclass(frozen=True)
class Request:
    method: str
    steps: list[str]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    path: str


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


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
    """The app, and what tests may look at and change: `objects`, `calls`, `faults`, `expire_tokens()`."""

    def __init__(self, clock: Clock, faults: Faults | None = None, slow: float = 5.0, token_life: float = 3600) -> None:
        self.clock = clock
        self.faults = faults or Faults()
        self.slow = slow
        self.token_life = token_life
        self.objects: dict[str, dict[str, Stored]] = {name: {} for name in RULES}
        self.calls: list[Call] = []
        self.bodies: list[Any] = []
        self._tokens: dict[str, float] = {}
        self._made = 0

    def expire_tokens(self) -> None:
        self._tokens.clear()

    def live(self, collection: str) -> list[Stored]:
        """The objects that are there, in order of creation."""
        return [one for one in self.objects[collection].values() if not one.deleted]

    def count(self, request: str) -> int:
        """How many calls began like this (`POST /v1/sources`)."""
        return sum(f"{call.method} {call.path}".startswith(request) for call in self.calls)

    async def __call__(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        request = await _read(scope, receive)
        try:
            answer = await self._answer(request)
        except OSError:
            self.calls.append(Call(request.method, request.path, None))
            raise
        self.calls.append(Call(request.method, request.path, answer.status))
        headers = {"x-request-id": f"req-{len(self.calls)}", **answer.headers}
        body = b""
        if answer.body is not None:
            text = isinstance(answer.body, str)
            body = answer.body.encode() if text else json.dumps(answer.body).encode()
            headers["content-type"] = "text/plain" if text else "application/json"
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, request: Request) -> Answer:
        if self.faults.latency:
            await self.clock.sleep(self.faults.latency)
        fault = self.faults.pick(request.method, request.path)
        if fault is Fault.REFUSED:
            raise ConnectionRefusedError
        if fault is Fault.THROTTLED:
            after = self.faults.retry_after
            return Answer(429, {"message": "slow down"}, {"retry-after": after} if after is not None else {})
        if fault is Fault.ERROR_BEFORE:
            return Answer(500, {"message": "internal error"})
        answer = self._handle(request)
        if fault is Fault.LOST:
            raise ConnectionResetError
        return Answer(500, {"message": "internal error"}) if fault is Fault.ERROR_AFTER else answer

    def _handle(self, request: Request) -> Answer:
        self.bodies.append(request.body)
        if request.steps == ["v1", "token"] and request.method == "POST":
            return self._token(request.body)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, 0.0) <= self.clock.monotonic():
            return Answer(401, {"detail": "invalid or expired token"})
        if request.steps == ["v1", "account"]:
            return Answer(200, {"account": CLIENT_ID})
        if len(request.steps) not in (2, 3) or request.steps[1] not in RULES:
            return Answer(404, {"detail": "no such path"})
        try:
            return self._collection(request, request.steps[1])
        except Refused as refused:
            return _refusal(request.steps[1], refused)

    def _token(self, body: Any) -> Answer:
        if body != {"client_id": CLIENT_ID, "secret": CLIENT_SECRET}:
            return Answer(401, {"detail": f"wrong secret {body['secret']!r}"})
        token = f"peer-token-{len(self._tokens) + len(self.calls)}"
        self._tokens[token] = self.clock.monotonic() + self.token_life
        return Answer(200, {"access_token": token, "expires_in": self.token_life})

    def _collection(self, request: Request, name: str) -> Answer:
        if len(request.steps) == 2:
            return self._list(request, name) if request.method == "GET" else self._create(request, name)
        stored = self.objects[name].get(request.steps[2])
        if stored is None or stored.deleted:
            raise Refused(404, f"no {request.steps[2]} here")
        if request.method == "GET":
            return Answer(200, self._shown(name, stored))
        if request.method == "DELETE":
            return self._delete(name, stored)
        return self._update(request, name, stored)

    def _create(self, request: Request, name: str) -> Answer:
        rules = RULES[name]
        if name == "pipes":
            _check_keys(request.body, rules.required)
        fields = self._checked(name, request.body)
        self._made += 1
        id = f"{rules.prefix}_{self._made:04d}"
        ready_at = self.clock.monotonic() + (self.slow if name == "sources" else 0.0)
        stored = Stored(id, fields, self.clock.now(), ready_at, self.faults.late_lists)
        self.objects[name][id] = stored
        return Answer(201, self._shown(name, stored))

    def _update(self, request: Request, name: str, stored: Stored) -> Answer:
        fields = request.body
        if request.method == "PATCH":
            fields = _patched(stored.fields, fields)
        immutable = RULES[name].immutable
        if immutable and fields.get(immutable) != stored.fields[immutable]:
            raise Refused(422, f"{immutable} cannot be changed", immutable)
        stored.fields = self._checked(name, fields, but=stored.id)
        return Answer(204) if name == "pipes" else Answer(200, self._shown(name, stored))

    def _delete(self, name: str, stored: Stored) -> Answer:
        pinned_by = [pipe for pipe in self.live("pipes") if stored.id in (pipe.fields["source"], pipe.fields["sink"])]
        if name != "pipes" and pinned_by:
            raise Refused(409, f"in use by {pinned_by[0].fields['name']}")
        stored.deleted, stored.unlisted = True, self.faults.late_lists
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

    def _list(self, request: Request, name: str) -> Answer:
        params = request.params
        at = int(params.get("cursor", params.get("page", "1").removeprefix("c")).removeprefix("c"))
        size = min(int(params.get("page_size", params.get("limit", params.get("per_page", "10")))), 100)
        listed = [one for one in self.objects[name].values() if one.deleted == (one.unlisted > 0)]
        if at == 1:
            for one in self.objects[name].values():
                one.unlisted = max(0, one.unlisted - 1)
        page = [self._shown(name, one) for one in listed[(at - 1) * size : at * size]]
        more = at * size < len(listed)
        if name == "sources":
            return Answer(200, {"result": page, "page": at, "page_size": size, "has_next": more})
        if name == "sinks":
            cursor = f"c{at + 1}" if more else None
            return Answer(200, {"data": [one["data"] for one in page], "meta": {"page": {"cursor": cursor}}})
        following = {"link": f'<{BASE}/pipes?per_page={size}&page={at + 1}>; rel="next"'} if more else {}
        return Answer(200, page, following)


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


async def _read(scope: Mapping[str, Any], receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> Request:
    raw, more = b"", True
    while more:
        message = await receive()
        raw += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
    path = scope["path"]
    steps = [step for step in path.split("/") if step]
    params = dict(parse_qsl(scope["query_string"].decode()))
    return Request(scope["method"], steps, params, headers, json.loads(raw) if raw else None, path)
