"""Events and results as JSON lines in the shape of Terraform's machine-readable UI: one object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stackfile.address import Address
from stackfile.errors import Diagnostic, Severity
from stackfile.events import (
    Event,
    ReadDone,
    Recovered,
    RunStarted,
    StageDone,
    StageFailed,
    StageStarted,
    StageWaiting,
    Stopping,
    TakenOver,
)
from stackfile.plan.ledger import Ledger
from stackfile.plan.plan import Action, Change, Plan
from stackfile.report.diagnostics import to_json
from stackfile.report.events_text import event_line
from stackfile.report.json_values import encodable, plain
from stackfile.report.ledger import completion_line, failure_line, ledger_json
from stackfile.report.moments import duration, rfc3339
from stackfile.report.plan_json import drifted_fields, is_lost, module_address, resource_type
from stackfile.sdk.operations import RunProgress
from stackfile.state.format import StoredOutput
from stackfile.values import Sealed, Sensitive, Unknown, Value, contains

UI_VERSION = "1.2"
MODULE = "stackfile.ui"

_WORDS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.REPLACE: "replace",
    Action.DELETE: "delete",
    Action.FORGET: "remove",
    Action.READ: "read",
    Action.NO_OP: "noop",
}
_DOING = {"create": "Creating", "update": "Modifying", "delete": "Destroying", "forget": "Forgetting"}
_DID = {"create": "Creation", "update": "Modifications", "delete": "Destruction", "forget": "Removal"}


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Makes the lines of one command.

    `changes` are the plan's, so that lines can name types; `now` is for an event that has no time of its own.
    """

    changes: Mapping[Address, Change] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> JsonLines:
        return cls({change.address: change for change in plan.changes})

    def event(self, event: Event, now: datetime) -> dict[str, Any]:
        if isinstance(event, StageStarted | StageWaiting | StageDone | StageFailed):
            return self._stage(event)
        if isinstance(event, ReadDone):
            ours = {"objects": dict(event.objects), "calls": event.calls, "seconds": round(event.seconds, 3)}
            return line("refresh_complete", event_line(event), now, stackfile=ours)
        if isinstance(event, Recovered):
            hook = {"resource": self._resource(event.address), "action": event.verb}
            ours = {"verdict": event.verdict, "says": event.says}
            return line("recovered", event_line(event).strip(), now, hook=hook, stackfile=ours)
        return _run_event(event)

    def _stage(self, event: StageStarted | StageWaiting | StageDone | StageFailed) -> dict[str, Any]:
        verb = event.verb.removeprefix("replace: ")
        hook: dict[str, Any] = {"resource": self._resource(event.address), "action": verb}
        address, doing, did = event.address, _DOING.get(verb, verb), _DID.get(verb, verb)
        if isinstance(event, StageStarted):
            return line("apply_start", f"{address}: {doing}...", event.at, hook=hook)
        if isinstance(event, StageWaiting):
            message = f"{address}: Still {doing.lower()}... [{duration(event.waited)} elapsed; {event.says}]"
            hook |= {"elapsed_seconds": event.waited, "says": event.says, "limit_seconds": event.limit}
            return line("apply_progress", message, event.at, hook=hook)
        hook["elapsed_seconds"] = round(event.seconds, 3)
        took = duration(event.seconds)
        if isinstance(event, StageDone):
            hook |= {"id_key": "id", "id_value": event.id}
            return line(
                "apply_complete", f"{address}: {did} complete after {took} [id={event.id}]", event.at, hook=hook
            )
        hook["says"] = event.says
        return (
            line("apply_errored", f"{address}: {did} errored after {took}: {event.says}", event.at, hook=hook) | _ERROR
        )

    def plan(self, plan: Plan, now: datetime) -> Iterator[dict[str, Any]]:
        """Drift, each planned change, the summary, the outputs, then the warnings."""
        for change in plan.changes:
            if is_lost(change) or drifted_fields(change):
                body = {"resource": self._resource(change.address), "action": "delete" if is_lost(change) else "update"}
                yield line("resource_drift", f"{change.address}: Drift detected ({body['action']})", now, change=body)
        for change in plan.changes:
            yield self._planned(change, now)
        destroys = plan.count(Action.DELETE) + plan.count(Action.REPLACE)
        counts = _changes(
            "destroy" if plan.destroy else "plan",
            (plan.count(Action.CREATE) + plan.count(Action.REPLACE), plan.count(Action.UPDATE), destroys),
            plan.count(Action.FORGET),
        ) | {"import": len(plan.imports)}
        says = f"Plan: {counts['add']} to add, {counts['change']} to change, {counts['remove']} to destroy."
        yield line("change_summary", says, now, changes=counts, stackfile={"impact": str(plan.impact)})
        if plan.outputs:
            outputs = {
                o.name: {"sensitive": o.sensitive, "action": _output_action(o.before, o.after)} for o in plan.outputs
            }
            yield line("outputs", f"Outputs: {len(outputs)}", now, outputs=outputs)
        yield from diagnostic_lines(plan.diagnostics, now)

    def _planned(self, change: Change, now: datetime) -> dict[str, Any]:
        word = _word(change)
        body: dict[str, Any] = {"resource": self._resource(change.address), "action": word}
        if change.previous_address is not None:
            body["previous_resource"] = self._resource(change.previous_address)
        if change.importing is not None:
            body["importing"] = {"id": change.importing.id}
        if change.reason:
            body["reason"] = change.reason.value
        ours = {"impact": str(change.impact), "says": [says for says in change.impact_says]}
        return line("planned_change", f"{change.address}: Plan to {word}", now, change=body, stackfile=ours)

    def _resource(self, address: Address) -> dict[str, Any]:
        change = self.changes.get(address)
        module = module_address(change) if change is not None else ""
        whole = str(address)
        return {
            "addr": whole,
            "module": module,
            "resource": whole.removeprefix(f"{module}.") if module else whole,
            "implied_provider": change.service if change is not None else "",
            "resource_type": resource_type(change) if change is not None else "",
            "resource_name": address.key,
            "resource_key": address.instance,
        }


_ERROR = {"@level": "error"}


def line(type: str, message: str, at: datetime, **rest: Any) -> dict[str, Any]:
    """One line with the keys that all have in common."""
    head = {"@level": "info", "@message": message, "@module": MODULE, "@timestamp": rfc3339(at), "type": type}
    return encodable(head | rest)


def version_line(version: str, now: datetime) -> dict[str, Any]:
    """The first line of every stream."""
    return line("version", f"stackfile {version}", now, stackfile=version, ui=UI_VERSION)


def diagnostic_lines(diagnostics: Iterable[Diagnostic], now: datetime) -> Iterator[dict[str, Any]]:
    for one in diagnostics:
        level = "error" if one.severity is Severity.ERROR else "warn"
        message = f"{str(one.severity).capitalize()}: {one.message}"
        yield line("diagnostic", message, now, diagnostic=to_json(one)) | {"@level": level}


def ledger_lines(ledger: Ledger, now: datetime) -> Iterator[dict[str, Any]]:
    """The summary of an apply; the whole ledger is under `stackfile`."""
    counts = _changes("destroy" if ledger.destroy else "apply", ledger.totals(), 0)
    says = completion_line(ledger) if ledger.complete else failure_line(ledger)
    done = line("change_summary", says, now, changes=counts, stackfile=ledger_json(ledger))
    yield done if ledger.complete else done | _ERROR


def outputs_line(outputs: Mapping[str, StoredOutput], now: datetime) -> dict[str, Any]:
    """The outputs after an apply; sensitive ones without their value."""
    body = {name: output_json(output) for name, output in sorted(outputs.items())}
    return line("outputs", f"Outputs: {len(body)}", now, outputs=body)


def output_json(output: StoredOutput) -> dict[str, Any]:
    """`{"sensitive": false, "value": ...}`; a sensitive one has no value."""
    hidden = output.sensitive or any(contains(output.value, leaf) for leaf in (Sensitive, Sealed))
    return {"sensitive": True} if hidden else {"sensitive": False, "value": plain(output.value)}


def run_line(progress: RunProgress, now: datetime) -> dict[str, Any]:
    """One moment of `stack run`."""
    counts = {
        "name": progress.name,
        "read": progress.read,
        "written": progress.written,
        "failed": progress.failed,
        "seconds": round(progress.seconds, 3),
    }
    says = f"{progress.name}: {progress.problem or f'{progress.read:,} read'}"
    if progress.problem:
        return line("run_progress", says, now, run={**counts, "problem": progress.problem}) | {"@level": "error"}
    return line("run_complete" if progress.done else "run_progress", says, now, run=counts)


def _run_event(event: RunStarted | TakenOver | Stopping) -> dict[str, Any]:
    if isinstance(event, RunStarted):
        ours = {"run": event.run, "holder": event.holder, "changes": event.changes, "parallelism": event.parallelism}
        return line("log", event_line(event), event.at, stackfile=ours)
    if isinstance(event, TakenOver):
        ours = {"killed_run": event.run, "host": event.host, "heartbeat_at": rfc3339(event.heartbeat_at)}
        return line("log", event_line(event), event.at, stackfile=ours)
    return line("log", event_line(event), event.at, stackfile={"stopping": True, "running": event.running}) | {
        "@level": "warn"
    }


def _changes(operation: str, totals: tuple[int, int, int], forgotten: int) -> dict[str, Any]:
    add, change, remove = totals
    counts = {"add": add, "change": change, "import": 0, "remove": remove, "operation": operation}
    return counts | ({"forget": forgotten} if forgotten else {})


def _word(change: Change) -> str:
    if change.action is not Action.NO_OP:
        return _WORDS[change.action]
    if change.deposed:
        return "delete"
    return "import" if change.importing is not None else "move" if change.previous_address is not None else "noop"


def _output_action(before: Value, after: Value) -> str:
    if before is None:
        return "create"
    if after is None:
        return "delete"
    return "noop" if before == after and not contains(after, Unknown) else "update"
