"""What comes of one request, as values: an answer, or the way in which it was lost; and what `-v` may see of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. Its text form shows neither headers nor body, which may hold secrets.

    `headers` have names in lower case. `json` is None where the body is empty or no JSON; `text` is the body then.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    request_id: str | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def empty(self) -> bool:
        return self.json is None and not self.text


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came. `sent`: the service may have got the request. `lasting`: another try would end the same way."""

    reason: str
    sent: bool
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request for `-v`: neither headers, nor query, nor bodies. `status` is None where no answer came."""

    method: str
    path: str
    status: int | None
    seconds: float
    attempt: int
