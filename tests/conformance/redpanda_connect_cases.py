"""A case for each kind of Redpanda Connect, and a world around its simulator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase
from stackfile.testing.simulated import simulated
from stackfile.testing.simulator import Conditions
from stackfile.values import Tree
from stackfile_redpanda_connect import RedpandaConnect
from stackfile_redpanda_connect.simulator import Engine
from stackfile_redpanda_connect.simulator import simulated as service_of

GENERATE: Tree = {"generate": {"mapping": 'root = {"n": count("n")}', "interval": "1s"}}
SLOWER: Tree = {"generate": {"mapping": 'root = {"n": count("n")}', "interval": "5s"}}
DROP: Tree = {"drop": {}}
ENDS: Mapping[str, Tree] = {"sources.clock": {"config": GENERATE}, "destinations.nowhere": {"config": DROP}}
HOOK: Tree = {
    "http_client": {"url": "http://hook.example", "basic_auth": {"username": "ada", "password": "hunter22-first"}}
}
UPPER: Tree = {"mapping": "root = content().uppercase()"}


def world(folder: Path) -> World:
    return simulated(folder, RedpandaConnect, service_of(Engine(Conditions())))


CASES = [
    KindCase(
        "sources.clock",
        {"config": GENERATE},
        changes={"config": SLOWER},
    ),
    KindCase(
        "destinations.nowhere",
        {"config": DROP},
        changes={"config": {"stdout": {}}},
    ),
    KindCase(
        "pipelines.ticks",
        {"source": "sources.clock", "destination": "destinations.nowhere", "processors": [UPPER], "threads": 1},
        changes={"processors": [UPPER, {"log": {"message": "seen"}}], "threads": 2, "buffer": {"memory": {}}},
        unset={"threads": None, "processors": None},
        needs=ENDS,
        thirds={"threads": 4},
    ),
    KindCase(
        "streams.ticks",
        {"config": {"input": GENERATE, "pipeline": {"processors": [UPPER]}, "output": DROP}},
        changes={"config": {"input": SLOWER, "output": DROP}},
        thirds={"config": {"input": GENERATE, "output": {"stdout": {}}}},
    ),
    KindCase(
        "resources.seen",
        {"type": "cache", "config": {"memory": {"default_ttl": "5m"}}},
        changes={"config": {"memory": {"default_ttl": "1h"}}},
        replacing={"name": "seen-before"},
    ),
    KindCase(
        "resources.pace",
        {"type": "rate_limit", "config": {"local": {"count": 10}}},
        changes={"config": {"local": {"count": 20}}},
    ),
    KindCase(
        "resources.clock",
        {"type": "input", "config": GENERATE},
        changes={"config": SLOWER},
    ),
    KindCase(
        "resources.hook",
        {"type": "output", "config": HOOK},
        rotated={"config.http_client.basic_auth.password": "hunter22-second"},
    ),
    KindCase(
        "resources.upper",
        {"type": "processor", "config": UPPER},
        changes={"config": {"log": {"message": "seen"}}},
    ),
]
