"""A plan as the comment of a pull request, made anew and from a saved plan."""

from __future__ import annotations

from tests.e2e.shell import Folder
from tests.e2e.shop import keep_elsewhere


def test_a_plan_and_the_saved_plan_make_the_same_comment(running: Folder) -> None:
    keep_elsewhere(running.path, "orders", "90d")
    running.replace("amount >= 100", "amount >= 40")
    made = running("plan", "--out", "plan.json", "--format", "markdown")
    shown = running("show", "plan.json", "--format", "markdown")
    assert (made.code, made.err, shown.code, shown.err) == (0, "", 0, "")
    assert shown.out == made.out
    assert made.out.startswith(
        "<!-- stackfile: pr -->\n### stack plan: 2 update · :red_circle: data loss in 1 place\n\n| stack | env |"
    )
    assert "- :red_circle: `streams.orders`: Events older than 7d would be deleted, of 3 events.\n" in made.out
    assert '\n-     retention: "90d"\n+     retention: "7d"   (drift)\n' in made.out
    assert "Apply it on merge, only if a new plan says the same: `stack apply --reviewed plan.json`\n" in made.out


def test_the_format_can_be_json_and_the_state_has_no_comment(running: Folder) -> None:
    assert running("plan", "--format", "json").json["format_version"] == "1.2"
    said = running("show", "--format", "markdown")
    assert (said.code, said.out) == (64, "")
    assert said.err.startswith("error[usage]: --format markdown is for a plan: stack show PLAN --format markdown\n")
