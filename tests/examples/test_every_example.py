"""Every example validates, plans, applies, runs to the counts of its input, has nothing left to do, and goes again."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.shell import Folder

EXAMPLES = Path(__file__).parents[2] / "examples"
SALT = "a-salt-that-nobody-guesses"
OTHERS = {"custom-provider", "fraud-detection", "planasonix-cdc", "redpanda-connect", "streamkap-cdc"}
"""Examples that need more around them, which have tests of their own."""
FOLDERS = sorted(f.name for f in EXAMPLES.iterdir() if (f / "stack.yaml").exists() and f.name not in OTHERS)


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    folder = tmp_path / str(request.param)
    shutil.copytree(EXAMPLES / str(request.param), folder, ignore=shutil.ignore_patterns(".stack", "out"))
    return Folder(folder, {"STACK_VAR_salt": SALT})


def rows(database: Path, table: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.parametrize("example", FOLDERS, indirect=True)
def test_an_example_lives_its_whole_life(example: Folder) -> None:
    assert example("validate").code == 0
    assert example("plan", "--detailed-exitcode").code == 2
    assert example("apply", "--yes").code == 0
    assert example("run", "--until-idle").code == 0
    after = example("plan", "--detailed-exitcode")
    assert after.code == 0, after.both
    assert "No changes." in after.out
    example.write("stack.yaml", example.read("stack.yaml").replace("prevent_destroy: true", "prevent_destroy: false"))
    assert example("apply", "--yes").code == 0
    gone = example("destroy", "--yes", "--allow", "data_loss=*")
    assert gone.code == 0, gone.both
    assert example("state", "list").out == "The state holds no resource.\n"


@pytest.mark.parametrize("example", ["flights"], indirect=True)
def test_the_flights_are_as_many_as_in_the_file(example: Folder) -> None:
    with (example.path / "data/flights_sample.csv").open(newline="") as lines:
        flights = list(csv.DictReader(lines))
    late = [row for row in flights if row["dep_delay"] != "NA" and int(row["dep_delay"]) >= 60]
    example("apply", "--yes")
    said = example("run", "--until-idle", "--json")
    assert said.code == 0
    assert rows(example.path / "out/flights.db", "late") == len(late)
    written = [json.loads(line) for line in example.read("out/late.ndjson").splitlines()]
    assert sorted(row["dep_delay"] for row in written) == sorted(int(row["dep_delay"]) for row in late)


@pytest.mark.parametrize("example", ["orders"], indirect=True)
def test_the_orders_that_are_large_arrive_and_the_bad_line_is_kept(example: Folder) -> None:
    example("apply", "--yes")
    example("run", "--until-idle")
    assert rows(example.path / "out/orders.db", "large_orders") == 3
    status = example("status").out
    assert "orders_eu.ndjson:4: not JSON" in status
    refused = example("destroy", "--yes")
    assert refused.code == 3
    assert "prevent_destroy" in refused.err
    texts = [file.read_bytes() for file in example.path.rglob("*") if file.is_file()]
    assert not any(SALT.encode() in text for text in texts)
