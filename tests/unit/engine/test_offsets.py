"""Consumer groups of a local engine, sent elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stackfile.errors import NotFound, ProviderError, Rejected
from stackfile.sdk.operations import OffsetsMoved, OffsetsReset
from stackfile.sdk.provider import Provider, Session
from stackfile.testing.bench import FakeClock
from stackfile_local.engine.store import Store
from stackfile_local.provider import Local
from stackfile_local.settings import LocalSettings

COLUMNS = "seq, kind, id, name, body, created_at, updated_at"
MOVES: Mapping[str, tuple[OffsetsReset, list[OffsetsMoved]]] = {
    "to the earliest that is kept": (
        OffsetsReset("readers", "earliest"),
        [OffsetsMoved("late", 0, 7, 0), OffsetsMoved("orders", 0, 40, 10), OffsetsMoved("orders", 1, 5, 0)],
    ),
    "to the latest": (
        OffsetsReset("readers", "latest"),
        [OffsetsMoved("late", 0, 7, 9), OffsetsMoved("orders", 0, 40, 100), OffsetsMoved("orders", 1, 5, 5)],
    ),
    "to an offset, or the nearest that there is": (
        OffsetsReset("readers", 50, ("orders",)),
        [OffsetsMoved("orders", 0, 40, 50), OffsetsMoved("orders", 1, 5, 5)],
    ),
    "of one stream": (OffsetsReset("readers", "latest", ("late",)), [OffsetsMoved("late", 0, 7, 9)]),
}
REFUSED: Mapping[str, tuple[OffsetsReset, type[ProviderError], str]] = {
    "a group that is not there": (OffsetsReset("nobody", "earliest"), NotFound, "nobody has committed anything"),
    "a stream that it never read": (OffsetsReset("readers", 1, ("x",)), NotFound, "readers has committed nothing of x"),
    "a time": (OffsetsReset("readers", datetime(2026, 1, 1, tzinfo=UTC)), Rejected, "finds no offset by time"),
}


@pytest.fixture
def engine(tmp_path: Path) -> Callable[[], Provider[LocalSettings]]:
    store = Store(tmp_path / "engine", FakeClock())
    with store.transaction() as made:
        made.execute("INSERT INTO consumer_groups VALUES ('readers', 0)")
        for seq, name in ((1, "orders"), (2, "late")):
            object = (seq, "stream", f"stream:{name}", name, "{}", 0, 0)
            made.execute(f"INSERT INTO objects ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", object)
        for stream, partition, start, end, at in ((1, 0, 10, 100, 40), (1, 1, 0, 5, 5), (2, 0, 0, 9, 7)):
            made.execute(
                "INSERT INTO partitions VALUES (?, ?, ?, ?, 0)",
                (stream, partition, start, end),
            )
            made.execute("INSERT INTO commits VALUES ('readers', ?, ?, ?, 0)", (stream, partition, at))
    store.close()
    session = Session(tmp_path, tmp_path, FakeClock())
    return lambda: Local.embedded(LocalSettings(), session)


def reset(engine: Callable[[], Provider[LocalSettings]], request: OffsetsReset) -> list[OffsetsMoved]:
    async def run() -> list[OffsetsMoved]:
        local = engine()
        try:
            return list(await local.reset_offsets(request))  # type: ignore[attr-defined]
        finally:
            await local.close()

    return asyncio.run(run())


@pytest.mark.parametrize("case", MOVES)
def test_a_group_goes_on_where_it_was_sent(case: str, engine: Callable[[], Provider[LocalSettings]]) -> None:
    request, moved = MOVES[case]
    assert reset(engine, request) == moved
    again = [OffsetsMoved(one.topic, one.partition, one.after, one.after) for one in moved]
    assert reset(engine, request) == again


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_and_nothing_moves(case: str, engine: Callable[[], Provider[LocalSettings]]) -> None:
    request, error, says = REFUSED[case]
    with pytest.raises(error, match=says):
        reset(engine, request)
    assert [one.before for one in reset(engine, OffsetsReset("readers", 0))] == [7, 40, 5]
