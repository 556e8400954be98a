from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import psycopg
import pytest

from stackfile.errors import ProviderError, Rejected
from stackfile_local.engine.sinks.postgres import PostgresSink
from tests.postgres.server import Server
from tests.unit.stackfile_local.world import World

Database: TypeAlias = psycopg.Connection[tuple[Any, ...]]
Drain: TypeAlias = Callable[..., None]


@pytest.fixture
def drain(world: World, server: Server, database: Database) -> Drain:
    """Declares a table that takes the stream `s`, puts these events there, and runs once."""

    def drain(*values: Any, keys: tuple[Any, ...] = (), **body: Any) -> None:
        stream = world.stream("s")
        world.append("s", *values, keys=keys)
        named = {"name": "out", "connector": "postgres", "table": "events", "stream": stream.id}
        world.make("destinations", **{**named, **server.settings, **body})
        world.run()

    return drain


def rows(database: Database, sql: str = "SELECT * FROM events") -> list[tuple[Any, ...]]:
    return database.execute(sql.encode()).fetchall()


def types(database: Database, table: str = "events") -> dict[str, str]:
    sql = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) "
    return dict(database.execute(sql.encode() + b"AND attnum > 0 ORDER BY attnum", [table]).fetchall())


def reasons(world: World) -> list[str]:
    return [value["reason"] for value in world.values("out.destination.dead_letter")]


def test_a_table_is_made_with_the_columns_of_its_events_and_gets_those_that_come_later(
    world: World, database: Database, drain: Drain
) -> None:
    drain({"a": 1, "b": "x"}, {"b": "y", "c": None}, {"a": 2})
    world.append("s", {"d": 1.5, "a": 3})
    world.run()
    assert types(database) == {"a": "bigint", "b": "text", "d": "double precision"}
    assert sorted(rows(database), key=str) == [(1, "x", None), (2, None, None), (3, None, 1.5), (None, "y", None)]


def test_types_are_told_by_the_first_values_and_by_all_numbers(database: Database, drain: Drain) -> None:
    first = {"whole": 1, "real": 1, "large": 1, "mixed": 2**60, "yes": True, "text": "00123", "none": None}
    second = {"whole": 2, "real": 1.5, "large": 2**70, "mixed": 0.5, "yes": None, "text": 7, "none": None}
    drain({**first, "list": [1, {"b": None}], "map": {"a": "é\n\t\\"}}, {**second, "list": None, "map": "text"})
    assert types(database) == {
        "whole": "bigint",
        "real": "double precision",
        "large": "numeric",
        "mixed": "numeric",
        "yes": "boolean",
        "text": "text",
        "list": "jsonb",
        "map": "jsonb",
    }
    assert rows(database) == [
        (1, 1.0, Decimal(1), Decimal(2**60), True, "00123", [1, {"b": None}], {"a": "é\n\t\\"}),
        (2, 1.5, Decimal(2**70), Decimal("0.5"), None, "7", None, "text"),
    ]


def test_columns_that_are_declared_have_the_declared_types(database: Database, drain: Drain) -> None:
    columns = {"at": "timestamptz", "price": "numeric(12, 2)", "tags": "text[]"}
    drain({"at": "2026-11-21T09:00:00Z", "price": 7, "tags": ["a", "b"], "n": 1}, columns=columns)
    assert types(database) == {
        "at": "timestamp with time zone",
        "price": "numeric(12,2)",
        "tags": "text[]",
        "n": "bigint",
    }
    assert rows(database, "SELECT at = '2026-11-21 09:00Z', price::text, tags FROM events") == [
        (True, "7.00", ["a", "b"])
    ]


def test_with_a_key_the_last_event_of_a_key_counts(database: Database, drain: Drain) -> None:
    drain({"id": 1, "n": 1}, {"id": 2, "n": 2}, {"id": 1, "n": 3}, {"n": 4, "id": 2, "x": 5}, key=["id"])
    assert sorted(rows(database)) == [(1, 3, None), (2, 4, 5)]


def test_an_event_changes_the_columns_that_it_has_in_one_batch_as_in_several(
    world: World, database: Database, drain: Drain
) -> None:
    drain({"id": 1, "a": 1, "b": 1}, {"id": 1, "b": 2}, {"id": 2, "a": 5}, key=["id"])
    world.append("s", {"id": 2, "b": 6}, {"id": 1, "a": None})
    world.run()
    assert sorted(rows(database)) == [(1, None, 2), (2, 5, 6)]


def test_a_key_of_all_columns_keeps_one_row(database: Database, drain: Drain) -> None:
    drain({"a": 1, "b": "2"}, {"a": 1, "b": "2"}, {"a": 1, "b": "3"}, key=["a", "b"])
    assert sorted(rows(database)) == [(1, "2"), (1, "3")]


def test_keys_that_the_server_takes_for_the_same_are_written_one_after_another(
    world: World, database: Database, drain: Drain
) -> None:
    database.execute("CREATE TABLE events (id text PRIMARY KEY, n int)")
    drain({"id": 1, "n": 1}, {"id": "1", "n": 2}, {"id": 1, "n": 3}, key=["id"])
    assert rows(database) == [("1", 3)]
    assert reasons_or_none(world) == []


def reasons_or_none(world: World) -> list[str]:
    found = world.local.store.rows("SELECT 1 FROM objects WHERE name = 'out.destination.dead_letter'")
    return reasons(world) if found else []


def test_an_event_without_a_value_deletes_the_row_of_its_key(world: World, database: Database, drain: Drain) -> None:
    drain({"id": 1, "n": 1}, {"id": 2, "n": 2}, {"id": 3, "n": 3}, key=["id"], delete=True)
    world.append("s", None, None, {"id": 2, "m": 9}, None, None, keys=[1, {"id": 2}, 2, 7, None])
    world.append("s", {"id": 5, "n": 5}, None, keys=[5, 5])
    world.run()
    assert sorted(rows(database)) == [(2, None, 9), (3, 3, None)]
    assert reasons(world) == ["`id`, which is in the key, is null or missing"]


def test_a_deletion_whose_key_does_not_tell_every_column_fails(world: World, database: Database, drain: Drain) -> None:
    events = ({"a": 1, "b": 1}, {"a": 1, "b": 2}, None, None)
    drain(*events, keys=(None, None, 1, {"a": 1, "b": 2}), key=["a", "b"], delete=True)
    assert rows(database) == [(1, 1)]
    assert reasons(world) == ["a deletion whose key does not tell `a`, `b`"]


def test_rows_that_the_server_refuses_fail_with_its_reason_and_the_rest_goes_on(
    world: World, database: Database, drain: Drain
) -> None:
    database.execute("CREATE TABLE events (n int NOT NULL CHECK (n < 1000), name varchar(5), UNIQUE (name))")
    good = [{"n": n, "name": f"x{n}"} for n in range(300)]
    bad: list[dict[str, Any]] = [
        {"n": "many", "name": "a"},
        {"n": None, "name": "b"},
        {"n": 5000, "name": "c"},
        {"n": 1, "name": "too long"},
        {"n": 2**40, "name": "d"},
        {"n": 1, "name": "x7"},
        {"n": 1, "name": "a\0"},
    ]
    drain(*good[:100], *bad[:3], *good[100:], *bad[3:])
    assert rows(database, "SELECT count(*), count(DISTINCT n) FROM events") == [(300, 300)]
    assert reasons(world) == [
        'invalid input syntax for type integer: "many"',
        'null value in column "n" of relation "events" violates not-null constraint',
        'new row for relation "events" violates check constraint "events_n_check"',
        "value too long for type character varying(5)",
        'value "1099511627776" is out of range for type integer',
        'duplicate key value violates unique constraint "events_name_key"',
        "unsupported Unicode escape sequence",
    ]
    progress = world.local.store.rows("SELECT read, written, failed FROM progress")
    assert [tuple(row) for row in progress] == [(307, 300, 7)]


def test_events_that_are_no_rows_fail_with_the_reason(world: World, database: Database, drain: Drain) -> None:
    drain(
        {"id": 1, "name": "x"},
        "text",
        None,
        {},
        {"id": None},
        {"id": 3, "": 1},
        {"id": 4, **{f"c{n}": n for n in range(1600)}},
        {"id": 5, "é" * 32: 1},
        {"id": 6, "Name": "y"},
        key=["id"],
    )
    assert rows(database) == [(1, "x", None), (6, None, "y")]
    assert reasons(world) == [
        "not an object with fields, so it is no row",
        "not an object with fields, so it is no row",
        "not an object with fields, so it is no row",
        "`id`, which is in the key, is null or missing",
        "a field's name cannot be that of a column",
        "1,601 fields, and a row takes 1,500",
        f"the name of a field, {'é' * 20}..., is longer than the 63 bytes of a column's",
    ]


def test_names_are_names_whatever_they_hold(database: Database, drain: Drain) -> None:
    value = {'a"b': 1, "drop table events; --": 2, "select": 3, "É": 4, "100%s $1": 5}
    drain(value, {**value, "select": 7}, table='weird "table"', schema='my "schema"', key=["select", 'a"b'])
    with database.cursor() as cursor:
        found = cursor.execute('SELECT * FROM "my ""schema"""."weird ""table""" ORDER BY "select"').fetchall()
        names = [column.name for column in cursor.description or ()]
    assert [dict(zip(names, row, strict=True)) for row in found] == [value, {**value, "select": 7}]
    database.execute('DROP SCHEMA "my ""schema""" CASCADE')


def test_a_table_without_an_index_for_the_key_is_left_alone(world: World, database: Database, drain: Drain) -> None:
    database.execute("CREATE TABLE events (id int)")
    with pytest.raises(ProviderError) as caught:
        drain({"id": 1}, key=["id"])
    assert str(caught.value).endswith(
        "there is no unique or exclusion constraint matching the ON CONFLICT specification"
    )
    assert str(caught.value).startswith("destination out: cannot write table public.events of 127.0.0.1:")
    assert rows(database) == []


def test_a_database_that_was_emptied_is_written_again_from_the_start_and_says_so(
    world: World, database: Database, drain: Drain
) -> None:
    drain({"a": 1}, "bad", {"a": 2})
    database.execute("DROP TABLE events, _stackfile_positions")
    world.append("s", {"a": 3})
    world.run()
    assert rows(database) == [(1,), (2,), (3,)]
    assert len(reasons(world)) == 1
    says = world.metrics("destinations", world.all("destinations")[0]).says
    assert '"public"."_stackfile_positions" was not there any more: all is written again' in says


def test_columns_that_somebody_drops_while_a_run_is_under_way_are_made_again(
    world: World, database: Database, drain: Drain
) -> None:
    drain({"a": 1, "b": 1})
    world.append("s", {"a": 2, "b": 2})
    looked: list[int] = []

    def stop() -> bool:
        if len(looked) == 1:
            database.execute("ALTER TABLE events DROP COLUMN b")
        looked.append(1)
        return len(looked) > 8

    world.run(stop=stop)
    assert rows(database, "SELECT a, b FROM events ORDER BY a") == [(1, None), (2, 2)]


def test_after_a_kill_between_engine_and_destination_nothing_is_missing_and_no_failure_is_told_twice(
    world: World, database: Database, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, calls = PostgresSink.finish, iter(range(100))

    def die(*arguments: Any) -> None:
        if next(calls) == 1:
            raise KeyboardInterrupt
        finish(*arguments)

    monkeypatch.setattr(PostgresSink, "finish", die)
    with pytest.raises(KeyboardInterrupt):
        drain(*[{"n": "bad" if n % 1000 == 2 else n} if n % 10 else "bad" for n in range(1, 12_000)])
    assert len(reasons(world)) == 1211
    assert rows(database, "SELECT count(*) FROM events") == [(8990,)]
    monkeypatch.setattr(PostgresSink, "finish", finish)
    world.append("s", "bad", {"n": 12_001})
    world.run()
    assert rows(database, "SELECT count(*), count(DISTINCT n) FROM events") == [(10_789, 10_789)]
    assert len(reasons(world)) == 1212


def test_what_is_refused_only_after_a_kill_is_kept_too(
    world: World, database: Database, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PostgresSink, "finish", die)
        with pytest.raises(KeyboardInterrupt):
            drain(*({"n": n} for n in range(9)), {"n": "bad"})
    assert len(reasons(world)) == 1
    database.execute("CREATE TABLE events (n int CHECK (n < 7))")
    world.run()
    assert rows(database, "SELECT count(*) FROM events") == [(7,)]
    assert reasons(world) == [
        'invalid input syntax for type bigint: "bad"',
        *['new row for relation "events" violates check constraint "events_n_check"'] * 2,
    ]


def test_two_engines_write_one_table_without_touching_each_others_positions(
    world: World, server: Server, database: Database, drain: Drain
) -> None:
    drain({"a": 1})
    other = World(world.base / "other", clock=world.clock)
    stream = other.stream_of("s", {"a": 2})
    settings = {"name": "out", "connector": "postgres", "table": "events", "stream": stream.id}
    other.make("destinations", **settings, url=server.url)
    other.run()
    world.append("s", {"a": 3})
    world.run()
    other.close()
    assert rows(database) == [(1,), (2,), (3,)]


def test_a_url_goes_on_where_host_and_password_stopped_and_is_never_given_back(
    world: World, server: Server, database: Database, drain: Drain
) -> None:
    drain({"a": 1})
    live = world.all("destinations")[0]
    where = dict.fromkeys(("host", "port", "database", "user", "password"))
    live = world.update("destinations", live, url=server.url + "?application_name=x", **where)
    assert "url" not in live.fields
    assert "password" not in live.fields
    assert live.fields["endpoint"] == f"127.0.0.1:{server.port}/postgres"
    database.execute("ALTER TABLE public.events ADD COLUMN by text DEFAULT current_setting('application_name')")
    world.append("s", {"a": 2})
    world.run()
    assert rows(database, "SELECT a, nullif(by, '') FROM events") == [(1, None), (2, "x")]
    files = [path.read_bytes() for path in world.base.rglob("*") if path.is_file()]
    assert len(files) > 2
    assert not any(server.password.encode() in data for data in files)


def test_a_wrong_password_is_told_without_the_password(world: World, server: Server, drain: Drain) -> None:
    with pytest.raises(ProviderError) as caught:
        drain({"a": 1}, password="not-the-password")
    assert "password authentication failed" in str(caught.value)
    assert "not-the-password" not in str(caught.value)
    drained = world.metrics("destinations", world.all("destinations")[0])
    assert not drained.well
    assert "not-the-password" not in str(drained)


def test_without_psycopg_it_is_said_what_to_install(drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ProviderError, match=r"pip install 'stackfile\[postgres\]'"):
        drain({"a": 1})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({}, "host: write where the server is: host, or url", id="no server"),
        pytest.param({"host": "db"}, "database: write which database of the server it is", id="no database"),
        pytest.param({"url": "postgres://db/x", "user": "me"}, "user: the url says that already", id="twice"),
        pytest.param({"url": "postgres://db/x", "table": "_stackfile_positions"}, "not for events", id="positions"),
        pytest.param({"url": "postgres://db/x", "delete": True}, "delete: without `key` nobody can", id="delete"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(world: World, body: dict[str, Any], says: str) -> None:
    with pytest.raises(Rejected, match=says):
        world.make("destinations", **{"name": "out", "connector": "postgres", "table": "t", **body})
