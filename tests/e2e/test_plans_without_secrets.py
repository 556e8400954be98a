"""A plan in a job that has no secrets: they count as unchanged, and the plan is for reading."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.e2e.shell import Folder

SECRET = "correct-horse-battery"
NONE: Mapping[str, str | None] = {"SALT": None}


@pytest.fixture
def secretive(running: Folder) -> Folder:
    """The shop, with a secret in the path of a file, applied."""
    running.replace("variables:\n", "variables:\n  salt: {sensitive: true, from: {env: SALT}}\n")
    running.replace("path: large.ndjson", 'path: "{{ var.salt }}.ndjson"')
    running.env["SALT"] = SECRET
    running.done("apply", "--yes", "--allow", "data_loss=*")
    return running


def test_a_secret_without_a_value_counts_as_unchanged(secretive: Folder) -> None:
    assert secretive("plan", env=NONE).code == 1
    said = secretive("plan", "--no-secrets", "--detailed-exitcode", env=NONE)
    assert said.code == 0, said.both
    assert said.out.endswith(
        "No changes. 5 resources match the stackfile.\n"
        "Secrets: 1 not compared (this job has none).\n"
        "This plan cannot be applied.\n"
    )


def test_other_changes_are_planned_and_a_new_secret_is_said_to_be_not_compared(secretive: Folder) -> None:
    secretive.replace(
        "destinations:\n",
        "destinations:\n  more: {connector: file, path: '{{ var.salt }}.x', stream: streams.orders}\n",
    )
    secretive.replace(">= 100", ">= 50")
    said = secretive.done("plan", "--no-secrets", env=NONE)
    assert "~ pipelines.large" in said.out
    assert "path:                 (sensitive, not compared)" in said.out
    assert "destinations.file" not in said.out
    assert "To apply" not in said.out
    assert secretive.done("plan", "--no-secrets", "--json", env=NONE).json["applyable"] is False


def test_such_a_plan_is_refused_and_may_be_the_reviewed_one(secretive: Folder) -> None:
    secretive.replace(">= 100", ">= 50")
    secretive.done("plan", "--no-secrets", "--out", "plan.json", env=NONE)
    refused = secretive("apply", "plan.json")
    assert refused.code == 3
    assert refused.err.startswith(
        "error[plan-not-applicable]: plan.json was made without secrets (salt), and cannot be applied\n"
    )
    rotated = secretive("apply", "--reviewed", "plan.json", env={"SALT": "another-secret-text"})
    assert rotated.code == 3
    assert "NEW       destinations.file   replace   path: (sensitive, changed)" in rotated.err
    assert secretive.done("apply", "--reviewed", "plan.json").code == 0


def test_with_the_secret_at_hand_it_is_compared_as_ever(secretive: Folder) -> None:
    said = secretive.done("plan", "--no-secrets")
    assert said.out.endswith("No changes. 5 resources match the stackfile.\n")
    assert "destinations.file" in secretive.done("plan", "--no-secrets", env={"SALT": "another-secret-text"}).out
