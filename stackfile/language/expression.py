"""Expressions beyond plain names: parsed by Jinja2, rewritten so that every name is ours to answer, compiled once.

Imported only when a stackfile has such an expression. In the rewritten tree no name reaches Jinja2's own lookup: a path
such as `sources.pg.id` is one call of the host, `~` is bounded, and the arguments of `try` and `nonsensitive` are
expressions of their own, evaluated when asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from jinja2 import TemplateError, nodes
from jinja2.environment import Template
from jinja2.parser import Parser
from jinja2.runtime import Undefined
from jinja2.visitor import NodeTransformer

from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.functions import FUNCTIONS, LAZY
from stackfile.language.sandbox import Budget, Sandbox
from stackfile.language.template import COMPUTED, Computed, Expression, Host, Missing, Name, Space, Step, bare_key

DEEPEST = 60
"""Levels of the syntax tree; the code that Jinja2 makes of it nests as deep."""

_FAILURES = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
)
"""What filters and operators raise for values that do not suit them: mistakes of the expression."""


def compiler() -> Callable[[str, str], Expression]:
    """Makes expressions of texts; the second argument is the text with its braces. Raises Fault."""
    sandbox = Sandbox()

    def compile_expression(inner: str, written: str) -> Expression:
        return _compile(_parse(sandbox, inner), sandbox, written)

    return compile_expression


@dataclass
class CompiledExpression:
    text: str
    names: tuple[Name, ...]
    shielded: frozenset[Name]
    makes_sensitive: bool
    sandbox: Sandbox
    template: Template
    looked: Sequence[Name]
    """The names that this expression itself looks up, by the number that its code asks for."""
    parts: Sequence[Sequence[CompiledExpression]]
    """The arguments of each `try` and `nonsensitive` in it."""

    def evaluate(self, host: Host) -> Any:
        """Raises Fault where it cannot be worked out, and whatever the host raises."""
        return self.run(host, Budget())

    def run(self, host: Host, budget: Budget) -> Any:
        look = self._look(host)
        variables = {
            **host.functions,
            "_look": look,
            "_budget": budget,
            "_concat": budget.concat,
            "_keep": budget.keep,
            "_try": lambda at: self._try(at, host, budget),
            "_nonsensitive": lambda at: host.shielded(lambda: self.parts[at][0].run(host, budget)),
            "range": budget.range,
        }
        try:
            context = self.template.new_context(variables)
            for _ in self.template.root_render_func(context):
                pass
            result = context.vars["result"]
            _check_defined(result)
        except _FAILURES as error:
            raise Fault("template-failed", f"this fails: {str(error) or type(error).__name__}") from None
        return result

    def _look(self, host: Host) -> Callable[..., Any]:
        def look(at: int, *computed: Any) -> Any:
            try:
                value = host.look(self.looked[at], computed)
                return value.opened() if isinstance(value, Space) else value
            except Missing as missing:
                return self.sandbox.undefined(hint=missing.words)

        return look

    def _try(self, at: int, host: Host, budget: Budget) -> Any:
        failure = Fault("template-failed", "this fails: try() has nothing to try")
        for part in self.parts[at]:
            try:
                return part.run(host, budget)
            except Fault as fault:
                failure = fault
        raise failure


def _parse(sandbox: Sandbox, inner: str) -> nodes.Expr:
    try:
        parser = Parser(sandbox, inner, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            raise Fault("template-syntax", f"this cannot be read: did not expect {str(parser.stream.current.value)!r}")
    except TemplateError as error:
        raise Fault("template-syntax", f"this cannot be read: {error.message}") from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(expression)
    if any(isinstance(item, nodes.Slice) for found in expression.find_all(nodes.Tuple) for item in found.items):
        raise Fault("template-syntax", "this cannot be read: only one range may stand in [ ]")
    return expression


def _too_deep() -> Fault:
    return Fault("template-too-deep", f"an expression nested more than {DEEPEST} levels deep")


def _check_depth(expression: nodes.Node) -> None:
    level: list[nodes.Node] = [expression]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return
    raise _too_deep()


def _compile(tree: nodes.Expr, sandbox: Sandbox, written: str) -> CompiledExpression:
    rewrite = _Rewrite(sandbox, written)
    result = nodes.Assign(nodes.Name("result", "store"), rewrite.visit(tree), lineno=1)
    body = nodes.Template([result], lineno=1)
    body.set_environment(sandbox)
    inner = [part for parts in rewrite.parts for part in parts]
    return CompiledExpression(
        text=written,
        names=(*rewrite.mentioned, *(name for part in inner for name in part.names)),
        shielded=frozenset(rewrite.shielded).union(*(part.shielded for part in inner)),
        makes_sensitive=rewrite.makes_sensitive or any(part.makes_sensitive for part in inner),
        sandbox=sandbox,
        template=sandbox.from_string(body),
        looked=rewrite.looked,
        parts=rewrite.parts,
    )


@dataclass
class _Rewrite(NodeTransformer):
    """Replaces names, calls and `~` in a syntax tree by calls of the host."""

    sandbox: Sandbox
    written: str
    looked: list[Name] = field(default_factory=list)
    mentioned: list[Name] = field(default_factory=list)
    shielded: list[Name] = field(default_factory=list)
    parts: list[list[CompiledExpression]] = field(default_factory=list)
    makes_sensitive: bool = False

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        return self._path(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        return self._path(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        return self._path(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        return _call("_concat", [self.visit(part) for part in node.nodes])

    def visit_Const(self, node: nodes.Const) -> nodes.Node:
        if isinstance(node.value, float) and not math.isfinite(node.value):
            raise Fault("number-wrong", "a number must be finite")
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        self._known("filter", node.name, self.sandbox.filters)
        return _call("_keep", [cast("nodes.Expr", self.generic_visit(node))])

    def visit_Test(self, node: nodes.Test) -> nodes.Node:
        self._known("test", node.name, self.sandbox.tests)
        return self.generic_visit(node)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        if not isinstance(node.node, nodes.Name) or node.dyn_args or node.dyn_kwargs:
            help = ("write a filter instead, such as {{ var.x | upper }}",)
            raise Fault("function-unknown", "only functions can be called", "", help)
        name = node.node.name
        self._known("function", name, (*FUNCTIONS, *LAZY, "range"))
        if name in LAZY:
            return self._lazy(name, node)
        self.makes_sensitive = self.makes_sensitive or name == "sensitive"
        arguments = [self.visit(argument) for argument in node.args]
        named = [nodes.Keyword(one.key, self.visit(one.value)) for one in node.kwargs]
        return nodes.Call(nodes.Name(name, "load"), arguments, named, None, None)

    def _lazy(self, name: str, node: nodes.Call) -> nodes.Node:
        if not node.args or node.kwargs or (name == "nonsensitive" and len(node.args) > 1):
            takes = "one value" if name == "nonsensitive" else "values, each tried in turn"
            raise Fault("template-syntax", f"{name}() takes {takes}")
        parts = [_compile(argument, self.sandbox, self.written) for argument in node.args]
        if name == "nonsensitive":
            self.shielded += parts[0].names
            parts[0].makes_sensitive = False
        self.parts.append(parts)
        return _call(f"_{name}", [nodes.Const(len(self.parts) - 1)])

    def _known(self, what: str, name: str, known: Any) -> None:
        if name not in known:
            label = did_you_mean(name, known)
            help = () if label else (f"{what}s: {listing(known, 60)}",)
            raise Fault(f"{what}-unknown", f"no {what} `{name}`", label, help)

    def _path(self, node: nodes.Expr) -> nodes.Node:
        """One call of the host for a path that begins at a name; anything else keeps its subscripts."""
        base, steps = _unwind(node)
        if not isinstance(base, nodes.Name):
            return self.generic_visit(node)
        arguments: list[nodes.Expr] = []
        path: tuple[Step, ...] = ()
        for step in steps:
            one = self._step(step, arguments)
            path += ((bare_key(one, base.name, len(path)) or one) if isinstance(one, Name) else one,)
        name = Name(base.name, path, _printed(base.name, path))
        self.looked.append(name)
        self.mentioned += (name, *_inside(name))
        return _call("_look", [nodes.Const(len(self.looked) - 1), *arguments])

    def _step(self, step: str | nodes.Expr, arguments: list[nodes.Expr]) -> Step:
        if isinstance(step, str):
            return step
        if isinstance(step, nodes.Const) and isinstance(step.value, str | int):
            return step.value
        name = _plain_name(step)
        if name is None:
            arguments.append(self.visit(step))
            return COMPUTED
        return name


def _check_defined(result: Any) -> None:
    """Raises UndefinedError where a part of the result is not there."""
    if isinstance(result, Undefined):
        str(result)
    elif isinstance(result, dict | list | tuple):
        for inner in result.values() if isinstance(result, dict) else result:
            _check_defined(inner)


def _call(name: str, arguments: list[nodes.Expr]) -> nodes.Call:
    return nodes.Call(nodes.Name(name, "load"), arguments, [], None, None)


def _unwind(node: nodes.Expr) -> tuple[nodes.Expr, list[str | nodes.Expr]]:
    """What a path begins with, and its steps: attribute names, and expressions in brackets."""
    steps: list[str | nodes.Expr] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node, nodes.Getattr):
            steps.append(node.attr)
        elif isinstance(node.arg, nodes.Slice):
            break
        else:
            steps.append(node.arg)
        node = node.node
    return node, steps[::-1]


def _plain_name(node: nodes.Expr) -> Name | None:
    """The name that an expression in brackets is; None where it must be computed."""
    base, steps = _unwind(node)
    if not isinstance(base, nodes.Name):
        return None
    path: list[Step] = []
    for step in steps:
        if isinstance(step, nodes.Const) and isinstance(step.value, str | int):
            path.append(step.value)
        elif isinstance(step, str):
            path.append(step)
        else:
            inner = _plain_name(step)
            if inner is None:
                return None
            path.append(inner)
    return Name(base.name, tuple(path), _printed(base.name, tuple(path)))


def _inside(name: Name) -> list[Name]:
    inner = [step for step in name.steps if isinstance(step, Name)]
    return [*inner, *(deeper for one in inner for deeper in _inside(one))]


def _printed(root: str, path: tuple[Step, ...]) -> str:
    parts = [root]
    for step in path:
        if isinstance(step, str):
            parts.append(f".{step}" if step.isidentifier() else f"[{step!r}]")
        else:
            parts.append(f"[{step.text if isinstance(step, Name) else '...' if isinstance(step, Computed) else step}]")
    return "".join(parts)
