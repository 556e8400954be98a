"""One served engine for the tests of a file that do not mind each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.shell import Folder
from tests.served.serving import Serving, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def shop(tmp_path: Path) -> Folder:
    """`stack` in an empty folder."""
    return Folder(tmp_path)
