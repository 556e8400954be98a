"""Worlds of one test: many, each fresh, where the system has memory for files if it has any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackfile.testing.kit import fresh_folders


@pytest.fixture
def new_folder() -> Iterator[Callable[[], Path]]:
    """Makes a new empty folder with each call."""
    with fresh_folders() as make:
        yield make
