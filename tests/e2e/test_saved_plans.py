"""Saved plans through the installed stack: made, shown, applied as reviewed, and refused where something moved."""

from __future__ import annotations

import json

import pytest

from tests.e2e.shell import Folder, Transcript
from tests.e2e.shop import keep_elsewhere

SECRET = "correct-horse-battery"
PIPE = "pipelines.large"


def test_the_life_of_a_saved_plan(shop: Folder) -> None:
    shop.replace("  large: {partitions: 2}", "  large: {partitions: 2}\n  spare: {retention: 7d}")
    told = Transcript(shop)
    told.say("plan", "--out", "plan.json")
    told.say("apply", "plan.json", "--parallelism", "1")
    told.note("the same plan again")
    told.say("apply", "plan.json")
    told.note("two edits, planned; then somebody does one of them in the engine")
    shop.replace("spare: {retention: 7d}", "spare: {retention: 3d}")
    shop.replace(">= 100", ">= 50")
    told.say("plan", "--out", "plan.json")
    keep_elsewhere(shop.path, "spare", "3d")
    told.say("apply", "plan.json")
    told.say("apply", "plan.json", "--exclude", "streams.spare")
    told.say("plan", "--detailed-exitcode")
    told.compare("saved_plans.txt")


def test_a_saved_plan_is_shown_as_it_was_made(running: Folder) -> None:
    running.replace(">= 100", ">= 50")
    made = running.done("plan", "--out", "plan.json").out
    shown = running.done("show", "plan.json").out
    assert shown == made.replace(" Saved to plan.json, no secrets in it.", "")
    document = running.done("show", "plan.json", "--json").json
    assert document["format_version"] == "1.2"
    assert [one["address"] for one in document["resource_changes"]] == [PIPE]


def test_no_secret_is_in_a_plan_file_and_another_value_of_it_is_noticed(running: Folder) -> None:
    running.replace("variables:\n", "variables:\n  salt: {sensitive: true, from: {env: SALT}}\n")
    running.replace("path: large.ndjson", 'path: "{{ var.salt }}.ndjson"')
    running.env["SALT"] = SECRET
    running.done("plan", "--out", "plan.json")
    assert SECRET not in running.read("plan.json")
    said = running("apply", "plan.json", env={"SALT": "another-secret-text"})
    assert said.code == 3
    assert "destinations.file   a secret has another value than at plan (changed: var salt)" in said.err
    assert "another-secret-text" not in said.both
    assert running("apply", "plan.json", "--allow", "data_loss=*").code == 0


def test_allowances_that_were_given_at_plan_are_in_the_file(running: Folder) -> None:
    running.replace("  large: {partitions: 2}", "  large: {partitions: 1}")
    said = running.done("plan", "--out", "plan.json", "--allow", "data_loss=streams.large")
    assert said.out.endswith("To apply: stack apply plan.json\n")
    assert running("apply", "plan.json").code == 0


def test_guards_stand_in_the_way_of_a_saved_plan_too(running: Folder) -> None:
    running.replace("  large: {partitions: 2}", "  large: {partitions: 1}")
    said = running.done("plan", "--out", "plan.json")
    assert said.out.endswith("To apply: stack apply plan.json --allow data_loss=streams.large\n")
    refused = running("apply", "plan.json", "--yes")
    assert refused.code == 3
    assert "data-loss-not-allowed" in refused.err


def test_a_saved_plan_to_destroy_destroys(running: Folder) -> None:
    running.done("plan", "--destroy", "--out", "plan.json", "--allow", "data_loss=*")
    said = running.done("apply", "plan.json")
    assert "Destroy complete! Resources: 5 destroyed." in said.out


def test_an_empty_plan_can_be_saved_and_applied(running: Folder) -> None:
    assert "Saved to plan.json" in running.done("plan", "--out", "plan.json").out
    assert "No changes." in running.done("apply", "plan.json").out


BAD = {
    "is not there": (["apply", "nowhere.json"], 1, "error[plan-missing]: there is no nowhere.json here"),
    "is a folder": (["apply", ".stack"], 1, "error[plan-missing]: .stack is a folder"),
    "is the stackfile": (["apply", "stack.yaml"], 1, "error[plan-damaged]: stack.yaml is no saved plan"),
    "cannot be shown either": (["show", "stack.yaml"], 1, "error[plan-damaged]: stack.yaml is no saved plan"),
    "is for another environment": (
        ["apply", "plan.json", "--env", "prod"],
        3,
        "error[plan-other-stack]: plan.json is a",
    ),
    "is given a target": (["apply", "plan.json", "--target", PIPE], 64, "error[usage]: a saved plan says what it does"),
    "leaves out what is not there": (["apply", "plan.json", "--exclude", "streams.x"], 1, "error[selection-unknown]"),
}


@pytest.mark.parametrize(("arguments", "code", "says"), BAD.values(), ids=BAD)
def test_a_plan_that_is_no_good_is_refused(running: Folder, arguments: list[str], code: int, says: str) -> None:
    running.done("plan", "--out", "plan.json")
    said = running(*arguments)
    assert (said.code, said.err.startswith(says)) == (code, True), said.both


def test_a_plan_of_another_stack_and_of_another_state_is_refused(running: Folder) -> None:
    running.done("plan", "--out", "plan.json")
    running.replace("name: shop", "name: mall")
    said = running("apply", "plan.json")
    assert said.code != 0
    running.replace("name: mall", "name: shop")
    document = json.loads(running.read("plan.json"))
    document["stackfile"]["saved"]["plan"]["lineage"] = "another"
    running.write("plan.json", json.dumps(document))
    said = running("apply", "plan.json")
    assert (said.code, said.err.splitlines()[0]) == (3, "error[plan-edited]: plan.json was edited since it was made")
