"""Scalars and trees to values: a scalar that touches something unknown is unknown as a whole, and so with sensitive."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from stackfile.language.builder import MOST_DEPTH
from stackfile.language.findings import Fault
from stackfile.language.reader import describe
from stackfile.language.scalars import fits
from stackfile.language.scope import ResourceSpace, Scope, Waiting
from stackfile.language.source import Template
from stackfile.language.template import Expression, Missing, Name, ParsedScalar, Space, as_text, parse_name
from stackfile.language.variables import Broken
from stackfile.values import Path, Sensitive, Unknown, Value

Report: TypeAlias = Callable[[Fault, Path], None]

LONGEST_RESULT = 10_000_000


def evaluate_scalar(text: str, scope: Scope) -> Value:
    """The value of one scalar with templates. Raises Fault and Broken."""
    if text in scope.faulty:
        raise Broken
    parsed = scope.world.templates.parse(text)
    scope.sensitive = False
    try:
        value = _value(parsed, scope)
    except Waiting as waiting:
        value = Unknown(_waits(parsed, scope, waiting), str(text))
    if not scope.sensitive:
        return value
    scope.saw_sensitive = True
    return Sensitive(value)


def evaluate_tree(tree: Value, scope: Scope, path: Path, report: Report) -> Value:
    """A copy of a tree with its templates evaluated. Mistakes are reported, and the value that has one is unknown."""
    if isinstance(tree, Template):
        return evaluate_leaf(tree, scope, path, report)
    if isinstance(tree, dict):
        return {key: evaluate_tree(inner, scope, (*path, key), report) for key, inner in tree.items()}
    if isinstance(tree, list):
        return [evaluate_tree(inner, scope, (*path, at), report) for at, inner in enumerate(tree)]
    return tree


def evaluate_leaf(text: str, scope: Scope, path: Path, report: Report) -> Value:
    """The value of one scalar, its mistake reported."""
    try:
        return evaluate_scalar(text, scope)
    except Fault as fault:
        report(fault, path)
    except Broken:
        pass
    return Unknown()


def evaluate_known(tree: Value, scope: Scope, path: Path, report: Report) -> Value:
    """As `evaluate_tree`, for what must be known before anything is planned. Raises Broken after a report."""
    faults: list[Fault] = []

    def note(fault: Fault, at: Path) -> None:
        faults.append(fault)
        report(fault, at)

    value = evaluate_tree(tree, scope, path, note)
    if faults or _is_broken(tree, value):
        raise Broken
    return value


def evaluate_resource(text: str, scope: Scope) -> ResourceSpace | Space | Value:
    """What an expression in a reference field yields: the resource itself, or a value. Raises Fault and Broken."""
    if text in scope.faulty:
        raise Broken
    parsed = scope.world.templates.parse(text)
    if parsed.only is not None:
        try:
            found = run(parsed.only, scope)
        except Waiting as waiting:
            return Unknown(_waits(parsed, scope, waiting), str(text))
        if isinstance(found, Space):
            return found
    return evaluate_scalar(text, scope)


def run(expression: Expression, scope: Scope) -> Any:
    """The value of one expression. Raises Fault, Waiting and Broken."""
    try:
        return expression.evaluate(scope)
    except Missing as missing:
        raise Fault(missing.code, missing.message, missing.label, missing.help, expression.text) from None
    except Fault as fault:
        fault.written = expression.text
        if fault.code == "template-failed" and _is_secret(expression, scope):
            fault.message = "this fails; why is not shown, because it may hold a secret"
        raise


def _is_secret(expression: Expression, scope: Scope) -> bool:
    return scope.sensitive or bool(expression.shielded) or expression.makes_sensitive


def _value(parsed: ParsedScalar, scope: Scope) -> Value:
    if parsed.only is not None:
        return finished(run(parsed.only, scope), parsed.only.text)
    texts = [part if isinstance(part, str) else _inserted(part, scope) for part in parsed.parts]
    if sum(map(len, texts)) > LONGEST_RESULT:
        raise Fault("template-too-long", f"the text would be longer than {LONGEST_RESULT // 1_000_000} MB")
    return "".join(texts)


def _inserted(expression: Expression, scope: Scope) -> str:
    value = finished(run(expression, scope), expression.text)
    try:
        return as_text(value)
    except TypeError as error:
        help = ("a value by itself keeps its type; in a text write | join(',') or | tojson",)
        raise Fault("template-insert", f"{error}", "", help, written=expression.text) from None


def finished(value: Any, written: str, depth: int = 0) -> Value:
    """The result of an expression as JSON has it. Raises Fault for what JSON cannot carry."""
    if depth > MOST_DEPTH:
        raise Fault("template-too-deep", f"a value nested more than {MOST_DEPTH} levels deep", written=written)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | float):
        return _number(value, written)
    if isinstance(value, Mapping):
        return {_key(key, written): finished(inner, written, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finished(inner, written, depth + 1) for inner in value]
    fault = value.no_value() if isinstance(value, Space) else Fault("template-failed", "this result is not a value")
    name = parse_name(written.removeprefix("{{").removesuffix("}}"))
    if fault.code == "resource-not-value" and name is not None:
        fault.label = f"write {{{{ {name.text}.id }}}} for its id"
    fault.written = written
    raise fault


def _number(value: float, written: str) -> float:
    if fits(value) if isinstance(value, int) else math.isfinite(value):
        return value
    raise Fault("number-wrong", "the result is too large for a number", written=written)


def _key(key: Any, written: str) -> str:
    if not isinstance(key, str):
        raise Fault("template-failed", f"the key of a map is text, not {describe(key)}", written=written)
    return str(key)


def _waits(parsed: ParsedScalar, scope: Scope, first: Waiting) -> tuple[str, ...]:
    """All that a scalar waits for, also what was not reached; what is sensitive on the way counts as touched."""
    found = dict.fromkeys(first.waits_for)
    for expression in parsed.expressions:
        if expression.makes_sensitive:
            scope.touch()
        for name in expression.names:
            found.update(dict.fromkeys(_wait(name, scope, name in expression.shielded)))
    return tuple(found)


def _wait(name: Name, scope: Scope, is_shielded: bool) -> tuple[str, ...]:
    try:
        if is_shielded:
            scope.shielded(lambda: scope.look(name))
        elif all(isinstance(step, str | int | Name) for step in name.steps):
            scope.look(name)
    except Waiting as waiting:
        return waiting.waits_for or (name.text,)
    except (Missing, Broken):
        pass
    return ()


def _is_broken(tree: Value, value: Value) -> bool:
    """Whether a template came out unknown with nothing to wait for: its mistake had been reported before."""
    if isinstance(tree, Template):
        return isinstance(value, Unknown) and not value.waits_for
    if isinstance(tree, Mapping) and isinstance(value, Mapping):
        return any(_is_broken(inner, value[key]) for key, inner in tree.items())
    if isinstance(tree, list | tuple) and isinstance(value, list | tuple):
        return any(_is_broken(inner, other) for inner, other in zip(tree, value, strict=True))
    return False
