"""How many events are moved at once, and so how often a position is saved."""

from __future__ import annotations

import pytest

from stackfile_local.engine.stride import FIRST, LEAST, MOST, Stride
from tests.unit.stackfile_local.world import World

TAKEN = {
    "quick batches grow": (60.0, [0.01] * 2, 4 * FIRST),
    "they grow no further than the most": (60.0, [0.01] * 9, MOST),
    "slow batches shrink": (60.0, [0.5], FIRST // 2),
    "they shrink no further than the least": (60.0, [0.5] * 9, LEAST),
    "a batch that takes longer than the interval is slow": (0.05, [0.06], FIRST // 2),
    "one that is neither stays": (60.0, [0.3], FIRST),
    "no interval at all is the least at a time": (0.0, [0.0], LEAST),
}


@pytest.mark.parametrize("case", TAKEN.values(), ids=TAKEN.keys())
def test_batches_follow_how_long_they_take(case: tuple[float, list[float], int]) -> None:
    interval, seconds, expected = case
    stride = Stride(interval)
    for each in seconds:
        stride.took(each, stride.most)
    assert stride.most == expected


def test_a_batch_that_was_not_full_says_nothing_of_larger_ones() -> None:
    stride = Stride()
    stride.took(0.001, 10)
    assert stride.most == FIRST


def test_without_an_interval_a_position_is_saved_every_thousand_events(world: World) -> None:
    source = world.stream_of("s", *range(2500))
    world.pipeline("p", source, world.stream("t"), checkpoint_interval="0s")
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    (first,) = world.run(stop=stop)
    assert first.read == 1000
    world.run()
    assert world.values("t") == list(range(2500))
