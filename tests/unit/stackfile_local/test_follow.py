"""Files that are followed: rotation, files that are emptied, and processes that end in between; every line once."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackfile.errors import ProviderError
from stackfile_local.engine.events import Position
from stackfile_local.engine.readers.csv import Csv
from stackfile_local.engine.readers.file import FileReader, Format
from stackfile_local.engine.readers.follow import FollowReader
from stackfile_local.engine.readers.ndjson import Ndjson
from tests.unit.stackfile_local.world import SetClock, World


class Log:
    """Whoever writes a log, and whoever rotates it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle = self._open()

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, text: str) -> None:
        os.write(self.handle, text.encode())

    def reopen(self) -> None:
        os.close(self.handle)
        self.handle = self._open()

    @property
    def is_moved(self) -> bool:
        """Whether the file that is written has another name by now."""
        return not self.path.exists() or os.fstat(self.handle).st_ino != self.path.stat().st_ino

    def _shift(self) -> None:
        numbers = sorted((int(one.suffix[1:]) for one in self.path.parent.glob(f"{self.path.name}.*")), reverse=True)
        for number in numbers:
            os.replace(f"{self.path}.{number}", f"{self.path}.{number + 1}")

    def rename(self) -> None:
        """What is written still goes to the old file, until the writer opens the new one."""
        if self.path.exists():
            self._shift()
            os.replace(self.path, f"{self.path}.1")

    def copy_and_truncate(self) -> None:
        if self.path.exists():
            self._shift()
            shutil.copyfile(self.path, f"{self.path}.1")
            os.truncate(self.path, 0)


class Reading:
    """Reads as a run does; what it knows after a restart is its position."""

    def __init__(self, path: Path, format: Format) -> None:
        self.path = path
        self.format = format
        self.position: Position | None = None
        self.values: list[Any] = []
        self.offsets: list[int] = []
        self.notes: list[str] = []
        self.restart()

    def restart(self) -> None:
        self.reader = FollowReader(FileReader("f", self.path, self.format, True, SetClock()))
        self.position = None if self.position is None else json.loads(json.dumps(self.position))

    def step(self) -> bool:
        batch = self.reader.read(self.position, 10_000)
        assert not batch.failed
        self.values += [event[1] for event in batch.events]
        self.offsets += [event[5] for event in batch.events]
        self.notes += batch.notes
        if batch.next == self.position or (self.position is None and not batch.count):
            return False
        self.position = batch.next
        return True

    def drain(self) -> list[Any]:
        while self.step():
            pass
        return self.values


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "app.log")


@pytest.fixture
def reading(log: Log) -> Reading:
    return Reading(log.path, Ndjson(None))


class Story:
    """A log and somebody who follows it, while things happen to both. Its lines are the numbers from 1 on."""

    def __init__(self, path: Path, csv: bool) -> None:
        self.csv = csv
        self.log = Log(path)
        self.reading = Reading(path, Csv(None, False) if csv else Ndjson(None))
        self.count = 0
        self.open = False
        """Whether the last line has no end yet."""
        self.write()
        self.read()

    def half(self) -> None:
        self._end_line()
        self.count += 1
        header = "n\n" if self.csv and not os.fstat(self.log.handle).st_size else ""
        self.log.write(f"{header}{self.count}")
        self.open = True

    def write(self) -> None:
        self.half()
        self._end_line()

    def rename(self) -> None:
        self.log.rename()

    def reopen(self) -> None:
        self._end_line()
        self.log.reopen()

    def truncate(self) -> None:
        if not self.open and not self.log.is_moved:
            self.log.copy_and_truncate()

    def read(self) -> None:
        self.reading.drain()

    def step(self) -> None:
        self.reading.step()

    def restart(self) -> None:
        self.reading.restart()

    def _end_line(self) -> None:
        if self.open:
            self.log.write("\n")
        self.open = False


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from([Story.write, Story.half, Story.rename, Story.reopen, Story.truncate])
        | st.sampled_from([Story.write, Story.read, Story.step, Story.restart]),
        max_size=40,
    ),
    st.booleans(),
)
def test_whatever_happens_to_a_log_each_of_its_lines_comes_once_and_in_order(
    steps: list[Callable[[Story], None]], csv: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder) / "app.log", csv)
        for step in [*steps, Story.reopen, Story.write, Story.read]:
            step(story)
        os.close(story.log.handle)
    found = story.reading
    assert [one["n"] if csv else one for one in found.values] == list(range(1, story.count + 1))
    assert found.offsets == sorted(set(found.offsets))
    assert found.notes == []


def test_the_rest_of_a_file_that_was_renamed_is_read_before_the_new_one(log: Log, reading: Reading) -> None:
    log.write("1\n2\n")
    assert reading.drain() == [1, 2]
    log.write("3\n")
    log.rename()
    log.write("4\n")
    assert reading.drain() == [1, 2, 3, 4]
    log.reopen()
    assert reading.drain() == [1, 2, 3, 4]
    log.write("5\n")
    assert reading.drain() == [1, 2, 3, 4, 5]
    assert reading.offsets == [1, 2, 3, 4, 5]


def test_files_that_were_rotated_away_while_nothing_ran_are_read_in_the_order_of_their_writing(
    log: Log, reading: Reading
) -> None:
    log.write("1\n")
    reading.drain()
    for number in range(2, 13):
        log.rename()
        log.reopen()
        log.write(f"{number}\n")
    reading.restart()
    assert reading.drain() == list(range(1, 13))


def test_rotated_files_with_dates_in_their_names_are_found_too(log: Log, reading: Reading) -> None:
    log.write("1\n")
    reading.drain()
    log.write("2\n")
    for number, name in enumerate(["app-2026-01-01.log", "app.log-20260102", "app.log.2026-01-03T10:00"], 3):
        os.replace(log.path, log.path.with_name(name))
        os.utime(log.path.with_name(name), ns=(number * 10**15, number * 10**15))
        log.reopen()
        log.write(f"{number}\n")
    log.path.with_name("app.log.old").write_text("99\n")
    assert reading.drain() == [1, 2, 3, 4, 5]


def test_the_rest_of_a_file_that_was_copied_and_emptied_comes_from_the_copy(log: Log, reading: Reading) -> None:
    log.write("1\n2\n")
    reading.drain()
    log.write("3\n")
    log.copy_and_truncate()
    assert reading.drain() == [1, 2, 3]
    log.write("4\n")
    assert reading.drain() == [1, 2, 3, 4]
    assert reading.notes == []


def test_a_line_that_a_writer_left_open_counts_once_there_is_a_newer_file(log: Log, reading: Reading) -> None:
    log.write("1\n2")
    assert reading.drain() == [1]
    log.rename()
    assert reading.drain() == [1]
    log.reopen()
    log.write("3\n")
    assert reading.drain() == [1, 2, 3]


def test_a_file_that_is_gone_with_what_was_not_read_of_it_is_told(log: Log, reading: Reading) -> None:
    log.write("1\n2\n")
    reading.drain()
    log.rename()
    os.unlink(f"{log.path}.1")
    log.reopen()
    log.write("3\n")
    assert reading.drain() == [1, 2, 3]
    assert reading.notes == [
        f"the file that {log.path} was before is gone: what came behind its line 2, if anything did, was not read"
    ]


def test_a_file_that_begins_as_before_and_is_shorter_stops_the_source(log: Log, reading: Reading) -> None:
    for number in range(2000):
        log.write(f"{number}\n")
    reading.drain()
    os.truncate(log.path, 5000)
    with pytest.raises(ProviderError, match="begins as before, but is shorter"):
        reading.drain()


def test_a_file_that_is_missing_or_a_folder_is_waited_for_or_refused(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "later.log", Ndjson(None))
    assert reading.drain() == []
    (tmp_path / "later.log").write_text("1\n")
    assert reading.drain() == [1]
    os.unlink(tmp_path / "later.log")
    assert reading.drain() == [1]
    (tmp_path / "later.log").mkdir()
    with pytest.raises(ProviderError, match="is not a file"):
        reading.drain()


def test_a_source_that_begins_to_follow_goes_on_where_it_was(world: World) -> None:
    world.write("a.ndjson", "1", "2")
    source = world.source("a.ndjson", stream=world.stream("s").id)
    world.run()
    world.update("sources", source, follow=True)
    os.replace(world.base / "a.ndjson", world.base / "a.ndjson.1")
    with (world.base / "a.ndjson.1").open("a") as more:
        more.write("3\n")
    world.write("a.ndjson", "4")
    world.run()
    assert world.values("s") == [1, 2, 3, 4]


def test_bad_lines_are_named_by_the_file_and_the_line_where_they_stand(world: World) -> None:
    world.write("a.ndjson", "1", "2")
    world.source("a.ndjson", stream=world.stream("s").id, follow=True)
    world.run()
    os.replace(world.base / "a.ndjson", world.base / "a.ndjson.1")
    with (world.base / "a.ndjson.1").open("a") as more:
        more.write("oops\n")
    world.write("a.ndjson", "4", "{")
    world.run()
    assert world.values("s") == [1, 2, 4]
    told = [
        (one["file"], one["line"], one["reason"].partition(" not")[0]) for one in world.values("a.source.dead_letter")
    ]
    assert told == [
        (f"{world.base}/a.ndjson.1", 3, "a.ndjson.1:3:"),
        (f"{world.base}/a.ndjson", 2, "a.ndjson:2:"),
    ]


@pytest.mark.parametrize("rotate", [Log.rename, Log.copy_and_truncate])
def test_a_table_gets_every_row_once_where_a_run_ended_before_a_rotation(
    world: World, rotate: Callable[[Log], None]
) -> None:
    log = Log(world.base / "app.log")
    world.pipeline("p", world.source("app.log", format="ndjson", follow=True), world.table("t.db"))
    for number in range(1, 60):
        log.write('{"n": oops}\n' if number % 10 == 0 else f'{{"n":{number}}}\n')
        if number == 1 or number % 7 == 0:
            world.run()
        if number % 5 == 0:
            rotate(log)
            log.reopen()
    world.run()
    assert [n for (n,) in world.rows("t.db", "SELECT n FROM events")] == [n for n in range(1, 60) if n % 10]
    assert len(world.values("p.dead_letter")) == 5
