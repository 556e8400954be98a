"""A stored batch: its events by column, as JSON, compressed where the stream says so."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import msgspec

from stackfile_local.engine.damage import Lost
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
    if not events:
        return encode_json({"v": []})
    keys, values, headers, *_ = zip(*events, strict=True)
    columns: dict[str, Sequence[Any]] = {"v": values}
    if keys.count(None) < len(keys):
        columns["k"] = keys
    if any(headers):
        columns["h"] = headers
    if any(ids):
        columns["i"] = list(ids)
    return encode_json(columns)


def decompress(data: bytes, codec: str) -> bytes:
    """Raises ValueError, OSError or EOFError for data that is not what was packed."""
    try:
        return _DECOMPRESS[codec](data)
    except KeyError as error:
        raise ValueError(f"it is of an unknown kind, {error}") from error
    except zlib.error as error:
        raise ValueError(str(error)) from error


def unpack(data: bytes, appended: int, partition: int, base: int, count: int) -> Iterator[Event]:
    """The `count` events of a batch that is not compressed. Raises ValueError for data that is not what was packed."""
    try:
        columns = _decode(data)
        values = columns["v"]
    except (msgspec.MsgspecError, KeyError) as error:
        raise ValueError(str(error)) from error
    check_count(values, count)
    return zip(
        columns.get("k") or repeat(None),
        values,
        columns.get("h") or repeat(None),
        repeat(appended),
        repeat(partition),
        range(base, base + count),
        strict=False,
    )


def check_count(events: Sequence[object], count: int) -> None:
    if len(events) != count:
        raise ValueError(f"it holds {len(events)} events")


@contextmanager
def telling_damage(stream: str, partition: int, base: int, count: int) -> Iterator[None]:
    """Says as Damaged which events cannot be read."""
    try:
        yield
    except (ValueError, TypeError, OSError, EOFError) as error:
        raise Lost(stream, partition, base, base + count - 1, str(error)).error() from error


def unpack_raw(data: bytes, codec: str) -> Columns:
    """The columns, with values as JSON text. Raises ValueError, OSError or EOFError as `unpack` does."""
    try:
        return _decode_raw(decompress(data, codec))
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def size_of(event: Event) -> int:
    """Bytes of key, value and headers as JSON: what `max_message_size` limits."""
    key, value, headers = event[0], event[1], event[2]
    size = len(encode_json(value))
    if key is not None:
        size += len(encode_json(key))
    return size + len(encode_json(headers)) if headers else size
