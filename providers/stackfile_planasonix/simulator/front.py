"""What stands before a simulated workspace: whose organization is let in, how often, and odd shapes of answers."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from stackfile.sdk.provider import Clock
from stackfile.testing.simulator import Answer, Endpoint, Refused, Request
from stackfile.values import get

_WINDOW = 60


@dataclass
class Front:
    """Switches that tests turn. `allowance` is how many requests each minute lets through; 0: all. `lists`: `bare` have
    no envelope, `no-meta` no meta; of `circle` the last page leads to the first one, and of `itself` to itself."""

    organization: str = ""
    allowance: int = 0
    lists: Literal["", "bare", "no-meta", "circle", "itself"] = ""
    plain_errors: bool = False
    met: Counter[int] = field(default_factory=Counter)

    def before(self, endpoint: Endpoint, clock: Clock) -> Endpoint:
        async def answered(request: Request) -> Answer:
            limits = self._limits(clock)
            if limits.get("X-RateLimit-Remaining") == "-1":
                return self._plain(Answer(429, _error("rate_limited", "too many requests"), limits))
            if request.headers.get("x-organization-id", "") != self.organization:
                return self._plain(Answer(403, _error("forbidden", f"the key is of organization {self.organization}")))
            try:
                answer = endpoint.handler(request)
                found = await answer if inspect.isawaitable(answer) else answer
            except Refused as refused:
                raise Refused(self._plain(refused.answer)) from refused
            return replace(found, body=self._listed(found.body, request), headers={**found.headers, **limits})

        return replace(endpoint, handler=answered)

    def _limits(self, clock: Clock) -> Mapping[str, str]:
        if not self.allowance:
            return {}
        now = int(clock.now().timestamp())
        minute = now // _WINDOW
        self.met[minute] += 1
        return {
            "X-RateLimit-Limit": str(self.allowance),
            "X-RateLimit-Remaining": str(max(self.allowance - self.met[minute], -1)),
            "X-RateLimit-Reset": str((minute + 1) * _WINDOW),
        }

    def _plain(self, answer: Answer) -> Answer:
        return replace(answer, body=get(answer.body, ("error", "message"))) if self.plain_errors else answer

    def _listed(self, body: Any, request: Request) -> Any:
        if not self.lists or not isinstance(get(body, ("data",)), list):
            return body
        if self.lists in ("bare", "no-meta"):
            return body["data"] if self.lists == "bare" else {"data": body["data"]}
        last = body["meta"]["page"]["cursor"] is None
        cursor = "cGFnZS0x" if self.lists == "circle" else request.query.get("cursor")
        return {**body, "meta": {"page": {**body["meta"]["page"], "cursor": cursor}}} if last else body


def _error(code: str, message: str) -> Mapping[str, Any]:
    return {"error": {"code": code, "message": message, "details": []}}
