from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.redpanda_engine import MISSING, Engines, is_there


@pytest.fixture
def redpanda_connect(tmp_path: Path) -> Iterator[Engines]:
    """Engines of this test alone; skips where there is none."""
    if not is_there():
        pytest.skip(MISSING)
    engines = Engines(tmp_path)
    try:
        yield engines
    finally:
        engines.close()
