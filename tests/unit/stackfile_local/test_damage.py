"""Whatever becomes of a page of the database: it is told, the rest is read, and mending goes on with that."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from stackfile.errors import Conflict, NotFound, ProviderError
from stackfile.sdk.operations import Mending, Soundness
from stackfile_local import Local
from stackfile_local.engine import log, mend
from stackfile_local.engine.damage import Damaged
from stackfile_local.engine.lock import running
from stackfile_local.engine.tables import ADDED, CREATE
from tests.unit.stackfile_local.world import SetClock, World

PAGE = 4096
NAMES = ("plain", "packed")
SEEDS = 24
_WINDOW = [{"window": {"tumbling": "1m"}}, {"aggregate": {"by": ["k"], "set": {"n": "count()"}}}]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two streams of 600 events in batches of ten, and two pipelines that have read them."""
    base = tmp_path_factory.mktemp("filled")
    world = World(base)
    plain = world.stream("plain", partitions=2)
    world.stream("packed", partitions=2, compression="gzip")
    world.pipeline("half", plain, world.stream("out"), operations=[{"filter": "value.n % 2 == 0"}])
    world.pipeline("minutes", plain, world.stream("counts"), operations=_WINDOW)
    for n in range(0, 600, 10):
        for name in NAMES:
            values = [{"n": n + m, "k": f"k{m}", "text": "é" * (n % 97)} for m in range(10)]
            world.append(name, *values, keys=[f"k{m}" for m in range(10)])
    world.run()
    world.close()
    return base


@pytest.fixture(scope="module")
def wanted(filled: Path) -> dict[str, dict[tuple[int, int], str]]:
    world = World(filled)
    try:
        return {name: readable(world, name) for name in NAMES}
    finally:
        world.close()


def engine(base: Path) -> Path:
    return base / ".stack" / "engine"


def harm(folder: Path, chance: random.Random) -> None:
    """Some bytes of some page become others."""
    file = folder / "engine.db"
    data = bytearray(file.read_bytes())
    page = chance.randrange(1, len(data) // PAGE)
    start = page * PAGE + chance.choice((0, chance.randrange(PAGE - 64)))
    end = min(start + chance.choice((1, 8, 64, PAGE)), (page + 1) * PAGE)
    data[start:end] = chance.randbytes(end - start)
    file.write_bytes(data)


def readable(world: World, name: str) -> dict[tuple[int, int], str]:
    """Every event that can be read, by partition and offset; what cannot be is passed over as the error says."""
    stream = world.log_of(name)
    found = {}
    for partition in range(stream.partitions):
        at = log.start_of(world.local.store, stream, partition)
        while at < log.end_of(world.local.store, stream, partition):
            try:
                page = log.read(world.local.store, stream, partition, at, 100)
            except Damaged as error:
                at = int(error.details["nextOffset"])
                continue
            found.update({(event[4], event[5]): repr(event[1]) for event in page.events})
            at = page.next
    return found


def told(found: Soundness, name: str) -> set[tuple[int, int]]:
    """The offsets that are told to be lost."""
    pattern = re.compile(rf"^stream {name}, partition (\d+): offsets (\d+) to (\d+) are damaged: ")
    spans = [match for says in found.lost if (match := pattern.match(says))]
    return {
        (int(p), offset) for p, low, high in (m.groups() for m in spans) for offset in range(int(low), int(high) + 1)
    }


def test_every_table_is_mended() -> None:
    tables = set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", CREATE + "".join(ADDED)))
    assert tables == {"meta", "batches", "runner", *mend._TABLES, *mend._REMEMBERED}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_damaged_page_is_told_and_what_can_be_read_outlives_the_mending(
    filled: Path, wanted: dict[str, dict[tuple[int, int], str]], tmp_path: Path, seed: int
) -> None:
    base = shutil.copytree(filled, tmp_path / "base")
    harm(engine(base), random.Random(seed))
    world = World(base)
    try:
        before = {name: readable(world, name) for name in NAMES}
        found = Local.check(engine(base), world.clock)
    except Damaged:  # of what says which streams there are
        return
    finally:
        world.close()
    for name in NAMES:
        assert before[name].items() <= wanted[name].items()
        assert wanted[name].keys() - before[name].keys() <= told(found, name)
    assert_mended(base, found, before)


def assert_mended(base: Path, found: Soundness, before: dict[str, dict[tuple[int, int], str]]) -> None:
    try:
        mended = Local.mend(engine(base), SetClock())
    except Damaged:
        return
    assert (mended.found, mended.kept is None) == (found, found.whole)
    world = World(base)
    assert Local.check(engine(base), world.clock).whole
    if any("declared" in gone for gone in mended.gone):
        return
    for name in NAMES:
        assert readable(world, name).items() >= before[name].items()
        world.append(name, {"n": -1, "k": "new"})
    world.run()
    world.close()


def test_a_stretch_in_the_middle_is_passed_over_and_pipelines_tell_it(filled: Path, tmp_path: Path) -> None:
    base = shutil.copytree(filled, tmp_path / "base")
    with closing(sqlite3.connect(engine(base) / "engine.db")) as database, database:
        (number,) = database.execute("SELECT seq FROM objects WHERE name = 'plain'").fetchone()
        lost = database.execute(
            "SELECT partition, base, count FROM batches WHERE stream = ? ORDER BY id LIMIT 1 OFFSET 20", (number,)
        ).fetchone()
        harmed = "UPDATE batches SET data = zeroblob(length(data)) WHERE stream = ? AND partition = ? AND base = ?"
        database.execute(harmed, (number, *lost[:2]))
    says = f"stream plain, partition {lost[0]}: offsets {lost[1]} to {lost[1] + lost[2] - 1} are damaged: its checksum"
    world = World(base)
    late = world.pipeline("late", world.all("streams")[0], world.stream("all"))
    with pytest.raises(ProviderError, match=says):
        world.run()
    world.close()
    mended = Local.mend(engine(base), SetClock())
    assert [one.startswith(says) for one in mended.found.lost] == [True]
    assert mended == Mending(mended.found, (), engine(base) / "engine.db.damaged")
    world = World(base)
    world.run()
    assert len(world.values("all")) == 600 - lost[2]
    (says,) = world.metrics("pipelines", late).says
    assert says == f"{lost[2]} events of plain were damaged, and are gone"
    world.close()


def test_where_processors_begin_and_ids_that_came_by_http_outlive_the_mending(filled: Path, tmp_path: Path) -> None:
    base = shutil.copytree(filled, tmp_path / "base")
    rows = ("SELECT * FROM starts", "SELECT * FROM received_ids")
    with closing(sqlite3.connect(engine(base) / "engine.db")) as database, database:
        for statement in ADDED:
            database.execute(statement)
        database.execute("""INSERT INTO starts SELECT seq, '{"0": 7}' FROM objects WHERE name = 'half'""")
        database.execute("INSERT INTO received_ids SELECT seq, 'push-1', 5 FROM objects WHERE name = 'plain'")
        database.execute("UPDATE batches SET crc = 0 WHERE id = 20")
        before = [database.execute(sql).fetchall() for sql in rows]
    assert Local.mend(engine(base), SetClock()).kept is not None
    with closing(sqlite3.connect(engine(base) / "engine.db")) as database:
        assert [database.execute(sql).fetchall() for sql in rows] == before
    assert [len(found) for found in before] == [1, 1]


def test_where_nothing_is_damaged_nothing_is_changed(filled: Path, tmp_path: Path) -> None:
    base = shutil.copytree(filled, tmp_path / "base")
    before = (engine(base) / "engine.db").read_bytes()
    mended = Local.mend(engine(base), SetClock())
    assert (mended.found.whole, mended.kept, mended.found.events) == (True, None, 1500)
    assert (engine(base) / "engine.db").read_bytes() == before


def test_an_engine_that_runs_is_not_mended(filled: Path, tmp_path: Path) -> None:
    world = World(shutil.copytree(filled, tmp_path / "base"))
    with running(world.local.store), pytest.raises(Conflict, match=r"^process \d+ on .* runs this engine already"):
        Local.mend(engine(world.base), SetClock())
    world.close()


def test_where_no_engine_is_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"^there is no engine in "):
        Local.check(tmp_path / "none", SetClock())
    assert not (tmp_path / "none").exists()
