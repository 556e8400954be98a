"""Every command that a text proposes names the environment that the text is about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.shell import Folder

SHOP = """\
version: 1
name: shop
environments: {prod: , dev: {default: true}}
defaults: {provider: local}
streams: {orders: {}, large: {}}
pipelines: {large: {source: streams.orders, destination: streams.large}}
"""
COMMANDS = "apply|plan|import|drift|state|recover|release|lock|status|refresh"
PROPOSED = re.compile(rf"(?<![\w`./-])stack (?:{COMMANDS})\b[^\n]*")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", SHOP)
    folder.done("apply", "--yes", "--env", "prod")
    return folder


SAID: dict[str, list[str]] = {
    "history": ["state", "history"],
    "a record that moves": ["state", "mv", "pipelines.large", "pipelines.other"],
    "a record that is forgotten": ["state", "rm", "pipelines.large"],
    "an address that is not there": ["state", "show", "streams.zzzzzzzz"],
    "a rollback": ["state", "rollback", "1"],
    "another engine": ["state", "rebuild", "--yes"],
    "a rescoping": ["state", "rescope", "nobody"],
    "nothing to resume": ["apply", "--resume"],
    "no terminal": ["apply"],
    "run state": ["release", "pipelines.large"],
    "a plan file that is not there": ["apply", "p.json"],
}
SILENT = frozenset({"another engine", "a rescoping", "run state", "no terminal"})
"""Those that need propose nothing."""


@pytest.mark.parametrize("what", SAID)
def test_a_proposed_command_names_the_environment(what: str, folder: Folder) -> None:
    said = folder(*SAID[what], "--env", "prod").both
    proposed = PROPOSED.findall(said)
    assert proposed or what in SILENT, said
    assert [one for one in proposed if "--env prod" not in one] == [], said
