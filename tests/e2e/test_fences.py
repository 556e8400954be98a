"""What stands before an apply besides the plan's own guards: review, protected environments, older folders."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.e2e.shell import Folder, Transcript, surroundings
from tests.e2e.shop import keep_elsewhere


def git(folder: Folder, *arguments: str) -> str:
    env = surroundings({"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull})
    who = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")
    command = ["git", "-C", str(folder.path), *who, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Folder, says: str) -> str:
    git(folder, "add", "stack.yaml")
    git(folder, "commit", "-q", "-m", says)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def versioned(running: Folder) -> Folder:
    """The shop applied and run once, in a repository of one commit."""
    git(running, "init", "-q", "-b", "main")
    commit(running, "The shop")
    return running


def test_apply_on_merge_goes_on_with_what_was_reviewed_and_stops_at_what_was_not(running: Folder) -> None:
    running.replace("  large: {partitions: 2}", "  large: {partitions: 2}\n  spare: {retention: 7d}")
    running.done("apply", "--yes")
    told = Transcript(running)
    running.replace("spare: {retention: 7d}", "spare: {retention: 3d}")
    running.replace(">= 100", ">= 50")
    running.done("plan", "--out", "plan.json")
    told.note("spare is repaired by hand, and somebody merges another change")
    keep_elsewhere(running.path, "spare", "3d")
    running.replace("outputs:\n", "outputs:\n  more: {value: 1}\n")
    told.say("apply", "--reviewed", "plan.json", "--parallelism", "1")
    told.note("a change that nobody has reviewed")
    running.replace("path: large.ndjson", "path: larger.ndjson")
    told.say("apply", "--reviewed", "plan.json")
    told.compare("reviewed.txt")


def test_two_plans_at_once_are_a_mistake(running: Folder) -> None:
    running.done("plan", "--out", "plan.json")
    assert running("apply", "plan.json", "--reviewed", "plan.json").code == 64


PROTECTED = "\nenvironments: {prod: {protected: true}, dev: {}}\n"


def test_a_plan_of_a_protected_environment_proposes_what_it_takes(stack: Folder) -> None:
    stack.write(
        "stack.yaml", f"version: 1\nname: shop\ndefaults: {{provider: local}}{PROTECTED}streams: {{orders: {{}}}}\n"
    )
    said = stack.done("plan", "--env", "prod", "--target", "streams.*").out.splitlines()
    assert said[-1] == (
        "To apply: stack plan --env prod --target 'streams.*' --out plan.json, then: stack apply plan.json"
    )


@pytest.mark.parametrize("arguments", [["apply", "--yes"], ["destroy", "--yes", "--allow", "data_loss=*"]])
def test_a_protected_environment_takes_no_plan_that_nobody_could_review(shop: Folder, arguments: list[str]) -> None:
    shop.write("stack.yaml", shop.read("stack.yaml") + PROTECTED)
    if arguments[0] == "destroy":
        shop.done("plan", "--env", "prod", "--out", "plan.json")
        shop.done("apply", "plan.json")
    said = shop(*arguments, "--env", "prod")
    assert said.code == 3
    destroy = " --destroy" if arguments[0] == "destroy" else ""
    assert said.err.splitlines()[0] == (
        "error[environment-protected]: environment prod is protected: it takes saved or reviewed plans only"
    )
    assert f"stack plan --env prod{destroy} --out plan.json" in said.err


def test_a_protected_environment_takes_saved_and_reviewed_plans(shop: Folder) -> None:
    shop.write("stack.yaml", shop.read("stack.yaml") + PROTECTED)
    shop.done("plan", "--env", "prod", "--out", "plan.json")
    assert shop.done("apply", "plan.json").out.startswith("Apply complete! Resources: 5 added")
    shop.replace(">= 100", ">= 50")
    shop.done("plan", "--env", "prod", "--out", "plan.json")
    assert shop.done("apply", "--reviewed", "plan.json").out.startswith("Apply complete! Resources: 0 added, 1 changed")
    assert shop("apply", "plan.json", "--env", "dev").code == 3


def test_a_folder_that_is_older_than_what_runs_is_warned_of_and_refused(versioned: Folder) -> None:
    first = git(versioned, "rev-parse", "HEAD")
    versioned.replace(">= 100", ">= 50")
    second = commit(versioned, "Smaller orders count too")
    versioned.done("apply", "--yes")
    versioned.done("plan")
    git(versioned, "checkout", "-q", first)
    planned = versioned.done("plan")
    assert "warning[older-commit]: this folder is older than what runs\n" in planned.out
    assert f"Last applied: commit {second[:7]} (" in planned.out
    assert f"by ana); here: {first[:7]}, 1 commit behind it.\n" in planned.out
    assert "apply will refuse. Update the folder, or mean it: stack apply --allow-older-commit\n" in planned.out
    refused = versioned("apply", "--yes")
    assert refused.code == 3
    assert refused.err.startswith("error[older-commit]: this folder is older than what runs; nothing was applied\n")
    assert versioned("apply", "--yes", "--allow-older-commit").code == 0


def test_a_newer_folder_and_one_that_git_cannot_compare_are_let_through(versioned: Folder) -> None:
    versioned.replace(">= 100", ">= 50")
    commit(versioned, "Smaller orders count too")
    versioned.done("apply", "--yes")
    subprocess.run(["rm", "-rf", str(versioned.path / ".git")], check=True)
    versioned.replace(">= 50", ">= 60")
    said = versioned.done("apply", "--yes", "-v")
    assert "which was applied last: git does not know it here." in said.err


def test_the_state_says_from_which_commit_it_was_applied(versioned: Folder) -> None:
    versioned.replace(">= 100", ">= 50")
    head = commit(versioned, "Smaller orders count too")
    versioned.done("apply", "--yes")
    versioned.replace(">= 50", ">= 60")
    assert f"from commit {head[:7]}" in versioned.done("plan").out.replace("\n", " ")
