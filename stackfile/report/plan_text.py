"""A whole plan as text: where it was made, a block for each change, and how to apply it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from stackfile.address import Address
from stackfile.plan.guard import answers, refusals
from stackfile.plan.plan import Action, Change, Origin, OutputChange, PendingIntent, Plan, ReadSummary, Reason, Skipped
from stackfile.report.change_text import Notes, change_lines
from stackfile.report.diagnostics import render
from stackfile.report.moments import duration, minute
from stackfile.report.refresh_text import learned_blocks, nothing_to_learn, refresh_footer
from stackfile.report.run_state import hold_text
from stackfile.report.text import WIDTH, count, glued, indented, pad, safe, table, width, wrapped
from stackfile.report.value_text import SENSITIVE, inline, is_secret, shortened
from stackfile.state.format import Hold

EXCLUDED = "excluded"
"""What a provider that was left out on purpose says of itself in `Skipped.says`."""

_COUNTED = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
_FEW = 3
_REFUSED = re.compile(r"4\d\d on ")
"""How what a service answered begins, and it was no."""
_UNSEEN = (
    "What this does to live data may be worse than shown, as nothing was read; apply reads what it",
    "touches first.",
)


def plan_text(plan: Plan, notes: Notes | None = None) -> str:
    """The plan with its warnings, ending in a newline. Holds no secret; colour is `colour`'s."""
    notes = notes or Notes()
    changes = [change for change in plan.changes if change.action is not Action.NO_OP or change.deposed]
    blocks = (change_lines(change, notes) for change in plan.changes)
    parts = [_header(plan), _skipped(plan.skipped, notes.options), *blocks]
    parts += [*learned_blocks(plan, notes), _outputs(plan.outputs), _warnings(plan), _around(plan, notes)]
    end = refresh_footer(plan, notes) if plan.refresh_only else _footer(plan, changes, notes)
    parts.append(_nothing(plan, notes) if plan.empty else end)
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def stack_title(stack: str, env: str) -> str:
    """`Stack orders, environment prod`; the environment is not said where there is only `default`."""
    return f"Stack {safe(stack)}" + ("" if env in ("", "default") else f", environment {safe(env)}")


def read_sentence(read: ReadSummary) -> str:
    """`Read 104 live objects in 4 calls, 1.2 s (streamkap 91, planasonix 13).`; empty where nothing was read."""
    if not read.asked:
        return _from_copies(read)
    if not read.objects and not read.calls:
        return ""
    total = sum(number for _, number in read.objects)
    by_provider = ", ".join(f"{safe(provider)} {number:,}" for provider, number in read.objects)
    where = f" ({by_provider})" if by_provider else ""
    return f"Read {count(total, 'live object')} in {count(read.calls, 'call')}, {duration(read.seconds)}{where}."


def _from_copies(read: ReadSummary) -> str:
    what = "not read" if not read.objects else f"read of what changes only ({count(read.calls, 'call')})"
    if read.copies is None:
        return f"Live objects: {what}; the state has no copy of any."
    oldest, newest = (minute(at) for at in read.copies)
    times = oldest if oldest == newest else f"{oldest} (the oldest copy) to {newest}"
    return f"Live objects: {what}; compared with the state of {times}."


def _header(plan: Plan) -> list[str]:
    says = [f"{stack_title(plan.stack, plan.env)}.", _state(plan), read_sentence(plan.read)]
    return wrapped(" ".join(part for part in says if part), WIDTH)


def _state(plan: Plan) -> str:
    last = plan.applied_by
    if plan.serial == 0 and last.at is None:
        return f"State: {safe(plan.backend)}, none yet."
    parts = [f"State: {safe(plan.backend)}", f"serial {plan.serial}"]
    if last.at is not None:
        parts.append(f"last applied {minute(last.at)}")
    dirty = " with changes" if last.dirty else ""
    who = [f"by {safe(last.by)}"] if last.by else []
    who += [f"from commit {safe(last.commit[:7])}{dirty}"] if last.commit else []
    return " ".join([", ".join(parts), *([glued(" ".join(who))] if who else [])]) + "."


def _skipped(skipped: Sequence[Skipped], options: str) -> list[str]:
    silent = [one for one in skipped if one.says != EXCLUDED]
    lines = [line for one in silent for line in left_out_lines(one)]
    if silent:
        flags = " ".join(f"--exclude {shlex.quote(safe(f'provider:{one.provider}'))}" for one in silent)
        flags = f"{safe(options)} {flags}" if options else flags
        lines.append("  The plan below is complete for all other providers. Exit 1.")
        lines.append(f"  To go on without {'it' if len(silent) == 1 else 'them'}: stack plan {flags}")
    return lines + [line for one in skipped if one.says == EXCLUDED for line in left_out_lines(one)]


def left_out_lines(one: Skipped) -> list[str]:
    """A provider that was not read, why, and what is left out for it."""
    provider, number = safe(one.provider), len(one.addresses)
    excluded = one.says == EXCLUDED
    says = f"{provider} is excluded: nothing of it was read" if excluded else _silence(provider, safe(one.says))
    lines = wrapped(f"{says}.", WIDTH)
    if number:
        verb = "was not read and is" if number == 1 else "were not read and are"
        lines += indented(f"{count(number, 'resource')} {verb} left out: {_grouped(one.addresses)}.", 2)
    return lines


def _silence(provider: str, says: str) -> str:
    """What a provider's failure says, as a sentence about it."""
    says = says.rstrip(".")
    if says.startswith(provider):
        return says
    if _REFUSED.match(says):
        return f"{provider} refused: {says}"
    return f"{provider} {says}" if says.startswith(("(", "did not ")) else f"{provider} did not answer: {says}"


def _grouped(addresses: Sequence[Address]) -> str:
    """A few by name; more by section, and by instance where all of a section share one."""
    if len(addresses) <= _FEW:
        return ", ".join(safe(str(address)) for address in addresses)
    groups: dict[str, list[Address]] = {}
    for address in addresses:
        groups.setdefault(address.section, []).append(address)
    return ", ".join(f"{section}.*{_shared(group)} ({len(group):,})" for section, group in groups.items())


def _shared(group: Sequence[Address]) -> str:
    instances = {address.instance for address in group}
    only = next(iter(instances)) if len(instances) == 1 else None
    return f"[{safe(only)}]" if only is not None else ""


def _outputs(outputs: Iterable[OutputChange]) -> list[str]:
    changed = [output for output in outputs if output.before != output.after]
    if not changed:
        return []
    rows = [f"{_output_sign(output)} {safe(output.name)}:" for output in changed]
    column = max(width(row) for row in rows) + 2
    room = max(WIDTH - column - 2, 20)
    said = [f"  {pad(row, column)}{_output(output, room)}" for row, output in zip(rows, changed, strict=True)]
    return ["Outputs:", *said]


def _output_sign(output: OutputChange) -> str:
    return "+" if output.before is None else "-" if output.after is None else "~"


def _output(output: OutputChange, room: int) -> str:
    if output.sensitive or is_secret(output.before) or is_secret(output.after):
        return SENSITIVE if output.before is None or output.after is None else "(sensitive, changed)"
    if output.before is None or output.after is None:
        return shortened(output.after if output.before is None else output.before, room)
    line = f"{inline(output.before)} -> {inline(output.after)}"
    if width(line) <= room:
        return line
    half = (room - 4) // 2
    return f"{shortened(output.before, half)} -> {shortened(output.after, half)}"


def _warnings(plan: Plan) -> list[str]:
    return render(plan.diagnostics).splitlines() if plan.diagnostics else []


def _around(plan: Plan, notes: Notes) -> list[str]:
    """What stands beside the changes: held, half done, not managed."""
    lines = [line for address, hold in plan.holds.items() for line in wrapped(_held(address, hold), WIDTH)]
    lines += [line for address, hold in plan.lapsed.items() for line in wrapped(_lapsed(address, hold), WIDTH)]
    open_ones = [one for one in plan.pending if not one.in_flight]
    running = [one for one in plan.pending if one.in_flight]
    if open_ones:
        calls, them = count(len(open_ones), "call"), "it" if len(open_ones) == 1 else "them"
        lines.append(f"Half done: {calls} without a recorded answer; the next apply adopts or clears {them}:")
        lines += _intents(open_ones)
    if running:
        lines.append(f"In flight: {count(len(running), 'call')} of an apply that is running now:")
        lines += _intents(running)
    if plan.unmanaged:
        lines += wrapped(_unmanaged(plan.unmanaged, notes.list_unmanaged), WIDTH)
    return lines


def _held(address: Address, hold: Hold) -> str:
    return f"Held: {safe(str(address))} stays {safe(hold.status)} {hold_text(hold)}."


def _lapsed(address: Address, hold: Hold) -> str:
    return f"No longer held: {safe(str(address))}, {safe(hold.status)} {hold_text(hold)}. The stackfile counts again."


def _intents(pending: Iterable[PendingIntent]) -> list[str]:
    rows = [
        (f"  {safe(str(one.address))}", safe(f"{one.verb}: {one.says}" if one.says else one.verb)) for one in pending
    ]
    return table(rows, gap=3)


def _unmanaged(unmanaged: Mapping[str, int], command: str) -> str:
    (first, number), *others = unmanaged.items()
    parts = [f"{count(number, 'object')} in {safe(first)}", *(f"{n:,} in {safe(provider)}" for provider, n in others)]
    return f"Not managed: {', '.join(parts)}" + (f" (list them: {command})." if command else ".")


def _nothing(plan: Plan, notes: Notes) -> list[str]:
    saved = [_saved(notes)] if notes.saved_to else []
    if plan.refresh_only:
        return [nothing_to_learn(plan), *_partial(plan), *saved]
    if plan.destroy:
        return ["Nothing to destroy: the state holds no resource.", *_partial(plan), *saved]
    verb = "matches" if plan.unchanged == 1 else "match"
    all_looked_at = plan.unchanged and plan.complete
    says = f" {count(plan.unchanged, 'resource')} {verb} the stackfile." if all_looked_at else ""
    return [f"No changes.{says}", *_partial(plan), *saved]


def _saved(notes: Notes) -> str:
    return f"Saved to {safe(notes.saved_to)}, no secrets in it."


def _partial(plan: Plan) -> list[str]:
    lines = [] if plan.complete else ["This plan is partial: what was not selected, or not read, stays as it is."]
    if plan.uncompared:
        lines += [
            f"Secrets: {len(plan.uncompared):,} not compared (this job has none).",
            "This plan cannot be applied.",
        ]
    return lines


def plan_line(plan: Plan) -> str:
    """`Plan: 1 to create, 2 to update, 1 to replace, 0 to delete; data impact: data_loss`."""
    parts = [f"{plan.count(action)} to {action.name.lower()}" for action in _COUNTED]
    forgets = plan.count(Action.FORGET)
    parts += [f"{forgets} to forget"] if forgets else []
    parts += [f"{len(plan.moves)} to move"] if plan.moves else []
    imports = f"{len(plan.imports)} to import, " if plan.imports else ""
    return f"Plan: {imports}{', '.join(parts)}; data impact: {plan.impact}"


def _footer(plan: Plan, changes: Sequence[Change], notes: Notes) -> list[str]:
    says = [f"{plan.unchanged:,} unchanged."] if plan.unchanged else []
    drifted = sum(repairs_drift(change) for change in changes)
    if drifted:
        says.append(f"{drifted} of {count(len(changes), 'change')} {'repairs' if drifted == 1 else 'repair'} drift.")
    if not changes and plan.changes:
        says.append("No object changes, only what the state says of them.")
    elif not changes:
        says.append("Only outputs change.")
    if notes.saved_to:
        says.append(_saved(notes))
    return [
        plan_line(plan),
        *(wrapped(" ".join(says), WIDTH) if says else []),
        *(_UNSEEN if not plan.read.asked and not plan.read.objects else ()),
        *_partial(plan),
        *_to_apply(plan, notes),
    ]


def repairs_drift(change: Change) -> bool:
    """Whether the change puts something back that moved outside the stackfile."""
    return change.reason is Reason.LOST or any(one.origin is not Origin.CONFIG for one in change.fields)


def _to_apply(plan: Plan, notes: Notes) -> list[str]:
    if not notes.apply or plan.uncompared:
        return []
    protected = sum(refusal.code == "prevent-destroy" for refusal in refusals(plan, notes.allowed))
    if protected:
        return [f"apply refuses this plan: prevent_destroy stands in the way in {count(protected, 'place')}."]
    flags = [safe(flag) for flag in answers(plan, notes.allowed)]
    if len(flags) <= _FEW:
        return [" ".join(["To apply:", notes.apply, *flags])]
    return [f"To apply: {notes.apply} \\", *(f"  {flag} \\" for flag in flags[:-1]), f"  {flags[-1]}"]
