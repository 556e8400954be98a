"""The client that every REST provider asks: budget, retries, auth, errors and the trace, around one request."""

from __future__ import annotations

import copy
import json as jsonlib
import random
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from stackfile import __version__
from stackfile.errors import Ambiguous, NotFound, ProviderError, RateLimited
from stackfile.sdk.provider import Session
from stackfile.sdk.rest.answer import Exchange, Lost, Response
from stackfile.sdk.rest.auth import Auth, NoAuth
from stackfile.sdk.rest.budget import Budgets, Rate
from stackfile.sdk.rest.failure import READS, Asked, Judge, Miss, by_status, error_for, judged
from stackfile.sdk.rest.mask import Mask
from stackfile.sdk.rest.retry import Failed, Retry, retry_after, used_up, wait_before_retry
from stackfile.sdk.rest.wire import Outgoing, Place, Wire, shared_ssl_context

_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_RENEWALS = 3
"""How often one request may renew our identity after a 401: what was renewed may end, too, before it is sent."""


def _as_json(value: Any) -> bytes:
    return jsonlib.dumps(value, allow_nan=False).encode()


@dataclass(frozen=True, slots=True)
class Service:
    """What a provider knows of its service's manners. Times are seconds.

    `headers` and `params` go with each request and are no secrets; `judge` says what an answer means; `write` makes the
    body of a request, where a service does not take JSON in every spelling; `tls` is asked for where the url is https.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    rate: Rate = field(default_factory=Rate)
    retry: Retry = field(default_factory=Retry)
    timeout: float = 30.0
    connect_timeout: float = 10.0
    judge: Judge = by_status
    write: Callable[[Any], bytes] = _as_json
    tls: Callable[[], ssl.SSLContext] = shared_ssl_context
    request_id_header: str = "X-Request-Id"


@dataclass(frozen=True, slots=True)
class _Call:
    """What is asked, however many tries it takes. `began` is on the monotonic clock."""

    method: str
    path: str
    url: str = field(repr=False)
    body: bytes | None = field(repr=False)
    repeatable: bool
    timeout: float
    began: float
    wants_body: bool = False


class RestClient:
    """Asks one service. Paths are relative to `url`, which may have a path of its own."""

    def __init__(self, url: str, session: Session, service: Service | None = None, auth: Auth | None = None) -> None:
        """Makes no connection yet. Raises ProviderError for a url that is none."""
        self.service = service or Service()
        self.url = url.strip().rstrip("/")
        self.clock = session.clock
        options = session.options
        place = _place(self.url, self.service)
        shared: dict[str, Any] = options.get("shared", {})
        budgets: Budgets = shared.setdefault("budgets", Budgets(session.clock))
        self._budget = budgets.of(place.netloc, self.service.rate)
        self._wire = Wire(place, self.service.request_id_header, options.get("transport"), self.service.tls)
        self._mask = Mask(options.get("redact"))
        self._trace: Callable[[Exchange], None] | None = options.get("trace")
        self._random: Callable[[], float] = options.get("random") or random.random
        self._auth = auth or NoAuth()

    def with_auth(self, auth: Auth) -> RestClient:
        """The same connections, budget and count under another identity."""
        other = copy.copy(self)
        other._auth = auth
        return other

    @property
    def requests(self) -> int:
        """Requests sent so far, the repeated ones too."""
        return self._wire.requests

    def hide(self, *secrets: str) -> None:
        """Masks these texts in whatever the client says from now on."""
        self._mask.hide(*secrets)

    def masked(self, text: str) -> str:
        """A text of the service's own, without the secrets that are known."""
        return self._mask(text)

    async def close(self) -> None:
        await self._wire.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        safe: bool | None = None,
        timeout: float | None = None,
    ) -> Response:
        """Asks until there is an answer or no sense in asking again.

        `safe` says that sending twice is the same as once; by default that is so for all but POST and PATCH. Of the
        `params`, None is left out and a list is repeated.

        Raises AuthFailed, NotFound, Conflict, RateLimited or Rejected where the service refused, Unreachable where
        nothing happened, Ambiguous where it may have happened. A read (GET, HEAD) is never Ambiguous.
        """
        method = method.upper()
        return await self._until_answered(
            _Call(
                method=method,
                path=path,
                url=self._whole(path, params),
                body=None if json is None else self.service.write(json),
                repeatable=method in _REPEATABLE if safe is None else safe,
                timeout=timeout or self.service.timeout,
                began=self.clock.monotonic(),
            )
        )

    async def fetch(self, path: str, params: Mapping[str, Any] | None = None) -> Response:
        """A GET whose answer has a body: an empty one, as gateways give, is asked for again. Raises as `request`."""
        return await self._until_answered(self._wanting("GET", path, self._whole(path, params), None))

    async def ask(self, path: str, json: Any) -> Response:
        """A POST that changes nothing, such as a sign-in or a search, and whose answer has a body, as for `fetch`."""
        body = self.service.write(json)
        return await self._until_answered(self._wanting("POST", path, self._whole(path, None), body))

    def _wanting(self, method: str, path: str, url: str, body: bytes | None) -> _Call:
        return _Call(method, path, url, body, True, self.service.timeout, self.clock.monotonic(), wants_body=True)

    def follow(self, path: str, link: str) -> tuple[str, Mapping[str, Any]]:
        """A link found in the answer for `path`, as path and params. Raises ProviderError if it leads elsewhere."""
        ours = urlsplit(self.url)
        try:
            there = urlsplit(urljoin(self.url + path, link))
        except ValueError:
            there = urlsplit("")
        inside = there.path.startswith(f"{ours.path}/")
        if (there.scheme, there.netloc) != (ours.scheme, ours.netloc) or not inside:
            raise ProviderError(f"GET {path}: the next page is said to be at another service", "GET", path)
        return there.path.removeprefix(ours.path), parse_qs(there.query, keep_blank_values=True)

    def _whole(self, path: str, params: Mapping[str, Any] | None) -> str:
        return f"{self.url}{path}{_query({**self.service.params, **(params or {})})}"

    async def _until_answered(self, call: _Call) -> Response:
        """A try that may have arrived leaves all in doubt, however the tries after it end."""
        failures: Counter[type[ProviderError]] = Counter()
        try:
            return await self._tried(call, failures)
        except (Ambiguous, NotFound):
            raise
        except ProviderError as error:
            if call.method in READS or not any(issubclass(kind, Ambiguous) for kind in failures):
                raise
            says = f"{error.message}; an earlier try had no answer, and may have happened"
            raise Ambiguous(says, error.method, error.path, error.status, error.request_id, error.fields) from error

    async def _tried(self, call: _Call, failures: Counter[type[ProviderError]]) -> Response:
        renewals = 0
        while True:
            attempt = failures.total() + 1
            auth = await self._auth.headers()
            answer = await self._once(call, auth, attempt)
            if isinstance(answer, Response):
                return answer
            if renewals < _RENEWALS and _unauthorised(answer) and await self._auth.refused(auth):
                renewals += 1
                continue
            failures[answer.kind] += 1
            wait = self._wait(call, answer, failures[answer.kind])
            if wait is None:
                raise self._error(call, answer, attempt)
            await self.clock.sleep(wait)

    async def _once(self, call: _Call, auth: Mapping[str, str], attempt: int) -> Response | Miss:
        self._mask.hide(*(part for value in auth.values() for part in (value, value.rpartition(" ")[2])))
        headers = {"Accept": "application/json", "User-Agent": f"stackfile/{__version__}", **self.service.headers}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        outgoing = Outgoing(call.method, call.url, {**headers, **auth}, call.body, call.timeout)
        async with self._budget.turn() as turn:
            if call.method not in READS:
                await self._budget.spaced()
            began = self.clock.monotonic()
            outcome = await self._wire.send(outgoing)
            self._tell(call, outcome, self.clock.monotonic() - began, attempt)
            answer = judged(outcome, self.service.judge)
            if isinstance(answer, Response) and call.wants_body and answer.status == 200 and answer.empty:
                answer = Miss(answer, Ambiguous)
            if isinstance(answer, Response):
                self._budget.answered()
                self._budget.pause(used_up(self.service.retry, answer.headers, self.clock.now()))
            elif issubclass(answer.kind, RateLimited):
                self._budget.throttled(turn, self._asked_wait(answer) or 0.0)
        return answer

    def _tell(self, call: _Call, outcome: Response | Lost, seconds: float, attempt: int) -> None:
        if self._trace is not None:
            status = outcome.status if isinstance(outcome, Response) else None
            self._trace(Exchange(call.method, self._mask(call.path), status, seconds, attempt))

    def _wait(self, call: _Call, miss: Miss, attempt: int) -> float | None:
        lasting = isinstance(miss.outcome, Lost) and miss.outcome.lasting
        failed = Failed(miss.kind, attempt, call.repeatable, lasting, self._asked_wait(miss))
        return wait_before_retry(self.service.retry, failed, self._random)

    def _asked_wait(self, miss: Miss) -> float | None:
        if isinstance(miss.outcome, Lost):
            return None
        return retry_after(miss.outcome.headers, self.clock.now(), miss.kind)

    def _error(self, call: _Call, miss: Miss, attempt: int) -> ProviderError:
        seconds = self.clock.monotonic() - call.began
        error = error_for(Asked(call.method, call.path, self.url, attempt, seconds), miss, self._mask)
        wait = self._asked_wait(miss)
        if wait is not None:
            error.details = {**error.details, "retry_after": f"{wait:g}"}
        return error


def _unauthorised(miss: Miss) -> bool:
    return isinstance(miss.outcome, Response) and miss.outcome.status == 401


def _place(url: str, service: Service) -> Place:
    """The text of a bad url is not repeated: it may hold a password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        port = parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise ProviderError("the url must begin with http:// or https:// and name a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ProviderError("the url must hold no user, password, query or fragment; they have settings of their own")
    return Place(parts.scheme, host, port, service.connect_timeout)


def _query(params: Mapping[str, Any]) -> str:
    pairs = [
        (name, str(item).lower() if isinstance(item, bool) else str(item))
        for name, value in params.items()
        if value is not None
        for item in (value if isinstance(value, list | tuple) else [value])
    ]
    return f"?{urlencode(pairs)}" if pairs else ""
