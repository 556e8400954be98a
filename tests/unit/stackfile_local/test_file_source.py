"""Files as sources, through whole runs: what is read, what is not, and how a file is told from another one."""

from __future__ import annotations

import os
from typing import Any

import pytest

from stackfile.errors import ProviderError
from stackfile_local.engine.readers import file as file_reader
from tests.unit.stackfile_local.world import World


def feed(world: World, path: str, **body: Any) -> None:
    """A source that feeds the stream `s` by itself."""
    world.source(path, stream=world.stream("s").id, **body)


def test_lines_become_events_with_their_line_as_offset_and_their_key(world: World) -> None:
    world.write("a.csv", "id,name", "7,x", "8,", "9,z")
    feed(world, "a.csv", key="id")
    (done,) = world.run()
    assert (done.name, done.read, done.written, done.failed, done.done) == ("a", 3, 3, 0, True)
    now = int(world.clock.seconds * 1000)
    assert world.events("s") == [
        (7, {"id": 7, "name": "x"}, None, now, 0, 0),
        (8, {"id": 8, "name": None}, None, now, 0, 1),
        (9, {"id": 9, "name": "z"}, None, now, 0, 2),
    ]


def test_a_second_run_reads_only_what_was_added(world: World) -> None:
    file = world.write("a.ndjson", "1", "2")
    feed(world, "a.ndjson")
    world.run()
    assert [one.read for one in world.run()] == [0]
    with file.open("a") as more:
        more.write("3\n4")
    assert [one.read for one in world.run()] == [2]
    with file.open("a") as more:
        more.write("\n5\n")
    world.run()
    assert world.values("s") == [1, 2, 3, 4, 5]


def test_files_of_many_blocks_are_read_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "BLOCK", 64)
    world.write("a.csv", "n,text", *(f'{n},"{"é" * (n % 50)}"' for n in range(500)))
    feed(world, "a.csv")
    (done,) = world.run()
    assert (done.read, done.failed) == (500, 0)
    assert world.values("s") == [{"n": n, "text": "é" * (n % 50) or None} for n in range(500)]


def test_a_record_that_spans_blocks_is_read_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "BLOCK", 64)
    world.write("a.csv", "n,text", '1,"' + "\n".join(["x" * 20] * 2) + '"', "2,y")
    feed(world, "a.csv")
    world.run()
    assert world.values("s") == [{"n": 1, "text": "\n".join(["x" * 20] * 2)}, {"n": 2, "text": "y"}]


def test_a_mark_of_the_encoding_is_no_part_of_the_first_column(world: World) -> None:
    world.write("a.csv", b"\xef\xbb\xbfid", "1")
    world.write("b.ndjson", b'\xef\xbb\xbf{"id":1}', '{"id":2}')
    feed(world, "a.csv")
    world.source("b.ndjson", stream="stream:s")
    world.run()
    world.run()
    assert world.values("s") == [{"id": 1}, {"id": 1}, {"id": 2}]


def test_windows_line_ends_are_line_ends(world: World) -> None:
    (world.base / "a.csv").write_bytes(b"id,name\r\n1,x\r\n2,y\r\n")
    feed(world, "a.csv")
    world.run()
    assert world.values("s") == [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]


def test_an_empty_file_and_one_of_only_a_header_have_no_events(world: World) -> None:
    world.write("a.csv")
    world.write("b.csv", "id,name")
    feed(world, "a.csv")
    world.source("b.csv", stream="stream:s")
    assert [(one.read, one.failed) for one in world.run()] == [(0, 0), (0, 0)]


def test_a_line_that_is_too_long_is_failed_without_being_held(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "BLOCK", 64)
    monkeypatch.setattr(file_reader, "LONGEST_LINE", 128)
    world.write("a.ndjson", "1", '"' + "x" * 1000 + '"', "2")
    feed(world, "a.ndjson")
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (3, 2, 1)
    assert world.values("s") == [1, 2]
    (dead,) = world.values("a.source.dead_letter")
    assert (dead["reason"], dead["line"]) == ("a.ndjson:2: a line of 1003 B: at most 128B", 2)
    assert len(dead["text"]) < 300


def test_a_file_that_begins_otherwise_is_another_file_and_is_read_from_its_start(world: World) -> None:
    world.write("a.ndjson", "1", "2", "3")
    feed(world, "a.ndjson")
    world.run()
    world.write("a.ndjson", "7", "8", "9", "10")  # in place: the same inode, and longer
    world.run()
    assert world.values("s") == [1, 2, 3, 7, 8, 9, 10]
    says = world.metrics("sources", world.all("sources")[0]).says
    assert says == (f"{world.base}/a.ndjson is another file now: read from its start",)


def test_a_shorter_file_that_begins_otherwise_is_another_file_too(world: World) -> None:
    world.write("a.ndjson", "1", "2", "3")
    feed(world, "a.ndjson")
    world.run()
    world.write("a.ndjson", "7")
    world.run()
    assert world.values("s") == [1, 2, 3, 7]


def test_a_file_that_was_written_anew_with_the_same_beginning_is_read_on(world: World) -> None:
    world.write("a.ndjson", "1", "2")
    feed(world, "a.ndjson")
    world.run()
    world.write("new", "1", "2", "3")
    os.replace(world.base / "new", world.base / "a.ndjson")
    world.run()
    assert world.values("s") == [1, 2, 3]


def test_a_file_that_was_cut_stops_its_source_and_nothing_is_read_twice(world: World) -> None:
    lines = [str(n) for n in range(2000)]
    file = world.write("a.ndjson", *lines)
    feed(world, "a.ndjson")
    world.run()
    os.truncate(file, 5000)
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert str(caught.value) == (
        f"source a: {file} begins as before, but is shorter than what was read of it "
        "(5,000 of 8,890 bytes): put the rest back, or take another path"
    )
    metrics = world.metrics("sources", world.all("sources")[0])
    assert (metrics.state, metrics.well) == ("failed", False)
    world.write("a.ndjson", *lines, "2000")
    world.run()
    assert world.values("s") == list(range(2001))
    assert world.metrics("sources", world.all("sources")[0]).well


def test_an_emptied_file_waits_for_what_comes(world: World) -> None:
    file = world.write("a.ndjson", "1", "2")
    feed(world, "a.ndjson")
    world.run()
    os.truncate(file, 0)
    assert [one.read for one in world.run()] == [0]
    world.write("a.ndjson", "3")
    world.run()
    assert world.values("s") == [1, 2, 3]


def test_a_missing_file_is_named_and_everything_else_goes_on(world: World) -> None:
    world.write("b.ndjson", "1")
    feed(world, "gone.ndjson")
    world.source("b.ndjson", stream="stream:s")
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert str(caught.value) == f"source gone: there is no file {world.base}/gone.ndjson"
    assert world.values("s") == [1]


def test_a_problem_that_is_gone_is_told_no_more_also_when_nothing_moves(world: World) -> None:
    feed(world, "a.ndjson")
    with pytest.raises(ProviderError):
        world.run()
    world.write("a.ndjson")
    world.run()
    assert world.metrics("sources", world.all("sources")[0]).well


def test_what_is_not_a_file_is_not_waited_for(world: World) -> None:
    os.mkfifo(world.base / "pipe.ndjson")
    (world.base / "folder.csv").mkdir()
    feed(world, "pipe.ndjson")
    world.source("folder.csv", stream="stream:s")
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert str(caught.value) == (
        f"source folder: {world.base}/folder.csv is not a file; source pipe: {world.base}/pipe.ndjson is not a file"
    )


@pytest.mark.parametrize(
    ("lines", "says"),
    [(["a,,c", "1,2,3"], "column 2 has no name"), (["a,b,a"], "two columns are named `a`")],
)
def test_a_file_whose_first_line_names_no_columns_is_refused(world: World, lines: list[str], says: str) -> None:
    file = world.write("a.csv", *lines)
    feed(world, "a.csv")
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert str(caught.value) == f"source a: {file}:1: {says}"


def test_bad_lines_go_to_the_dead_letters_with_file_line_and_reason(world: World) -> None:
    file = world.write("a.csv", "id,name", "1,x", "2", "3,z", '4,"open', "5,e")
    feed(world, "a.csv")
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (5, 3, 2)
    assert [value["id"] for value in world.values("s")] == [1, 3, 5]
    origin = {"source": "a", "file": str(file)}
    assert world.values("a.source.dead_letter") == [
        {"reason": "a.csv:3: 1 cells where there are 2 columns", **origin, "line": 3, "text": "2"},
        {"reason": "a.csv:5: not CSV: a quote is opened and never closed", **origin, "line": 5, "text": '4,"open'},
    ]


def test_a_followed_file_is_read_as_it_grows_and_a_line_without_its_end_waits(world: World) -> None:
    file = world.write("a.ndjson", "1")
    feed(world, "a.ndjson", follow=True)
    seen: list[list[Any]] = []

    def later(text: str) -> None:
        seen.append(world.values("s"))
        with file.open("a") as more:
            more.write(text)

    world.clock.naps = [lambda: later("2"), lambda: later("3\n4\n"), lambda: later("")]
    world.run(until_idle=False, stop=lambda: not world.clock.naps)
    assert seen == [[1], [1], [1, 23, 4]]


def test_a_followed_file_may_come_later(world: World) -> None:
    feed(world, "a.ndjson", follow=True)
    world.clock.naps = [lambda: None, lambda: (world.base / "a.ndjson").write_text("1\n"), lambda: None]
    world.run(until_idle=False, stop=lambda: not world.clock.naps)
    assert world.values("s") == [1]


def test_the_position_is_about_a_source_not_about_its_name(world: World) -> None:
    world.write("a.ndjson", "1")
    feed(world, "a.ndjson")
    world.run()
    world.delete("sources", world.all("sources")[0])
    world.source("a.ndjson", stream="stream:s")
    world.run()
    assert world.values("s") == [1, 1]
