from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.errors import ProviderError
from stackfile_local.engine import log
from stackfile_local.engine.codec import COMPRESS, decompress, pack, unpack
from stackfile_local.engine.log import Stream
from tests.unit.stackfile_local.world import SetClock, World

DAY = 24 * 3600

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
headers = st.none() | st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=2)


@given(
    st.lists(st.tuples(st.none() | st.text() | st.integers(0, 9), json_values, headers), min_size=1, max_size=9),
    st.sampled_from(sorted(COMPRESS)),
)
def test_what_is_packed_is_unpacked_the_same(given_events: list[tuple[Any, Any, Any]], codec: str) -> None:
    events = [(key, value, header, 7, 3, 40 + n) for n, (key, value, header) in enumerate(given_events)]
    assert list(unpack(decompress(COMPRESS[codec](pack(events)), codec), 7, 3, 40, len(events))) == events


def test_offsets_are_dense_in_each_partition_and_a_key_keeps_its_order(world: World) -> None:
    world.stream("clicks", partitions=3)
    for start in range(0, 300, 100):
        world.append("clicks", *range(start, start + 100), keys=[f"k{n % 7}" for n in range(100)])
    events = world.events("clicks")
    by_partition = {p: [e for e in events if e[4] == p] for p in range(3)}
    assert all([e[5] for e in part] == list(range(len(part))) for part in by_partition.values())
    assert sum(map(len, by_partition.values())) == 300
    for key in {e[0] for e in events}:
        values = [e[1] for e in events if e[0] == key]
        assert len({e[4] for e in events if e[0] == key}) == 1
        assert values == sorted(values)


def test_a_large_append_becomes_batches_that_a_reader_of_few_events_can_afford(world: World) -> None:
    world.stream("clicks")
    world.append("clicks", *range(2500))
    assert world.local.store.rows("SELECT base, count FROM batches") == [(0, 1000), (1000, 1000), (2000, 500)]
    page = log.read(world.local.store, world.log_of("clicks"), 0, 1200, 100)
    assert [e[5] for e in page.events] == list(range(1200, 2000))
    assert (page.next, page.skipped) == (2000, 0)


def test_a_batch_of_large_events_is_split_by_size() -> None:
    stream = Stream(1, "s", 1, None, 2**30, "none")
    packed, refused = log.encode(stream, [(None, "x" * 2**20, None, 0, 0, 0)] * 10, 0)
    assert [one.count for one in packed] == [2, 3, 2, 3]
    assert refused == []


def test_events_that_are_too_large_are_refused_one_by_one() -> None:
    stream = Stream(1, "clicks", 1, None, 100, "none")
    events = [("k", "x" * length, None, 0, 0, 0) for length in (10, 95, 96, 200, 20)]
    packed, refused = log.encode(stream, events, 0)
    assert [one.count for one in packed] == [3]
    assert refused == [
        (2, "101 bytes, and stream clicks takes events up to 100B"),
        (3, "205 bytes, and stream clicks takes events up to 100B"),
    ]


def test_the_size_of_an_event_counts_key_value_and_headers() -> None:
    stream = Stream(1, "clicks", 1, None, 20, "none")
    events = [(None, "12345678", {"a": "b"}, 0, 0, 0), (None, "123456789012345678", None, 0, 0, 0)]
    assert log.encode(stream, events, 0)[1] == []
    assert [n for n, _ in log.encode(stream, [("k", *events[1][1:])], 0)[1]] == [0]


def test_a_compressed_stream_is_smaller_and_reads_the_same(world: World) -> None:
    values = [{"page": f"/products/{n % 5}"} for n in range(1000)]
    for name, codec in (("plain", "none"), ("small", "gzip")):
        world.stream(name, compression=codec)
        world.append(name, *values)
    sizes = dict(world.local.store.rows("SELECT codec, sum(length(data)) FROM batches GROUP BY codec"))
    assert world.values("small") == world.values("plain") == values
    assert sizes["gzip"] * 10 < sizes["none"]


def test_retention_drops_old_batches_and_never_uses_an_offset_again(world: World) -> None:
    world.stream("clicks", retention="7d")
    world.append("clicks", "a", "b")
    world.clock.seconds += 6 * DAY
    world.append("clicks", "c")
    world.clock.seconds += 2 * DAY
    world.append("clicks", "d")
    page = log.read(world.local.store, world.log_of("clicks"), 0, 0, 100)
    assert [(e[1], e[5]) for e in page.events] == [("c", 2), ("d", 3)]
    assert (page.next, page.skipped) == (4, 2)
    world.clock.seconds += 30 * DAY
    world.run()  # also where nothing is appended
    assert world.values("clicks") == []
    world.append("clicks", "e")
    assert [e[5] for e in world.events("clicks")] == [4]


def test_a_stream_that_keeps_for_ever_keeps(world: World) -> None:
    world.stream("clicks", retention="forever")
    world.append("clicks", "a")
    world.clock.seconds += 10_000 * DAY
    world.append("clicks", "b")
    assert world.values("clicks") == ["a", "b"]


def test_append_time_never_decreases_when_the_clock_does_also_of_an_engine_that_is_opened_again(world: World) -> None:
    world.stream("clicks")
    world.stream("other")
    world.append("clicks", 1)
    world.clock.seconds -= 3600
    world.append("other", 2)
    assert world.events("other")[0][3] == world.events("clicks")[0][3]
    world.close()
    again = World(world.base, clock=SetClock())
    again.clock.seconds -= 7200
    again.append("other", 3)
    assert [event[3] for event in again.events("other")] == [world.events("clicks")[0][3]] * 2
    again.close()


def test_a_damaged_batch_is_named_and_the_others_are_read(world: World) -> None:
    world.stream("clicks")
    world.append("clicks", *range(1500))
    with world.local.store.transaction() as transaction:
        transaction.execute("UPDATE batches SET data = zeroblob(length(data)) WHERE base = 0")
    stream = world.log_of("clicks")
    with pytest.raises(ProviderError, match=r"^stream clicks, partition 0: offsets 0 to 999 are damaged: its checksum"):
        log.read(world.local.store, stream, 0, 0, 10)
    assert len(log.read(world.local.store, stream, 0, 1000, 10).events) == 500


def test_a_stream_made_anew_under_its_name_is_empty_and_starts_at_0(world: World) -> None:
    old = world.stream("clicks")
    world.append("clicks", "a", "b")
    world.delete("streams", old)
    world.stream("clicks")
    assert world.events("clicks") == []
    world.append("clicks", "c")
    assert [(e[1], e[5]) for e in world.events("clicks")] == [("c", 0)]
