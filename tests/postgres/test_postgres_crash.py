"""Kills of the run, of its connection and of the server at any instant: every event once, in every table."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stackfile.errors import ProviderError
from stackfile_local.engine import stride
from stackfile_local.engine.sinks.postgres import PostgresSink
from stackfile_local.engine.sinks.postgres_link import Link
from tests.crash.dying import EFFECTS, killed_at_random, killed_before
from tests.postgres.flow import declare, found, run, run_in_small_batches, wanted
from tests.postgres.server import Server
from tests.unit.stackfile_local.world import World

FEW = 300
MANY = 6_000
PLACES = 16
ROUNDS = 6
SENT = EFFECTS | {"getppid"}
END = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stackfile'"

Database = psycopg.Connection[tuple[Any, ...]]


def told(sends: Callable[..., Any]) -> Callable[..., Any]:
    """What is sent to the server is an effect too; a call that is not Python's tells so."""

    def sending(*arguments: Any) -> Any:
        os.getppid()
        return sends(*arguments)

    return sending


def test_a_kill_right_before_an_effect_loses_nothing_and_doubles_nothing(
    server: Server, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("execute", "commit"):
        monkeypatch.setattr(Link, name, told(getattr(Link, name)))
    declared = tmp_path / "declared"
    declare(declared, FEW, server.settings)
    base = shutil.copytree(declared, tmp_path / "counted")
    effects = killed_before(-1, lambda: run_in_small_batches(base), SENT)
    assert found(base, database) == wanted(FEW)
    for at in sorted(random.Random(5).sample(range(effects), PLACES)):
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        base = shutil.copytree(declared, tmp_path / str(at))
        assert killed_before(at, lambda base=base: run_in_small_batches(base), SENT) == 0  # type: ignore[misc]
        run_in_small_batches(base)
        assert found(base, database) == wanted(FEW), f"killed before effect {at} of {effects}"


def test_kill_9_of_a_real_process_at_random_moments(server: Server, database: Database, tmp_path: Path) -> None:
    base = tmp_path / "base"
    declare(base, MANY, server.settings)
    killed = killed_at_random("tests.postgres.flow", base, ROUNDS, 8, random.Random(2013))
    assert killed, "every run had ended before it was to be killed"
    run(base)
    assert found(base, database) == wanted(MANY)


def flowing(world: World, server: Server, events: int) -> None:
    """A table without a key, so that a batch that is written twice shows."""
    stream = world.stream_of("s", *({"n": n} for n in range(events)))
    settings = {"name": "out", "connector": "postgres", "table": "events", "stream": stream.id}
    world.make("destinations", **settings, **server.settings)


def in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST", "MOST"):
        monkeypatch.setattr(stride, name, 50)


def counted(database: Database) -> tuple[Any, ...] | None:
    return database.execute("SELECT count(*), count(DISTINCT n) FROM events").fetchone()


def test_connections_that_are_ended_at_every_moment_of_a_batch_are_made_anew(
    world: World, server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch)
    flowing(world, server, 1000)
    stage, finish, commit = PostgresSink.stage, PostgresSink.finish, Link.commit
    chance = random.Random(11)

    def end_now_and_then() -> None:
        if chance.random() < 0.2:
            database.execute(END)

    def staged(*arguments: Any) -> Any:
        end_now_and_then()
        return stage(*arguments)

    def finished(*arguments: Any) -> None:
        end_now_and_then()
        finish(*arguments)

    def committed(link: Link) -> None:
        commit(link)
        if chance.random() < 0.2:
            link.close()
            raise link.backoff.failed("the answer was lost")

    monkeypatch.setattr(PostgresSink, "stage", staged)
    monkeypatch.setattr(PostgresSink, "finish", finished)
    monkeypatch.setattr(Link, "commit", committed)
    (done,) = world.run()
    assert counted(database) == (1000, 1000)
    assert (done.written, done.failed) == (1000, 0)


def test_a_server_that_crashes_in_the_middle_is_waited_for(
    world: World, server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch)
    flowing(world, server, 500)
    finish, calls = PostgresSink.finish, iter(range(100))

    def crash(*arguments: Any) -> None:
        if next(calls) == 3:
            server.stop("immediate")
            world.clock.naps = [*([int] * 8), server.start]
        finish(*arguments)

    monkeypatch.setattr(PostgresSink, "finish", crash)
    (done,) = world.run()
    with psycopg.connect(server.url, autocommit=True) as anew:
        assert counted(anew) == (500, 500)
    assert (done.written, done.failed) == (500, 0)
    assert world.metrics("destinations", world.all("destinations")[0]).says == ()


def test_a_server_that_stays_away_is_told_after_eight_tries_and_nothing_is_lost(
    world: World, server: Server, database: Database
) -> None:
    flowing(world, server, 20)
    server.stop()
    try:
        with pytest.raises(ProviderError, match=r"destination out: cannot reach the database .*; 8 tries"):
            world.run()
        (says,) = world.metrics("destinations", world.all("destinations")[0]).says
        assert says.startswith(f"cannot reach the database of table public.events of 127.0.0.1:{server.port}/postgres")
    finally:
        server.start()
    world.run()
    with psycopg.connect(server.url, autocommit=True) as anew:
        assert counted(anew) == (20, 20)
