"""Streams that are there already come under a stackfile, though not all of what they were made with can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from stackfile.address import Address
from stackfile.cli.importing import unverified
from stackfile.engine.importer import import_one
from stackfile.engine.preview import preview
from stackfile.engine.rebuild import rebuild_state
from stackfile.errors import DiagnosticError
from stackfile.language.moved import Import
from stackfile.plan.plan import Action
from stackfile.plan.question import Question
from stackfile.report.plan_text import plan_text
from stackfile.testing.bench import quick_store
from stackfile.values import Tree
from tests.unit.stackfile_planasonix.in_operation import ANA, Operated, operated, stream
from tests.unit.stackfile_planasonix.taking_over import applied, changed, exported, reloaded

SLOT: Tree = {"publication": "orders_pub", "slot_name": "orders_slot", "tables": ["public.orders"]}
STATES = {
    "created": "stopped",
    "starting": "running",
    "running": "running",
    "paused": "paused",
    "stopped": "stopped",
    "error": None,
}
"""Of each state, the one that an export wishes for. One that ended in an error may not be wished for."""


def made(at: Operated, name: str, status: str) -> None:
    fields = {"name": name, "source_type": "postgres_cdc", "pipeline_id": "pl_1", "connection_id": "c", "config": SLOT}
    at.workspace.add("streams", "str", {**fields, "status": status, "_settles": 1e9})


def test_an_export_says_what_is_not_returned_and_wishes_for_the_state_that_each_is_in(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        for status in STATES:
            made(at, f"orders_{status}", status)
        stack = at.bench.stack({})
        text, imports = await exported(stack)
        note = "  # Not returned by the service: connection, config. Write what it has, before it is imported.\n"
        assert text.count(note) == len(STATES)
        found = re.findall(
            r"(?m)^  (orders_\w+):\n    source_type: .*\n    pipeline: .*\n(?:    status: (\w+)\n)?", text
        )
        assert found == [(f"orders_{status}", wish or "") for status, wish in sorted(STATES.items())]

        again = reloaded(stack, tmp_path / "new", text, imports)
        planned = (await preview(again, Question())).plan
        assert [one.action for one in planned.changes] == [Action.NO_OP] * len(STATES)
        await applied(again)
        assert (await preview(again, Question())).plan.empty
        assert changed(at) == []

    operated(tmp_path, story)


def test_what_is_written_of_an_import_that_nobody_can_read_is_taken_on_trust_and_said(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        made(at, "orders_cdc", "running")
        text, imports = await exported(at.bench.stack({}))
        whole = text.replace("pipeline: {id: pl_1}\n", f"pipeline: {{id: pl_1}}\n    {COMPLETED}\n")
        stack = reloaded(at.bench.stack({}), tmp_path / "new", whole, imports)
        planned = (await preview(stack, Question())).plan
        assert [one.action for one in planned.changes] == [Action.NO_OP]
        said = plan_text(planned)
        for line in ("connection:", "config.publication:", "config.slot_name:", "config.tables:"):
            assert re.search(rf"{re.escape(line)} +\(not verified\)", said), said
        await applied(stack)
        after = (await preview(stack, Question())).plan
        assert (after.empty, after.imports) == (True, ())
        assert changed(at) == []

    operated(tmp_path, story)


def test_what_is_written_after_an_import_is_a_change_unless_the_stream_is_imported_anew(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        made(at, "orders_cdc", "running")
        bare, whole = ({"streams.orders": stream("orders_cdc", **more)} for more in ({}, {"config": SLOT}))
        to = Address.parse("streams.orders")
        await import_one(at.bench.stack(bare), Import(to, "", "orders_cdc"), ANA)
        (change,) = (await at.bench.plan(whole)).changes
        assert (change.action, str(change.impact)) == (Action.REPLACE, "data_loss")
        await at.bench.forget(to)
        await import_one(at.bench.stack(whole), Import(to, "", "orders_cdc"), ANA)
        assert (await at.bench.plan(whole)).empty
        assert changed(at) == []

    operated(tmp_path, story)


COMPLETED = (
    "connection: {id: c}\n    config: {publication: orders_pub, slot_name: orders_slot, tables: [public.orders]}"
)


@pytest.mark.parametrize("wanted", ["id", "name"])
def test_one_stream_is_imported_by_its_id_or_its_name(tmp_path: Path, wanted: str) -> None:
    async def story(at: Operated) -> None:
        made(at, "orders_cdc", "paused")
        made(at, "orders_eu", "running")
        stack = at.bench.stack({"streams.orders": stream("orders_cdc", config=SLOT, status="paused")})
        to = Address.parse("streams.orders")
        one = Import(to, at.stored("orders_cdc").id) if wanted == "id" else Import(to, "", "orders_cdc")
        record = await import_one(stack, one, ANA)
        assert record is not None
        assert record.id == at.stored("orders_cdc").id
        assert unverified(record, stack.configuration.resources[to].schema) == [
            "connection: (not verified)",
            "config.publication: (not verified)",
            "config.slot_name: (not verified)",
            "config.tables: (not verified)",
        ]
        assert (await preview(stack, Question())).plan.empty
        assert changed(at) == []

    operated(tmp_path, story)


def test_a_lost_state_is_rebuilt_by_the_names_of_streams(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        wanted: Mapping[str, Tree] = {
            "streams.orders": stream("orders_cdc", config=SLOT),
            "streams.eu": stream("orders_eu", config=SLOT, status="paused"),
        }
        await at.bench.apply(wanted)
        at.forget()
        stack = replace(at.bench.stack(wanted), store=quick_store(tmp_path / "lost"))
        done = await rebuild_state(stack, lambda found: True, ANA)
        assert sorted(match.record.id for match in done.rebuilding.matches) == sorted(
            at.stored(name).id for name in ("orders_cdc", "orders_eu")
        )
        assert (await preview(stack, Question())).plan.empty
        assert changed(at) == []

    operated(tmp_path, story)


def test_a_name_that_is_taken_comes_with_the_import_to_write(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        made(at, "orders_cdc", "running")
        with pytest.raises(DiagnosticError) as caught:
            await at.bench.attempt({"streams.orders": stream("orders_cdc")})
        (problem,) = caught.value.diagnostics
        assert problem.code == "exists"
        assert any(f"id: {at.stored('orders_cdc').id}" in line for line in problem.help)
        assert len(list(at.workspace.shelf("streams"))) == 1

    operated(tmp_path, story)
