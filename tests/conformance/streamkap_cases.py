"""A case for each kind of Streamkap, and a world around its simulator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase
from stackfile.testing.simulated import simulated
from stackfile.testing.simulator import Conditions
from stackfile.values import Tree
from stackfile_streamkap import Streamkap
from stackfile_streamkap.simulator import simulated as service_of
from stackfile_streamkap.simulator.project import Pace, Project

POSTGRES: Tree = {
    "connector": "postgresql",
    "config": {
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": 5432,
        "database.user": "cdc",
        "database.password": "hunter22-first",
        "database.dbname": "shop",
        "schema.include.list": ["public"],
        "table.include.list.user.defined": ["public.orders", "public.customers"],
    },
}
SNOWFLAKE: Tree = {
    "connector": "snowflake",
    "config": {
        "snowflake.url.name": "acme.snowflakecomputing.com",
        "snowflake.user.name": "STREAMKAP",
        "snowflake.private.key": "snow-key-first",
        "snowflake.database.name": "SHOP",
        "snowflake.schema.name": "PUBLIC",
    },
}
CLICKHOUSE: Tree = {
    "connector": "clickhouse",
    "config": {
        "hostname": "ch.example.com",
        "connection.username": "streamkap",
        "connection.password": "click-password-1",
        "database": "shop",
        "topics.config.map": {"public.orders": {"delete.sql.execute": "x"}},
    },
}
MONGO: Tree = {
    "connector": "mongodb",
    "config": {
        "mongodb.connection.string.user.defined": "mongodb://cdc:hunter22-mongo@db.example.com",
        "database.include.list": "shop",
        "collection.include.list.user.defined": ["shop.orders"],
        "signal.data.collection.schema.or.database": "shop",
    },
}
ENDS: Mapping[str, Tree] = {"sources.orders_pg": POSTGRES, "destinations.warehouse": SNOWFLAKE}
TAG: Tree = {"type": "tag", "name": "team-orders", "types": ["sources", "pipelines"]}


def key(name: str) -> str:
    return f'config["{name}"]'


CLICKS = KindCase(
    "destinations.clicks",
    CLICKHOUSE,
    changes={
        key("topics.config.map"): {"public.orders": {"delete.sql.execute": "y"}},
        key("tasks.max"): 7,
        key("consumer.override.max.poll.records"): "20000",
    },
    rotated={key("connection.password"): "click-password-2"},
    unset={key("topics.config.map"): None},
    page=100,
)
"""For the walk alone: its verbs are those of the other destination."""

CASES = [
    KindCase(
        "sources.pg",
        {**POSTGRES, "tags": ["Development"]},
        changes={
            key("table.include.list.user.defined"): ["public.customers", "public.orders", "public.refunds"],
            key("database.port.user.defined"): 5433,
            key("heartbeat.enabled"): False,
            key("ssh.port"): 2222,
            key("an.unlisted.key"): "5",
            "tags": ["Development", "Production"],
            "name": "pg-2",
        },
        replacing={"connector": "alloydb"},
        rotated={key("database.password"): "hunter22-second"},
        unset={key("database.port.user.defined"): 5432},
        thirds={key("database.port.user.defined"): 5434},
        page=100,
    ),
    KindCase(
        "destinations.warehouse",
        SNOWFLAKE,
        changes={key("hard.delete"): False, "name": "warehouse-2"},
        replacing={key("ingestion.mode"): "upsert"},
        page=100,
    ),
    KindCase(
        "pipelines.orders",
        {
            "source": "sources.orders_pg",
            "destination": "destinations.warehouse",
            "topics": ["public.orders", "public.customers"],
            "snapshot_new_tables": True,
        },
        changes={
            "topics": ["public.orders"],
            "snapshot_new_tables": False,
            "destination": "destinations.other",
            "transforms": [{"transform": "resources.mask", "topics": ["public.orders_masked"]}],
            "tags": ["Production"],
            "name": "orders-2",
        },
        unset={"snapshot_new_tables": False},
        needs={
            **ENDS,
            "destinations.other": CLICKHOUSE,
            "resources.mask": {
                "type": "transform",
                "transform": "map_filter",
                "config": {
                    "transforms.input.topic.pattern": "public.orders",
                    "transforms.output.topic.pattern": "public.orders_masked",
                },
            },
        },
        page=100,
    ),
    KindCase(
        "resources.mask",
        {
            "type": "transform",
            "transform": "map_filter",
            "config": {"transforms.input.topic.pattern": "public.orders", "transforms.input.job.parallelism": 5},
            "implementation": {"language": "JavaScript", "value_transform": "return value;"},
            "deploy": "live",
        },
        changes={
            key("transforms.input.job.parallelism"): 7,
            "implementation.value_transform": "return null;",
            "name": "mask-2",
        },
        replacing={"transform": "fan_out"},
        unset={"implementation.value_transform": None},
        page=100,
    ),
    KindCase(
        "resources.orders_topic",
        {"type": "topic", "source": "sources.orders_pg", "topic": "public.orders", "tags": ["Development"]},
        changes={"tags": ["Production"]},
        replacing={"topic": "public.customers"},
        needs={"sources.orders_pg": POSTGRES},
        apart="topic",
    ),
    KindCase(
        "resources.team",
        {**TAG, "description": "the orders team"},
        changes={"description": "all of it", "types": ["sources"], "name": "team-2"},
        unset={"description": None},
    ),
    KindCase(
        "resources.reader",
        {
            "type": "kafka_user",
            "password": "kafka-password-1",
            "whitelist_ips": ["10.0.0.0/8", "192.168.0.1"],
            "kafka_acls": [{"topic_name": "public.orders", "operation": "READ"}],
        },
        changes={
            "whitelist_ips": ["10.0.0.0/8"],
            "kafka_acls": [{"topic_name": "public.", "operation": "READ", "resource_pattern_type": "PREFIXED"}],
            "is_create_schema_registry": True,
        },
        replacing={"name": "reader-2"},
        rotated={"password": "kafka-password-2"},
        unset={"whitelist_ips": None},
    ),
    KindCase(
        "resources.robot",
        {"type": "client_credential", "roles": ["Read only"], "description": "ci"},
        replacing={"roles": ["Admin"]},
        apart="description",
        list_lags=False,
    ),
]


QUICK = Pace(starts=0.6, changes=0.4, ends=0.4)
"""Things take time, and no more looks than that."""


def world(folder: Path) -> World:
    return simulated(folder, Streamkap, service_of(Project(Conditions(), QUICK)))
