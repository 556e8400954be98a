"""The stateful part of a loop: ids that were seen, the time of an event, its group, and what is added to the group."""

from __future__ import annotations

from stackfile.portable.fields import FieldPath
from stackfile.portable.functions import Kind
from stackfile.portable.models import Aggregate, Aggregation, Dedupe, Window
from stackfile_local.engine.codegen import Code, Program
from stackfile_local.engine.codegen_expressions import emit
from stackfile_local.engine.windows.accumulators import Layout, Slot, compared, larger, measured, smaller
from stackfile_local.engine.windows.groups import group_of
from stackfile_local.engine.windows.times import EARLIEST, LATEST, carried, event_time

STATEFUL = {each.__name__: each for each in (measured, compared, smaller, larger, group_of, event_time, carried)}
"""What this code names beyond what all generated code may."""

PARAMETERS = "late, skip, windows, seen, high, hold, water"
"""Of `run`, behind those that every loop has: where late and skipped events go by number; the state to write to; by
number of the operation, ids that were seen; the largest time so far, the time that other partitions hold the watermark
at, the watermark. The last two are carried from event to event, and `high` and `water` are what `run` returns."""


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
    updates = _Updates(code, Layout.of([each for _, each in operation.set]), values)
    with code.block(f"if {nulls}"):
        code.line("skip(number)")
    with code.block("else"):
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


def _add(code: Code, window: Window | None, group: str, updates: _Updates) -> None:
    if window is None:
        code.line(f"acc = windows.of({group})")
        updates.emit()
        code.line("windows.changed(number, acc)")
    elif window.kind == "session":
        code.line(f"acc = {updates.empty}")
        updates.emit()
        with code.block(f"if not windows.join({group}, t, water, acc)"):
            code.line("late(number)")
    elif window.kind == "tumbling":
        code.line(f"start = t - t % {window.size}")
        with code.block(f"if start <= water - {window.size}"):
            code.line("late(number)")
        with code.block("else"):
            _add_to_window(code, group, updates)
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
        _add_to_window(code, "group", updates)
        code.line(f"start -= {window.advance}")


def _add_to_window(code: Code, group: str, updates: _Updates) -> None:
    code.line("groups = get(windows, start)")
    with code.block("if groups is None"):
        code.line("groups = windows[start] = {}")
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
