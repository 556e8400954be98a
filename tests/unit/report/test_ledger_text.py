"""Ledgers of applies, and recoveries, as text and as JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackfile.address import Address
from stackfile.errors import Ambiguous, AuthFailed, ProviderError, Rejected, Unreachable
from stackfile.events import Recovered
from stackfile.plan.ledger import Failure, Fault, Ledger, Outcome, Result, StageResult
from stackfile.plan.plan import Action
from stackfile.report.ledger import ledger_json, ledger_text
from stackfile.report.recovery import recovery_line, recovery_text
from tests.unit.report.apply_run import done_ledger, failed_ledger, killed, recovered, rejected
from tests.unit.report.orders import AUDIT, ORDERS_PG, REFUNDS, expected


def ledger(*results: Result) -> Ledger:
    return Ledger("r-1", results, 5.0, 4)


def test_a_failed_apply_reads_as_expected() -> None:
    assert ledger_text(failed_ledger()) == expected("failed_ledger.txt")


def test_an_apply_that_did_all_is_one_line() -> None:
    assert ledger_text(done_ledger()) == (
        "Apply complete! Resources: 2 added, 1 changed, 1 destroyed. 36.2 s, serial 213.\n"
    )


def test_a_destroy_that_did_all_is_one_line() -> None:
    gone = Result(REFUNDS, Action.DELETE, Outcome.DONE, (StageResult("delete", True),))
    text = ledger_text(replace(ledger(gone), destroy=True))
    assert text == "Destroy complete! Resources: 1 destroyed. 5.0 s, serial 4.\n"


def test_an_apply_of_nothing_is_complete() -> None:
    assert ledger_text(ledger()) == "Apply complete! Resources: 0 added, 0 changed, 0 destroyed. 5.0 s, serial 4.\n"


def test_what_is_open_stands_nearest_to_what_to_do_next() -> None:
    outcomes = (Outcome.SKIPPED, Outcome.HALF_DONE, Outcome.DONE, Outcome.FAILED, Outcome.DONE, Outcome.INTERRUPTED)
    results = [Result(Address("streams", f"s{n}"), Action.CREATE, one) for n, one in enumerate(outcomes)]
    said = ledger_text(ledger(*results))
    assert sorted(range(len(outcomes)), key=lambda n: said.index(f"streams.s{n}")) == [2, 4, 3, 1, 5, 0]


def test_an_interrupted_apply_says_what_was_never_started() -> None:
    text = ledger_text(
        replace(
            ledger(
                Result(ORDERS_PG, Action.UPDATE, Outcome.DONE, (StageResult("update", True),)),
                Result(AUDIT, Action.CREATE, Outcome.INTERRUPTED, (StageResult("create", False),)),
                Result(REFUNDS, Action.CREATE, Outcome.SKIPPED, because="the run was interrupted"),
            ),
            interrupted=True,
            saved=False,
        )
    )
    assert text == expected("interrupted_ledger.txt")


def failed(failure: Failure, outcome: Outcome = Outcome.FAILED, action: Action = Action.CREATE) -> list[str]:
    """The lines of the only block of a ledger."""
    text = ledger_text(ledger(Result(REFUNDS, action, outcome, failure=failure)))
    return [line.strip() for line in text.split("\n\n")[1].splitlines()]


ERRORS: dict[str, tuple[ProviderError, list[str]]] = {
    "refused without fields": (
        Rejected("name is taken", "POST", "/pipelines", 409, "7f3a"),
        ["not created", "Streamkap refused: 409 on POST /pipelines, request 7f3a: name is taken"],
    ),
    "refused in words that begin with the call": (
        Rejected("409 on POST /pipelines: name is taken", "POST", "/pipelines", 409),
        ["not created", "Streamkap refused: 409 on POST /pipelines: name is taken"],
    ),
    "refused with fields": (
        rejected(),
        [
            "not created",
            "Streamkap refused: 422 on PUT /sources/64f0b7aa, request 7f3a-19c2",
            "config.table.include.list.user.defined: table public.refund_items does not exist",
        ],
    ),
    "refused without HTTP": (AuthFailed("no access"), ["not created", "Streamkap refused: no access"]),
    "not reached": (
        Unreachable("connection refused"),
        ["not created", "Streamkap could not be reached: connection refused; nothing was sent"],
    ),
    "no answer": (
        Ambiguous("timed out after 30 s", "POST", "/pipelines"),
        [
            "it may have happened: no answer came; the next apply looks first",
            "Streamkap did not answer: timed out after 30 s (POST /pipelines)",
        ],
    ),
    "anything else": (ProviderError("odd"), ["not created", "Streamkap: odd"]),
}


@pytest.mark.parametrize("case", ERRORS)
def test_a_failure_says_what_the_service_said(case: str) -> None:
    error, want = ERRORS[case]
    first, *more = failed(Failure.of("streamkap", error))
    assert [first.removeprefix("FAILED   pipelines.refunds   "), *more] == want


NOT_READY = Failure(Fault.NOT_READY, "local", "error", short="not running")
NO_ANSWER = Failure(Fault.AMBIGUOUS, "local", "timed out")
DELETED, CREATED = StageResult("delete", True), StageResult("create", False)
HALVES: dict[str, tuple[Result, str]] = {
    "a replace whose new object is not well": (
        Result(AUDIT, Action.REPLACE, Outcome.HALF_DONE, (DELETED, CREATED), "1", "2", NOT_READY),
        "old stream deleted, new one 2 is there, not running",
    ),
    "a replace whose create was refused": (
        Result(AUDIT, Action.REPLACE, Outcome.HALF_DONE, (DELETED, CREATED), "1"),
        "old stream deleted, the new one is not there",
    ),
    "a replace whose create was not answered": (
        Result(AUDIT, Action.REPLACE, Outcome.HALF_DONE, (DELETED, CREATED), "1", None, NO_ANSWER),
        "old stream deleted, not known whether the new one is there: the next apply looks first",
    ),
    "a create that is not well": (
        Result(AUDIT, Action.CREATE, Outcome.HALF_DONE, (CREATED,), None, "2", NOT_READY),
        "created as 2, not running",
    ),
    "a create of several calls": (
        Result(AUDIT, Action.CREATE, Outcome.HALF_DONE, (CREATED,)),
        "created in part, not finished",
    ),
    "an update that is not well": (
        Result(AUDIT, Action.UPDATE, Outcome.HALF_DONE, (), "1", None, NOT_READY),
        "updated, not running",
    ),
}


@pytest.mark.parametrize("case", HALVES)
def test_a_half_says_which_half(case: str) -> None:
    result, want = HALVES[case]
    block = ledger_text(ledger(result)).split("\n\n")[1]
    assert f"HALF DONE: {want}" in " ".join(block.split())


def test_what_is_half_done_is_most_urgent_though_nobody_says_so() -> None:
    result, _ = HALVES["a create that is not well"]
    assert "Most urgent: streams.audit_cdc is half done. Next:" in ledger_text(ledger(result)).splitlines()


def test_a_message_cannot_act_on_the_terminal() -> None:
    lines = failed(Failure(Fault.REPORTED, "local\x1b[2J", "a\nb\x07"))
    assert lines[1] == "Local\\x1b[2J: a\\nb\\x07"


def test_json_has_what_the_text_says() -> None:
    document = ledger_json(failed_ledger())
    assert document["complete"] is False
    assert document["next"] == [
        "stack status streams.audit_cdc --env prod",
        "stack apply --resume --env prod",
        "stack plan --env prod",
    ]
    assert document["results"][1]["failure"]["fields"] == [
        {
            "path": "config.table.include.list.user.defined",
            "message": "table public.refund_items does not exist",
            "at": "stack.yaml:41:9",
        }
    ]
    assert ledger_json(done_ledger())["next"] == []


def test_a_recovery_reads_as_expected() -> None:
    assert recovery_text(recovered(), 2, killed()) == expected("recovery.txt")


def test_a_recovery_that_a_person_must_judge_reads_as_expected() -> None:
    says = (
        '"prod-refunds" found as 64f1aa02, but it is NOT what this run sent\n'
        '(destination: destinations.lake was sent, "web-test" is live; made 2 h earlier)'
    )
    advice = (
        "It is someone else's. Either give ours another name (stack.yaml:88:5), or take it over:",
        "stack import pipelines.refunds 64f1aa02",
    )
    text = recovery_text([Recovered(REFUNDS, "create", says, "exists")], 1, advice={REFUNDS: advice})
    assert text == expected("judge.txt")


def test_a_recovery_of_nothing_is_no_text() -> None:
    assert recovery_text([], 3) == ""


VERDICTS = {
    ("cleared", "delete"): "cleared",
    ("cleared", "replace: create"): "cleared, created below",
    ("again", "update"): "planned anew",
    ("pending", "create"): "pending: looked at again by the next apply",
    ("odd\x1b", "create"): "odd\\x1b",
}


@pytest.mark.parametrize(("verdict", "verb"), VERDICTS)
def test_a_verdict_says_what_follows(verdict: str, verb: str) -> None:
    line = recovery_line(Recovered(REFUNDS, verb, "looked", verdict))
    assert line == f"  pipelines.refunds   {verb}: looked   {VERDICTS[verdict, verb]}"
