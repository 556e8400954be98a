"""`--json`: one object a line, in an order and with keys that programs can rely on."""

from __future__ import annotations

from typing import Any

from tests.e2e.shell import Folder, steady

TERRAFORM = {"@level", "@message", "@module", "@timestamp", "type"}
HOOK = {"action", "resource"}
RESOURCE = {"addr", "implied_provider", "module", "resource", "resource_key", "resource_name", "resource_type"}


def brief(line: dict[str, Any]) -> str:
    return f"{line['type']}: {steady(line['@message'])}"


def test_an_apply_tells_each_step_as_a_line(shop: Folder) -> None:
    said = shop.done("apply", "--yes", "--json", "--parallelism", "1")
    assert said.err == ""
    assert [brief(line) for line in said.lines] == [
        "version: stackfile 0.1.0",
        "refresh_complete: Read 0 live objects in 4 calls, SECONDS (local 0).",
        "planned_change: sources.orders: Plan to create",
        "planned_change: destinations.file: Plan to create",
        "planned_change: pipelines.large: Plan to create",
        "planned_change: streams.large: Plan to create",
        "planned_change: streams.orders: Plan to create",
        "change_summary: Plan: 5 to add, 0 to change, 0 to destroy.",
        "outputs: Outputs: 2",
        "log: Run RUN. Lock taken by ana. 5 changes, at most 1 at once.",
        "apply_start: streams.large: Creating...",
        "apply_complete: streams.large: Creation complete after SECONDS [id=stream:large]",
        "apply_start: streams.orders: Creating...",
        "apply_complete: streams.orders: Creation complete after SECONDS [id=stream:orders]",
        "apply_start: destinations.file: Creating...",
        "apply_complete: destinations.file: Creation complete after SECONDS [id=dst_ID]",
        "apply_start: sources.orders: Creating...",
        "apply_complete: sources.orders: Creation complete after SECONDS [id=src_ID]",
        "apply_start: pipelines.large: Creating...",
        "apply_complete: pipelines.large: Creation complete after SECONDS [id=proc_ID]",
        "change_summary: Apply complete! Resources: 5 added, 0 changed, 0 destroyed. SECONDS, serial 2.",
        "outputs: Outputs: 2",
    ]
    assert all(line.keys() >= TERRAFORM for line in said.lines)


def test_lines_have_the_keys_of_terraforms_and_ours_under_one(running: Folder) -> None:
    running.replace("partitions: 2", "partitions: 1")
    lines = running.done("apply", "--yes", "--json", "--allow", "data_loss=streams.large").lines
    planned = next(line for line in lines if line["type"] == "planned_change" and "streams" in line["@message"])
    assert planned.keys() == TERRAFORM | {"change", "stackfile"}
    assert planned["change"] == {
        "action": "replace",
        "reason": "replace_because_cannot_update",
        "resource": {
            "addr": "streams.large",
            "implied_provider": "local",
            "module": "",
            "resource": "streams.large",
            "resource_key": None,
            "resource_name": "large",
            "resource_type": "local_stream",
        },
    }
    assert planned["stackfile"] == {"impact": "data_loss", "says": ["2 events would be deleted."]}
    hooks = [line["hook"] for line in lines if line["type"] in ("apply_start", "apply_complete")]
    assert len(hooks) == 12
    assert all(hook.keys() >= HOOK and hook["resource"].keys() == RESOURCE for hook in hooks)


def test_a_refusal_is_a_line_too(running: Folder) -> None:
    said = running("destroy", "--yes", "--json")
    assert (said.code, said.err) == (3, "")
    last = said.lines[-1]
    assert (last["type"], last["@level"]) == ("diagnostic", "error")
    assert last["diagnostic"]["stackfile"]["code"] == "data-loss-not-allowed"
    assert last["diagnostic"]["detail"].splitlines()[-1] == (
        "Allow them: --allow data_loss=streams.large --allow data_loss=streams.orders"
    )


def test_mistakes_of_the_stackfile_are_lines_with_their_places(shop: Folder) -> None:
    shop.replace("retention:", "retenton:")
    shop.replace("destination: streams.large", "destination: streams.lage")
    for command in ("validate", "plan", "apply"):
        said = shop(command, "--json")
        assert (said.code, said.err) == (1, "")
        told = [line["diagnostic"] for line in said.lines if line["type"] == "diagnostic"]
        assert [(one["stackfile"]["code"], one["range"]["start"]) for one in told] == [
            ("field-unknown", {"line": 16, "column": 12}),
            ("reference-unknown", {"line": 24, "column": 18}),
        ]


def test_a_plan_is_one_document_in_terraforms_shape(running: Folder) -> None:
    running.replace("partitions: 2", "partitions: 3")
    said = running("plan", "--json", "--detailed-exitcode")
    assert (said.code, said.err) == (2, "")
    plan = said.json
    assert (plan["format_version"], plan["complete"], plan["errored"]) == ("1.2", True, False)
    assert [(one["address"], one["type"], one["change"]["actions"]) for one in plan["resource_changes"]] == [
        ("streams.large", "local_stream", ["update"])
    ]
    change = plan["resource_changes"][0]["change"]
    assert (change["before"]["partitions"], change["after"]["partitions"]) == (2, 3)


def test_a_run_tells_its_counts(shop: Folder) -> None:
    shop.done("apply", "--yes")
    lines = shop.done("run", "--until-idle", "--json").lines
    ends = [line["run"] for line in lines if line["type"] == "run_complete"]
    assert {one["name"]: (one["read"], one["written"], one["failed"]) for one in ends} == {
        "sources.orders": (3, 3, 0),
        "pipelines.large": (3, 2, 0),
        "destinations.file": (2, 2, 0),
    }
