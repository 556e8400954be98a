"""A stored batch: its events by column, as JSON, compressed where the stream says so."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any

import msgspec

from stackfile_local.engine.events import Event

_GZIP_LEVEL = 3

encode_json = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, list[Any]]).decode

COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "none": lambda data: data,
    "gzip": lambda data: gzip.compress(data, _GZIP_LEVEL, mtime=0),
}
"""The codecs that are installed."""

_DECOMPRESS: Mapping[str, Callable[[bytes], bytes]] = {"none": lambda data: data, "gzip": gzip.decompress}


class Columns(msgspec.Struct):
    """A batch by column; keys, headers and ids are None where no event has one."""

    v: list[msgspec.Raw]
    k: list[Any] | None = None
    h: list[dict[str, str] | None] | None = None
    i: list[str | None] | None = None


_decode_raw = msgspec.json.Decoder(Columns).decode


def pack(events: Sequence[Event], ids: Sequence[str | None] = ()) -> bytes:
    """`v` holds the values; `k`, `h` and `i`, keys, headers and the producers' ids, are left out where no event has
    one."""
    columns: dict[str, list[Any]] = {"v": [event[1] for event in events]}
    keys = [event[0] for event in events]
    if any(key is not None for key in keys):
        columns["k"] = keys
    headers = [event[2] for event in events]
    if any(headers):
        columns["h"] = headers
    if any(ids):
        columns["i"] = list(ids)
    return encode_json(columns)


def unpack(data: bytes, codec: str, appended: int, partition: int, base: int) -> list[Event]:
    """Raises ValueError, OSError or EOFError for data that is not what was packed."""
    try:
        columns = _decode(_DECOMPRESS[codec](data))
    except (msgspec.MsgspecError, zlib.error, KeyError) as error:
        raise ValueError(str(error)) from error
    values = columns["v"]
    return list(
        zip(
            columns.get("k") or repeat(None),
            values,
            columns.get("h") or repeat(None),
            repeat(appended),
            repeat(partition),
            range(base, base + len(values)),
            strict=False,
        )
    )


def unpack_raw(data: bytes, codec: str) -> Columns:
    """The columns, with values as JSON text. Raises ValueError, OSError or EOFError as `unpack` does."""
    try:
        return _decode_raw(_DECOMPRESS[codec](data))
    except (msgspec.MsgspecError, zlib.error, KeyError) as error:
        raise ValueError(str(error)) from error


def size_of(event: Event) -> int:
    """Bytes of key, value and headers as JSON: what `max_message_size` limits."""
    key, value, headers = event[0], event[1], event[2]
    size = len(encode_json(value))
    if key is not None:
        size += len(encode_json(key))
    return size + len(encode_json(headers)) if headers else size
