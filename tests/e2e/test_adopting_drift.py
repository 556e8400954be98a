"""Drift that is kept: what is live is written into the stackfile."""

from __future__ import annotations

import pytest

from tests.e2e.shell import Folder
from tests.e2e.shop import SHOP, keep_elsewhere, remove_elsewhere

PLAIN = SHOP.replace(
    'orders: {retention: "{{ var.keep }}"}', "orders:\n    # a week is law\n    retention: 7d   # days"
)
WROTE = "Wrote {}. Next: stack plan shows no change of it; stack apply records it.\n"


@pytest.fixture
def drifted(running: Folder) -> Folder:
    """The shop with the retention of streams.orders in plain text, and 90 days live."""
    running.write("stack.yaml", PLAIN)
    keep_elsewhere(running.path, "orders", "90d")
    return running


def test_what_is_live_is_written_with_the_comments_around_it_and_plans_to_nothing(drifted: Folder) -> None:
    said = drifted("drift", "--adopt", "streams.orders")
    assert (said.code, said.err) == (0, WROTE.format("stack.yaml"))
    assert "-    retention: 7d   # days\n+    retention: 90d   # days\n" in said.out
    assert drifted.read("stack.yaml") == PLAIN.replace("retention: 7d", "retention: 90d")
    assert drifted("plan", "--detailed-exitcode").code == 0
    drifted.done("apply", "--yes")
    assert drifted("drift").code == 0


def test_a_field_that_the_file_does_not_set_is_added(drifted: Folder) -> None:
    drifted.replace("    # a week is law\n    retention: 7d   # days", "    partitions: 1")
    assert drifted("drift", "--adopt", "streams.orders").code == 0
    assert "  orders:\n    partitions: 1\n    retention: 90d\n" in drifted.read("stack.yaml")
    assert drifted("plan", "--detailed-exitcode").code == 0


def test_it_is_written_into_the_file_that_declares_it(drifted: Folder) -> None:
    streams = PLAIN[PLAIN.index("streams:\n") : PLAIN.index("pipelines:\n")]
    drifted.write("teams/streams.yaml", streams)
    whole = PLAIN.replace(streams, "").replace("name: shop\n", "name: shop\ninclude: [teams/*.yaml]\n")
    drifted.write("stack.yaml", whole)
    said = drifted("drift", "--adopt", "streams.orders", "--json")
    assert said.json["files"] == ["teams/streams.yaml"]
    assert drifted.read("stack.yaml") == whole
    assert drifted.read("teams/streams.yaml") == streams.replace("7d ", "90d ")


def test_a_template_is_not_overwritten_but_said_what_to_write(running: Folder) -> None:
    keep_elsewhere(running.path, "orders", "90d")
    said = running("drift", "--adopt", "streams.orders")
    assert (said.code, said.out) == (1, "")
    assert (
        said.err
        == """\
error[adopt-by-hand]: streams.orders: retention cannot be written for you: a template makes it
  --> stack.yaml:16:23
   |
16 |   orders: {retention: "{{ var.keep }}"}
   |                       ^^^^^^^^^^^^^^^^
   |
  To keep what is live write:  retention: 90d
  Or put the live system back to what was applied: stack apply
"""
    )
    assert running.read("stack.yaml") == SHOP


def test_what_defaults_or_for_each_say_is_left_to_a_person(drifted: Folder) -> None:
    drifted.replace("    # a week is law\n    retention: 7d   # days\n", "")
    drifted.replace("defaults: {provider: local}", "defaults: {provider: local, streams: {retention: 7d}}")
    assert "cannot be written for you: defaults say it, for other resources too\n" in drifted("drift", "--adopt",
        "streams.orders").err  # fmt: skip


def test_what_has_not_drifted_cannot_be_adopted(drifted: Folder) -> None:
    remove_elsewhere(drifted.path, "pipelines", "large")
    before = drifted.read("stack.yaml")
    told = [drifted("drift", "--adopt", one).err for one in ("streams.large", "pipelines.large", "streams.order")]
    assert told == [
        "error[adopt-nothing]: streams.large has not drifted: there is nothing to adopt\n  All that has: stack drift\n",
        "error[adopt-nothing]: pipelines.large is gone: there is nothing live to adopt\n"
        "  Make it again: stack apply --target pipelines.large; or take it out of the stackfile\n",
        "error[address-unknown]: the state holds no streams.order\n  did you mean streams.orders?\n",
    ]
    assert drifted.read("stack.yaml") == before
