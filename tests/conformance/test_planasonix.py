"""Planasonix conforms: every kind, against its simulator, with every fault; and as its services may look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stackfile.testing.conformance import KindCase, walk
from stackfile.testing.kit import conformance
from stackfile.testing.simulator import Conditions
from stackfile_planasonix.simulator import Workspace
from tests.conformance.planasonix_cases import BUCKET, CASES, world, world_of

TestPlanasonix = conformance(world, CASES)

OUTLINED = [
    case for case in CASES if case.at.section in ("sources", "pipelines") or case.address == "resources.landing"
]
LAKE = next(case for case in CASES if case.address == "destinations.lake")


@pytest.mark.parametrize("case", OUTLINED, ids=str)
def test_lists_that_leave_out_what_was_configured_mislead_nobody(
    case: KindCase, new_folder: Callable[[], Path]
) -> None:
    asyncio.run(walk(lambda: world_of(new_folder(), Workspace(Conditions(), starts_in=0.3)), case))


@pytest.mark.parametrize("sees", [True, False], ids=["with a category", "without one"])
def test_sources_and_destinations_are_told_apart_or_each_shown_as_both(
    sees: bool, new_folder: Callable[[], Path]
) -> None:
    case = replace(LAKE, needs={"sources.landing": {**BUCKET, "name": "in"}})
    asyncio.run(walk(lambda: world_of(new_folder(), Workspace(Conditions(), as_client_sees=sees)), case))
