"""A stack with a module used twice, through the commands: addresses, targets, JSON, saved plans, instances that go."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.shell import Folder

EXAMPLE = Path(__file__).parents[2] / "examples" / "regions"
EU = ["modules.orders[eu].pipelines.large", "modules.orders[eu].sources.file", "modules.orders[eu].streams.orders"]
US = [address.replace("[eu]", "[us]") for address in EU]
OWN = ["destinations.table", "streams.large"]


@pytest.fixture
def regions(stack: Folder) -> Folder:
    shutil.copytree(EXAMPLE, stack.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".stack", "out"))
    return stack


def held(folder: Folder) -> list[str]:
    return sorted(line["address"] for line in folder.done("state", "list", "--json").lines)


def test_data_flows_through_both_uses_of_the_module(regions: Folder) -> None:
    regions.done("apply", "-y")
    regions.done("run", "--until-idle")
    with closing(sqlite3.connect(regions.path / "out" / "orders.db")) as connection:
        rows = connection.execute('SELECT "order" FROM large_orders ORDER BY 1').fetchall()
    assert [row[0] for row in rows] == ["eu-1", "eu-3", "us-1", "us-2"]
    assert regions.done("output", "arrives_at", "--json").json == [
        "regions-orders-eu-orders",
        "regions-orders-us-orders",
    ]
    assert regions.done("plan", "--detailed-exitcode").code == 0


TARGETS = {
    "one instance, with what it needs": (["modules.orders[eu]"], [*EU, "streams.large"]),
    "one instance as a shell likes it": (["modules.orders/eu"], [*EU, "streams.large"]),
    "all instances": (["modules.orders"], [*EU, *US, "streams.large"]),
    "one kind in all instances": (["modules.orders.streams.orders"], [EU[2], US[2]]),
    "a resource of one instance": (["modules.orders[us].streams.orders"], [US[2]]),
    "a glob": (["*.streams.orders"], [EU[2], US[2]]),
}


@pytest.mark.parametrize(("targets", "expected"), TARGETS.values(), ids=TARGETS)
def test_a_module_is_a_target(regions: Folder, targets: list[str], expected: list[str]) -> None:
    plan = regions.done("plan", "--json", *(word for target in targets for word in ("--target", target))).json
    assert sorted(change["address"] for change in plan["resource_changes"]) == sorted(expected)


def test_a_module_is_left_out(regions: Folder) -> None:
    regions.done("apply", "-y", "--exclude", "modules.orders[us]")
    assert held(regions) == sorted([*EU, *OWN])


def test_a_misspelt_module_is_no_target(regions: Folder) -> None:
    said = regions("plan", "--target", "modules.order")
    assert said.code == 1
    assert "error[selection-unknown]: modules.order matches no resource of this stack" in said.both


def test_json_names_the_module_of_a_resource(regions: Folder) -> None:
    plan = regions.done("plan", "--json").json
    found = {one["address"]: (one.get("module_address"), one["name"]) for one in plan["resource_changes"]}
    assert found["modules.orders[eu].streams.orders"] == ("modules.orders[eu]", "orders")
    assert found["streams.large"][0] is None


def test_what_was_saved_is_applied(regions: Folder) -> None:
    regions.done("plan", "--out", "plan.json")
    regions.done("apply", "plan.json")
    assert held(regions) == sorted([*EU, *US, *OWN])


def test_an_instance_that_goes_takes_its_resources_along(regions: Folder) -> None:
    regions.done("apply", "-y")
    regions.replace("    us: {minimum: 50}\n", "")
    regions.replace(', "{{ modules.orders[us].arrives_at }}"', "")
    plan = regions.done("plan", "--json").json
    going = {
        one["address"]: one["action_reason"]
        for one in plan["resource_changes"]
        if one["change"]["actions"] == ["delete"]
    }
    assert sorted(going) == US
    assert set(going.values()) == {"delete_because_no_module"}
    regions.done("apply", "-y")
    assert held(regions) == sorted([*EU, *OWN])


def test_a_module_that_is_disabled_takes_its_resources_along(regions: Folder) -> None:
    regions.done("apply", "-y")
    regions.replace("    for_each: ", "    enabled: \"{{ each.key == 'us' }}\"\n    for_each: ")
    regions.replace('"{{ modules.orders[eu].arrives_at }}", ', "")
    regions.done("apply", "-y")
    assert held(regions) == sorted([*US, *OWN])


def test_a_module_is_destroyed_alone(regions: Folder) -> None:
    regions.done("apply", "-y")
    regions.done("destroy", "-y", "--allow", "data_loss=*", "--target", "modules.orders[us]")
    assert held(regions) == sorted([*EU, *OWN])


def test_graph_and_console_know_modules(regions: Folder) -> None:
    graph = regions.done("graph").out
    assert '"modules.orders[eu].pipelines.large" -> "streams.large"' in graph
    assert regions.done("console", "modules.orders[eu].arrives_at").out == '"regions-orders-eu-orders"\n'
    said = json.loads(regions.done("console", "--json", "modules.orders[us]").out)
    assert said["value"]["orders"]["name"] == "regions-orders-us-orders"


def test_status_and_show_know_modules(regions: Folder) -> None:
    regions.done("apply", "-y")
    assert "modules.orders[eu].streams.orders" in regions("status", "modules.orders[eu].streams.orders").out
    shown = regions.done("state", "show", "modules.orders[eu].pipelines.large").out
    assert "needs" in shown
    assert "streams.large" in shown


def test_resources_move_into_a_module_and_stay_what_they_are(stack: Folder) -> None:
    head = "version: 1\nname: m\ndefaults: {provider: local}\n"
    stack.write("stack.yaml", head + "streams: {orders: {partitions: 2}}\n")
    stack.done("apply", "-y")
    stack.write("m.yaml", "streams: {orders: {partitions: 2}}\n")
    moved = "modules: {m: {source: m.yaml}}\nmoved: [{from: streams.orders, to: modules.m.streams.orders}]\n"
    stack.write("stack.yaml", head + moved)
    said = stack.done("apply", "-y")
    assert "0 added, 0 changed, 0 destroyed" in said.both
    assert held(stack) == ["modules.m.streams.orders"]
    assert stack.done("console", "1").code == 0
