"""A simulated service: plain functions from a request to an answer, made into an ASGI app with weather around it.

    def simulator(conditions: Conditions) -> Simulator:
        toys = Toys(conditions)
        endpoints = [Endpoint("GET", "/toys", toys.list), Endpoint("POST", "/toys", toys.create)]
        return Simulator("toybox", endpoints, conditions, Manners(settings={"token": TOKEN}))

A function like this is what the entry point group `stackfile.simulators` names, and `stack sandbox toybox` serves.
"""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.responses import Response as StarletteResponse
from starlette.routing import Match, Route, Router

from stackfile.sdk.provider import Clock
from stackfile.testing.simulator.clock import SimulatedClock
from stackfile.testing.simulator.faults import Faults
from stackfile.testing.simulator.weather import Calls, Receive, Scope, Send, Weather
from stackfile.values import Value

if TYPE_CHECKING:
    import httpx
    from starlette.requests import Request as StarletteRequest

HOME = "http://simulator.test"
"""Where a simulator is that is not served."""
_EVERY = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a service looks at it. `at` are the parts of the path by name; header names are in lower case.

    `body` is as it was sent, `json` what `Manners.reads` made of it; None for an empty body. Of a parameter that is
    repeated `query` has the last; `pairs` has all.
    """

    method: str
    path: str
    at: Mapping[str, str]
    query: Mapping[str, str]
    pairs: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    json: Any
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body`: None is empty, a text is sent as plain text, bytes as what `headers` say, anything else as JSON."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Raised by an endpoint: this answer, and nothing was done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}")
        self.answer = answer


Handler: TypeAlias = Callable[[Request], Answer | Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` has its variable parts in braces: `/toys/{id}`. `method` is `*` where the handler tells methods apart.
    `open`: asked without credentials."""

    method: str
    path: str
    handler: Handler
    open: bool = False


@dataclass
class Conditions:
    """What a simulated world is made under: its time, its chance and its faults. The same again, and it is the same.

    `random` is for what the service makes up, ids for instance.
    """

    clock: Clock = field(default_factory=SimulatedClock)
    seed: int = 0
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def id(self, length: int = 24) -> str:
        """A new id of hexadecimal digits."""
        return f"{self.random.getrandbits(4 * length):0{length}x}"


def _message(status: int, message: str) -> Any:
    return {"message": message}


@dataclass(frozen=True, slots=True)
class Manners:
    """How a service is reached and how it speaks.

    `settings` is what a stackfile's entry under `providers:` needs beside the url, which stands under `url_setting`;
    `prefix` is the part of the url after the host. `guard` gives the answer to a request without good credentials,
    None where they are good; `words` the body of an error (status, message) that is of no endpoint's making, JSON or
    a text; `expire` ends all tokens; `holds` tells whether the service was given a secret; `reads` takes the body of a
    request apart, and a ValueError of it is 400.
    """

    settings: Mapping[str, Value] = field(default_factory=dict)
    url_setting: str = "url"
    prefix: str = ""
    guard: Callable[[Request], Answer | None] = lambda request: None
    words: Callable[[int, str], Any] = _message
    expire: Callable[[], None] = lambda: None
    holds: Callable[[str], bool] | None = None
    request_id_header: str = "x-request-id"
    reads: Callable[[bytes], Any] = json.loads


class Simulator:
    """The app, and what tests look at and turn: `faults`, `calls`, `clock`, `bodies` (all that was read)."""

    def __init__(
        self, name: str, endpoints: Sequence[Endpoint], conditions: Conditions, manners: Manners | None = None
    ) -> None:
        self.name = name
        self.clock = conditions.clock
        self.faults = conditions.faults
        self.manners = manners or Manners()
        self.bodies: list[Any] = []
        prefix = self.manners.prefix
        self._routes = [Route(f"{prefix}{one.path}", self._endpoint(one), methods=_methods(one)) for one in endpoints]
        self._weather = Weather(
            app=Router(self._routes, redirect_slashes=False, default=self._nowhere),
            clock=self.clock,
            faults=self.faults,
            template_of=self._template,
            words=self.manners.words,
            expire=self.manners.expire,
            request_id_header=self.manners.request_id_header.lower(),
        )

    @property
    def calls(self) -> Calls:
        return self._weather.calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._weather(scope, receive, send)

    def transport(self) -> httpx.AsyncBaseTransport:
        """For `Session.options["transport"]`: the client's requests are answered in this process."""
        import httpx

        return httpx.ASGITransport(app=self)

    def settings(self, host: str = HOME) -> dict[str, Value]:
        """A provider's entry in a stackfile, for this service at `http://host:port`."""
        return {self.manners.url_setting: f"{host}{self.manners.prefix}", **self.manners.settings}

    def _template(self, scope: Scope) -> str:
        for route in self._routes:
            if route.matches(scope)[0] is Match.FULL:
                return route.path
        return str(scope["path"])

    def _endpoint(self, endpoint: Endpoint) -> Callable[[StarletteRequest], Awaitable[StarletteResponse]]:
        async def answer(received: StarletteRequest) -> StarletteResponse:
            try:
                request = await _request(received, self.manners.reads)
            except ValueError:
                return _response(Answer(400, self.manners.words(400, "the body is no JSON")))
            self.bodies.append(request.json)
            turned_away = None if endpoint.open else self.manners.guard(request)
            given = turned_away if turned_away is not None else await _answered(endpoint.handler, request)
            return _headed(request, _response(given))

        return answer

    async def _nowhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _response(Answer(404, self.manners.words(404, "no such path")))(scope, receive, send)


async def _answered(handler: Handler, request: Request) -> Answer:
    try:
        answer = handler(request)
        return await answer if inspect.isawaitable(answer) else answer
    except Refused as refused:
        return refused.answer


def _methods(endpoint: Endpoint) -> list[str]:
    return list(_EVERY) if endpoint.method == "*" else [endpoint.method]


async def _request(received: StarletteRequest, reads: Callable[[bytes], Any]) -> Request:
    body = await received.body()
    return Request(
        method=received.method,
        path=received.url.path,
        at={name: str(part) for name, part in received.path_params.items()},
        query=dict(received.query_params),
        pairs=received.query_params.multi_items(),
        headers={name.lower(): value for name, value in received.headers.items()},
        json=reads(body) if body else None,
        body=body,
    )


def _headed(request: Request, response: StarletteResponse) -> StarletteResponse:
    """An answer to HEAD tells the length of a body that it does not have."""
    if request.method == "HEAD":
        response.body = b""
    return response


def _response(answer: Answer) -> StarletteResponse:
    if answer.body is None:
        content, type = b"", None
    elif isinstance(answer.body, str):
        content, type = answer.body.encode(), "text/plain"
    elif isinstance(answer.body, bytes):
        content, type = answer.body, None
    else:
        content, type = json.dumps(answer.body).encode(), "application/json"
    return StarletteResponse(content, answer.status, dict(answer.headers), media_type=type)
