"""Pausing, holding and releasing, through the installed stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.shell import Folder, Transcript

SHOP = """\
version: 1
name: shop
defaults: {provider: local}
sources: {orders: {connector: file, path: orders.ndjson, stream: streams.orders}}
streams: {orders: {}, large: {}, small: {}}
pipelines:
  large:
    {source: streams.orders, destination: streams.large, status: running, operations: [{filter: value.amount >= 100}]}
  small: {source: streams.orders, destination: streams.small}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", SHOP)
    folder.write("orders.ndjson", '{"amount": 120}\n{"amount": 45}\n')
    folder.done("apply", "--yes")
    return folder


def test_what_is_held_stays_until_it_is_released(folder: Folder) -> None:
    told = Transcript(folder)
    told.say("pause", "pipelines.large", "--hold", "INC-4312")
    told.say("pause", "pipelines.large")
    told.say("resume", "pipelines.large")
    told.say("plan")
    told.note("a field that is not the status changes")
    folder.replace("value.amount >= 100", "value.amount >= 40")
    told.say("apply", "--yes")
    told.say("run", "--until-idle")
    told.say("status", "pipelines.*")
    told.say("plan", "--replace", "pipelines.large")
    told.say("release", "pipelines.large")
    told.say("plan")
    told.say("apply", "--yes")
    told.say("run", "--until-idle")
    told.compare("run_state.txt")


def test_a_hold_that_expired_is_told_once_and_dropped(folder: Folder) -> None:
    folder.done("pause", "pipelines.large", "--hold", "short", "--until", "1ms")
    said = folder.done("plan").out
    assert 'No longer held: pipelines.large, paused (ana, "short", until ' in said
    assert 'status:               "paused" -> "running"' in said
    assert "(held)" not in folder.done("status").out
    drifted = folder("drift")
    assert (drifted.code, "held" in drifted.out) == (2, False)
    folder.done("apply", "--yes")
    said = folder.done("plan").out
    assert "held" not in said
    assert "No changes." in said


def test_a_status_that_nobody_wrote_is_nobodys(folder: Folder) -> None:
    assert folder.done("stop", "pipelines.small").out == "pipelines.small   running -> stopped\n"
    assert "No changes." in folder.done("plan").out
    assert "stopped" in folder.done("status").out
    assert folder.done("start", "pipelines.small", "--json").json["resources"][0]["changed"] is True
    assert folder.done("start", "pipelines.small").out == "pipelines.small   already running\n"


def test_a_held_resource_that_is_lost_is_made_anew_in_that_status(folder: Folder) -> None:
    folder.done("pause", "pipelines.small", "--hold", "INC-4312", "--until", "3h")
    folder.done("apply", "--yes", "--replace", "pipelines.small")
    (row,) = folder.done("status", "pipelines.small", "--json").json["resources"]
    assert (row["state"], row["held"]) == ("paused", True)
    assert folder.done("state", "show", "pipelines.small", "--json").json["hold"]["reason"] == "INC-4312"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["pause", "streams.orders"], 1, "error[operation-unknown]: streams.orders: a local stream has no `pause`"),
        (["pause", "streams.*"], 1, "What can: pipelines.large, pipelines.small"),
        (["pause", "pipelines.larg"], 1, "did you mean pipelines.large?"),
        (["pause", "nope"], 64, "'nope' is no address"),
        (["stop", "pipelines.large", "--hold", " "], 64, "a hold needs a reason"),
        (["stop", "pipelines.large", "--until", "3h"], 64, "--until is of a hold"),
        (["stop", "pipelines.large", "--hold", "x", "--until", "2020-01-01T00:00Z"], 64, "2020-01-01T00:00Z is past"),
        (["stop", "pipelines.large", "--hold", "x", "--until", "2090-01-01T00:00"], 64, "write 2090-01-01T00:00Z"),
        (["stop", "pipelines.large", "--hold", "x", "--until", "soon"], 64, "soon is no time"),
        (["release", "pipelines.large"], 1, "error[not-held]: no hold on pipelines.large"),
        (["pause"], 64, "Missing argument 'ADDRESS...'"),
    ],
)
def test_what_cannot_be_is_told_with_a_way_out(arguments: list[str], code: int, says: str, folder: Folder) -> None:
    said = folder(*arguments)
    assert (said.code, said.out) == (code, "")
    assert says in said.err


def test_what_was_not_applied_cannot_be_paused(folder: Folder) -> None:
    folder.write("stack.yaml", SHOP + "  new: {source: streams.orders, destination: streams.small, name: new}\n")
    said = folder("pause", "pipelines.new")
    assert (said.code, "error[not-applied]" in said.err) == (1, True)
