"""Folders with stacks in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.shell import Folder
from tests.e2e.shop import ORDERS, SHOP


@pytest.fixture
def stack(tmp_path: Path) -> Folder:
    """`stack` in an empty folder called shop."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return Folder(folder)


@pytest.fixture
def shop(stack: Folder) -> Folder:
    """The shop as written, nothing applied."""
    stack.write("stack.yaml", SHOP)
    stack.write("orders.ndjson", ORDERS)
    return stack


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop applied and run once; to be copied, not used."""
    folder = Folder(tmp_path_factory.mktemp("opened"))
    folder.write("stack.yaml", SHOP)
    folder.write("orders.ndjson", ORDERS)
    folder.done("apply", "--yes")
    folder.done("run", "--until-idle")
    return folder.path


@pytest.fixture
def running(opened: Path, stack: Folder) -> Folder:
    """The shop applied and run once."""
    shutil.copytree(opened, stack.path, dirs_exist_ok=True)
    return stack
