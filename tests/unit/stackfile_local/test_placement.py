from __future__ import annotations

import pytest

from stackfile_local.engine.placement import murmur2, partition_of, place

SIGNED = {b"21": -973932308, b"foobar": -790332482, b"abc": 479470107}


@pytest.mark.parametrize(("key", "expected"), SIGNED.items())
def test_murmur2_gives_what_kafka_gives(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected & 0xFFFFFFFF


def test_a_known_user_is_on_partition_8_of_10() -> None:
    assert partition_of("user-123", 10) == 8


def test_keys_that_are_no_strings_count_as_their_canonical_json() -> None:
    assert partition_of({"b": 1, "a": [True, None]}, 1000) == partition_of({"a": [True, None], "b": 1}, 1000)
    assert partition_of(21, 1000) == (SIGNED[b"21"] & 0x7FFFFFFF) % 1000


def test_events_without_a_key_go_round_robin_and_others_by_their_key() -> None:
    keys = [None, "user-123", None, None, "user-123", None]
    placed = place(keys, 10, turn=9)
    assert placed == [[2], [3], [5], [], [], [], [], [], [1, 4], [0]]
