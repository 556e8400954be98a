"""Folders for processes that die: in memory where the system has such, since no power is lost here."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.killable import Place

MEMORY = "/dev/shm"


@pytest.fixture
def root() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def place(root: Path) -> Place:
    return Place(root)
