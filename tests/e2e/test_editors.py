"""An editor with the language server for YAML knows the stackfile by the schema that `stack schema` prints."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.language_server import Server, serving
from tests.e2e.shell import Folder

SERVER = "yaml-language-server@1.19.2"

STACKFILE = """\
# yaml-language-server: $schema=./stackfile.schema.json
version: 1
name: shop
defaults: {provider: local}
streams:
  orders:
    retention: 7d
    partition: 3
sources:
  orders:
    connector: file
    path: orders.ndjson
    stream: streams.orders
    \
"""


@pytest.fixture(scope="session")
def server_command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm")
    folder = tmp_path_factory.mktemp("npm")
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", ".", SERVER]
    done = subprocess.run(install, cwd=folder, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"{SERVER} does not install")
    return [str(folder / "node_modules" / ".bin" / "yaml-language-server"), "--stdio"]


@pytest.fixture
def edited(stack: Folder) -> Path:
    stack.write("stack.yaml", STACKFILE)
    stack.write("stackfile.schema.json", stack.done("schema").out)
    return stack.path


def labels(server: Server, uri: str, line: int, character: int) -> set[str]:
    at = {"line": line, "character": character}
    found = server.ask("textDocument/completion", textDocument={"uri": uri}, position=at)
    return {item["label"] for item in found["items"]}


def hovered(server: Server, uri: str, line: int, character: int) -> str:
    at = {"line": line, "character": character}
    found: Any = server.ask("textDocument/hover", textDocument={"uri": uri}, position=at)
    return str(found["contents"]["value"])


def test_an_editor_completes_explains_and_marks(server_command: list[str], edited: Path) -> None:
    with serving(server_command, edited) as server:
        uri = server.opened("stack.yaml")
        assert server.mistakes(uri) == ["Property partition is not allowed."]
        offered = labels(server, uri, 13, 4)
        assert {"format", "follow", "dead_letter", "lifecycle", "for_each"} <= offered
        assert not {"table", "columns", "created_at"} & offered
        assert "How long events are kept, as in" in hovered(server, uri, 6, 6)
