from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from stackfile.errors import ProviderError, Rejected
from stackfile_local.engine.store import Store
from stackfile_local.engine.tables import FORMAT
from tests.unit.stackfile_local.world import SetClock, World


def store_in(folder: Path) -> Store:
    return Store(folder, SetClock())


def id_in(folder: Path) -> str:
    """The id of the engine there, which is made by its first change."""
    store = store_in(folder)
    try:
        with store.transaction():
            return store.engine_id
    finally:
        store.close()


def test_an_engine_keeps_its_id_and_another_folder_has_another(tmp_path: Path) -> None:
    assert id_in(tmp_path / "a") == id_in(tmp_path / "a")
    assert id_in(tmp_path / "a") != id_in(tmp_path / "b")


def test_looking_at_an_engine_that_is_not_there_makes_none(tmp_path: Path) -> None:
    store = store_in(tmp_path / "engine")
    assert (store.made, store.engine_id) == (False, "")
    assert store.rows("SELECT * FROM objects") == []
    assert not (tmp_path / "engine").exists()
    with store.transaction():
        made = store.engine_id
    store.close()
    assert (store.made, id_in(tmp_path / "engine")) == (True, made)


def test_an_engine_that_another_made_meanwhile_is_seen(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    before = store.engine_id
    made = id_in(tmp_path)
    assert before != made
    assert store.engine_id == made
    store.close()


def test_processes_that_make_an_engine_at_once_agree_on_one(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        ids = pool.map(id_in, [tmp_path / "engine"] * 8, chunksize=1)
    assert len(set(ids)) == 1
    assert [file.name for file in (tmp_path / "engine").iterdir()] == ["engine.db"]


def test_the_database_is_as_durable_as_sqlite_can(tmp_path: Path) -> None:
    id_in(tmp_path)
    store = store_in(tmp_path)
    assert store.rows("PRAGMA journal_mode") == [("wal",)]
    assert store.rows("PRAGMA synchronous") == [(2,)]
    assert store.rows("PRAGMA foreign_keys") == [(1,)]
    store.close()


def test_a_newer_format_is_refused_by_its_number(tmp_path: Path) -> None:
    id_in(tmp_path)
    with closing(sqlite3.connect(tmp_path / "engine.db")) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 6}")
    with pytest.raises(ProviderError) as caught:
        id_in(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/engine.db has format {FORMAT + 6}, and this stackfile knows formats up to {FORMAT}: "
        "install the newer stackfile"
    )


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "engine.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = file.read_bytes()
    with pytest.raises(ProviderError, match="is not an engine's database: choose another data_dir"):
        id_in(tmp_path)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"hello " * 1000, "is damaged: file is not a database"), (b"", "is not an engine's database")],
)
def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "engine.db").write_bytes(content)
    with pytest.raises(ProviderError, match=says):
        id_in(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProviderError, match=r"the engine cannot use .*/file/engine: Not a directory"):
        id_in(tmp_path / "file" / "engine")


def test_a_failed_transaction_leaves_nothing(world: World) -> None:
    world.stream("clicks")
    store = world.local.store
    with pytest.raises(ZeroDivisionError), store.transaction() as transaction:
        print(transaction.execute("DELETE FROM objects").rowcount / 0)
    assert len(world.all("streams")) == 1


def test_a_full_disk_refuses_the_write_and_loses_nothing(world: World) -> None:
    world.stream("clicks")
    world.append("clicks", *range(10))
    store = world.local.store
    (pages,) = store.rows("PRAGMA page_count")[0]
    store.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Rejected, match=r"no space left for the engine's database .*: nothing was changed") as caught:
        world.append("clicks", *(["x" * 1000] * 1000))
    assert caught.value.status == 507
    assert world.values("clicks") == list(range(10))
    store.rows("PRAGMA max_page_count = 1000000")
    world.append("clicks", 10)
    assert world.values("clicks") == list(range(11))


def test_a_database_of_an_older_format_is_made_one_of_today_by_whoever_opens_it(tmp_path: Path) -> None:
    id_in(tmp_path)
    with closing(sqlite3.connect(tmp_path / "engine.db", isolation_level=None)) as connection:
        connection.execute("ALTER TABLE progress DROP COLUMN recent")
        connection.execute("ALTER TABLE progress ADD COLUMN rate REAL NOT NULL DEFAULT 0")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO progress VALUES (1, 7, 6, 1, 0, '', '[]', 3.5)")
        connection.execute("PRAGMA user_version = 1")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        ids = pool.map(id_in, [tmp_path] * 4, chunksize=1)
    assert len(set(ids)) == 1
    store = store_in(tmp_path)
    assert store.rows("PRAGMA user_version") == [(FORMAT,)]
    assert store.rows("SELECT read, written, failed, recent FROM progress") == [(7, 6, 1, "[]")]
    store.close()
