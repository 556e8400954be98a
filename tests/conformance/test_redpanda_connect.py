"""Redpanda Connect conforms: every kind, against its simulator, with every fault."""

from __future__ import annotations

from stackfile.testing.kit import conformance
from tests.conformance.redpanda_connect_cases import CASES, world

TestRedpandaConnect = conformance(world, CASES)
