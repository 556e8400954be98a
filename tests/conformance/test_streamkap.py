"""Streamkap conforms: every kind, against its simulator, with every fault."""

from __future__ import annotations

import asyncio
from pathlib import Path

from stackfile.testing.conformance import walk
from stackfile.testing.kit import conformance
from tests.conformance.streamkap_cases import CASES, CLICKS, world

TestStreamkap = conformance(world, CASES)


def test_a_map_that_is_json_text_of_json_texts_is_a_map_in_a_stackfile(tmp_path: Path) -> None:
    asyncio.run(walk(lambda: world(tmp_path), CLICKS))
