"""A provider that is connected elsewhere: refused, until somebody says that it is on purpose."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stackfile.address import Address
from stackfile.state.local import LocalStore
from stackfile.state.store import Entry, EntryType, Holder
from tests.e2e.shell import Folder

STACK = """\
version: 1
name: shop
variables: {engine: {default: engine}}
providers: {local: {data_dir: "{{ var.engine }}"}}
defaults: {provider: local}
streams: {orders: {}, large: {}}
pipelines: {large: {source: streams.orders, destination: streams.large}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", STACK)
    folder.done("apply", "--yes")
    folder.env["STACK_VAR_engine"] = "other"
    return folder


def make_other(folder: Folder) -> None:
    """Another engine, with one of the three objects in it."""
    folder.write(
        "made/stack.yaml",
        "version: 1\nname: made\nproviders: {local: {data_dir: ../other}}\ndefaults: {provider: local}\n"
        "streams: {orders: {}}\n",
    )
    folder.done("apply", "--yes", "-C", "made")


def test_an_engine_that_is_gone_for_good_is_left_behind(folder: Folder) -> None:
    refused = folder("plan")
    assert (refused.code, "stack state rescope local" in refused.err) == (1, True)
    shutil.rmtree(folder.path / "engine")
    said = folder.done("state", "rescope", "local", "--yes")
    assert "local is new and empty. By the state its objects are in:" in said.out
    assert "Of these 3 objects 0 are there by id." in said.out
    assert folder.done("apply", "--yes").out.count("Resources: 3 added, 0 changed, 0 destroyed") == 1
    assert "No changes." in folder.done("plan").out


def test_what_is_there_and_what_is_not_is_said_before_the_question(folder: Folder) -> None:
    make_other(folder)
    before = folder.files(but=["other"])
    said = folder("state", "rescope", "local")
    assert (said.code, "error[needs-yes]" in said.err) == (3, True)
    assert "stack state rescope local --yes" in said.err
    assert "Of these 3 objects 1 is there by id." in said.out
    assert "Not there: streams.large. The next plan makes it anew; an old one may live on." in said.out
    assert {name: data for name, data in folder.files(but=["other"]).items() if "token" not in name} == {
        name: data for name, data in before.items() if "token" not in name
    }
    found = folder.done("state", "rescope", "local", "--yes", "--json").json
    assert (found["missing"], found["serial"]) == (["pipelines.large", "streams.large"], 3)
    assert "2 to create" in folder.done("plan").out


def test_a_no_changes_nothing(folder: Folder) -> None:
    make_other(folder)
    said = folder.dialogue("state", "rescope", "local", answers=[("Only `yes` is a yes: ", "no")])
    assert (said.code, "Nothing was changed." in said.out) == (1, True)
    assert "error[scope-changed]" in folder("plan").err


def test_where_nothing_moved_there_is_nothing_to_do(folder: Folder) -> None:
    del folder.env["STACK_VAR_engine"]
    assert "Nothing to do" in folder.done("state", "rescope", "local").err
    said = folder("state", "rescope", "loca")
    assert (said.code, "error[provider-unused]" in said.err, "did you mean local?" in said.err) == (1, True, True)


def test_a_call_that_was_left_open_elsewhere_is_given_up_and_named(folder: Folder) -> None:
    async def leave_open() -> None:
        store = LocalStore(folder.path / ".stack/default", "shop", "default")
        state = (await store.read()).state
        assert state is not None
        address = Address("streams", "large")
        lease = await store.acquire(Holder("ana", "stack apply", "20261121T031204Z-7k2"))
        at = datetime(2026, 11, 21, tzinfo=UTC)
        record = state.records[address]
        await lease.append(
            [Entry(EntryType.INTENT, address, "update", "local", id=record.id, sent={}, record=record, at=at)]
        )
        await lease.release()

    asyncio.run(leave_open())
    make_other(folder)
    assert folder("recover").code == 1
    said = folder.done("state", "rescope", "local", "--yes")
    assert "A call on streams.large has no recorded answer; what it did there is not looked at." in said.out
    assert folder.done("recover").err == "Nothing to recover.\n"
