"""The calls of an engine in streams mode, and what its answers mean.

A 404 and a 400 say more in their texts than in their numbers, and 502 is how the engine says that a component cannot be
made; only what is not in its own words is a gateway's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from stackfile.errors import Conflict, NotFound, ProviderError, Refusal, Rejected
from stackfile.sdk.rest import Response, RestClient, by_status
from stackfile.values import print_path
from stackfile_redpanda_connect.canonical import Document, received

STREAMS: Final = "/streams"
_LINTS: Final = ("lint_errors", "linting_errors")
_NO_STREAMS: Final = "an engine has it in streams mode, without --no-api"
_PLACE: Final = re.compile(r"\((\d+),\d+\) ?")
_MARGIN: Final = 15.0
"""Seconds that an answer may take longer than the time that the engine was given to stop a stream."""
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A stream as the engine shows it. `config` is as it came, None where the engine cannot show it."""

    is_active: bool
    uptime: float
    config: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether an input or output of a stream is connected; `error` where an attempt has failed."""

    path: str
    label: str
    is_connected: bool
    error: str = ""


def judge(response: Response) -> type[ProviderError] | None:
    """None for whatever the engine itself says: `Engine` tells what that means."""
    text = response.text
    own = {
        400: True,
        404: text.startswith(("Stream not found", "404 page not found")),
        502: text.startswith("Error: "),
        503: isinstance(response.json, Mapping) and "statuses" in response.json,
    }
    return None if own.get(response.status, False) else by_status(response)


class Engine:
    """One engine. `timeout` is how long it may take to stop a stream, in seconds; the client waits a little longer."""

    def __init__(self, client: RestClient, timeout: float) -> None:
        self.client = client
        self.timeout = timeout
        self._listing: asyncio.Task[Mapping[str, Mapping[str, Any]]] | None = None

    async def streams(self) -> Mapping[str, Mapping[str, Any]]:
        """All that there are, by id, and whether each is active. Kinds that ask at the same time share one call."""
        if self._listing is None:
            self._listing = asyncio.ensure_future(self._listed())
        return await asyncio.shield(self._listing)

    async def _listed(self) -> Mapping[str, Mapping[str, Any]]:
        self._listing = None  # who asks from here on wants one that is begun later
        return await self._streams()

    async def _streams(self) -> Mapping[str, Mapping[str, Any]]:
        response = await self.client.fetch(STREAMS)
        if response.status == 404:
            raise Rejected(f"there is no {STREAMS} at {self.client.url}: {_NO_STREAMS}", "GET", STREAMS, 404)
        return _map(self._good(response, "GET", STREAMS))

    async def stream(self, id: str) -> Shown | None:
        """None where there is none."""
        path = _path(id)
        response = await self.client.fetch(path)
        if _is_gone(response):
            return None
        if response.status == 502:  # it runs, and has something in its config that no JSON can show
            entry = (await self.streams()).get(id)
            return None if entry is None else Shown(bool(entry.get("active")), _uptime(entry), None)
        body = _map(self._good(response, "GET", path))
        config = body.get("config")
        shown = received(config) if isinstance(config, Mapping) else None
        return Shown(bool(body.get("active")), _uptime(body), shown)

    async def lint(self, unused: str, document: Document, chilled: bool) -> None:
        """Whether the engine would take a config, asked with an id that no stream has. Raises Rejected."""
        path = _path(unused)
        response = await self.client.request("PUT", path, json=document, params=self._params(chilled), safe=True)
        if not _is_gone(response):
            self._good(response, "PUT", path, document)

    async def create(self, id: str, document: Document, chilled: bool) -> None:
        """Raises Conflict where the id is taken, Rejected for a config that is refused; then nothing was made."""
        params = {"chilled": "true"} if chilled else {}
        await self._change(id, "POST", params, document)

    async def replace(self, id: str, document: Document, chilled: bool) -> None:
        """Raises NotFound; Rejected with status 400 where nothing was touched, and with 502 where the old stream is
        stopped and the new one cannot be made: then there is none."""
        await self._change(id, "PUT", self._params(chilled), document)

    async def delete(self, id: str) -> None:
        """Raises NotFound."""
        await self._change(id, "DELETE", self._params(chilled=False))

    async def resource(self, type: str, id: str, document: Document, chilled: bool) -> None:
        """Makes a resource, or takes its place. Raises Rejected."""
        path, params = f"/resources/{type}/{quote(id, safe='')}", {"chilled": "true"} if chilled else {}
        # Once more is the same as once, so that an answer that never came is asked for again.
        response = await self.client.request("POST", path, json=document, params=params, safe=True)
        self._good(response, "POST", path, document)

    async def ready(self, id: str) -> tuple[Connection, ...]:
        """The inputs and outputs of a stream; nothing where it has no such page."""
        response = await self.client.request("GET", f"/{quote(id, safe='')}/ready")
        statuses = response.json.get("statuses") if isinstance(response.json, Mapping) else None
        return tuple(
            Connection(
                str(one.get("path", "")),
                str(one.get("label", "")),
                bool(one.get("connected")),
                self.client.masked(str(one.get("error", ""))),
            )
            for one in statuses or ()
        )

    async def stats(self, id: str) -> Mapping[str, Any]:
        """Counters by name and labels; nothing for a stream that is not there."""
        path = f"{_path(id)}/stats"
        response = await self.client.fetch(path)
        return {} if _is_gone(response) else _map(self._good(response, "GET", path))

    async def version(self) -> str:
        """Empty where the engine does not say. Raises Rejected where there is no engine."""
        response = await self.client.fetch("/version")
        if not isinstance(response.json, Mapping) or "version" not in response.json:
            place = ("GET", "/version", response.status)
            raise Rejected(f"what answers at {self.client.url} is no engine; url and root_path say where it is", *place)
        version = response.json["version"]
        return version if isinstance(version, str) and version != "unknown" else ""

    async def metrics(self) -> str:
        """What Prometheus would read; empty where the engine has nothing for it."""
        response = await self.client.request("GET", "/metrics")
        return response.text if response.ok else ""

    async def _change(self, id: str, method: str, params: Mapping[str, str], document: Document | None = None) -> None:
        """Sent once: what is not answered may be under way still, and whoever asked looks what came of it."""
        path, patience = _path(id), self.timeout + _MARGIN
        response = await self.client.request(method, path, json=document, params=params, safe=False, timeout=patience)
        self._good(response, method, path, document)

    def _params(self, chilled: bool) -> Mapping[str, str]:
        bounded = {"timeout": f"{self.timeout:g}s"}
        return {**bounded, "chilled": "true"} if chilled else bounded

    def _good(self, response: Response, method: str, path: str, document: Document | None = None) -> Any:
        """What is in a good answer. Raises the error that any other is."""
        if response.ok:
            return response.json
        says, fields = self._words(response, document)
        place = (method, path, response.status, response.request_id)
        if _is_gone(response):
            raise NotFound(f"{method} {path}: there is no such stream", *place)
        if says == "Stream already exists":
            raise Conflict(f"{method} {path}: there is a stream of this id already", *place)
        raise Rejected(says, *place, fields)

    def _words(self, response: Response, document: Document | None) -> tuple[str, tuple[Refusal, ...]]:
        body = response.json
        lints = next((body[key] for key in _LINTS if key in body), ()) if isinstance(body, Mapping) else ()
        texts = [str(one) for one in lints] or [response.text.strip().removeprefix("Error: ")]
        fields = []
        for text in texts:
            place = _PLACE.match(text)
            at = document.at(int(place[1])) if place is not None and document is not None else ()
            message = self.client.masked(" ".join(_PLACE.sub("", text).split()))[:_LONGEST]
            fields.append(Refusal(print_path(at), message))
        return "; ".join(one.message for one in fields), tuple(one for one in fields if one.path)


def _path(id: str) -> str:
    return f"{STREAMS}/{quote(id, safe='')}"


def _is_gone(response: Response) -> bool:
    return response.status == 404 and response.text.startswith("Stream not found")


def _map(body: Any) -> Mapping[str, Any]:
    """Raises ProviderError for an answer that is none of an engine's."""
    if not isinstance(body, Mapping):
        raise ProviderError("the answer is none of Redpanda Connect's; url and root_path say where it is")
    return body


def _uptime(body: Mapping[str, Any]) -> float:
    uptime = body.get("uptime")
    return float(uptime) if isinstance(uptime, int | float) else 0.0
