"""A case for each kind of Planasonix, and a world around its simulator."""

from __future__ import annotations

from collections.abc import Mapping
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
PROJECT: Tree = {"type": "project"}
GRAPH: Tree = {
    "nodes": [
        {"id": "in", "type": "source.postgres", "config": {"connectionId": "conn_pg", "table": "public.orders"}},
        {"id": "out", "type": "destination.snowflake", "config": {"connectionId": "conn_sf", "table": "STG.ORDERS"}},
    ],
    "edges": [{"id": "e1", "source": "in", "target": "out"}],
}
PIPELINE: Tree = {"project": "resources.shop", **GRAPH}
ORDERS: Mapping[str, Tree] = {"resources.shop": PROJECT, "pipelines.orders": PIPELINE}
REACHED: Tree = {"host": "db.example.com", "port": 5432, "database": "shop", "sslMode": "require"}
POSTGRES: Tree = {"type": "postgres", "config": REACHED}
SIGN_IN: Tree = {
    "type": "credential",
    "credential_type": "database",
    "config": {"username": "cdc", "password": "hunter22-first"},
}
BUCKET: Tree = {"type": "s3", "config": {"bucket": "landing", "region": "eu-west-1"}}


def world(folder: Path) -> World:
    """Lists that show objects whole, so that what a list costs can be told."""
    return world_of(folder, Workspace(Conditions(), starts_in=0.3, outlines=False))


def world_of(folder: Path, workspace: Workspace) -> World:
    return simulated(folder, Planasonix, service_of(workspace))


CASES = [
    KindCase(
        "sources.pg",
        {**POSTGRES, "config": {**REACHED, "password": "hunter22-first"}, "credential": "resources.sign_in"},
        changes={"config.port": 5433, "name": "pg-2"},
        replacing={"type": "mysql"},
        rotated={"config.password": "hunter22-second"},
        unset={"config.sslMode": None, "credential": None},
        needs={"resources.sign_in": SIGN_IN},
        thirds={"config.port": 5434},
    ),
    KindCase(
        "destinations.lake",
        BUCKET,
        changes={"config.region": "eu-central-1"},
    ),
    KindCase(
        "pipelines.orders",
        {
            "project": "resources.shop",
            "folder": "fld_02",
            "status": "active",
            "nodes": [
                {"id": "in", "type": "source.postgres", "config": {"connectionId": "{{ sources.pg.id }}"}},
                {"id": "out", "type": "destination.s3", "config": {"connectionId": "conn_sf"}},
            ],
            "edges": [{"source": "in", "target": "out"}],
        },
        changes={
            "nodes": [{"id": "in", "type": "source.kafka"}, {"id": "out", "type": "destination.s3", "config": {}}],
            "name": "orders-2",
            "project": "resources.other",
            "folder": "fld_03",
            "status": "archived",
            "edges": [{"source": "in", "target": "out"}, {"source": "in", "target": "out", "port": "errors"}],
        },
        unset={"folder": None, "edges": []},
        needs={"resources.shop": PROJECT, "resources.other": PROJECT, "sources.pg": POSTGRES},
        thirds={"status": "draft"},
    ),
    KindCase(
        "resources.shop",
        {**PROJECT, "description": "what is sold"},
        changes={"description": "what was sold", "name": "shop-2"},
        unset={"description": None},
    ),
    KindCase(
        "resources.sign_in",
        SIGN_IN,
        changes={"name": "sign-in-2"},
        replacing={"credential_type": "password"},
        rotated={"config.password": "hunter22-second"},
        page=100,
    ),
    KindCase(
        "resources.nightly",
        {
            "type": "schedule",
            "pipeline": "pipelines.orders",
            "cron": "0 2 * * *",
            "timezone": "Europe/Berlin",
            "active": True,
        },
        changes={"cron": "30 1 * * *", "active": False, "timezone": "UTC"},
        replacing={"pipeline": "pipelines.other"},
        needs={**ORDERS, "pipelines.other": PIPELINE},
        page=100,
        apart="timezone",
        list_lags=False,
    ),
    KindCase(
        "resources.landing",
        {
            "type": "trigger",
            "trigger_type": "s3",
            "pipeline": "pipelines.orders",
            "connection": "sources.bucket",
            "config": {"bucket": "landing", "prefix": "daily/"},
            "active": False,
        },
        changes={"config.prefix": "hourly/", "active": True, "name": "landing-2"},
        replacing={"trigger_type": "gcs"},
        unset={"config.prefix": None},
        needs={**ORDERS, "sources.bucket": BUCKET},
        page=100,
        list_lags=False,
    ),
    KindCase(
        "streams.audit",
        AUDIT,
        changes={"status": "stopped"},
        replacing={"config.tables": ["public.audit", "public.audit_detail"], "source_type": "mysql_cdc"},
        thirds={"status": "paused"},
        page=100,
    ),
    KindCase(
        "streams.orders",
        {
            "source_type": "postgres_cdc",
            "pipeline": "pipelines.orders",
            "connection": "sources.pg",
            "config": {"slot_name": "orders_slot"},
        },
        replacing={"pipeline": "pipelines.other"},
        needs={**ORDERS, "pipelines.other": PIPELINE, "sources.pg": POSTGRES},
        page=100,
    ),
]
