"""The recorded traffic of a real engine: its exchanges, what each file needs, and when two answers are the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

RECORDINGS = Path(__file__).parent / "recordings"
NAMES = sorted(file.stem for file in RECORDINGS.glob("*.yaml"))
_HEADERS = ("content-type", "content-length", "www-authenticate", "x-content-type-options", "location")
_UPTIME = re.compile(r'"uptime":[^,]+,"uptime_str":"[^"]+"')
_NUMBER = re.compile(r'(?<=":)[0-9.]+')
_WAITING = re.compile(r"streams (.*) are not connected\n")
CREDENTIALS = ("ada", "not-a-secret-1234")


@dataclass(frozen=True)
class Needs:
    """What an engine is started with for a recording, and before which call it is started again."""

    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[str, str] | None = None
    restart_before: int | None = None


_SECRET = Needs(environment={"FOO_SECRET": "not-a-secret-1234"})
_LINES = '{"id":1,"name":"ada"}\n{"id":2,"name":"grace"}\n{"id":3,"name":"edsger"}\n'
_NEEDS = {
    "basic_auth": Needs(credentials=CREDENTIALS),
    "create_from_page_example": Needs(files={"./input.ndjson": _LINES}),
    "engine_restart_loses_streams": Needs(restart_before=3),
    "env_var_left_literal": _SECRET,
    "env_var_resolved": _SECRET,
    "provider_restart": Needs(restart_before=7),
}


@dataclass(frozen=True)
class Seen:
    """An answer without what differs from run to run."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Exchange:
    """One call and its answer. `at` is the time of day of the answer, in whole seconds; `text` is its body as is."""

    method: str
    path: str
    body: bytes
    credentials: tuple[str, str] | None
    at: datetime
    seen: Seen
    text: str


def needs_of(name: str) -> Needs:
    return _NEEDS.get(name, Needs())


def exchanges(name: str) -> list[Exchange]:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read = yaml.load((RECORDINGS / f"{name}.yaml").read_text(), Loader=loader)
    return [_exchange(one["request"], one["response"]) for one in read["interactions"]]


def seen(status: int, headers: Mapping[str, str], body: str, path: str) -> Seen:
    """`path` tells what kind of body it is."""
    kept = {name: headers[name] for name in _HEADERS if name in headers}
    plain = _masked(body, path)
    if plain != body:
        kept.pop("content-length", None)
    return Seen(status, kept, plain)


def answered(response: httpx.Response) -> Seen:
    return seen(response.status_code, response.headers, response.text, response.request.url.path)


def _exchange(request: Any, response: Any) -> Exchange:
    headers = {name.lower(): values[0] for name, values in response["headers"].items()}
    path = request["uri"].removeprefix("http://127.0.0.1:4195")
    status, body = response["status"]["code"], response["body"]["string"]
    sealed = "authorization" in request["headers"]
    password = "wrong" if status == 401 else CREDENTIALS[1]
    return Exchange(
        method=request["method"],
        path=path,
        body=request["body"].encode(),
        credentials=(CREDENTIALS[0], password) if sealed else None,
        at=parsedate_to_datetime(headers["date"]),
        seen=seen(status, headers, body, path),
        text=body,
    )


def _masked(body: str, path: str) -> str:
    if path.endswith("/stats") and body.startswith("{"):
        return _NUMBER.sub("0", body)
    if body.startswith('{"lint_errors"'):  # of those that miss a field the order is not fixed
        return json.dumps(sorted(json.loads(body)["lint_errors"]))
    waiting = _WAITING.fullmatch(body)
    if waiting is not None:
        return f"streams {sorted(waiting[1].split(', '))} are not connected"
    return _UPTIME.sub('"uptime":0', body)
