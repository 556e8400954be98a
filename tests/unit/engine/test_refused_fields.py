"""What a service refuses is shown where the stackfile sets it, in whatever way the service writes the field."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stackfile.engine.account import account
from stackfile.engine.refused import sent_path
from stackfile.testing.bench import Bench
from stackfile.values import Path as Steps
from stackfile.values import Tree
from tests.conformance.peer_world import PeerWorld

SENT: Tree = {
    "name": "orders",
    "config": {"heartbeat.enabled": True, "table.include.list": ["public.a", "public.a_b"], "a": {"b.c": 1}, "a.b": 2},
    "columns": [{"name": "id"}, {"name": "at"}],
}

MEANT: dict[str, tuple[str, str, Steps | None]] = {
    "a field": ("name", "is taken", ("name",)),
    "a field of an item": ("columns[1].name", "is no good", ("columns", 1, "name")),
    "a key with a dot, quoted": ('config["heartbeat.enabled"]', "no", ("config", "heartbeat.enabled")),
    "a key with a dot, as it is": ("config.heartbeat.enabled", "no", ("config", "heartbeat.enabled")),
    "a key with a dot within another": ("config.a.b.c", "no", ("config", "a", "b.c")),
    "the longer key where both are there": ("config.a.b", "no", ("config", "a.b")),
    "an item that the message names": (
        "config.table.include.list",
        "table public.a_b does not exist",
        ("config", "table.include.list", 1),
    ),
    "a list of which the message names nothing": (
        "config.table.include.list",
        "too many",
        ("config", "table.include.list"),
    ),
    "what was not sent": ("config.ssl.mode", "is required", ("config", "ssl", "mode")),
    "a notation of the service's own": ("$.config[?(@.a)]", "no", None),
}


@pytest.mark.parametrize("case", MEANT)
def test_the_field_is_found_among_those_that_were_sent(case: str) -> None:
    field, message, path = MEANT[case]
    assert sent_path(field, message, SENT) == path


def test_the_ledger_has_the_line_of_each_refused_field(tmp_path: Path) -> None:
    async def run() -> list[tuple[str, str, str, str]]:
        bench = Bench.over(PeerWorld(tmp_path).world)
        wanted: dict[str, Tree] = {"sources.pg": {"connector": "postgres", "host": "db", "password": "short"}}
        ledger = account(await bench.attempt(wanted), bench.configuration(wanted), "run-1")
        (result,) = ledger.results
        assert result.failure is not None
        return [(one.path, one.message, str(one.span), one.source.strip()) for one in result.failure.fields]

    (told,) = asyncio.run(run())
    assert told == ("password", "the password '(sensitive)' is too (sensitive)", "stack.yaml:14:15", "password: short")
