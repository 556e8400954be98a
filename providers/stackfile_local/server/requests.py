"""What producers send, read into events. One that is wrong fails alone in a batch."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from stackfile_local.engine.codec import COMPRESS
from stackfile_local.engine.events import Event
from stackfile_local.server.errors import (
    INVALID_REQUEST,
    MESSAGE_TOO_LARGE,
    SERIALIZATION_ERROR,
    UNSUPPORTED,
    ApiError,
    invalid,
)
from stackfile_local.server.limits import Limits
from stackfile_local.server.names import object_of, whole

_MARGIN = 64
"""Levels by which a value must be flatter than what this thread could just read: other readers stand deeper."""
_OPEN, _CLOSE = b"[" * _MARGIN, b"]" * _MARGIN
_FIELDS = frozenset({"key", "value", "headers", "partitionKey", "eventId"})
_LONGEST_ID = 256

_decode = msgspec.json.Decoder().decode


@dataclass(slots=True)
class Produced:
    """Events to append, with what they are placed by and their ids; `failed` are those that cannot be, by number in
    the request. `numbers` tells the number of each event."""

    events: list[Event] = field(default_factory=list)
    places: list[Any] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    failed: dict[int, ApiError] = field(default_factory=dict)
    total: int = 0
    timeout: int = 0
    codec: str | None = None
    """How these are stored; None: as the stream stores them."""


def parse_json(body: bytes) -> Any:
    """Raises ApiError for what is not JSON, or nested too deeply to be read back."""
    try:
        value = _decode(b"%b%b%b" % (_OPEN, body, _CLOSE))
        for _ in range(_MARGIN):
            (value,) = value
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _malformed(body, error) from None
    return value


def _malformed(body: bytes, found: Exception) -> ApiError:
    if isinstance(found, RecursionError):
        return ApiError(SERIALIZATION_ERROR, "the JSON is nested too deeply")
    try:
        _decode(body)
    except RecursionError:
        return ApiError(SERIALIZATION_ERROR, "the JSON is nested too deeply")
    except (msgspec.MsgspecError, ValueError) as error:
        return ApiError(SERIALIZATION_ERROR, str(error) if body else "the body is empty, and JSON is wanted")
    return ApiError(SERIALIZATION_ERROR, "the body is not one JSON value")


def parse_one(body: bytes) -> Produced:
    """A single event. Raises ApiError."""
    produced = Produced(total=1)
    _add(produced, 0, parse_json(body))
    if produced.failed:
        raise produced.failed[0]
    return produced


def parse_batch(body: bytes, limits: Limits) -> Produced:
    """Raises ApiError for a batch that is wrong as a whole."""
    raw = object_of("body", parse_json(body), ("events", "options"))
    events = raw.get("events")
    if not isinstance(events, list) or not events:
        raise invalid("events", "a list of at least one event")
    if len(events) > limits.batch:
        raise ApiError(MESSAGE_TOO_LARGE, f"{len(events)} events, and a batch has at most {limits.batch}")
    options = object_of("options", raw.get("options", {}), ("compression", "timeout"))
    produced = Produced(total=len(events), timeout=_timeout(options, limits), codec=_codec(options.get("compression")))
    for number, event in enumerate(events):
        _add(produced, number, event)
    return produced


def decompress(body: bytes, encoding: str, most: int) -> bytes:
    """The body of a request with a Content-Encoding. Raises ApiError."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise ApiError(UNSUPPORTED, f"Content-Encoding {encoding[:40]}: gzip and identity are known", status=415)
    try:
        with gzip.open(io.BytesIO(body)) as stream:
            plain = stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ApiError(SERIALIZATION_ERROR, f"the body is not gzip: {error}") from None
    if len(plain) > most:
        raise ApiError(MESSAGE_TOO_LARGE, f"a body has at most {most} bytes when it is unpacked")
    return plain


def _timeout(options: Mapping[str, Any], limits: Limits) -> int:
    return whole("options.timeout", options.get("timeout", limits.produce_ms), 0, limits.longest_ms)


def _codec(name: object) -> str | None:
    if name is None or name in COMPRESS:
        return None if name is None else str(name)
    if name in ("snappy", "lz4", "zstd"):
        raise ApiError(UNSUPPORTED, f"options.compression: {name} is not installed; there are {', '.join(COMPRESS)}")
    raise invalid("options.compression", f"one of {', '.join(COMPRESS)}")


def _add(produced: Produced, number: int, raw: Any) -> None:
    wrong = _wrong(raw)
    if wrong is not None:
        produced.failed[number] = wrong
        return
    key = raw.get("key")
    place = raw.get("partitionKey")
    produced.events.append((key, raw["value"], raw.get("headers") or None, 0, 0, 0))
    produced.places.append(key if place is None else place)
    produced.ids.append(raw.get("eventId"))
    produced.numbers.append(number)


def _wrong(raw: Any) -> ApiError | None:
    if type(raw) is not dict:
        return ApiError(SERIALIZATION_ERROR, "an event is an object")
    if "value" not in raw:
        return ApiError(SERIALIZATION_ERROR, "the event has no value", {"field": "value"})
    if not raw.keys() <= _FIELDS:
        unknown = sorted(raw.keys() - _FIELDS)[0]
        return ApiError(INVALID_REQUEST, f"{unknown[:80]}: an event has no such field", {"field": unknown[:80]})
    if "headers" in raw and (wrong := _wrong_headers(raw["headers"])):
        return wrong
    if "eventId" in raw:
        id = raw["eventId"]
        if id is not None and (type(id) is not str or not 0 < len(id) <= _LONGEST_ID):
            return ApiError(
                SERIALIZATION_ERROR, f"eventId: a text of 1 to {_LONGEST_ID} characters", {"field": "eventId"}
            )
    return None


def _wrong_headers(headers: Any) -> ApiError | None:
    if headers is None or (type(headers) is dict and all(type(text) is str for text in headers.values())):
        return None
    return ApiError(SERIALIZATION_ERROR, "headers: an object of texts", {"field": "headers"})
