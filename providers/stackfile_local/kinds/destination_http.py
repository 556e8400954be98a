"""Destinations that take events by HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from stackfile.sdk.provider import Body
from stackfile.sdk.traits import OnRemove, Trait
from stackfile_local.kinds.destination_body import AGAIN, FROM_NOW, Destination
from stackfile_local.kinds.endpoint import origin_of
from stackfile_local.kinds.fields import Period, Size
from stackfile_local.kinds.source import refused

_OURS = ("content-length", "transfer-encoding", "connection", "idempotency-key")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SECRET = re.compile("authorization|cookie|token|secret|api-?key|password|signature", re.IGNORECASE)
_VALUE = re.compile(r"[\x20-\x7e\t]*")


def _plain(headers: dict[str, str] | None) -> dict[str, str] | None:
    for name in headers or ():
        if _SECRET.search(name):
            raise ValueError(f"{name} holds a secret: write it under secret_headers")
    return _headers(headers)


def _headers(headers: dict[str, str] | None) -> dict[str, str] | None:
    """The message names no value: it may be a secret."""
    for name, value in (headers or {}).items():
        if not _NAME.fullmatch(name):
            raise ValueError("a header's name is letters, digits and - or _")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is set by the destination itself")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the value of {name} has characters that no header can have")
    return headers


class Batching(Body):
    """What goes into one request: as much as there is, up to these."""

    max_events: Annotated[
        int, OnRemove.DEFAULT, FROM_NOW, Field(ge=1, le=10_000, strict=True, description="In one request.")
    ] = 500
    max_bytes: Annotated[
        Size, OnRemove.DEFAULT, FROM_NOW, Field(description="Of the body; an event that is larger goes alone.")
    ] = "1MiB"
    linger: Annotated[
        Period, OnRemove.DEFAULT, FROM_NOW, Field(description="How long the first event may wait for others.")
    ] = "0s"


class Retrying(Body):
    """After a second, doubling to thirty, by full jitter; or as long as `Retry-After` asks for."""

    max_attempts: Annotated[
        int,
        OnRemove.DEFAULT,
        FROM_NOW,
        Field(ge=1, le=1000, strict=True, description="Then the destination stops, and a run goes on to try it anew."),
    ] = 8


class HttpDestination(Destination):
    """Requests that carry the values of events.

    At least once, in order within a partition. Each request has an `Idempotency-Key` that is the same when it is sent
    again, after a kill as well, so a receiver that knows its keys has every event once. 408, 425, 429, 5xx and what
    never arrives are tried again; 401, 403, 404, 405, 407 and redirects stop the destination; with any other 4xx the
    batch is halved until the events that the receiver does not take stand alone: these go to the dead letters.
    """

    connector: Annotated[Literal["http"], Trait.IMMUTABLE, AGAIN]
    url: Annotated[
        str, Trait.WRITE_ONLY, FROM_NOW, Field(pattern=r"^https?://[^\s/?#]+\S*$", description="Where requests go.")
    ]
    method: Annotated[Literal["POST", "PUT"], OnRemove.DEFAULT, FROM_NOW, Field(description="Of a request.")] = "POST"
    headers: Annotated[
        dict[str, str] | None, FROM_NOW, AfterValidator(_plain), Field(description="Sent with every request.")
    ] = None
    secret_headers: Annotated[
        dict[str, str] | None,
        Trait.WRITE_ONLY,
        FROM_NOW,
        AfterValidator(_headers),
        Field(description='Sent too, as in {Authorization: "Bearer {{ var.token }}"}.'),
    ] = None
    body: Annotated[
        Literal["json", "ndjson", "single"],
        OnRemove.DEFAULT,
        FROM_NOW,
        Field(description="A JSON array of values, a value a line, or a request for every event."),
    ] = "json"
    batch: Annotated[Batching, OnRemove.DEFAULT] = Field(
        default_factory=Batching, description="How much goes into one request, and how long it may wait for more."
    )
    retry: Annotated[Retrying, OnRemove.DEFAULT] = Field(
        default_factory=Retrying, description="When a request that did not arrive is sent again, and how often."
    )
    timeout: Annotated[
        Period, OnRemove.DEFAULT, FROM_NOW, Field(description="How long to wait for an answer, or any part of it.")
    ] = "30s"
    endpoint: Annotated[str | None, Trait.COMPUTED, Field(description="The server, as far as it is no secret.")] = None


def complete_http(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with its endpoint. Raises Rejected for fields that do not go together."""
    if body["body"] == "single" and body["batch"]["linger"] != "0s":
        raise refused("destination", dict(body), "batch.linger", "a request for every event waits for no others")
    names, secret = ({name.lower() for name in body.get(field, ())} for field in ("headers", "secret_headers"))
    if names & secret:
        says = f"{min(names & secret)} is among secret_headers too: write it once"
        raise refused("destination", dict(body), "headers", says)
    return {**body, "endpoint": origin_of(body["url"])}
