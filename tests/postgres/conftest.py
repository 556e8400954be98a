from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres.server import Server, programs
from tests.unit.stackfile_local.world import World


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One for all tests of a process, in a folder that another user may enter."""
    where = programs()
    if where is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="stackfile-postgres-"))
    try:
        server = Server.make(folder, where)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: Server) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Nothing is in it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        yield connection


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()
