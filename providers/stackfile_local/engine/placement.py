"""Which partition an event goes to: murmur2 of its key, as Kafka's clients place it."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF

_canonical = msgspec.json.Encoder(order="sorted").encode


def murmur2(data: bytes) -> int:
    """32 bits, unsigned."""
    length = len(data)
    h = _SEED ^ length
    whole = length & ~3
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        k = (k * _M) & _MASK
        k ^= k >> 24
        h = ((h * _M) & _MASK) ^ ((k * _M) & _MASK)
    if rest := data[whole:]:
        h ^= int.from_bytes(rest, "little")
        h = (h * _M) & _MASK
    h ^= h >> 13
    h = (h * _M) & _MASK
    return h ^ (h >> 15)


@lru_cache(maxsize=65536)
def _positive(key: str) -> int:
    return murmur2(key.encode()) & 0x7FFFFFFF


def partition_of(key: Any, partitions: int) -> int:
    """A string counts as its UTF-8 bytes, any other key as its canonical JSON."""
    if isinstance(key, str):
        return _positive(key) % partitions
    return (murmur2(_canonical(key)) & 0x7FFFFFFF) % partitions


def place(keys: Iterable[Any], partitions: int, turn: int) -> list[list[int]]:
    """The indices of the events of each partition, in order. Without a key they go round robin, beginning at `turn`."""
    placed: list[list[int]] = [[] for _ in range(partitions)]
    for index, key in enumerate(keys):
        if key is None:
            placed[turn % partitions].append(index)
            turn += 1
        else:
            placed[partition_of(key, partitions)].append(index)
    return placed
