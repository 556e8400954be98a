"""A state that was lost, found again from what is live: proposed, asked for, and nothing taken silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.shell import Folder, Transcript

SHOP = """\
version: 1
name: shop
variables: {salt: {default: a-salt-that-nobody-may-read, sensitive: true}}
defaults: {provider: local, name: "eu-{{ self.slug }}"}
sources: {orders: {connector: file, path: orders.ndjson, stream: streams.orders}}
streams: {orders: {}, large: {partitions: 2, for_each: [a, b]}}
destinations:
  file: {connector: file, format: ndjson, path: "{{ sha256(var.salt) }}", stream: "{{ streams.large['a'] }}"}
pipelines:
  large: {source: streams.orders, destination: "{{ streams.large['a'] }}", operations: [{filter: value.amount >= 1}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", SHOP)
    folder.done("apply", "--yes")
    lose_state(folder)
    return folder


def lose_state(folder: Folder) -> None:
    """All of the state, and nothing of the engine."""
    for path in sorted((folder.path / ".stack/default").rglob("*"), reverse=True):
        if path.is_file() and path.parent.name != "engine":
            path.unlink()


def test_what_is_live_is_proposed_and_taken_by_a_yes(folder: Folder) -> None:
    told = Transcript(folder)
    told.say("state", "rebuild")
    told.say("state", "list")
    told.say("state", "rebuild", "--yes")
    told.say("plan")
    told.say("state", "rebuild", "--yes")
    told.note("one is forgotten, and another declared that is not there")
    told.say("state", "rm", "pipelines.large")
    folder.replace("partitions: 2", "partitions: 3")
    folder.write(
        "stack.yaml", folder.read("stack.yaml") + "  new: {source: streams.orders, destination: streams.orders2}\n"
    )
    folder.replace("streams: {orders: {},", "streams: {orders: {}, orders2: {},")
    told.say("state", "rebuild", "--yes", "--json")
    told.compare("rebuild.txt")
    assert b"a-salt-that-nobody-may-read" not in b"".join(folder.files(but=["stack.yaml"]).values())


def test_a_no_takes_nothing(folder: Folder) -> None:
    said = folder.dialogue("state", "rebuild", answers=[("Only `yes` is a yes: ", "no")])
    assert (said.code, "Nothing was changed." in said.out) == (1, True)
    assert folder.done("state", "list").out == "The state holds no resource.\n"


def test_an_object_that_two_resources_could_be_is_left_to_a_person(folder: Folder) -> None:
    folder.write(
        "stack.yaml",
        SHOP + "  twin: {source: streams.orders, destination: \"{{ streams.large['b'] }}\", name: eu-large}\n",
    )
    said = folder("state", "rebuild", "--yes")
    assert said.code == 2
    assert "Not told apart, and left alone:\n  pipelines.large may be proc_" in said.out
    assert "    stack import pipelines.twin proc_" in said.out
    assert "pipelines" not in folder.done("state", "list").out


def test_where_nothing_is_live_nothing_is_proposed(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", "version: 1\nname: s\ndefaults: {provider: local}\nstreams: {a: {}}\n")
    said = folder.done("state", "rebuild")
    assert said.out == "Not found live, and to be made by the next apply: streams.a.\n"
    folder.done("apply", "--yes")
    assert folder.done("state", "rebuild").out == "Nothing to do: every resource of the stackfile is in the state.\n"
