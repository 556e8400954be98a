"""Operations to one Python loop over events: all of a chain fused, a value copied when it is first written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

from stackfile.portable.fields import FieldPath, print_field
from stackfile.portable.functions import Kind
from stackfile.portable.kinds import check
from stackfile.portable.models import (
    Aggregate,
    Apply,
    Dedupe,
    Drop,
    Filter,
    Map,
    Operation,
    Rename,
    Route,
    Select,
    Window,
)
from stackfile.portable.operations import is_stateful
from stackfile.portable.syntax import ROOTS, Expression, Field, Index, Logic, Root, children
from stackfile_local.engine.codegen import Code, Given, Program
from stackfile_local.engine.codegen_expressions import condition, emit
from stackfile_local.engine.codegen_stateful import PARAMETERS, begin, emit_aggregate, emit_dedupe

_PACKED = f"({', '.join(ROOTS)})"
_UNPACK = f"{_PACKED} = event"
_UNPACK_FIELDS = f"({', '.join(ROOTS)}, fields) = event"
_WHOLE = Given()
_FIELDS = "fields = value if type(value) is dict else NOTHING"
_MAX_GROWTH = 100_000

Functions: TypeAlias = Mapping[str, Callable[[Any], Any]]
"""What `map: name` calls: a value in, a value out, None to let the event go. It raises Failed."""

_Targets: TypeAlias = "dict[str, str | _Targets]"
"""What to write where: names of fields, and under them a temporary, or more names."""


def generate_chain(
    operations: Sequence[Operation], functions: Functions, first: int = 0, given: Given = _WHOLE
) -> Program:
    """`run(numbered, append, fail, odd, divert)`: of events with their numbers, what passes is appended, what fails
    goes to fail(number, place, failure), what is routed to divert(stream, event). With state, `run` has the parameters
    of `codegen_stateful` too.

    `first` is the number of the first operation in its pipeline.
    """
    program = Program(given)
    code = program.code
    stateful = is_stateful(operations)
    parameters = "numbered, append, fail, odd, divert" + (f", {PARAMETERS}" if stateful else "")
    with code.block(f"def run({parameters})"):
        if stateful:
            begin(code, operations)
        with code.block(f"for number, {'fields' if given.bare else 'event'} in numbered"):
            program.place()
            with code.block("try"):
                if given.attributes is None:
                    code.line(_UNPACK)
                    code.line(_FIELDS)
                elif not given.bare:
                    code.line(_UNPACK_FIELDS)
                _chain(program, operations, functions, first)
            with code.block("except FAILURES as failure"):
                code.line("fail(number, place, failure)")
        if stateful:
            code.line("return high, water")
    return program


def _chain(program: Program, operations: Sequence[Operation], functions: Functions, first: int) -> None:
    growth = 1
    window: Window | None = None
    for number, operation in enumerate(operations, first):
        if isinstance(operation, Window):
            window = operation
        elif isinstance(operation, Aggregate):
            emit_aggregate(program, window, operation, number)
            return
        elif isinstance(operation, Apply):
            program.place(number, "map")
            _apply(program.code, functions[operation.function])
            program.owned = False
        else:
            _operation(program, operation, number)
        growth *= _growth(operation)
        if growth > _MAX_GROWTH and isinstance(operation, Map):
            program.code.line("check_size(value)")
    changed = any(not isinstance(operation, Filter | Dedupe | Route) for operation in operations)
    whole = program.code.attributes is None and not changed
    program.code.line(f"append({'event' if whole else _PACKED})")


def generate_expression(expression: Expression) -> Program:
    """`run(event, odd)`: what the expression yields; raises Failed."""
    program = Program()
    with program.code.block("def run(event, odd)"):
        program.place()
        program.code.line(_UNPACK)
        program.code.line(_FIELDS)
        program.code.line(f"return {emit(program.code, expression).code}")
    return program


def _operation(program: Program, operation: Operation, number: int) -> None:
    match operation:
        case Filter():
            program.place(number, "filter")
            _filter(program.code, operation.predicate)
        case Map():
            _map(program, operation, number)
        case Select():
            with _on_map(program, number, "select"):
                _select(program, operation.fields)
        case Drop():
            with _on_map(program, number, "drop"):
                _drop(program, operation.fields)
        case Rename():
            with _on_map(program, number, "rename"):
                _rename(program, operation)
        case Route():
            _route(program, operation, number)
        case Dedupe():
            emit_dedupe(program, operation, number)


def _apply(code: Code, function: Callable[[Any], Any]) -> None:
    code.line(f"value = {code.constant(function)}(value)")
    with code.block("if value is None"):
        code.line("continue")
    code.line(_FIELDS)


def _route(program: Program, operation: Route, number: int) -> None:
    code = program.code
    tests: list[str] = []
    for stream, predicate in operation.routes:
        program.place(number, "route", stream)
        tests.append(code.set(condition(code, emit(code, predicate), "a route")))
    for test, (stream, _) in zip(tests, operation.routes, strict=True):
        with code.block(f"if {test}"):
            code.line(f"divert({code.constant(stream)}, {_PACKED})")
    with code.block(f"if {' or '.join(tests)}"):
        code.line("continue")


def _filter(code: Code, predicate: Expression) -> None:
    conjunction = isinstance(predicate, Logic) and predicate.operator == "and"
    for part in predicate.operands if isinstance(predicate, Logic) and conjunction else (predicate,):
        test = condition(code, emit(code, part), "`and`" if conjunction else "a filter")
        with code.block(f"if not {test}"):
            code.line("continue")


@contextmanager
def _on_map(program: Program, number: int, name: str) -> Iterator[None]:
    """Runs what is emitted within for a value that is a map; null stays null, and any other value fails."""
    code = program.code
    program.place(number, name)
    with code.block("if fields is not value"), code.block("if value is not None"):
        code.line(f"no_map(value, {code.constant(f'`{name}`')})")
    with code.block("else"):
        yield


def _own(program: Program) -> None:
    if not program.owned:
        program.code.line("value = fields = {**value}")
        program.owned = True


def _map(program: Program, operation: Map, number: int) -> None:
    code = program.code
    with _on_map(program, number, "map"):
        targets: _Targets = {}
        for path, expression in operation.assignments:
            program.place(number, "map", *path)
            _target(targets, path, emit(code, expression).code)
        if any(_takes_value(expression) for _, expression in operation.assignments):
            program.owned = False  # the value is about to be within itself
        _own(program)
        program.place(number, "map")
        _write(code, "value", targets, ())


def _target(targets: _Targets, path: FieldPath, leaf: str) -> None:
    for step in path[:-1]:
        # never a leaf: operations refuse paths that lie within each other
        targets = cast(_Targets, targets.setdefault(step, {}))
    targets[path[-1]] = leaf


def _write(code: Code, holder: str, targets: Mapping[str, str | _Targets], above: FieldPath) -> None:
    for step, leaf in targets.items():
        name, path = code.constant(step), (*above, step)
        if isinstance(leaf, str):
            code.line(f"{holder}[{name}] = {leaf}")
        else:
            inner = code.set(f"fresh({holder}, {name}, {code.constant(print_field(path))})")
            code.line(f"{holder}[{name}] = {inner}")
            _write(code, inner, leaf, path)


def _takes_value(node: Expression) -> bool:
    """Whether what the expression yields may hold the whole value, and not only something in it."""
    if node == Root("value"):
        return True
    if isinstance(node, Field | Index) and node.target == Root("value"):
        return isinstance(node, Index) and _takes_value(node.index)
    return any(_takes_value(child) for child in children(node))


def _select(program: Program, fields: Sequence[FieldPath]) -> None:
    targets: _Targets = {}
    for field in fields:
        _target(targets, field, "")
    picked = _pick(program.code, "value", targets)
    program.code.line(f"value = fields = {picked}")
    program.owned = True


def _pick(code: Code, holder: str, targets: Mapping[str, str | _Targets]) -> str:
    picked = code.set("{}")
    for step, inner in targets.items():
        name = code.constant(step)
        with code.block(f"if {name} in {holder}"):
            if isinstance(inner, str):
                code.line(f"{picked}[{name}] = {holder}[{name}]")
                continue
            below = code.set(f"{holder}[{name}]")
            with code.block(f"if type({below}) is dict"):
                found = _pick(code, below, inner)
                with code.block(f"if {found}"):
                    code.line(f"{picked}[{name}] = {found}")
    return picked


def _drop(program: Program, fields: Sequence[FieldPath]) -> None:
    _own(program)
    for field in fields:
        _take(program.code, "value", field, program.code.temporary())


def _take(code: Code, holder: str, path: FieldPath, into: str) -> None:
    """Moves a field out of a map that is ours into a temporary, which is MISSING where there is none."""
    name = code.constant(path[0])
    if len(path) == 1:
        code.line(f"{into} = pop({holder}, {name}, MISSING)")
        return
    code.line(f"{into} = MISSING")
    with code.block(f"if {name} in {holder} and type({holder}[{name}]) is dict"):
        inner = code.set(f"{{**{holder}[{name}]}}")
        code.line(f"{holder}[{name}] = {inner}")
        _take(code, inner, path[1:], into)


def _rename(program: Program, operation: Rename) -> None:
    code = program.code
    _own(program)
    taken = [code.temporary() for _ in operation.moves]
    for temporary, (old, _) in zip(taken, operation.moves, strict=True):
        _take(code, "value", old, temporary)
    for temporary, (_, new) in zip(taken, operation.moves, strict=True):
        with code.block(f"if {temporary} is not MISSING"):
            targets: _Targets = {}
            _target(targets, new, temporary)
            _write(code, "value", targets, ())


def _growth(operation: Operation) -> int:
    """How many times larger an operation can make a value, which it does by holding one list or map several times."""
    if not isinstance(operation, Map):
        return 1
    return 1 + sum(_parts(expression) for _, expression in operation.assignments)


def _parts(node: Expression) -> int:
    if not check(node) & (Kind.LIST | Kind.MAP):
        return 0
    if isinstance(node, Root | Field | Index):
        return 1
    return sum(_parts(child) for child in children(node))
