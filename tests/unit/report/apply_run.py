"""The failed apply of which the expected texts tell: its events, its ledger, and what a killed run left."""

from __future__ import annotations

from stackfile.errors import Refusal, Rejected, Span
from stackfile.events import Event, Recovered, RunStarted, StageDone, StageFailed, StageStarted, StageWaiting
from stackfile.plan.ledger import Failure, Fault, KilledRun, Ledger, Outcome, RefusedField, Result, StageResult
from stackfile.plan.plan import Action
from tests.unit.report.orders import AUDIT, ORDERS_PG, REFUNDS, WAREHOUSE, at

RUN = "20261121T031204Z-7k2"
TABLES_FIELD = "config.table.include.list.user.defined"


def night(clock: str) -> str:
    return f"2026-11-21T{clock}"


def events() -> list[Event]:
    return [
        RunStarted(RUN, "ci (run 8812)", 4, 10, at(night("03:12:04"))),
        StageStarted(WAREHOUSE, "update", at(night("03:12:05"))),
        StageStarted(ORDERS_PG, "update", at(night("03:12:05"))),
        StageStarted(AUDIT, "replace: delete", at(night("03:12:05"))),
        StageFailed(ORDERS_PG, "update", "422", 1.4, at(night("03:12:07"))),
        StageDone(AUDIT, "replace: delete", "str_01j9k9z0", 3.1, at(night("03:12:08"))),
        StageStarted(AUDIT, "replace: create", at(night("03:12:08"))),
        StageWaiting(WAREHOUSE, "update", "Pending Update", 32, 600, at(night("03:12:38"))),
        StageDone(WAREHOUSE, "update", "64f0c1d2", 36.2, at(night("03:12:41"))),
        StageFailed(AUDIT, "replace: create", "not running", 600, at(night("03:22:09"))),
    ]


def rejected() -> Rejected:
    refusal = Refusal(TABLES_FIELD, "table public.refund_items does not exist")
    return Rejected("Unprocessable Entity", "PUT", "/sources/64f0b7aa", 422, "7f3a-19c2", (refusal,))


def failed_ledger() -> Ledger:
    place = Span("stack.yaml", 41, 9, 41, 30)
    refused = RefusedField(TABLES_FIELD, "table public.refund_items does not exist", place, "  - public.refund_items")
    not_running = Failure(
        Fault.NOT_READY,
        "planasonix",
        'status error for 9 m 31 s; last: "publication audit_pub not found"',
        short="not running",
    )
    return Ledger(
        run=RUN,
        results=(
            Result(WAREHOUSE, Action.UPDATE, Outcome.DONE, (StageResult("update", True, 36.2),)),
            Result(
                ORDERS_PG,
                Action.UPDATE,
                Outcome.FAILED,
                (StageResult("update", False, 1.4),),
                failure=Failure.of("streamkap", rejected(), (refused,)),
            ),
            Result(
                AUDIT,
                Action.REPLACE,
                Outcome.HALF_DONE,
                (StageResult("delete", True, 3.1), StageResult("create", False, 601)),
                old_id="str_01j9k9z0",
                new_id="str_01k2m4x7",
                failure=not_running,
                says=("No changes of its tables are captured since 03:12:08 UTC.",),
                urgent="captures nothing",
            ),
            Result(REFUNDS, Action.CREATE, Outcome.SKIPPED, waits_for=(ORDERS_PG,)),
        ),
        seconds=605,
        serial=213,
        env="prod",
        again="stack apply --resume --env prod",
        options="--env prod",
    )


def done_ledger() -> Ledger:
    return Ledger(
        run=RUN,
        results=(
            Result(REFUNDS, Action.CREATE, Outcome.DONE, (StageResult("create", True, 1.0),)),
            Result(WAREHOUSE, Action.UPDATE, Outcome.DONE, (StageResult("update", True, 36.2),)),
            Result(
                AUDIT,
                Action.REPLACE,
                Outcome.DONE,
                (StageResult("delete", True, 3.1), StageResult("create", True, 9.0)),
            ),
        ),
        seconds=36.24,
        serial=213,
    )


def recovered() -> list[Recovered]:
    return [
        Recovered(ORDERS_PG, "update", "live equals what was sent", "recorded"),
        Recovered(AUDIT, "create", '"prod_audit_cdc" found as str_01k2m4x7, as sent', "adopted"),
        Recovered(REFUNDS, "create", 'no "prod-refunds" in 2 listings, 10 s apart', "cleared"),
    ]


def killed() -> KilledRun:
    return KilledRun(RUN, "runner-18", at(night("03:14:50")), 240)
