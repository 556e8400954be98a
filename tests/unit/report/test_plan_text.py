"""Whole plans as text, against the texts in `expected/`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackfile.address import Address
from stackfile.errors import Diagnostic, Severity
from stackfile.plan.plan import Action, OutputChange, PendingIntent, Plan, ReadSummary, Reason, Skipped
from stackfile.report.change_text import Notes
from stackfile.report.plan_text import plan_text
from stackfile.sdk.traits import Impact
from stackfile.state.format import Origin as AppliedBy
from stackfile.values import Sealed, Sensitive, Unknown
from tests.unit.report.orders import (
    AUDIT,
    NEW_SECRET,
    OLD_SECRET,
    ORDERS_PG,
    REFUNDS,
    WAREHOUSE,
    at,
    change,
    expected,
    orders_notes,
    orders_plan,
    plan_of,
)

CLICKS = Address("streams", "clicks")


def test_the_whole_plan_of_orders_reads_as_expected() -> None:
    assert plan_text(orders_plan(), orders_notes()) == expected("plan.txt")


def test_no_secret_of_orders_is_in_its_plan() -> None:
    text = plan_text(orders_plan(), orders_notes())
    assert OLD_SECRET not in text
    assert NEW_SECRET not in text


def test_an_empty_plan_says_how_many_resources_match() -> None:
    plan = Plan(
        stack="orders",
        env="prod",
        lineage="5f2c",
        serial=214,
        unchanged=97,
        read=ReadSummary((("streamkap", 92), ("planasonix", 13)), 4, 1.1),
        applied_by=AppliedBy(by="ci", commit="8d1e0b4c77", at=at("2026-11-21T03:41:00")),
        backend="postgres",
    )
    assert plan_text(plan) == expected("empty.txt")


def test_a_plan_that_destroys_reads_as_expected() -> None:
    gone = change(
        CLICKS,
        Action.DELETE,
        provider="local",
        service="local",
        name="prod-clicks",
        id="7",
        reason=Reason.DESTROY,
        live={"name": "prod-clicks", "partitions": 4, "config": {"retention": "7d"}, "status": None},
        impact=Impact.DATA_LOSS,
        impact_says=("Its 1,204 events are deleted.",),
    )
    plan = plan_of(gone, destroy=True, outputs=(OutputChange("clicks_id", "7", None),))
    assert plan_text(plan, Notes(apply="stack destroy")) == expected("destroy.txt")


def test_a_first_plan_has_no_environment_and_no_state() -> None:
    create = change(CLICKS, Action.CREATE, provider="local", service="local", desired={"name": "clicks"})
    plan = plan_of(create, serial=0, read=ReadSummary((("local", 0),), 1, 0.004))
    assert plan_text(plan) == expected("first.txt")


def test_a_plan_that_leaves_something_out_says_so_and_what_to_type() -> None:
    missing = [Address("streams", name, "ap") for name in "abcdefghijklmnopqr"]
    missing += [Address("resources", name, "ap") for name in "abcd"]
    skipped = (
        Skipped(
            "connect_ap", "(http://connect.ap:4195) did not answer: connection refused, 3 tries in 6 s", tuple(missing)
        ),
        Skipped("connect_eu", "excluded", (CLICKS,)),
        Skipped("local", "the engine's database is busy", ()),
    )
    assert plan_text(plan_of(skipped=skipped, complete=False, unchanged=5)) == expected("partial.txt")


def test_what_stands_beside_the_changes_is_told() -> None:
    plan = plan_of(
        pending=(
            PendingIntent(ORDERS_PG, "update", "sent 2026-11-21 03:12:05 UTC, no recorded answer"),
            PendingIntent(REFUNDS, "create", ""),
            PendingIntent(AUDIT, "replace", "", in_flight=True),
        ),
        unmanaged={"streamkap": 1, "local": 2},
        diagnostics=(Diagnostic("looks-like-rename", "a goes and b comes", Severity.WARNING, help=("moved: []",)),),
        unchanged=1,
    )
    assert plan_text(plan) == expected("beside.txt")


def test_outputs_are_told_with_what_happens_to_them() -> None:
    outputs = (
        OutputChange("same", 1, 1),
        OutputChange("orders_id", None, Unknown()),
        OutputChange("rows", 3, 4),
        OutputChange("password", Sealed("k", "aa", "bb"), Sensitive(NEW_SECRET), sensitive=True),
        OutputChange("new_password", None, Sensitive(NEW_SECRET), sensitive=True),
        OutputChange("gone", ["a", "b"], None),
    )
    assert plan_text(plan_of(outputs=outputs)) == expected("outputs.txt")


LAST = AppliedBy(by="ana", commit="3f9c2d1e0a", at=at("2026-11-20T14:02:31"))
STATES = {
    "never applied": (plan_of(serial=0), "Stack orders. State: local, none yet."),
    "applied without an origin": (plan_of(), "Stack orders. State: local, serial 3."),
    "applied by somebody": (
        plan_of(applied_by=replace(LAST, commit="")),
        "Stack orders. State: local, serial 3, last applied 2026-11-20 14:02 UTC by ana.",
    ),
    "applied from a changed folder": (
        plan_of(applied_by=replace(LAST, dirty=True, by="")),
        "Stack orders. State: local, serial 3, last applied 2026-11-20 14:02 UTC from commit 3f9c2d1 with changes.",
    ),
    "in an environment": (plan_of(env="dev"), "Stack orders, environment dev. State: local, serial 3."),
    "having read one object": (
        plan_of(read=ReadSummary((("local", 1),), 1, 0.2)),
        "Stack orders. State: local, serial 3. Read 1 live object in 1 call, 200 ms (local 1).",
    ),
}


@pytest.mark.parametrize("case", STATES)
def test_the_header_says_where_the_plan_stands(case: str) -> None:
    plan, header = STATES[case]
    assert " ".join(plan_text(plan).split("\n\n")[0].split()) == header.replace("200 ms", "0.2 s")


EMPTY = {
    "one resource": (plan_of(unchanged=1), "No changes. 1 resource matches the stackfile."),
    "no resource": (plan_of(), "No changes."),
    "nothing to destroy": (plan_of(destroy=True), "Nothing to destroy: the state holds no resource."),
}


@pytest.mark.parametrize("case", EMPTY)
def test_a_plan_without_changes_says_so(case: str) -> None:
    plan, says = EMPTY[case]
    assert plan_text(plan).splitlines()[-1] == says


def losing(address: Address) -> Plan:
    return plan_of(change(address, Action.DELETE, impact=Impact.DATA_LOSS, live={}), unchanged=9)


def deletes(number: int) -> Plan:
    return plan_of(*(change(Address("streams", f"s{i}"), Action.DELETE, live={}) for i in range(number)))


HOW_TO_APPLY = {
    "nothing is guarded": (deletes(1), ["To apply: stack apply"]),
    "data is lost": (losing(WAREHOUSE), ["To apply: stack apply --allow data_loss=destinations.warehouse"]),
    "an address needs quotes in a shell": (
        losing(Address("streams", "s", "a b")),
        ["""To apply: stack apply --allow 'data_loss=streams.s["a b"]'"""],
    ),
    "many are deleted": (deletes(12), ["To apply: stack apply --max-deletes 12"]),
    "many lose data": (
        plan_of(
            *(change(Address("streams", f"s{i}"), Action.DELETE, impact=Impact.DATA_LOSS, live={}) for i in range(4))
        ),
        [
            "To apply: stack apply \\",
            "  --allow data_loss=streams.s0 \\",
            "  --allow data_loss=streams.s1 \\",
            "  --allow data_loss=streams.s2 \\",
            "  --allow data_loss=streams.s3",
        ],
    ),
    "one is protected": (
        plan_of(change(WAREHOUSE, Action.DELETE, live={}, prevent_destroy=True)),
        ["apply refuses this plan: prevent_destroy stands in the way in 1 place."],
    ),
}


@pytest.mark.parametrize("case", HOW_TO_APPLY)
def test_the_footer_says_what_to_type(case: str) -> None:
    plan, lines = HOW_TO_APPLY[case]
    assert plan_text(plan).splitlines()[-len(lines) :] == lines


def test_forgotten_resources_are_counted_only_where_there_are_any() -> None:
    plan = plan_of(change(CLICKS, Action.FORGET))
    says = "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 1 to forget; data impact: none"
    assert says in plan_text(plan).splitlines()


def test_a_resource_that_was_lost_repairs_drift() -> None:
    plan = plan_of(
        change(CLICKS, Action.CREATE, reason=Reason.LOST, reason_says="gone outside the stackfile (it was 7)")
    )
    assert "1 of 1 change repairs drift." in plan_text(plan).splitlines()
    assert "    Gone outside the stackfile (it was 7)." in plan_text(plan).splitlines()
