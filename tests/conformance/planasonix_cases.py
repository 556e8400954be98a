"""A case for each kind of Planasonix, and a world around its simulator."""

from __future__ import annotations

from pathlib import Path

from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase
from stackfile.testing.simulated import simulated
from stackfile.testing.simulator import Conditions
from stackfile.values import Tree
from stackfile_planasonix import Planasonix
from stackfile_planasonix.simulator import Workspace
from stackfile_planasonix.simulator import simulated as service_of

AUDIT: Tree = {
    "name": "audit_cdc",
    "source_type": "postgres_cdc",
    "pipeline": {"id": "pl_01hq8orders_rt"},
    "connection": {"id": "conn_01hq8"},
    "config": {"publication": "audit_pub", "slot_name": "audit_slot", "tables": ["public.audit"]},
    "status": "running",
}


def world(folder: Path) -> World:
    return simulated(folder, Planasonix, service_of(Workspace(Conditions(), starts_in=0.3)))


CASES = [
    KindCase(
        "streams.audit",
        AUDIT,
        changes={"status": "stopped"},
        replacing={"config.tables": ["public.audit", "public.audit_detail"], "source_type": "mysql_cdc"},
        thirds={"status": "paused"},
        page=100,
    ),
]
