"""The stateful part of a loop: ids that were seen, the time of an event, its group, and what is added to the group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackfile.portable.fields import FieldPath
from stackfile.portable.functions import Kind
from stackfile.portable.models import Aggregate, Aggregation, Dedupe, Operation, Window
from stackfile_local.engine.codegen import Code, Program
from stackfile_local.engine.codegen_expressions import emit
from stackfile_local.engine.windows.accumulators import (
    Layout,
    Slot,
    compared,
    exact,
    larger,
    measured,
    result_of,
    smaller,
)
from stackfile_local.engine.windows.groups import group_of, value_of
from stackfile_local.engine.windows.times import EARLIEST, EVENT_ID, EVENT_TIME, LATEST, carried, event_time

STATEFUL = {
    each.__name__: each
    for each in (
        *(measured, compared, smaller, larger, exact, result_of, group_of, value_of),
        *(event_time, carried),
    )
}
"""What this code names beyond what all generated code may."""

PARAMETERS = "late, skip, windows, seen, high, hold, water"
"""Of `run`, behind those that every loop has: where late and skipped events go by number; the state to write to; by
number of the operation, ids that were seen; the largest time so far, the time that other partitions hold the watermark
at, the watermark. The last two are carried from event to event, and `high` and `water` are what `run` returns."""


def begin(code: Code, operations: Sequence[Operation]) -> None:
    """What a loop with state needs before its first event. Of tumbling windows: that of the event before, and what it
    holds, for mostly it is that of the next event too."""
    if not isinstance(operations[-1], Aggregate):
        return
    window = operations[-2] if len(operations) > 1 else None
    if not isinstance(window, Window):
        code.line("groups, touched, id = windows.groups, windows.touched, windows.id")
        code.line("give = windows.results.append")
    elif window.kind == "session":
        code.line("sessions, touched = windows.sessions, windows.touched")
    else:
        code.line("low = top = 0")
        code.line("groups = None")


def emit_dedupe(program: Program, operation: Dedupe, number: int) -> None:
    """`seen[number]` takes an id and a time, and says whether it is to be let go."""
    code = program.code
    program.place(number, "dedupe")
    id, nulls = _group(code, [emit(code, tree).code for tree in operation.by])
    with code.block(f"if not ({nulls}) and seen[{number}]({id}, {_CARRIED})"):
        code.line("continue")


_CARRIED = "timestamp if headers is None else carried(headers, timestamp)"


def emit_aggregate(program: Program, window: Window | None, operation: Aggregate, number: int) -> None:
    code = program.code
    if window is None:
        code.line(f"t = {_CARRIED}")
    else:
        _time(program, window, number - 1)
    groups: list[str] = []
    for path, tree in operation.by:
        program.place(number, "aggregate", "by", *path)
        groups.append(emit(code, tree).code)
    values = [_value(program, path, each, number) for path, each in operation.set]
    group, nulls = _group(code, groups)
    layout = Layout.of([each for _, each in operation.set])
    updates = _Updates(code, layout, values)
    with code.block(f"if {nulls}"):
        code.line("skip(number)")
    with code.block("else"):
        if window is None:
            _add_running(code, operation, layout, group, updates)
        else:
            _add(code, window, group, updates)
    if window is not None:
        with code.block("if t > high"):
            code.line("high = t")
            code.line(f"reached = (t if t < hold else hold) - ({window.lateness})")
            with code.block("if reached > water"):
                code.line("water = reached")


def _time(program: Program, window: Window, number: int) -> None:
    code = program.code
    if window.time is None:
        code.line(f"t = {_CARRIED}")
        return
    program.place(number, "window", "time")
    code.line(f"t = {emit(code, window.time).code}")
    with code.block(f"if type(t) is not int or not ({EARLIEST}) <= t <= {LATEST}"):
        code.line("t = event_time(t)")


def _group(code: Code, values: list[str]) -> tuple[str, str]:
    """Where the group is, and the text that asks whether one of its values is null."""
    parts: list[str] = []
    for value in values:
        part = code.set(value)
        with code.block(f"if type({part}) is not str"):
            code.line(f"{part} = group_of({part})")
        parts.append(part)
    nulls = " or ".join(f"{part} is None" for part in parts) or "False"
    return (parts[0] if len(parts) == 1 else f"({', '.join(parts)})"), nulls


def _value(program: Program, path: FieldPath, aggregation: Aggregation, number: int) -> str:
    """Evaluated and checked before anything is added, so that an event counts wholly or not at all."""
    code = program.code
    if aggregation.of is None:
        return ""
    program.place(number, "aggregate", "set", *path)
    operand = emit(code, aggregation.of)
    value = code.set(operand.code)
    if aggregation.name != "count" and operand.kind != Kind.INT:
        check = "measured" if aggregation.name in ("sum", "avg") else "compared"
        code.line(f"{value} = {check}({value}, {code.constant(aggregation.name)})")
    return value


def _add_running(code: Code, operation: Aggregate, layout: Layout, group: str, updates: _Updates) -> None:
    """The result of an event is made at once: what the group holds then is gone with the next event."""
    code.line(f"group = {group}")
    _add_to_group(code, "group", updates)
    code.line("touched[group] = acc")
    for slot in layout.slots:
        if slot.name in ("sum", "avg"):
            with code.block(f"if acc[{slot.at + 2}] is not None"):
                code.line(f"acc[{slot.at + 2}] = exact(acc[{slot.at + 2}])")
    shown = ["group"] if len(operation.by) == 1 else [f"group[{number}]" for number in range(len(operation.by))]
    shown = [code.set(f"{each} if type({each}) is str else value_of({each})") for each in shown]
    key = "None" if not shown else shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
    with code.block("try"):
        results = [_running_result(code, slot) for slot in layout.slots]
        paths = [path for path, _ in (*operation.by, *operation.set)]
        value = _tree(code, dict(zip(paths, [*shown, *results], strict=True)))
        name, id = code.constant(EVENT_TIME), code.constant(EVENT_ID)
        code.line(f"headers = {{{name}: str(t), {id}: {code.constant('%s-%x-%x')} % (id, partition, offset)}}")
        code.line(f"give(({key}, {value}, headers, t, 0, 0))")
    with code.block("except FAILURES"):
        code.line("windows.unmade(t, (partition, offset), group, acc)")


def _running_result(code: Code, slot: Slot) -> str:
    if slot.name not in ("sum", "avg"):
        return f"acc[{slot.at}]"
    return code.set(f"result_of({code.constant(slot.name)}, {slot.at}, acc)")


def _tree(code: Code, leaves: Mapping[FieldPath, str]) -> str:
    """A map, in the order of its leaves."""
    below: dict[str, dict[FieldPath, str]] = {}
    for path, leaf in leaves.items():
        below.setdefault(path[0], {})[path[1:]] = leaf
    inner = {name: each[()] if () in each else _tree(code, each) for name, each in below.items()}
    return f"{{{', '.join(f'{code.constant(name)}: {each}' for name, each in inner.items())}}}"


def _add_session(code: Code, window: Window, group: str, updates: _Updates) -> None:
    code.line(f"group = {group}")
    code.line("known = get(sessions, group)")
    with code.block("if known is not None"):
        code.line("times, acc = known[-1]")
        code.line(f"end = times[1] + {window.size}")
    with code.block("if known is not None and times[0] <= t <= end and end >= water"):
        with code.block("if t > times[1]"):
            code.line("times[1] = t")
        code.line("touched[group] = None")
        updates.emit()
    with code.block("else"):
        code.line(f"acc = {updates.empty}")
        updates.emit()
        with code.block("if not windows.join(group, t, water, acc)"):
            code.line("late(number)")


def _add(code: Code, window: Window, group: str, updates: _Updates) -> None:
    if window.kind == "session":
        _add_session(code, window, group, updates)
    elif window.kind == "tumbling":
        with code.block("if not low <= t < top"):
            code.line(f"low = t - t % {window.size}")
            code.line(f"top = low + {window.size}")
            code.line("groups = None")
        with code.block("if top <= water"):
            code.line("late(number)")
        with code.block("else"):
            with code.block("if groups is None"):
                _window(code, "low")
            _add_to_group(code, group, updates)
    else:
        _hop(code, window, group, updates)


def _hop(code: Code, window: Window, group: str, updates: _Updates) -> None:
    code.line(f"start = t - t % {window.advance}")
    code.line(f"first = t - {window.size}")
    with code.block(f"if first < water - {window.size}"):
        code.line(f"first = water - {window.size}")
    with code.block("if start <= first"):
        code.line("late(number)")
    code.line(f"group = {group}")
    with code.block("while start > first"):
        _window(code, "start")
        _add_to_group(code, "group", updates)
        code.line(f"start -= {window.advance}")


def _window(code: Code, start: str) -> None:
    code.line(f"groups = get(windows, {start})")
    with code.block("if groups is None"):
        code.line(f"groups = windows[{start}] = {{}}")


def _add_to_group(code: Code, group: str, updates: _Updates) -> None:
    code.line(f"acc = get(groups, {group})")
    with code.block("if acc is None"):
        code.line(f"acc = groups[{group}] = {updates.empty}")
    updates.emit()


class _Updates:
    """The statements that add one event to `acc`."""

    def __init__(self, code: Code, layout: Layout, values: list[str]) -> None:
        self._code = code
        self._slots = [(slot, value) for slot, value in zip(layout.slots, values, strict=True) if value]
        self.empty = repr(layout.empty)

    def emit(self) -> None:
        self._code.line("acc[0] += 1")
        for slot, value in self._slots:
            with self._code.block(f"if {value} is not None"):
                self._slot(slot, value)

    def _slot(self, slot: Slot, value: str) -> None:
        code, at = self._code, slot.at
        if slot.name in ("min", "max"):
            better = "smaller" if slot.name == "min" else "larger"
            with code.block(f"if acc[{at}] is None or {better}({value}, acc[{at}])"):
                code.line(f"acc[{at}] = {value}")
            return
        code.line(f"acc[{at}] += 1")
        if slot.name == "count":
            return
        with code.block(f"if type({value}) is int"):
            code.line(f"acc[{at + 1}] += {value}")
        with code.block(f"elif acc[{at + 2}] is None"):
            code.line(f"acc[{at + 2}] = [{value}]")
        with code.block("else"):
            code.line(f"acc[{at + 2}].append({value})")
