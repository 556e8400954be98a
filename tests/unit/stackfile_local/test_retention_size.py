"""Streams that keep so many bytes a partition, and no more."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stackfile.sdk.traits import Effect, Impact
from stackfile.values import Path, Value
from stackfile_local.kinds.stream import Stream, Streams
from tests.unit.stackfile_local.world import World

LARGE = "x" * 1000


def test_the_oldest_batches_go_when_a_partition_holds_more_than_its_bytes(world: World) -> None:
    world.stream("s", retention="forever", retention_size="5KiB")
    for number in range(10):
        world.append("s", {"n": number, "text": LARGE})
    kept = [value["n"] for value in world.values("s")]
    assert kept == [5, 6, 7, 8, 9][-len(kept) :]
    assert 4 <= len(kept) <= 5
    fields = world.all("streams")[0].fields
    assert (fields["events"], fields["retention_size"]) == (len(kept), "5KiB")
    assert 0 < fields["bytes"] <= 5 * 1024


def test_each_partition_has_its_own_room(world: World) -> None:
    world.stream("s", partitions=2, retention_size="2KiB")
    for number in range(8):
        world.append("s", {"n": number, "text": LARGE}, {"n": number, "text": LARGE}, keys=["a", "b"])
    partitions = {event[4] for event in world.events("s")}
    assert partitions == {event[4] for event in world.events("s") if event[1]["n"] == 7}
    assert world.all("streams")[0].fields["bytes"] <= 2 * 2 * 1024


def test_the_newest_batch_stays_however_large_it_is(world: World) -> None:
    world.stream("s", retention_size="1KiB")
    world.append("s", {"n": 1, "text": LARGE * 3})
    assert [value["n"] for value in world.values("s")] == [1]
    world.append("s", {"n": 2, "text": LARGE * 3})
    assert [value["n"] for value in world.values("s")] == [2]


def test_a_room_that_is_too_small_for_what_is_there_is_a_loss_with_the_number_of_events(world: World) -> None:
    live = world.stream("s")
    world.append("s", *[{"text": LARGE} for _ in range(9)])
    live = world.all("streams")[0]
    small: dict[Path, tuple[Value, Value]] = {("retention_size",): (None, "2KiB")}
    says = "The oldest beyond 2KiB a partition would be deleted, of 9 events."
    assert Streams.effect("update", live, small) == Effect(Impact.DATA_LOSS, says)
    assert Streams.effect("update", live, {("retention_size",): ("2KiB", "1GiB")}) is None
    assert Streams.effect("update", live, {("retention_size",): ("1GiB", None)}) is None
    world.update("streams", live, retention_size="2KiB")
    unset = world.update("streams", live, retention_size=None)
    assert "retention_size" not in unset.fields


@pytest.mark.parametrize("size", ["1B", "many", 5000])
def test_a_room_that_is_none_is_refused(size: object) -> None:
    with pytest.raises(ValidationError):
        Stream.model_validate({"name": "s", "retention_size": size})
