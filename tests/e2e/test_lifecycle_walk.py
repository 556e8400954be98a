"""Resources with a lifecycle, as whole transcripts: fields left alone, triggers, new objects before old ones, times."""

from __future__ import annotations

import json

from tests.e2e.shell import Folder, Transcript
from tests.e2e.shop import keep_elsewhere

TO_LARGE = "    destination: streams.large\n"
FAILED = "  failed: {name: failed_v1, partitions: 3, lifecycle: {create_before_destroy: true}}\n"


def test_fields_are_left_alone_until_their_day(running: Folder) -> None:
    walk = Transcript(running)
    ignoring = '{retention: "{{ var.keep }}", lifecycle: {ignore_changes: [%s]}}'
    plain = '{retention: "{{ var.keep }}"}'
    running.replace(plain, ignoring % "retention")
    walk.note("the retention of streams.orders is ignored, and somebody sets it to 90d")
    keep_elsewhere(running.path, "orders", "90d")
    walk.say("plan")
    assert "ignored  streams.orders  retention" in running.done("drift").out
    walk.note("an update of something else leaves it as it is")
    running.replace("ignore_changes: [retention]}}", "ignore_changes: [retention]}, compression: gzip}")
    walk.say("apply", "--yes")
    walk.say("plan")
    walk.note("it was ignored until a day that has passed")
    running.replace("[retention]", "[{path: retention, reason: tuned by DBA, until: 2020-12-31}]")
    walk.say("plan")
    walk.note("and a field that is not there")
    running.replace("path: retention", "path: retension")
    walk.say("validate")
    walk.compare("ignored.txt")


def test_a_trigger_replaces_with_its_reason(running: Folder) -> None:
    walk = Transcript(running)
    running.replace(TO_LARGE, f"{TO_LARGE}    lifecycle: {{replace_triggered_by: [streams.orders.retention]}}\n")
    running.replace("{default: 7d}", "{default: 8d}")
    walk.say("plan")
    walk.say("apply", "--yes", "--parallelism", "1")
    walk.say("plan")
    walk.compare("triggered.txt")


def test_a_new_object_comes_before_the_old_one_goes(running: Folder) -> None:
    walk = Transcript(running)
    running.replace("streams:\n", "streams:\n" + FAILED)
    running.replace(TO_LARGE, f"{TO_LARGE}    dead_letter: streams.failed\n")
    running.done("apply", "--yes")
    walk.note("streams.failed gets fewer partitions, and keeps its name")
    running.replace("partitions: 3", "partitions: 1")
    walk.say("plan")
    walk.note("and another name")
    running.replace("failed_v1", "failed_v2")
    walk.say("plan")
    walk.say("apply", "--yes", "--parallelism", "1")
    walk.say("plan")
    walk.compare("new_before_old.txt")


def test_a_plan_in_json_says_which_comes_first(running: Folder) -> None:
    running.replace("large: {partitions: 2}", "large: {name: other, lifecycle: {create_before_destroy: true}}")
    plan = json.loads(running.done("plan", "--json").out)
    actions = {one["address"]: one["change"]["actions"] for one in plan["resource_changes"]}
    assert actions["streams.large"] == ["create", "delete"]
