"""What a plan says that a change does to the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackfile.plan.plan import Action
from stackfile.values import Tree
from tests.conformance.streamkap_cases import ENDS, POSTGRES
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

_PIPELINE: Tree = {"source": "sources.orders_pg", "destination": "destinations.warehouse"}
_STACK = {**ENDS, "pipelines.orders": _PIPELINE}
_RESTARTS = "The connector restarts and goes on from its position; no change is lost."
_LOST = (
    "Its position is lost: a source made later begins with a new snapshot, and what was deleted or changed twice in "
    "between is not reported. See to its replication slot streamkap_pgoutput_slot: one that nobody reads keeps the "
    "database's log until it is dropped."
)


def _source(**keys: object) -> dict[str, Tree]:
    written = {name.replace("__", "."): value for name, value in keys.items()}
    source: Tree = {**POSTGRES, "config": {**POSTGRES["config"], **written}}  # type: ignore[dict-item]
    return {**_STACK, "sources.orders_pg": source}


_TABLES = "table__include__list__user__defined"
SAID: dict[str, tuple[dict[str, Tree], Action, str, list[str]]] = {
    "tables are added": (
        _source(**{_TABLES: ["public.orders", "public.customers", "public.refunds"]}),
        Action.UPDATE,
        "restart",
        [
            _RESTARTS,
            "New: public.refunds. A pipeline with snapshot_new_tables snapshots what is new; the others are not read "
            "again.",
        ],
    ),
    "tables are taken out": (
        _source(**{_TABLES: ["public.orders"]}),
        Action.UPDATE,
        "restart",
        [
            _RESTARTS,
            "Capture of public.customers stops; where it is taken up again later there is a gap: changes made in "
            "between are not in it.",
        ],
    ),
    "a password and a port": (
        _source(database__password="hunter22-second", ssh__port=23),
        Action.UPDATE,
        "restart",
        [_RESTARTS],
    ),
    "another slot": (
        _source(slot__name="other"),
        Action.UPDATE,
        "data_loss",
        [
            "The source goes on from another replication slot: changes that only the old one still holds are lost.",
            "The connector restarts.",
        ],
    ),
    "another server": (
        _source(database__hostname__user__defined="db2.example.com"),
        Action.UPDATE,
        "restart",
        [
            _RESTARTS,
            "It takes the same position there: if this is another server, and not the same under another name, changes "
            "are lost until a new snapshot.",
        ],
    ),
    "another name": (
        {**_STACK, "sources.orders_pg": {**POSTGRES, "name": "orders-2"}},
        Action.UPDATE,
        "none",
        ["It is renamed in place, and the pipelines that use it are told."],
    ),
    "another connector": (
        {**_STACK, "sources.orders_pg": {**POSTGRES, "connector": "supabase"}},
        Action.REPLACE,
        "data_loss",
        [_LOST],
    ),
}


@pytest.mark.parametrize(("wanted", "action", "impact", "says"), SAID.values(), ids=SAID)
def test_a_plan_says_what_a_change_does_to_the_data(
    tmp_path: Path, wanted: dict[str, Tree], action: Action, impact: str, says: list[str]
) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(_STACK)
        plan = await sandbox.bench.plan(wanted)
        change = next(one for one in plan.changes if str(one.address) == "sources.orders_pg")
        assert (change.action, str(change.impact), list(change.impact_says)) == (action, impact, says)

    in_sandbox(tmp_path, story)


def test_what_is_deleted_says_what_is_lost(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(_STACK)
        plan = await sandbox.bench.plan({})
        assert {str(one.address): (str(one.impact), *one.impact_says) for one in plan.changes} == {
            "sources.orders_pg": ("data_loss", _LOST),
            "destinations.warehouse": ("none", "What was written stays; its positions in the topics are lost."),
            "pipelines.orders": (
                "none",
                "Nothing goes to the destination any more; what was written stays.",
            ),
        }

    in_sandbox(tmp_path, story)
