"""The source that receives by HTTP."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from stackfile.sdk.traits import Changes, Effect, Impact, OnRemove, Reference, Trait
from stackfile_local.kinds.feeding import AGAIN, Source
from stackfile_local.kinds.fields import Period, Size

_MOVES = Changes(Effect(Impact.RESTART, "Senders must send to the new address; nothing is taken at the old one."))
_FROM_NOW = Changes(Effect(says="From the next request on."))
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")


def _header(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError("write the name of a header, as in X-Request-Id")
    return name


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("write an address and a port, as in 127.0.0.1:8080")
    return text


HeaderName = Annotated[str, AfterValidator(_header)]


def split_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Hmac(_Part):
    """How a sender signs its requests."""

    secret: Annotated[str, Trait.WRITE_ONLY, Field(min_length=1, description="What the sender signs with.")]
    form: Annotated[
        Literal["body", "stripe", "slack"],
        Field(description="What is signed: the body alone; or as Stripe or Slack do, the time and the body."),
    ] = "body"
    header: Annotated[
        HeaderName | None, Field(description="The header with the signature; of Stripe and Slack it is known.")
    ] = None
    algorithm: Annotated[Literal["sha256", "sha1", "sha512"], Field(description="Of the HMAC.")] = "sha256"
    encoding: Annotated[Literal["hex", "base64"], Field(description="How the signature is written.")] = "hex"
    prefix: Annotated[str, Field(max_length=20, description="What stands before the signature, as in sha256=.")] = ""
    tolerance: Annotated[
        Period, Field(description="How far the time of a signature may be off, where it is signed too.")
    ] = "5m"

    @model_validator(mode="after")
    def _has_header(self) -> Hmac:
        from stackfile_local.engine.signatures import HEADERS

        if self.header is None and self.form not in HEADERS:
            raise PydanticCustomError(
                "tells_no_value", "hmac.header: write the name of the header, as in X-Hub-Signature-256"
            )
        return self


class EventId(_Part):
    """Where an event has its id: in a header of the request, or in a field of its value."""

    header: Annotated[HeaderName | None, Field(description="A header of the request, which then has one event.")] = None
    field: Annotated[str | None, Field(min_length=1, description="A field of the value, dotted.")] = None

    @model_validator(mode="after")
    def _is_one(self) -> EventId:
        if (self.header is None) == (self.field is None):
            raise PydanticCustomError("tells_no_value", "event_id: write one of header and field")
        return self


class HttpSource(Source):
    """Events that are sent by POST: a JSON value is one event, a list several; so are the lines of a body whose content
    type is application/x-ndjson.

    At least once: a request is answered with 200 when its events are in the stream, and with 503 when it should be sent
    again. With `event_id` a repeat is known for as long as `event_id_window` says, and left out:
    exactly once. `stack run` and a
    served engine listen; `stack run --until-idle` does not. A body that is no JSON is refused with 400 and the reason,
    an unknown sender with 401.
    """

    connector: Annotated[Literal["http"], Trait.IMMUTABLE, AGAIN]
    stream: Annotated[
        str,
        Reference(("streams",)),
        Trait.IMMUTABLE,
        Trait.PINS,
        AGAIN,
        Field(description="The stream to which events go; pipelines read that."),
    ]
    listen: Annotated[
        str,
        AfterValidator(_address),
        _MOVES,
        Field(description="Address and port, as in 127.0.0.1:8080. For other machines, `token` or `hmac` is needed."),
    ]
    path: Annotated[
        str, OnRemove.DEFAULT, _MOVES, Field(pattern=r"^/[!-~]*$", description="Several sources may share a port.")
    ] = "/"
    token: Annotated[
        str | None,
        Trait.WRITE_ONLY,
        OnRemove.OMIT,
        _FROM_NOW,
        Field(min_length=1, description="Senders give it as Authorization: Bearer <token>."),
    ] = None
    hmac: Annotated[Hmac | None, OnRemove.OMIT, _FROM_NOW, Field(description="Senders sign what they send.")] = None
    event_id: Annotated[EventId | None, OnRemove.OMIT, _FROM_NOW, Field(description="What tells a repeat.")] = None
    event_id_window: Annotated[
        Period, OnRemove.DEFAULT, _FROM_NOW, Field(description="For how long ids are known.")
    ] = "1d"
    key: Annotated[
        str | None,
        OnRemove.OMIT,
        _FROM_NOW,
        Field(min_length=1, description="The field of the value, dotted, that is the event's key."),
    ] = None
    headers: Annotated[
        list[HeaderName] | None, OnRemove.OMIT, _FROM_NOW, Field(description="Headers that are kept with the event.")
    ] = None
    max_body: Annotated[Size, OnRemove.DEFAULT, _FROM_NOW, Field(description="Larger requests are refused.")] = "1MiB"

    @model_validator(mode="after")
    def _is_safe(self) -> HttpSource:
        from stackfile_local.server.guard import is_loopback

        host, _ = split_address(self.listen)
        if self.token is None and self.hmac is None and not is_loopback(host):
            raise PydanticCustomError(
                "tells_no_value",
                "listen: anybody could send there: give the source a `token` or an `hmac`, or listen at 127.0.0.1",
            )
        return self
