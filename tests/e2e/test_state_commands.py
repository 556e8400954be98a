"""The commands of `stack state` that edit it, go back, and get out of trouble, through the installed stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.shell import Folder, Transcript

STACK = """\
version: 1
name: shop
variables: {salt: {default: a-salt-that-nobody-may-read, sensitive: true}}
defaults: {provider: local}
streams: {orders: {}, large: {partitions: 2}}
destinations:
  archive: {connector: file, path: "out/{{ sha256(var.salt) }}.ndjson", stream: streams.large}
pipelines:
  large: {source: streams.orders, destination: streams.large, operations: [{filter: value.amount >= 100}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", STACK)
    folder.done("apply", "--yes")
    return folder


def test_edits_of_the_state_as_they_are_told(folder: Folder) -> None:
    told = Transcript(folder)
    told.say("state", "mv", "streams.larg", "streams.big")
    told.say("state", "mv", "streams.large", "streams.orders")
    told.say("state", "mv", "streams.large", "sources.large")
    told.say("state", "mv", "streams.large", "streams.large")
    told.say("state", "mv", "large", "streams.big")
    told.say("state", "mv", "streams.large", "streams.big")
    told.say("state", "mv", "streams.big", "streams.large", "--json")
    told.say("state", "rm", "streams.nope")
    told.say("state", "rm", "pipelines.*", "destinations.*")
    told.say("state", "rm", "streams.large", "--json")
    told.say("state", "rollback", "9")
    told.say("state", "rollback", "4")
    told.say("state", "rollback", "4")
    told.say("plan")
    folder.write("copy.json", folder.done("state", "pull").out)
    told.say("state", "rollback", "1")
    folder.write("old.json", folder.read("copy.json").replace('"serial": 7', '"serial": 6'))
    told.say("state", "push", "old.json")
    told.say("state", "push", "copy.json")
    told.say("state", "push", "copy.json", "--force")
    told.say("state", "push", "copy.json", "--json")
    told.say("plan")
    told.compare("state_edits.txt")


def test_a_moved_resource_is_the_same_one_to_the_next_plan(folder: Folder) -> None:
    folder.done("state", "mv", "streams.large", "streams.big")
    folder.write("stack.yaml", STACK.replace("large: {partitions: 2}", "big: {partitions: 2, name: large}"))
    folder.write("stack.yaml", folder.read("stack.yaml").replace("streams.large", "streams.big"))
    assert "No changes. 4 resources match the stackfile." in folder.done("plan").out


def test_every_instance_moves_with_its_declaration(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", "version: 1\nname: s\ndefaults: {provider: local}\nstreams: {a: {for_each: [x, y]}}\n")
    folder.done("apply", "--yes")
    moved = folder.done("state", "mv", "streams.a", "streams.b", "--json").json["moved"]
    assert moved == [{"from": f"streams.a[{key}]", "to": f"streams.b[{key}]"} for key in "xy"]


def test_a_state_of_another_history_goes_in_by_force_only(folder: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    other.write("stack.yaml", STACK)
    other.done("apply", "--yes")
    folder.write("other.json", other.done("state", "pull").out)
    said = folder("state", "push", "other.json")
    assert (said.code, "error[push-lineage]" in said.err) == (3, True)
    assert folder.done("state", "push", "other.json", "--force").code == 0
    lineage = json.loads(folder.done("state", "pull").out)["lineage"]
    assert lineage == json.loads(other.done("state", "pull").out)["lineage"]
    assert "error[scope-changed]" in folder("plan").err


NO_STATES: dict[str, tuple[Callable[[str], str] | None, str]] = {
    "cut short": (lambda text: text[:-40], "push-damaged"),
    "edited by hand": (lambda text: text.replace("stream:large", "stream:other"), "push-damaged"),
    "of another stack": (None, "state-other-stack"),
    "no state": (lambda text: "{}", "push-damaged"),
    "newer": (lambda text: text.replace('"format_version": 1', '"format_version": 9'), "state-newer"),
}


@pytest.mark.parametrize("what", NO_STATES)
def test_what_is_no_state_of_this_stack_is_refused_also_by_force(what: str, folder: Folder, tmp_path: Path) -> None:
    change, code = NO_STATES[what]
    copy = folder.done("state", "pull").out
    if change is None:
        other = Folder(tmp_path / "other")
        other.write("stack.yaml", STACK.replace("name: shop", "name: bakery"))
        other.done("apply", "--yes")
        folder.write("copy.json", other.done("state", "pull").out)
    else:
        folder.write("copy.json", change(copy))
    before = folder.files()
    said = folder("state", "push", "copy.json", "--force")
    assert (said.code, f"error[{code}]" in said.err) == (1, True)
    assert folder.files() == before


def test_nothing_is_pulled_where_nothing_was_applied(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", STACK)
    for command in (["pull"], ["mv", "streams.a", "streams.b"], ["rm", "streams.a"]):
        said = folder("state", *command)
        assert (said.code, said.out, "error[state-none]" in said.err) == (1, "", True)
    assert folder.done("state", "history").out == "No copy is kept yet: the first apply makes one.\n"
    assert folder.done("state", "history", "--json").json == []


def test_a_damaged_state_is_gone_back_from_with_all_that_was_recorded(folder: Folder) -> None:
    state = folder.path / ".stack/default/state.json"
    harmed = state.read_bytes()[:90]
    state.write_bytes(harmed)
    said = folder("plan")
    assert "stack state history" in said.err
    command = said.err.rstrip().rpartition(": ")[2].split()
    history = folder.done("state", "history", "--json").json
    assert [(one["serial"], one["intact"], one["current"]) for one in history] == [(2, True, False), (1, True, False)]
    assert folder.done("lock", "show").out == "Nobody holds the lock.\n"
    folder.done(*command[1:])
    assert "No changes. 4 resources match the stackfile." in folder.done("plan").out
    assert (folder.path / ".stack/default/state.json.damaged").read_bytes() == harmed


def test_a_damaged_copy_is_named_and_refused(folder: Folder) -> None:
    (folder.path / ".stack/default/history/00000001.json").write_bytes(b"")
    assert "DAMAGED" in folder.done("state", "history").out
    said = folder("state", "rollback", "1")
    assert (said.code, "error[generation-damaged]" in said.err, "Whole copies: 2." in said.err) == (1, True, True)


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", STACK)
    folder.write(".stack", "in the way")
    said = folder("apply", "--yes")
    assert (said.code, "chmod" in said.err) == (1, False)
    assert ".stack is a file, and a folder is needed there: mv .stack .stack.file" in said.err


def test_no_secret_is_in_what_is_pulled_or_kept(folder: Folder) -> None:
    said = folder.done("state", "pull")
    kept = b"".join(folder.files(but=["stack.yaml", "out"]).values())
    assert "a-salt-that-nobody-may-read" not in said.both
    assert b"a-salt-that-nobody-may-read" not in kept
