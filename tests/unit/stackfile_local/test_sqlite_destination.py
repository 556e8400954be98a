from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from stackfile.errors import ProviderError
from stackfile_local.engine import stride
from stackfile_local.engine.sinks.sqlite import SqliteSink
from tests.unit.stackfile_local.world import World


def drain(world: World, *values: Any, **body: Any) -> None:
    """A table that takes the stream `s`, with these events in it, run once."""
    stream = world.stream("s")
    world.append("s", *values)
    world.table("out.db", stream=stream.id, **body)
    world.run()


def reasons(world: World) -> list[str]:
    return [value["reason"] for value in world.values("out.destination.dead_letter")]


def test_a_table_is_made_with_the_columns_of_its_events_and_gets_those_that_come_later(world: World) -> None:
    drain(world, {"a": 1, "b": "x"}, {"b": "y", "c": None}, {"a": 2})
    world.append("s", {"d": 1.5, "a": 3})
    world.run()
    assert world.rows("out.db", "SELECT a, b, c, d FROM events") == [
        (1, "x", None, None),
        (None, "y", None, None),
        (2, None, None, None),
        (3, None, None, 1.5),
    ]


def test_values_keep_their_types(world: World) -> None:
    drain(world, {"a": 1}, {"a": 1.0}, {"a": "1"}, {"a": None}, {"a": True}, {"a": [1, {"b": 2}]}, {"a": "00123"})
    assert world.rows("out.db", "SELECT a, typeof(a) FROM events") == [
        (1, "integer"),
        (1.0, "real"),
        ("1", "text"),
        (None, "null"),
        (1, "integer"),
        ('[1,{"b":2}]', "text"),
        ("00123", "text"),
    ]


def test_integers_beyond_64_bits_are_kept_as_text(world: World) -> None:
    drain(world, {"a": 1}, {"a": 2**63}, {"a": -(2**63)})
    assert world.rows("out.db") == [(1,), (str(2**63),), (-(2**63),)]


def test_with_a_key_the_last_event_of_a_key_counts(world: World) -> None:
    drain(world, {"id": 1, "n": 1}, {"id": 2, "n": 2}, {"id": 1, "n": 3}, {"n": 4, "id": 2, "x": 5}, key=["id"])
    assert world.rows("out.db") == [(1, 3, None), (2, 4, 5)]


def test_a_key_of_all_columns_keeps_one_row(world: World) -> None:
    drain(world, {"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1, "b": 3}, key=["a", "b"])
    assert world.rows("out.db") == [(1, 2), (1, 3)]


def test_events_that_are_no_rows_fail_with_the_reason(world: World) -> None:
    drain(
        world,
        {"id": 1, "name": "x"},
        "text",
        {},
        {"id": None},
        {"name": "y"},
        {"id": 2, "Name": 1, "name": 2},
        {"id": 3, "": 1},
        {"id": 4, **{f"c{n}": n for n in range(1600)}},
        key=["id"],
    )
    assert world.rows("out.db") == [(1, "x")]
    assert reasons(world) == [
        "not an object with fields, so it is no row",
        "not an object with fields, so it is no row",
        "`id`, which is in the key, is null or missing",
        "`id`, which is in the key, is null or missing",
        "two of its fields are the same column: their names differ only in case",
        "a field's name cannot be that of a column",
        "1,601 fields, and a row takes 1,500",
    ]


def test_names_are_names_whatever_they_hold(world: World) -> None:
    value = {'a"b': 1, "drop table events; --": 2, "select": 3, "É": 4, "é": 5}
    drain(world, value, table='weird "table"')
    with closing(sqlite3.connect(world.base / "out.db")) as connection:
        cursor = connection.execute('SELECT * FROM "weird ""table"""')
        assert dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True)) == value


def test_a_table_that_is_there_is_added_to_and_its_columns_keep_their_case(world: World) -> None:
    with closing(sqlite3.connect(world.base / "out.db")) as connection:
        connection.execute("CREATE TABLE events (Id INTEGER PRIMARY KEY, Name TEXT)")
        connection.execute("INSERT INTO events VALUES (1, 'mine')")
        connection.commit()
    drain(world, {"id": 1, "name": "theirs"}, {"id": 2, "name": "new"}, key=["id"])
    assert world.rows("out.db") == [(1, "theirs"), (2, "new")]


def test_a_table_without_an_index_for_the_key_is_left_alone(world: World) -> None:
    with closing(sqlite3.connect(world.base / "out.db")) as connection:
        connection.execute("CREATE TABLE events (id)")
    with pytest.raises(ProviderError, match=r"cannot write table events of .*/out.db: ON CONFLICT clause does not"):
        drain(world, {"id": 1}, key=["id"])
    assert world.rows("out.db") == []


def test_a_file_that_is_no_database_is_named(world: World) -> None:
    (world.base / "out.db").write_text("hello " * 1000)
    with pytest.raises(ProviderError, match=r"cannot write table events of .*/out.db: file is not a database"):
        drain(world, {"id": 1})


def test_a_database_that_was_deleted_is_written_again_from_the_start_and_says_so(world: World) -> None:
    drain(world, {"a": 1}, "bad", {"a": 2})
    (world.base / "out.db").unlink()
    world.append("s", {"a": 3})
    world.run()
    assert world.rows("out.db") == [(1,), (2,), (3,)]
    assert len(reasons(world)) == 1
    says = world.metrics("destinations", world.all("destinations")[0]).says
    assert f"{world.base}/out.db was not there any more: all is written again" in says


def test_after_a_kill_between_engine_and_destination_nothing_is_missing_and_no_failure_is_told_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = world.stream("s")
    world.append("s", *[{"n": n} if n % 10 else "bad" for n in range(12_000)])
    world.table("out.db", stream=stream.id)
    finish, calls = SqliteSink.finish, iter(range(100))

    def die(*arguments: Any) -> None:
        if next(calls) == 1:
            raise KeyboardInterrupt
        finish(*arguments)

    monkeypatch.setattr(SqliteSink, "finish", die)
    with pytest.raises(KeyboardInterrupt):
        world.run()
    assert len(world.rows("out.db")) == 9000
    assert len(reasons(world)) == 1200
    monkeypatch.setattr(SqliteSink, "finish", finish)
    world.append("s", "bad", {"n": 12_001})
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (2002, 1801, 201)
    assert len(world.rows("out.db")) == 10_801
    assert len(reasons(world)) == 1201
    measured = world.measured("destinations", world.all("destinations")[0])
    assert (measured["read"], measured["errors"]) == (12_002, 1201)


def test_no_failure_is_told_twice_when_the_batches_after_a_kill_are_smaller(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = world.stream("s")
    for _ in range(4):
        world.append("s", *(["bad"] * 100))
    world.table("out.db", stream=stream.id)
    finish = SqliteSink.finish

    def die(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SqliteSink, "finish", die)
    with pytest.raises(KeyboardInterrupt):
        world.run()
    monkeypatch.setattr(SqliteSink, "finish", finish)
    for name in ("FIRST", "MOST"):
        monkeypatch.setattr(stride, name, 100)
    world.run()
    assert len(reasons(world)) == 400


def test_two_engines_write_one_table_without_touching_each_others_positions(world: World) -> None:
    drain(world, {"a": 1})
    other = World(world.base / "other", clock=world.clock)
    stream = other.stream("s")
    other.append("s", {"a": 2})
    other.table("../out.db", stream=stream.id)
    other.run()
    world.append("s", {"a": 3})
    world.run()
    other.close()
    assert world.rows("out.db") == [(1,), (2,), (3,)]


def test_a_copy_of_the_engine_that_fell_behind_does_not_go_on_silently(world: World) -> None:
    drain(world, {"a": 1}, {"a": 2})
    with world.local.store.transaction() as transaction:
        transaction.execute("DELETE FROM batches")
        transaction.execute("DELETE FROM partitions")
    world.append("s", {"a": 9})
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert str(caught.value) == (
        "destination out: the destination has stream s up to offset 2 of partition 0, and the stream ends at 1: "
        "the engine's data is older than the destination's"
    )
