"""Worlds of one test: many, each fresh, where the system has memory for files if it has any."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MEMORY = "/dev/shm"


@pytest.fixture
def new_folder() -> Iterator[Callable[[], Path]]:
    """Makes a new empty folder with each call. What these tests look at does not depend on a disk."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as root:
        number = itertools.count()

        def make() -> Path:
            folder = Path(root) / str(next(number))
            folder.mkdir()
            return folder

        yield make
