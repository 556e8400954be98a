"""Two stacks on one engine: what one of them makes the other looks up, and never changes."""

from __future__ import annotations

import pytest

from tests.e2e.shell import Folder, steady

OWNER = "version: 1\nname: owner\ndefaults: {provider: local}\nstreams: {clicks: {partitions: 4}}\n"
USER = """\
version: 1
name: user
providers: {local: {data_dir: .stack/default/engine}}
streams:
  clicks: {existing: {name: clicks}}
  copy: {partitions: "{{ streams.clicks.partitions }}"}
sources:
  raw: {connector: file, path: a.ndjson, format: ndjson, stream: streams.clicks}
outputs:
  read: {value: "{{ streams.clicks.name }} of {{ streams.clicks.partitions }}"}
"""
AS_USER = ("-f", "user.yaml", "--env", "user")


@pytest.fixture
def two(stack: Folder) -> Folder:
    stack.write("stack.yaml", OWNER)
    stack.write("user.yaml", USER)
    stack.done("apply", "--yes")
    return stack


def test_what_is_looked_up_is_read_and_left_alone(two: Folder) -> None:
    plan = two.done("plan", *AS_USER).out
    assert "Read 1 live object in 2 calls" in " ".join(plan.split())
    assert "partitions:           4" in plan
    assert "Plan: 2 to create" in plan
    two.done("apply", "--yes", *AS_USER)
    assert "No changes. 2 resources match the stackfile." in two.done("plan", *AS_USER).out
    assert "No changes. 2 resources match the stackfile." in two.done("plan", "--no-refresh", *AS_USER).out
    assert two.done("output", "read", *AS_USER).out.strip() == "clicks of 4"
    assert "streams.clicks" not in two.done("state", "list", *AS_USER).out
    lookups = two.done("plan", "--json", *AS_USER).json["stackfile"]["lookups"]
    assert [(one["address"], one["mode"], one["type"], one["id"]) for one in lookups] == [
        ("streams.clicks", "data", "local_stream", "stream:clicks")
    ]
    assert "not managed" not in two.done("plan", *AS_USER).out + two.done("drift", *AS_USER).out
    assert '  "streams.clicks" [style = "dashed"]\n' in two.done("graph", *AS_USER).out
    two.done("destroy", "--yes", *AS_USER)
    assert "No changes. 1 resource matches the stackfile." in two.done("plan").out


def test_what_is_looked_up_and_not_there_is_told(two: Folder) -> None:
    two.replace("{name: clicks}", "{name: click}", "user.yaml")
    said = two("plan", *AS_USER)
    assert (said.code, said.err) == (
        1,
        'error[existing-none]: streams.clicks: no stream in local with name "click"\n'
        "  --> user.yaml:5:22\n"
        "   |\n"
        " 5 |   clicks: {existing: {name: click}}\n"
        "   |                      ^^^^^^^^^^^^^\n"
        "   |\n"
        "  near: clicks\n"
        "  To have it made by this stack remove `existing`, and write what it is to be.\n",
    )


READER = """\
version: 1
name: user
providers: {local: {data_dir: .stack/default/engine}}
streams: {clicks: {existing: {name: clicks}}, own: {}}
sources: {raw: {connector: file, path: a.ndjson, format: ndjson, stream: streams.clicks}}
"""
STALE = """\
error[plan-stale]: 1 of 2 changes in p.json no longer holds; nothing was applied
  sources.raw   needs streams.clicks, which is looked up and was found at plan (MOMENT), but is not there now
  The other still holds. Apply it alone:  stack apply --env user p.json -f user.yaml --exclude sources.raw
"""


def test_a_saved_plan_does_not_go_on_without_what_it_looked_up(two: Folder) -> None:
    two.write("user.yaml", READER)
    two.done("plan", "--out", "p.json", *AS_USER)
    two.done("destroy", "--yes", "--allow", "data_loss=streams.clicks")
    said = two("apply", "p.json", *AS_USER)
    assert (said.code, steady(said.err)) == (3, STALE)
    assert "1 added" in two.done("apply", "p.json", "--exclude", "sources.raw", *AS_USER).out


def test_what_was_ours_and_is_looked_up_now_is_forgotten_and_stays_alive(two: Folder) -> None:
    two.replace("{partitions: 4}", "{existing: {name: clicks}}")
    assert "# streams.clicks" in two.done("plan").out
    two.done("apply", "--yes")
    assert two.done("state", "list").out == "The state holds no resource.\n"
    assert two.done("plan").out.endswith("\nNo changes.\n")
    two.replace("{existing: {name: clicks}}", "{partitions: 4}")
    assert "stack import streams.clicks stream:clicks" in two("plan").err
