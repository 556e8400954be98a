from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackfile.errors import ProviderError
from stackfile_local.engine.sinks.lines import CsvLines
from tests.unit.stackfile_local.world import World


def written(world: World, path: str) -> str:
    return (world.base / path).read_bytes().decode()


def drain(world: World, path: str, *values: Any, **body: Any) -> None:
    """A destination that drains the stream `s`, with these events in it, run once."""
    stream = world.stream("s")
    world.append("s", *values)
    world.file(path, stream=stream.id, **body)
    world.run()


def test_missing_folders_are_made_and_an_unused_file_is_empty(world: World) -> None:
    drain(world, "a/b/c.ndjson")
    assert written(world, "a/b/c.ndjson") == ""


def test_any_json_value_is_a_line_of_ndjson(world: World) -> None:
    drain(world, "out.ndjson", {"a": "é\n"}, [1, None], "x", 2**70)
    assert written(world, "out.ndjson") == '{"a":"é\\n"}\n[1,null]\n"x"\n1180591620717411303424\n'


def test_a_file_that_is_there_is_added_to(world: World) -> None:
    (world.base / "out.ndjson").write_text('"mine"')
    drain(world, "out.ndjson", 1, 2)
    world.append("s", 3)
    world.run()
    assert written(world, "out.ndjson") == '"mine"\n1\n2\n3\n'


def test_between_runs_a_file_may_be_added_to_emptied_or_deleted(world: World) -> None:
    drain(world, "out.csv", {"a": 1})
    file = world.base / "out.csv"
    with file.open("a") as more:
        more.write("mine\n")
    world.append("s", {"a": 2})
    world.run()
    assert written(world, "out.csv") == "a\n1\nmine\n2\n"
    os.truncate(file, 0)
    world.append("s", {"a": 3})
    world.run()
    assert written(world, "out.csv") == "a\n3\n"
    file.unlink()
    world.append("s", {"a": 4})
    world.run()
    assert written(world, "out.csv") == "a\n4\n"


def test_what_is_not_a_file_is_not_written(world: World) -> None:
    os.mkfifo(world.base / "pipe.ndjson")
    with pytest.raises(ProviderError, match=r"cannot write .*/pipe.ndjson: it is not a file"):
        drain(world, "pipe.ndjson", 1)


def test_what_a_killed_run_left_behind_the_known_length_is_cut_off(world: World) -> None:
    drain(world, "out.ndjson", 1, 2)
    with world.local.store.transaction() as transaction:
        transaction.execute("""UPDATE outputs SET position = '{"state": "open", "length": 4}'""")
    with (world.base / "out.ndjson").open("a") as more:
        more.write("3\n4")
    world.append("s", 3)
    world.run()
    assert written(world, "out.ndjson") == "1\n2\n3\n"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda file: file.rename(file.with_name("moved")), id="moved"),
        pytest.param(lambda file: file.unlink(), id="deleted"),
        pytest.param(lambda file: os.truncate(file, 0), id="emptied"),
    ],
)
def test_a_file_that_is_taken_away_during_a_run_is_told_of_and_begun_anew_and_no_event_is_lost(
    world: World, spoil: Callable[[Path], object]
) -> None:
    drain(world, "out.ndjson", 1)
    file = world.base / "out.ndjson"
    world.clock.naps = [lambda: spoil(file), lambda: world.append("s", 2), *[lambda: None] * 30]
    world.run(until_idle=False, stop=lambda: not world.clock.naps)
    assert written(world, "out.ndjson") == "2\n"
    says = f"cannot write {file}: it was moved, cut or deleted while a run had it open"
    assert [one.problem for one in world.told if one.problem] == [says]


def test_columns_are_those_of_the_first_events_and_another_field_fails(world: World) -> None:
    drain(world, "out.csv", {"a": 1}, {"b": True, "a": None}, 7, {})
    world.append("s", {"a": 2, "c": 3}, {"b": False})
    world.run()
    assert written(world, "out.csv") == "a,b\n1,\n,true\n,\n,false\n"
    assert [value["reason"] for value in world.values("out.destination.dead_letter")] == [
        "not an object, so it has no columns",
        "there is no column `c`",
    ]


def test_declared_columns_choose_among_the_fields(world: World) -> None:
    drain(world, "out.csv", {"a": 1, "b": 2, "c": 3}, {"c": [1, "x"]}, columns=["c", "a"])
    assert written(world, "out.csv") == 'c,a\n3,1\n"[1,""x""]",\n'


def test_a_csv_file_that_is_there_gives_the_columns(world: World) -> None:
    (world.base / "out.csv").write_text("b,a\n8,9\n")
    drain(world, "out.csv", {"a": 1, "b": 2})
    assert written(world, "out.csv") == "b,a\n8,9\n2,1\n"


def test_a_csv_file_with_other_columns_than_declared_is_left_alone(world: World) -> None:
    (world.base / "out.csv").write_text("x,y\n")
    with pytest.raises(ProviderError) as caught:
        drain(world, "out.csv", {"a": 1}, columns=["a"])
    assert str(caught.value) == (
        f"destination out: cannot go on writing {world.base}/out.csv: its columns are x, y, and declared are a"
    )
    assert written(world, "out.csv") == "x,y\n"


def test_cells_that_hold_separators_are_quoted() -> None:
    lines = CsvLines(("a",))
    data, refused = lines.encode([{"a": 'x,"y"\nz'}, {"a": 1.5}, {"a": -0.0}])
    assert (lines.first_line() + data, refused) == (b'a\n"x,""y""\nz"\n1.5\n-0.0\n', [])


def test_two_pipelines_write_one_file_one_after_the_other(world: World) -> None:
    stream = world.stream("s")
    world.append("s", *range(4))
    file = world.file("out.ndjson")
    world.pipeline("even", stream, file, operations=[{"filter": "value % 2 == 0"}])
    world.pipeline("odd", stream, file, operations=[{"filter": "value % 2 == 1"}])
    world.run()
    assert written(world, "out.ndjson") == "0\n2\n1\n3\n"
    world.append("s", 4, 5)
    world.run()
    assert written(world, "out.ndjson") == "0\n2\n1\n3\n4\n5\n"
