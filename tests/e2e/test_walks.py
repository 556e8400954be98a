"""The life of a stack, walk by walk, as whole transcripts."""

from __future__ import annotations

from tests.e2e.shell import Folder, Transcript
from tests.e2e.shop import keep_elsewhere, remove_elsewhere


def test_a_new_user_is_led_from_nothing_to_moved_data_and_back(stack: Folder) -> None:
    walk = Transcript(stack)
    for command in ("validate", "init", "init", "validate"):
        walk.say(command)
    walk.say("run", "--until-idle")
    walk.say("plan", "--detailed-exitcode")
    walk.say("apply")
    walk.say("apply", "--yes", "--parallelism", "1")
    walk.say("plan", "--detailed-exitcode")
    walk.say("run", "--until-idle")
    walk.say("status")
    walk.say("destroy", "--yes", "--parallelism", "1", "--allow", "data_loss=streams.*")
    walk.say("plan", "--destroy")
    walk.say("status")
    walk.compare("new_user.txt")
    assert stack.read("large_orders.ndjson") == (
        '{"order":1,"customer":"ANA","amount":120}\n{"order":3,"customer":"CLEO","amount":310}\n'
    )


def test_edits_and_drift_are_told_apart_and_put_right(running: Folder) -> None:
    walk = Transcript(running)
    walk.note("an operation is edited")
    running.replace("amount >= 100", "amount >= 40")
    walk.say("run", "--until-idle")
    walk.say("apply", "--yes")
    walk.note("somebody sets the retention of streams.orders to 90d")
    keep_elsewhere(running.path, "orders", "90d")
    walk.say("plan", "--detailed-exitcode")
    walk.note("and the stackfile comes to want 30d")
    running.replace("{default: 7d}", "{default: 30d}")
    walk.say("plan", "--detailed-exitcode")
    walk.say("apply", "--yes", "--allow", "data_loss=streams.orders")
    walk.note("somebody deletes the pipeline")
    remove_elsewhere(running.path, "pipelines", "large")
    walk.say("status")
    walk.say("plan")
    walk.say("apply", "--yes")
    walk.say("plan")
    walk.compare("edits_and_drift.txt")


def test_a_replaced_stream_takes_along_what_holds_it(running: Folder) -> None:
    walk = Transcript(running)
    walk.note("streams.large gets fewer partitions, which only a new stream can have")
    running.replace("partitions: 2", "partitions: 1")
    walk.say("plan")
    walk.say("apply", "--yes", "--parallelism", "1")
    walk.say("apply", "--yes", "--parallelism", "1", "--allow", "data_loss=streams.large")
    walk.say("run", "--until-idle")
    walk.note("the pipeline reads another stream")
    running.replace("  large: {partitions: 1}", "  large: {partitions: 1}\n  refunds: {}")
    running.replace("source: streams.orders\n", "source: streams.refunds\n")
    walk.say("apply", "--yes", "--parallelism", "1", "--no-wait", "--fail-fast")
    walk.say("plan")
    walk.compare("replace.txt")


def test_a_part_of_the_stack_can_be_planned_applied_and_destroyed(shop: Folder) -> None:
    walk = Transcript(shop)
    walk.say("plan", "--target", "pipelines.large")
    walk.say("apply", "--yes", "--parallelism", "1", "--target", "pipelines.large")
    walk.say("plan", "--exclude", "streams.*")
    walk.say("plan", "--exclude", "provider:local")
    walk.say("plan", "--exclude", "provider:loca")
    walk.say("plan", "--target", "streams.larg", "--target", "larg")
    walk.say("apply", "--yes", "--parallelism", "1")
    walk.say("destroy", "--yes", "--parallelism", "1", "--target", "streams.large")
    walk.say("output")
    walk.say("state", "list")
    walk.compare("parts.txt")


def test_guards_stand_until_the_flag_they_name_is_given(running: Folder) -> None:
    walk = Transcript(running)
    running.replace('orders: {retention: "{{ var.keep }}"}', "orders: {lifecycle: {prevent_destroy: true}}")
    walk.note("streams.orders gets prevent_destroy")
    walk.say("apply", "--yes")
    walk.say("destroy", "--yes")
    walk.say("destroy", "--yes", "--allow", "data_loss=*", "--exclude", "streams.orders", "--parallelism", "1")
    walk.compare("guards.txt")


def test_many_deletes_need_their_number(stack: Folder) -> None:
    walk = Transcript(stack)
    head = "version: 1\nname: many\ndefaults: {provider: local}\nstreams:\n  kept: {}\n"
    regions = ", ".join(f"r{number:02}" for number in range(11))
    stack.write("stack.yaml", f"{head}  regional: {{for_each: [{regions}]}}\n")
    stack.done("apply", "--yes")
    stack.write("stack.yaml", head)
    walk.note("11 of 12 streams are gone from the stackfile")
    walk.say("apply", "--yes")
    walk.say("apply", "--yes", "--max-deletes", "10")
    walk.say("apply", "--yes", "--max-deletes", "11", "--json")
    walk.say("state", "list")
    refused, still, applied = (part for part in walk.text.split("$ stack ")[1:4])
    assert "To apply" not in refused
    assert refused.endswith(
        "error[many-deletes]: the plan deletes 11 of 12 resources; nothing was applied\n"
        "  If that is meant: --max-deletes 11\n--- exit 3\n\n"
    )
    assert still.endswith(refused[refused.index("error[") :])
    assert applied.count('"type": "apply_complete"') == 11
    assert walk.text.endswith('streams.kept  local     stream  "kept"  stream:kept\n\n')
    assert stack("plan").out.count("to apply: stack apply") == 0


def test_the_state_can_be_looked_into(running: Folder) -> None:
    walk = Transcript(running)
    for line in (
        "show",
        "state list",
        "state show pipelines.large",
        "state show streams.lagre",
        "state show large",
        "output",
        "output keep",
        "output large --json",
        "output lagre",
        "output --json",
        "lock show",
        "lock show --json",
        "lock break abc",
        "recover",
        "graph",
        "graph --format mermaid",
        "validate --json",
    ):
        walk.say(*line.split())
    walk.compare("looking.txt")
