"""The text of a secret is in no file of the stack and in no output, whatever the command and however it ends."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.shell import Folder

SECRET = "s3cr3t/pass+word=41"
FORMS = (SECRET, base64.b64encode(SECRET.encode()).decode(), quote(SECRET, safe=""), SECRET.encode().hex())
STACKFILE = """\
version: 1
name: hush
variables: {token: {type: string, sensitive: true}}
defaults: {provider: local}
streams: {a: {}}
destinations:
  out:
    connector: sqlite
    path: out.db
    table: "t_{{ var.token }}"
    stream: streams.a
outputs:
  table: {sensitive: true, value: "{{ destinations.out.table }}"}
"""
COMMANDS = (
    ("validate", "--json"),
    ("plan",),
    ("plan", "--json", "-v"),
    ("apply", "--yes", "-v"),
    ("plan", "-vv"),
    ("apply", "--yes", "--json"),
    ("show",),
    ("show", "--json"),
    ("state", "show", "destinations.out"),
    ("output",),
    ("output", "table"),
    ("status",),
    ("graph",),
    ("run", "--until-idle", "--json"),
    ("destroy", "--yes", "-vv"),
)


def everything(folder: Path) -> bytes:
    """All files of the stack's folder; the local engine's own data, where a table's name is data, aside."""
    files = (
        file for file in folder.rglob("*") if file.is_file() and "engine" not in file.parts and file.suffix != ".db"
    )
    return b"\n".join(file.read_bytes() for file in files)


@pytest.mark.parametrize("way", ["STACK_VAR_token", "--var"])
def test_no_command_tells_a_secret(way: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"STACK_VAR_token": SECRET} if way == "STACK_VAR_token" else {})
    folder.write("stack.yaml", STACKFILE)
    given = ("--var", f"token={SECRET}") if way == "--var" else ()
    for command in COMMANDS:
        said = folder(*command, *given)
        kept = everything(tmp_path)
        for form in FORMS:
            assert form not in said.both, command
            assert form.encode() not in kept, command


def test_a_failure_does_not_tell_a_secret(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"STACK_VAR_token": SECRET})
    folder.write("stack.yaml", STACKFILE.replace('"t_{{ var.token }}"', '"sqlite_{{ var.token }}"'))
    for command in (("apply", "--yes"), ("apply", "--yes", "--json"), ("apply", "--yes", "-vv"), ("show",)):
        said = folder(*command)
        assert "apply" not in command or said.code == 1
        assert not any(form in said.both for form in FORMS), command
    assert not any(form.encode() in everything(tmp_path) for form in FORMS)


def test_a_rotated_secret_is_seen_and_not_shown(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"STACK_VAR_token": SECRET})
    folder.write("stack.yaml", STACKFILE)
    assert folder("apply", "--yes").code == 0
    assert folder("plan", "--detailed-exitcode").code == 0
    folder.env["STACK_VAR_token"] = "another-one-altogether"
    said = folder("plan", "--detailed-exitcode")
    assert said.code == 2
    assert "(sensitive, changed)" in said.out
    assert "another-one" not in said.both
