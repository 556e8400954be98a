"""A new key for secrets at rest, through the installed stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.shell import Folder

SHOP = """\
version: 1
name: shop
variables:
  salt: {default: a-salt-that-nobody-may-read, sensitive: true}
defaults: {provider: local}
streams: {orders: {}}
destinations:
  file: {connector: file, format: ndjson, path: "{{ sha256(var.salt) }}", stream: streams.orders}
outputs: {salt: {value: "{{ var.salt }}", sensitive: true}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", SHOP)
    folder.done("apply", "--yes")
    return folder


def key(folder: Folder) -> bytes:
    return (folder.path / ".stack/default/secret.key").read_bytes()


def test_what_the_stackfile_knows_is_under_the_new_key(folder: Folder) -> None:
    before = key(folder)
    assert folder.done("state", "rekey").err == "2 secrets under the new key. The state is serial 3.\n"
    assert key(folder) != before
    said = folder.done("plan")
    assert ("No changes." in said.out, said.err) == (True, "")


def test_a_secret_that_changed_since_is_still_a_change(folder: Folder) -> None:
    folder.env["STACK_VAR_salt"] = "another-salt"
    said = folder.done("state", "rekey")
    assert "The stackfile has another value than was applied, and the next apply sends it:" in said.err
    assert "  destinations.file path\n  outputs salt" in said.err
    plan = folder.done("plan").out
    assert "path:                 (sensitive, changed)" in plan
    assert "drift" not in plan
    assert "another-salt" not in said.both


def test_a_secret_that_nobody_knows_any_more_is_named(folder: Folder) -> None:
    folder.write("stack.yaml", SHOP.replace("  file: {", "  other: {").partition("outputs")[0])
    said = folder.done("state", "rekey", "--json").json
    assert (said["sealed"], said["changed"]) == (0, [])
    assert said["stale"] == ["destinations.file path", "outputs salt"]
