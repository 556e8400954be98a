"""The ledger of an apply: what became of each change, from the reports of its stages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stackfile.engine.apply import Applied
from stackfile.engine.perform import StageReport
from stackfile.engine.refused import refused_fields
from stackfile.engine.waiting import NotReady
from stackfile.errors import Ambiguous, DiagnosticError, ProviderError
from stackfile.language.stackfile import Configuration
from stackfile.plan.ledger import Failure, Fault, Ledger, Outcome, Result, StageResult
from stackfile.plan.order import stages_of
from stackfile.plan.plan import Change, Verb


def account(applied: Applied, configuration: Configuration, run: str, again: str = "", options: str = "") -> Ledger:
    """One result for each change of the plan, in its order. `again` and `options` are those of the Ledger."""
    return Ledger(
        run=run,
        results=tuple(_result(change, applied, configuration) for change in applied.plan.changes),
        seconds=applied.seconds,
        serial=applied.state.serial,
        env=applied.plan.env,
        destroy=applied.plan.destroy,
        renewed=sum(bool(one.fields) for one in applied.plan.learned.values()) if applied.plan.refresh_only else None,
        interrupted=applied.interrupted,
        again=again or ("stack destroy" if applied.plan.destroy else "stack apply"),
        options=options,
        saved=applied.unsaved is None,
    )


def _result(change: Change, applied: Applied, configuration: Configuration) -> Result:
    stages = stages_of(change)
    reports = [applied.reports[stage] for stage in stages if stage in applied.reports]
    result = Result(
        address=change.address,
        action=change.action,
        create_first=change.create_first,
        outcome=_outcome(len(stages), reports),
        stages=tuple(StageResult(str(r.stage[1]), r.error is None, r.seconds) for r in reports),
        old_id=change.id,
        imported=change.importing is not None,
        new_id=next((r.id for r in reports if r.stage[1] is Verb.CREATE), None),
        failure=next((_failure(change, r.error, configuration) for r in reports if r.error is not None), None),
    )
    result = replace(result, says=tuple(_between(result, change, reports, configuration)))
    return result if len(reports) == len(stages) else _never_started(result, change, applied)


def _between(result: Result, change: Change, reports: list[StageReport], configuration: Configuration) -> Iterable[str]:
    """What the data lacks while the old object is gone and the new one does not do its work, where that is known."""
    resource, failure = configuration.resources.get(change.address), result.failure
    if result.outcome is not Outcome.HALF_DONE or not change.replaces or change.create_first or resource is None:
        return
    if failure is None or failure.fault is Fault.AMBIGUOUS:
        return
    gone = next((r.began for r in reports if r.stage[1] is Verb.DELETE and r.error is None), None)
    if gone is not None and (says := resource.kind.between(change.live or {})):
        yield f"{says} since {gone:%H:%M:%S} UTC."


def _outcome(stages: int, reports: list[StageReport]) -> Outcome:
    if not stages:
        return Outcome.DONE  # it moved or was imported, before anything else
    if not reports:
        return Outcome.SKIPPED
    if any(report.open and not isinstance(report.error, Ambiguous) for report in reports):
        return Outcome.INTERRUPTED
    if any(report.error is not None for report in reports):
        return Outcome.HALF_DONE if any(report.changed for report in reports) else Outcome.FAILED
    return Outcome.DONE if len(reports) == stages else Outcome.HALF_DONE


def _never_started(result: Result, change: Change, applied: Applied) -> Result:
    """Why a change, or what is left of one, was never started."""
    blockers = [applied.walked.blocked_by[s] for s in stages_of(change) if s in applied.walked.blocked_by]
    waits_for = tuple(dict.fromkeys(address for address, _ in blockers if address != change.address))
    if waits_for:
        return replace(result, waits_for=waits_for)
    return replace(result, because="the run was interrupted" if applied.interrupted else "the run stopped at a failure")


def _failure(change: Change, error: Exception, configuration: Configuration) -> Failure:
    if isinstance(error, ProviderError):
        return Failure.of(change.provider, error, tuple(refused_fields(change, error, configuration)))
    if isinstance(error, NotReady):
        return Failure(Fault.NOT_READY, change.provider, str(error), short="not running")
    message = error.diagnostics[0].message if isinstance(error, DiagnosticError) else str(error)
    return Failure(Fault.REPORTED, change.provider, message)
