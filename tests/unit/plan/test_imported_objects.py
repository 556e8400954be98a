"""Imports: what is adopted, what its record says, and what cannot be adopted."""

from __future__ import annotations

import pytest

from stackfile.errors import DiagnosticError
from stackfile.plan.imports import taken_over
from stackfile.plan.plan import Change
from stackfile.values import Sealed
from tests.unit.plan.world import World, address, asked


def world_with(**fields: object) -> World:
    """A source that nobody manages."""
    world = World()
    world.meet("sources", "s1", name="orders", host="db", **fields)
    return world


IMPORTS = "imports: [{to: sources.pg, id: s1}]"
NAMED = "imports: [{to: sources.pg, name: orders}]"

PLANS = {
    "the same": ("sources: {pg: {host: db}}", "= sources.pg (imports s1)"),
    "with less than it has": ("sources: {pg: {}}", "= sources.pg (imports s1)"),
    "with another value": (
        "sources: {pg: {host: db2}}",
        "~ sources.pg (imports s1)\n    host: db -> db2",
    ),
    "with more than it has": (
        "sources: {pg: {host: db, tables: [a]}}",
        "~ sources.pg (impact reprocess) (imports s1)\n    tables: unset -> [a]",
    ),
    "with another name": (
        "sources: {pg: {host: db, name: other}}",
        "~ sources.pg (imports s1)\n    name: orders -> other",
    ),
    "with a secret that nobody can read": ("sources: {pg: {host: db, password: p}}", "= sources.pg (imports s1)"),
}


@pytest.mark.parametrize("found", [IMPORTS, NAMED], ids=["by id", "by name"])
@pytest.mark.parametrize(("text", "expected"), PLANS.values(), ids=PLANS)
def test_plans_with_imports(text: str, expected: str, found: str) -> None:
    assert world_with().plan(f"{text}\n{found}") == expected


def imported(text: str, world: World) -> Change:
    [change] = world.make_plan(f"{text}\n{IMPORTS}").changes
    return change


def test_its_record_says_what_is_live_where_the_file_sets_something() -> None:
    world = world_with(tables=["a", "b"], config={"x": 1, "y": 2}, token="t")
    change = imported("sources: {pg: {host: db2, tables: [a], config: {x: 3, z: 4}}}", world)
    assert change.importing is not None
    assert change.importing.applied == {"name": "orders", "host": "db", "tables": ["a", "b"], "config": {"x": 1}}
    assert {one.path for one in change.fields} == {("host",), ("tables",), ("config", "x"), ("config", "z")}
    assert {str(one.origin) for one in change.fields} == {"config"}


def test_a_secret_that_nobody_can_read_is_assumed_and_marked_so() -> None:
    change = imported("sources: {pg: {password: p, token: t}}", world_with(token="t"))
    assert change.importing is not None
    password, token = (change.importing.applied[name] for name in ("password", "token"))
    assert isinstance(password, Sealed)
    assert isinstance(token, Sealed)
    assert (password.assumed, token.assumed) == (True, False)
    assert change.importing.unverified == (("password",),)


def test_after_it_the_address_is_ours_and_nothing_is_left_to_do() -> None:
    world, text = world_with(), f"sources: {{pg: {{host: db, password: p}}}}\n{IMPORTS}"
    plan = world.make_plan(text)
    world.state = taken_over(world.state, plan)
    assert (world.record("sources.pg").id, world.record("sources.pg").name) == ("s1", "orders")
    assert world.make_plan(text).empty


def test_what_is_not_selected_is_not_imported() -> None:
    text = f"sources: {{pg: {{}}}}\nstreams: {{a: {{}}}}\n{IMPORTS}"
    plan = world_with().make_plan(text, asked(target="streams.a"))
    assert [str(change.address) for change in plan.changes] == ["streams.a"]
    assert plan.unmanaged == {"cloud": 1}


def test_nothing_is_imported_to_be_destroyed() -> None:
    assert world_with().plan(f"sources: {{pg: {{}}}}\n{IMPORTS}", asked(destroy=True)) == "nothing"


def test_a_provider_that_does_not_answer_leaves_its_imports_for_later() -> None:
    world = World()
    world.silence("cloud")
    assert world.make_plan(f"sources: {{pg: {{}}}}\n{IMPORTS}").changes == ()


WRONG = {
    "nothing has that id": (
        "sources: {pg: {}}",
        "[{to: sources.pg, id: nope}]",
        "import-not-found: there is no source nope in cloud",
    ),
    "nothing has that name": (
        "sources: {pg: {}}",
        "[{to: sources.pg, name: nope}]",
        "import-not-found: there is no source name:nope in cloud",
    ),
    "it is of another kind": (
        "streams: {a: {}}\nsources: {pg: {}}",
        "[{to: streams.a, id: s1}]",
        "import-kind: s1 is a source, and streams.a is a stream",
    ),
    "another address has it": (
        "sources: {mine: {}, pg: {}}",
        "[{to: sources.pg, id: id-sources.mine}]",
        "import-managed: id-sources.mine is managed by sources.mine",
    ),
    "the address has another one": (
        "sources: {mine: {}}",
        "[{to: sources.mine, id: s1}]",
        "import-other-id: sources.mine has another object already: id-sources.mine",
    ),
    "two addresses want it": (
        "sources: {pg: {}, pg2: {}}",
        "[{to: sources.pg, id: s1}, {to: sources.pg2, name: orders}]",
        "import-twice: s1 is imported to sources.pg too",
    ),
    "it would be replaced at once": (
        "sources: {pg: {region: eu}}",
        "[{to: sources.pg, id: s1}]",
        "import-replaces: s1 would be imported and replaced at once for `region`",
    ),
    "two have that name": (
        "sources: {pg: {}}",
        "[{to: sources.pg, name: twin}]",
        "import-ambiguous: twin is the name of t1, t2",
    ),
}


@pytest.mark.parametrize(("text", "imports", "expected"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_imported(text: str, imports: str, expected: str) -> None:
    world = World.applied("sources: {mine: {}}")
    world.meet("sources", "s1", name="orders")
    for id in ("t1", "t2"):
        world.meet("sources", id, name="twin")
    keep = "" if "mine" in text else "removed: [{address: sources.mine, destroy: false}]\n"
    with pytest.raises(DiagnosticError) as caught:
        world.make_plan(f"{text}\n{keep}imports: {imports}")
    [one] = caught.value.diagnostics
    assert f"{one.code}: {one.message}" == expected
    assert one.span is not None
    assert one.help


DONE = {
    "the same id": "{to: sources.mine, id: id-sources.mine}",
    "its name": "{to: sources.mine, name: mine}",
    "an id that is gone, since the object was replaced": "{to: sources.mine, id: gone}",
    "a name that it had": "{to: sources.mine, name: before}",
}


@pytest.mark.parametrize("entry", DONE.values(), ids=DONE)
def test_an_import_that_was_made_is_nothing_to_do(entry: str) -> None:
    world = World.applied("sources: {mine: {}}")
    assert world.plan(f"sources: {{mine: {{}}}}\nimports: [{entry}]") == "nothing"


def test_an_object_that_moved_is_managed_under_its_new_address() -> None:
    world = World.applied("sources: {mine: {}}")
    text = "sources: {pg: {}}\nmoved: [{from: sources.mine, to: sources.pg}]\n"
    assert world.plan(f"{text}imports: [{{to: sources.pg, id: id-sources.mine}}]") == (
        "= sources.pg (moved from sources.mine)"
    )
    assert address("sources.pg") not in world.state.records
