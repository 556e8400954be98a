"""A team refreshes the connectors that it knows of: asked once, committed, and the same everywhere after that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.sandboxed import sandbox
from tests.e2e.shell import Folder

STACK = """\
version: 1
name: shop
providers: {streamkap: {}}
sources:
  orders_pg:
    connector: postgresql
    config:
      database.hostname.user.defined: db.example.com
      database.user: cdc
      database.password: "{{ var.pg_password }}"
      database.dbname: shop
      schema.include.list: [public]
      table.include.list.user.defined: [public.orders]
      snapshot.chunk.row: 9000
variables: {pg_password: {sensitive: true, default: hunter22-of-pg}}
"""
CHANGED = """\
streamkap: 3 connectors differ: 1 added, 1 removed, 1 changed.
+ sources.new_ledger        4 keys
~ sources.postgresql
  ~ database.sslmode        enum: require|disable -> require|disable|verify-full
  - post.processors         text, enum: reselector
  + snapshot.chunk.rows     integer, default: 1000, max: 5000, min: 1, rows that are read at once
- destinations.motherduck   42 keys
"""
WRITTEN = "stack.lock is written. Commit it, so that everybody plans by it.\n"
NOTHING = "streamkap: nothing changed.\n"


@pytest.fixture(scope="module")
def account() -> Iterator[Mapping[str, str]]:
    with sandbox("streamkap") as settings:
        yield {f"STREAMKAP_{name.upper()}": text for name, text in settings.items()}


def test_what_one_has_synced_all_others_plan_by_without_the_service(account: Mapping[str, str], tmp_path: Path) -> None:
    laptop = Folder(tmp_path / "laptop", {**account})
    laptop.write("stack.yaml", STACK)
    laptop.write("stack.lock", '{"version": 1, "providers": {"another": {"sources": {}}}}')
    assert "warning[config-key-unlisted]" in laptop.done("validate").err

    first = laptop.done("providers", "sync", "streamkap")
    assert (first.out, first.err) == (NOTHING, WRITTEN)
    as_it_comes = laptop.read("stack.lock")

    laptop.env["STREAMKAP_CLIENT_ID"] = "sandbox-later"
    behind = laptop("providers", "sync", "--check")
    assert (behind.code, behind.out, behind.err, laptop.read("stack.lock")) == (2, CHANGED, "", as_it_comes)
    synced = laptop.done("providers", "sync", "streamkap")
    assert (synced.out, synced.err) == (CHANGED, WRITTEN)
    for again in (("--check",), ()):
        said = laptop.done("providers", "sync", *again)
        assert (said.out, said.err) == (NOTHING, "")
    told = laptop.done("providers", "sync", "--json").json
    assert told == {
        "format_version": "1.0",
        "lock": "stack.lock",
        "written": False,
        "providers": [{"provider": "streamkap", "changes": []}],
    }
    lock = laptop.read("stack.lock")
    assert list(json.loads(lock)["providers"]) == ["another", "streamkap"]
    assert not any(secret in lock for secret in (account["STREAMKAP_SECRET"], "hunter22", "sandbox"))

    ci = Folder(tmp_path / "ci", {**account, "STREAMKAP_HOST": "http://127.0.0.1:9"})
    ci.write("stack.yaml", STACK)
    ci.write("stack.lock", lock)
    refused = ci("validate")
    assert refused.code == 1
    assert "has no key `snapshot.chunk.row`" in refused.err
    assert "did you mean `snapshot.chunk.rows`?" in refused.err
    ci.replace("chunk.row:", "chunk.rows:")
    assert "should be less than or equal to 5000" in ci("plan").err
    ci.replace("9000", "900")
    planned = ci("plan", "--no-refresh", "--json")
    assert (planned.code, planned.err) == (0, "")
    (change,) = json.loads(planned.out)["resource_changes"]
    assert change["change"]["after"]["config"]["snapshot.chunk.rows"] == 900

    laptop.replace(", default: hunter22-of-pg", "")
    assert laptop.done("providers", "sync").out == NOTHING


def test_what_is_shown_and_the_schema_for_editors_are_by_the_lock(tmp_path: Path) -> None:
    shop = Folder(tmp_path)
    key = {"type": "integer", "default": 1000, "min": 1, "max": 5000, "about": "rows that are read at once"}
    catalogue = {"sources": {"postgresql": {"snapshot.chunk.rows": key}}, "destinations": {"new_lake": {}}}
    shop.write("stack.lock", json.dumps({"version": 1, "providers": {"streamkap": catalogue}}))
    shown = shop.done("providers", "show", "streamkap", "postgresql").out
    assert "snapshot.chunk.rows   (integer from 1 to 5000; unwritten: 1000)\n          rows that are read at" in shown
    listed = shop.done("providers", "show", "streamkap").out.splitlines()
    assert [line.split()[2] for line in listed[1:4]] == ["postgresql", "new_lake", "pipeline"]
    assert "snapshot.chunk.rows" in shop.done("schema").out
    shop.write("stack.lock", "")
    for command in (("providers", "show", "streamkap", "postgresql"), ("schema",), ("providers", "list", "streamkap")):
        assert shop(*command).err.startswith("error[stack-lock-damaged]: it is no JSON")
    assert shop.done("providers", "list", "local").code == 0


def test_what_is_wrong_is_told_and_the_lock_stays(account: Mapping[str, str], tmp_path: Path) -> None:
    shop = Folder(tmp_path, {**account, "STREAMKAP_SECRET": "not-the-one"})
    shop.write("stack.yaml", STACK)
    refused = shop("providers", "sync", "streamkap")
    assert (refused.code, refused.err.partition("]")[0]) == (1, "error[auth-failed")
    assert shop.files(but=["stack.yaml"]) == {}
    shop.write("stack.lock", "{}\n")
    damaged = shop("providers", "sync", "streamkap")
    assert (damaged.code, damaged.err.partition("]")[0]) == (1, "error[stack-lock-damaged")
    assert shop.read("stack.lock") == "{}\n"
    (tmp_path / "stack.lock").unlink()
    shop.replace("{streamkap: {}}", '{streamkap: {secret: "{{ var.token }}"}}')
    shop.replace("variables: {", "variables: {token: {sensitive: true}, ")
    missing = shop("providers", "sync", "streamkap")
    assert (missing.code, missing.err.partition("\n")[0]) == (
        1,
        "error[variable-missing]: variables.token: the variable has no value",
    )
