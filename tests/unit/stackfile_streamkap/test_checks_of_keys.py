"""What a plan makes of keys by what the catalogue says of them, and which other spellings are understood."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stackfile.plan.plan import Action
from stackfile.report.plan_text import plan_text
from stackfile.values import Tree, print_path
from stackfile_streamkap.catalogue import entries
from stackfile_streamkap.catalogue.entries import Connector
from stackfile_streamkap.catalogue.review import meant
from tests.conformance.streamkap_cases import ENDS, POSTGRES, SNOWFLAKE
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

_TABLES = "table.include.list.user.defined"
_PG, _SNOW = "sources.orders_pg", "destinations.warehouse"


def _with(base: Tree, **keys: object) -> Tree:
    config = base["config"]
    assert isinstance(config, dict)
    return {**base, "config": {**config, **{name.replace("__", "."): value for name, value in keys.items()}}}


PLANNED: dict[str, tuple[dict[str, Tree], dict[str, tuple[Action, list[str]]]]] = {
    "a list in another order": ({_PG: _with(POSTGRES, **{_TABLES: ["public.customers", "public.orders"]})}, {}),
    "a list as text with commas": ({_PG: _with(POSTGRES, **{_TABLES: "public.orders, public.customers"})}, {}),
    "a number as text": ({_PG: _with(POSTGRES, database__port__user__defined="5432")}, {}),
    "an item more": (
        {_PG: _with(POSTGRES, **{_TABLES: ["public.orders", "public.customers", "public.refunds"]})},
        {_PG: (Action.UPDATE, ['config["table.include.list.user.defined"]'])},
    ),
    "a secret": (
        {_PG: _with(POSTGRES, database__password="hunter22-second")},
        {_PG: (Action.UPDATE, ['config["database.password"]'])},
    ),
    "a key that is set once": (
        {_SNOW: _with(SNOWFLAKE, ingestion__mode="append")},
        {_SNOW: (Action.REPLACE, ['config["ingestion.mode"] forces'])},
    ),
    "a key that can be changed": (
        {_SNOW: _with(SNOWFLAKE, hard__delete=False)},
        {_SNOW: (Action.UPDATE, ['config["hard.delete"]'])},
    ),
}


@pytest.mark.parametrize("case", PLANNED)
def test_a_changed_key_is_planned_as_the_catalogue_says(case: str, tmp_path: Path) -> None:
    changed, planned = PLANNED[case]

    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(ENDS)
        plan = await sandbox.bench.plan({**ENDS, **changed})
        found = {
            str(one.address): (
                one.action,
                [print_path(f.path) + (" forces" if f.forces_replacement else "") for f in one.fields],
            )
            for one in plan.changes
        }
        assert found == planned
        assert "hunter22" not in plan_text(plan)

    in_sandbox(tmp_path, story)


def _spellings() -> Iterator[tuple[Connector, str, str]]:
    """Every way in which the quickstart, the Terraform provider and a hasty hand write a key, where it is no key."""
    for section in ("sources", "destinations", "transforms"):
        for name in entries.names(section):
            connector = entries.connector(section, name)
            others = [(old, key) for old, key in connector.aliases.items() if key in connector.keys]
            for key in connector.keys.values():
                hasty = (key.name.upper(), key.name.replace(".", "_"), key.name.replace(".", "-"))
                others += [(one, key.name) for one in (key.terraform, key.name.removesuffix(".user.defined"), *hasty)]
            yield from ((connector, other, right) for other, right in others if other not in connector.keys)


def test_every_other_spelling_of_a_key_leads_to_the_right_one() -> None:
    spellings = list(_spellings())
    assert len(spellings) > 5000
    assert [(one.name, other) for one, other, right in spellings if meant(one, other) != right] == []
