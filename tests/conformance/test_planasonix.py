"""Planasonix conforms: every kind, against its simulator, with every fault."""

from __future__ import annotations

from stackfile.testing.kit import conformance
from tests.conformance.planasonix_cases import CASES, world

TestPlanasonix = conformance(world, CASES)
