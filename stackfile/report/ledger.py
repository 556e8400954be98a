"""The ledger at the end of an apply: what was done, what was not and why, and what to type next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackfile.plan.ledger import Failure, Fault, Ledger, Outcome, RefusedField, Result
from stackfile.plan.plan import Action
from stackfile.report.json_values import encodable
from stackfile.report.moments import duration
from stackfile.report.plan_json import action_words
from stackfile.report.text import WIDTH, count, indented, pad, safe, table, width, wrapped

_LABELS = {
    Outcome.DONE: "done",
    Outcome.FAILED: "FAILED",
    Outcome.HALF_DONE: "FAILED",
    Outcome.SKIPPED: "skipped",
    Outcome.INTERRUPTED: "stopped",
}
_LABEL_COLUMNS = 9
_DETAIL_INDENT = 11
_COMMAND_GAP = 8
_PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.FORGET: "forgotten",
    Action.NO_OP: "cleared of its deposed object",
}


_ORDER = (Outcome.DONE, Outcome.FAILED, Outcome.HALF_DONE, Outcome.INTERRUPTED, Outcome.SKIPPED)
"""What is open stands nearest to what is to be typed next."""


def ledger_text(ledger: Ledger) -> str:
    """The whole ledger, ending in a newline; one line where everything was done."""
    if ledger.complete:
        return completion_line(ledger) + "\n"
    columns = max((width(safe(str(result.address))) for result in ledger.results), default=0)
    told = sorted(ledger.results, key=lambda result: _ORDER.index(result.outcome))
    blocks = [line for result in told for line in _block(result, columns)]
    return "\n".join([failure_line(ledger), "", *blocks, *([""] if blocks else []), *_next(ledger)]) + "\n"


def completion_line(ledger: Ledger) -> str:
    """`Apply complete! Resources: 1 added, 2 changed, 1 destroyed. 36.2 s, serial 213.`"""
    return f"{resources_sentence(ledger)} {duration(ledger.seconds)}, serial {ledger.serial}."


def resources_sentence(ledger: Ledger) -> str:
    """The sentence that Terraform's users and tools look for."""
    if ledger.renewed is not None:
        gone = ledger.count(Outcome.DONE)
        return f"Refresh complete! The state learned of {count(ledger.renewed, 'change')} and forgot {gone:,}."
    added, changed, destroyed = ledger.totals()
    if ledger.destroy:
        return f"Destroy complete! Resources: {destroyed} destroyed."
    imported = sum(result.imported for result in ledger.results)
    before = f"{imported} imported, " if imported else ""
    return f"Apply complete! Resources: {before}{added} added, {changed} changed, {destroyed} destroyed."


def failure_line(ledger: Ledger) -> str:
    """`Apply failed: 1 done, 2 failed, 1 skipped (of 4), 10 m 5 s. The state is saved, serial 213.`"""
    how = "interrupted" if ledger.interrupted else "failed"
    parts = [
        f"{ledger.count(Outcome.DONE)} done",
        f"{ledger.count(Outcome.FAILED, Outcome.HALF_DONE)} failed",
        f"{ledger.count(Outcome.SKIPPED)} skipped",
    ]
    stopped = ledger.count(Outcome.INTERRUPTED)
    parts += [f"{stopped} stopped"] if stopped else []
    what = "Destroy" if ledger.destroy else "Apply"
    state = f"The state is saved, serial {ledger.serial}." if ledger.saved else "The state is in its journal."
    total = f"(of {len(ledger.results)}), {duration(ledger.seconds)}"
    return f"{what} {how}: {', '.join(parts)} {total}. {state}"


def _block(result: Result, columns: int) -> list[str]:
    start = f"{_LABELS[result.outcome]:{_LABEL_COLUMNS}}{pad(safe(str(result.address)), columns)}   "
    first, *more = wrapped(_says(result), max(WIDTH - width(start), 30))
    lines = [f"{start}{first}".rstrip(), *(" " * width(start) + line for line in more)]
    if result.failure is not None:
        lines += _failure(result.failure)
    return lines + [line for sentence in result.says for line in indented(safe(sentence), _DETAIL_INDENT)]


def _says(result: Result) -> str:
    if result.outcome is Outcome.DONE:
        return _PAST.get(result.action, "done")
    if result.outcome is Outcome.SKIPPED:
        waits = ", ".join(safe(str(address)) for address in result.waits_for)
        return f"waits for {waits}" if waits else safe(result.because) or "never started"
    if result.outcome is Outcome.INTERRUPTED:
        return "how it ended is not known; the next apply looks first"
    if result.outcome is Outcome.HALF_DONE:
        return f"HALF DONE: {_half(result)}"
    if result.failure is not None and result.failure.fault is Fault.AMBIGUOUS:
        return "it may have happened: no answer came; the next apply looks first"
    return "not changed" if result.action is Action.UPDATE else f"not {_PAST.get(result.action, 'done')}"


def _half(result: Result) -> str:
    short = safe(result.failure.short) if result.failure is not None and result.failure.short else "not finished"
    if result.create_first:
        return f"{_new_one(result, short)}, the old one {safe(result.old_id or '')} is to be deleted still"
    if result.action is Action.REPLACE:
        noun = result.address.section.removesuffix("s")
        return f"old {noun} {'deleted' if result.finished('delete') else 'deleted in part'}, {_new_one(result, short)}"
    if result.action is Action.CREATE:
        return f"created as {safe(result.new_id)}, {short}" if result.new_id else f"created in part, {short}"
    return f"{_PAST.get(result.action, 'done')}, {short}"


def _new_one(result: Result, short: str) -> str:
    if result.new_id:
        return f"new one {safe(result.new_id)} is there, {short}"
    if result.failure is not None and result.failure.fault is Fault.AMBIGUOUS:
        return "not known whether the new one is there: the next apply looks first"
    return "the new one is not there"


def _failure(failure: Failure) -> list[str]:
    service = " ".join(map(_capital, safe(failure.service).split("_")))
    lines = indented(f"{service}{_verb(failure)}", _DETAIL_INDENT)
    for one in failure.fields:
        lines += indented(f"{safe(one.path)}: {safe(one.message)}", _DETAIL_INDENT)
    return lines + _places(failure.fields)


def _verb(failure: Failure) -> str:
    where = _where(failure)
    message = safe(failure.message).removeprefix(f"{where}: ") if where else safe(failure.message)
    if failure.fault is Fault.REFUSED:
        told = "" if failure.fields or not message else f": {message}"
        return f" refused: {where}{told}" if where else f" refused{told}"
    if failure.fault is Fault.UNREACHABLE:
        return f" could not be reached: {message}; nothing was sent"
    if failure.fault is Fault.AMBIGUOUS:
        return f" did not answer: {message}" + (f" ({where})" if where else "")
    return f": {message}" + (f" ({where})" if where else "")


def _where(failure: Failure) -> str:
    """`422 on PUT /sources/64f0b7aa, request 7f3a-19c2`; empty without HTTP."""
    call = safe(f"{failure.method} {failure.path}".strip())
    status = str(failure.status) if failure.status is not None else ""
    said = f"{status} on {call}" if status and call else status or call
    return ", ".join(
        part for part in (said, f"request {safe(failure.request_id)}" if failure.request_id else "") if part
    )


def _places(fields: Iterable[RefusedField]) -> list[str]:
    """Where the stackfile sets what was refused, each place once."""
    placed = {str(one.span): one.source.strip() for one in fields if one.span is not None}
    return [" " * _DETAIL_INDENT + f"{safe(place)}   {safe(source)}".rstrip() for place, source in placed.items()]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _next(ledger: Ledger) -> list[str]:
    rows = [(f"  {command}", says) for command, says in next_commands(ledger)]
    urgent = _most_urgent(ledger)
    before = f"Most urgent: {safe(str(urgent.address))} {safe(urgent.urgent) or 'is half done'}. " if urgent else ""
    return [f"{before}Next:", *table(rows, gap=_COMMAND_GAP)]


def next_commands(ledger: Ledger) -> list[tuple[str, str]]:
    """What to type after a failed apply, and what for."""
    there = [one for one in ledger.results if one.outcome is Outcome.FAILED and one.action is not Action.CREATE]
    look = _most_urgent(ledger) or (there[0] if there else None)
    options = f" {safe(ledger.options)}" if ledger.options else ""
    rows = [(f"stack status {safe(str(look.address))}{options}", "what the service says now")] if look else []
    rows.append((safe(ledger.again), f"try the {count(ledger.open, 'open change')} again, after a fresh check"))
    rows.append((f"stack plan{options}", "or see everything anew; nothing is created twice"))
    return rows


def _most_urgent(ledger: Ledger) -> Result | None:
    halves = [one for one in ledger.results if one.outcome is Outcome.HALF_DONE]
    return next((one for one in ledger.results if one.urgent), halves[0] if halves else None)


def ledger_json(ledger: Ledger) -> dict[str, Any]:
    """The ledger as a document for any JSON encoder."""
    document = {
        "run": ledger.run,
        "env": ledger.env,
        "complete": ledger.complete,
        "interrupted": ledger.interrupted,
        "seconds": round(ledger.seconds, 3),
        "serial": ledger.serial,
        "results": [_result_json(result) for result in ledger.results],
        "next": [] if ledger.complete else [command for command, _ in next_commands(ledger)],
    }
    return encodable(document)


def _result_json(result: Result) -> dict[str, Any]:
    return {
        "address": str(result.address),
        "actions": action_words(result.action, create_first=result.create_first),
        "outcome": str(result.outcome),
        "stages": [{"verb": s.verb, "done": s.done, "seconds": round(s.seconds, 3)} for s in result.stages],
        "old_id": result.old_id,
        "new_id": result.new_id,
        "waits_for": [str(address) for address in result.waits_for],
        "because": result.because,
        "says": [sentence for sentence in result.says],
        "failure": _failure_json(result.failure) if result.failure is not None else None,
    }


def _failure_json(failure: Failure) -> dict[str, Any]:
    return {
        "fault": str(failure.fault),
        "provider": failure.service,
        "message": failure.message,
        "method": failure.method,
        "path": failure.path,
        "status": failure.status,
        "request_id": failure.request_id,
        "fields": [_refused_json(one) for one in failure.fields],
    }


def _refused_json(one: RefusedField) -> dict[str, Any]:
    return {"path": one.path, "message": one.message, "at": str(one.span) if one.span is not None else None}
