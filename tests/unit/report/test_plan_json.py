"""Plans in the shape of Terraform's JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from stackfile.address import Address
from stackfile.errors import Diagnostic
from stackfile.plan.plan import UNSET, Action, Change, Origin, OutputChange, Reason, Skipped
from stackfile.report.plan_json import plan_json
from stackfile.sdk.traits import Impact
from stackfile.values import Ref, Sealed, Sensitive, Unknown
from tests.unit.report.orders import (
    AUDIT,
    NEW_SECRET,
    OLD_SECRET,
    ORDERS_PG,
    REFUNDS,
    WAREHOUSE,
    change,
    expected,
    field,
    orders_plan,
    plan_of,
)

CLICKS = Address("streams", "clicks")
SECRET = "hunter2"


def entry(one: Change) -> dict[str, Any]:
    """The document's entry for the only change of a plan."""
    (found,) = plan_json(plan_of(one))["resource_changes"]
    assert isinstance(found, dict)
    return found


def test_the_whole_plan_of_orders_is_as_expected() -> None:
    text = json.dumps(plan_json(orders_plan()), indent=2) + "\n"
    assert text == expected("plan.json")
    assert OLD_SECRET not in text
    assert NEW_SECRET not in text


def test_a_module_and_an_instance_have_their_own_keys() -> None:
    found = entry(change(Address("streams", "clicks", "eu", (("billing", None), ("eu", "a b"))), Action.CREATE))
    assert found["address"] == 'modules.billing.modules.eu["a b"].streams.clicks[eu]'
    assert found["module_address"] == 'modules.billing.modules.eu["a b"]'
    assert (found["name"], found["index"]) == ("clicks", "eu")


def test_an_address_without_instance_has_no_index() -> None:
    found = entry(change(CLICKS, Action.CREATE))
    assert "index" not in found
    assert "module_address" not in found


ACTIONS = {
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
    Action.READ: ["read"],
    Action.NO_OP: ["no-op"],
}


@pytest.mark.parametrize("action", ACTIONS)
def test_actions_are_terraforms_lists(action: Action) -> None:
    assert entry(change(CLICKS, action))["change"]["actions"] == ACTIONS[action]


def test_a_create_knows_no_id_and_marks_what_is_unknown_and_sensitive() -> None:
    desired = {
        "name": "clicks",
        "source": Ref(ORDERS_PG, Unknown()),
        "config": {"password": Sensitive(SECRET), "port": 1},
        "items": ["a", Unknown()],
    }
    assert entry(change(CLICKS, Action.CREATE, desired=desired))["change"] == {
        "actions": ["create"],
        "before": None,
        "after": {
            "id": None,
            "name": "clicks",
            "source": None,
            "config": {"password": None, "port": 1},
            "items": ["a", None],
        },
        "after_unknown": {"id": True, "source": True, "items": [False, True]},
        "before_sensitive": False,
        "after_sensitive": {"config": {"password": True}},
    }


def test_an_update_is_the_live_object_with_its_changes() -> None:
    one = change(
        CLICKS,
        Action.UPDATE,
        live={"a": 1, "b": 2, "c": {"d": 3}, "uptime": 9},
        desired={"a": 5, "c": {"d": 4}},
        fields=(field(("a",), 1, 5), field(("b",), 2, UNSET), field(("c", "d"), 3, 4)),
    )
    assert entry(one)["change"]["before"] == {"a": 1, "b": 2, "c": {"d": 3}, "uptime": 9}
    assert entry(one)["change"]["after"] == {"a": 5, "c": {"d": 4}, "uptime": 9}


def test_a_delete_has_nothing_after() -> None:
    body = entry(change(CLICKS, Action.DELETE, reason=Reason.NOT_IN_FILE, live={"a": 1}))
    assert body["action_reason"] == "delete_because_no_resource_config"
    assert body["change"]["before"] == {"a": 1}
    assert body["change"]["after"] is None


def test_fields_that_force_a_replacement_are_replace_paths() -> None:
    fields = (field(("config", "tables"), 1, 2, forces_replacement=True), field(("b",), 1, 2))
    assert entry(change(AUDIT, Action.REPLACE, fields=fields))["change"]["replace_paths"] == [["config", "tables"]]
    assert "replace_paths" not in entry(change(AUDIT, Action.UPDATE, fields=fields[1:]))["change"]


def test_what_one_side_hides_the_other_does_not_show() -> None:
    one = change(
        CLICKS,
        Action.UPDATE,
        live={"config": {"password": SECRET, "tokens": [SECRET], "port": 1}, "key": SECRET},
        desired={"config": {"password": Sensitive("b"), "tokens": [Sensitive("b")]}},
        fields=(field(("key",), SECRET, Sensitive("b"), origin=Origin.DRIFT, applied=Sealed("k", "a", "b")),),
    )
    document = plan_json(plan_of(one))
    assert SECRET not in json.dumps(document)
    assert document["resource_changes"][0]["change"]["before_sensitive"] == {
        "config": {"password": True, "tokens": True},
        "key": True,
    }
    assert document["resource_changes"][0]["change"]["before"]["config"]["port"] == 1


def test_drift_is_told_from_what_was_applied_to_what_is_live() -> None:
    (drift,) = plan_json(orders_plan())["resource_drift"]
    assert drift["address"] == str(WAREHOUSE)
    assert drift["change"]["before"]["config"] == {"hard.delete": True}
    assert drift["change"]["after"]["config"] == {"hard.delete": False}


def test_a_lost_resource_is_drift() -> None:
    (drift,) = plan_json(plan_of(change(REFUNDS, Action.CREATE, reason=Reason.LOST)))["resource_drift"]
    assert drift["change"]["actions"] == ["delete"]


def test_outputs_stand_by_name_with_their_masks() -> None:
    outputs = (
        OutputChange("z", 1, 1),
        OutputChange("b", None, Unknown()),
        OutputChange("a", SECRET, SECRET + "x", sensitive=True),
        OutputChange("c", 1, None),
    )
    found = plan_json(plan_of(outputs=outputs))["output_changes"]
    assert list(found) == ["a", "b", "c", "z"]
    assert [found[name]["actions"] for name in found] == [["update"], ["create"], ["delete"], ["no-op"]]
    assert found["a"]["before"] is found["a"]["after"] is None
    assert found["a"]["after_sensitive"] is True
    assert found["b"]["after_unknown"] is True


STATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "changes": ({"changes": (change(CLICKS, Action.CREATE),)}, {"complete": True, "errored": False, "applyable": True}),
    "no changes": ({}, {"complete": True, "errored": False, "applyable": False}),
    "an error": (
        {"changes": (change(CLICKS, Action.CREATE),), "diagnostics": (Diagnostic("x", "y"),)},
        {"complete": True, "errored": True, "applyable": False},
    ),
    "a part": ({"complete": False}, {"complete": False, "errored": False, "applyable": False}),
}


@pytest.mark.parametrize("case", STATES)
def test_a_plan_says_whether_it_is_whole_and_can_be_applied(case: str) -> None:
    plan, want = STATES[case]
    document = plan_json(replace(plan_of(), **plan))
    assert {key: document[key] for key in want} == want


def test_ours_is_under_one_key() -> None:
    skipped = (Skipped("connect", "did not answer", (CLICKS,)),)
    document = plan_json(plan_of(change(CLICKS, Action.DELETE, impact=Impact.DATA_LOSS), skipped=skipped))
    ours = document["stackfile"]
    assert (ours["stack"], ours["serial"], ours["impact"], ours["counts"]["delete"]) == ("orders", 3, "data_loss", 1)
    assert ours["skipped"] == [{"provider": "connect", "says": "did not answer", "addresses": ["streams.clicks"]}]
    assert set(document) == {
        "format_version",
        "resource_changes",
        "resource_drift",
        "output_changes",
        "complete",
        "errored",
        "applyable",
        "stackfile",
    }
