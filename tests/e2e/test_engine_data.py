"""An engine's data that were harmed: told by stream and offsets, and mended."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.e2e.shell import Folder

DATA = ".stack/default/engine"


def test_damaged_events_are_told_and_the_engine_goes_on_without_them(running: Folder) -> None:
    whole = f"The engine in {DATA} is whole: 5 events of 2 streams were read."
    assert running.done("engine", "check", "--data", DATA).out == f"{whole}\n"
    assert running.done("engine", "mend", "--data", DATA).out == f"{whole} Nothing was changed.\n"
    with closing(sqlite3.connect(running.path / DATA / "engine.db")) as database, database:
        database.execute(
            "UPDATE batches SET data = X'7B' WHERE stream IN (SELECT seq FROM objects WHERE name = 'orders')"
        )
    lost = "stream orders, partition 0: offsets 0 to 2 are damaged: its checksum does not fit"
    checked = running("engine", "check", "--data", DATA)
    assert (checked.code, checked.out) == (1, "")
    assert checked.err == (
        f"error[engine-damaged]: {lost}\n  To go on without what cannot be read: stack engine mend --data {DATA}\n"
    )
    said = running("engine", "check", "--data", DATA, "--json")
    assert said.lines[0] == {
        **{"type": "engine_check", "whole": False, "streams": 2, "events": 2, "lost": [lost], "amiss": []}
    }
    assert running.done("engine", "mend", "--data", DATA).out == (
        f"The engine in {DATA} goes on with what could be read: 2 events of 2 streams.\n"
        f"Lost:\n  {lost}\n"
        f"The damaged data are kept in {DATA}/engine.db.damaged\n"
    )
    assert "2 events of 2 streams" in running.done("engine", "check", "--data", DATA).out
    assert running.done("plan", "--detailed-exitcode").code == 0
    running.done("run", "--until-idle")


def test_where_there_is_no_engine_none_is_made(shop: Folder) -> None:
    said = shop("engine", "check", "--data", "none")
    assert (said.code, said.err) == (1, f"error[not-found]: there is no engine in {shop.path}/none\n")
    assert not (shop.path / "none").exists()
