"""Expressions to Python statements: a temporary for each node, and no check of a kind where the tree proves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from stackfile.portable.functions import FUNCTIONS, Kind, Kinds
from stackfile.portable.kinds import kind_of
from stackfile.portable.syntax import (
    MAX_INT,
    MIN_INT,
    Arithmetic,
    Call,
    Compare,
    Expression,
    Field,
    Index,
    Items,
    Literal,
    Logic,
    Negate,
    Not,
    Root,
)
from stackfile_local.engine.codegen import Code, Operand
from stackfile_local.engine.runtime import FAILURES
from stackfile_local.engine.runtime_functions import IMPLEMENTATIONS

_ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "remainder"}
_ORDER = {"<": "less", "<=": "less_or_equal", ">": "greater", ">=": "greater_or_equal"}
_TYPES = {
    Kind.BOOL: "bool",
    Kind.INT: "int",
    Kind.FLOAT: "float",
    Kind.TEXT: "str",
    Kind.LIST: "list",
    Kind.MAP: "dict",
}


def emit(code: Code, node: Expression) -> Operand:
    """Adds the statements that compute a node."""
    return _EMITTERS[type(node)](code, node)


def condition(code: Code, operand: Operand, by: str) -> str:
    """Text that yields True or False: false for null, failing for what is neither."""
    if operand.kind == Kind.BOOL:
        return operand.code
    if not operand.kind & ~Kind.LOGICAL:
        return f"{operand.code} is True"
    return f"({operand.code} is True or truth({operand.code}, {code.constant(by)}))"


def _guard(operand: Operand, wanted: Kinds) -> str:
    """Text that asks whether an operand is of the wanted kind; empty where that is certain."""
    if not operand.kind & ~wanted:
        return ""
    names = [name for kind, name in _TYPES.items() if kind & wanted & operand.kind]
    if len(names) == len(_TYPES):
        return f"{operand.code} is not None"
    return "(" + " or ".join(f"type({operand.code}) is {name}" for name in names) + ")" if names else "False"


def _choose(fast: str, guards: Sequence[str], slow: str) -> str:
    needed = " and ".join(guard for guard in guards if guard)
    return f"{fast} if {needed} else {slow}" if needed else fast


def _literal(code: Code, node: Literal) -> Operand:
    value = node.value
    kind = kind_of(node, ())
    if isinstance(value, str):
        return Operand(code.constant(value), kind, value)
    return Operand(repr(value) if value is None or isinstance(value, bool) else f"({value!r})", kind, value)


def _items(code: Code, node: Items) -> Operand:
    operands = [emit(code, each) for each in node.items]
    return Operand(code.set(f"[{', '.join(operand.code for operand in operands)}]"), Kind.LIST)


def _root(code: Code, node: Root) -> Operand:
    # the value as it is now: by the time this operand is used, the name may stand for a changed copy
    return Operand(code.set("value") if node.name == "value" else node.name, kind_of(node, ()))


def _holder(code: Code, target: Expression) -> tuple[str, str]:
    """Where a map may be, and the text that asks whether one is there."""
    if target == Root("value"):
        return "fields", ""  # the value, or an empty map where it is none
    operand = emit(code, target)
    return operand.code, _guard(operand, Kind.MAP)


def _field(code: Code, node: Field) -> Operand:
    if code.attributes is not None and node.target == Root("value"):
        return Operand(code.set(f"fields.{code.attributes[node.name]}"), Kind.ANY)
    holder, guard = _holder(code, node.target)
    return Operand(code.set(_choose(f"get({holder}, {code.constant(node.name)})", (guard,), "None")), Kind.ANY)


def _index(code: Code, node: Index) -> Operand:
    target, index = emit(code, node.target), emit(code, node.index)
    if index.kind == Kind.INT and isinstance(index.constant, int):
        least = index.constant + 1 if index.constant >= 0 else -index.constant
        guards = (f"type({target.code}) is list", f"len({target.code}) >= {least}")
        return Operand(code.set(_choose(f"{target.code}[{index.code}]", guards, "None")), Kind.ANY)
    return Operand(code.set(f"item({target.code}, {index.code})"), Kind.ANY)


def _not(code: Code, node: Not) -> Operand:
    return Operand(code.set(f"not {condition(code, emit(code, node.operand), '`not`')}"), Kind.BOOL)


def _negate(code: Code, node: Negate) -> Operand:
    operand = emit(code, node.operand)
    return Operand(code.set(f"negate({operand.code})"), kind_of(node, (operand.kind,)))


def _arithmetic(code: Code, node: Arithmetic) -> Operand:
    left, right = emit(code, node.left), emit(code, node.right)
    call = f"{_ARITHMETIC[node.operator]}({left.code}, {right.code})"
    kind = kind_of(node, (left.kind, right.kind))
    if node.operator not in "+-*" or not (left.kind & right.kind & Kind.INT):
        return Operand(code.set(call), kind)
    result = code.temporary()
    guards = [guard for guard in (_guard(left, Kind.INT), _guard(right, Kind.INT)) if guard]
    with code.block(f"if {' and '.join(guards) or 'True'}"):  # whole numbers of 64 bits, which most are, need no call
        code.line(f"{result} = {left.code} {node.operator} {right.code}")
        with code.block(f"if not ({MIN_INT}) <= {result} <= {MAX_INT}"):
            code.line(f"refuse_large({result})")
    with code.block("else"):
        code.line(f"{result} = {call}")
    return Operand(result, kind)


def _compare(code: Code, node: Compare) -> Operand:
    if node.operator in ("in", "not in"):
        text = _membership(code, node)
    elif node.operator in ("==", "!="):
        text = _equality(emit(code, node.left), emit(code, node.right))
    else:
        text = _order(emit(code, node.left), emit(code, node.right), node.operator)
    negated = node.operator in ("!=", "not in")
    return Operand(code.set(f"not ({text})" if negated else text), Kind.BOOL)


def _order(left: Operand, right: Operand, operator: str) -> str:
    fast = f"{left.code} {operator} {right.code}"
    slow = f"{_ORDER[operator]}({left.code}, {right.code}, odd, place)"
    for kind in (Kind.NUMBER, Kind.TEXT):
        if not left.kind & ~kind or not right.kind & ~kind:
            return _choose(fast, (_guard(left, kind), _guard(right, kind)), slow)
    return slow


def _equality(left: Operand, right: Operand) -> str:
    for one, other in ((left, right), (right, left)):
        if other.kind == Kind.NULL:
            return f"{one.code} is None" if one.kind & Kind.NULL else "False"
        if other.kind == Kind.BOOL:
            return f"{one.code} is {other.code}"
        if other.kind == Kind.TEXT:
            return f"{one.code} == {other.code}"
        if not other.kind & ~Kind.NUMBER:  # to Python, and nowhere else, 1 is True
            apart = f" and type({one.code}) is not bool" if one.kind & Kind.BOOL else ""
            return f"{one.code} == {other.code}{apart}"
    return f"equal({left.code}, {right.code})"


def _membership(code: Code, node: Compare) -> str:
    left = emit(code, node.left)
    known = [item for item in node.right.items if isinstance(item, Literal)] if isinstance(node.right, Items) else []
    if known and isinstance(node.right, Items) and len(known) == len(node.right.items):
        kinds = {kind_of(item, ()) for item in known}
        for kind in (Kind.TEXT, Kind.NUMBER):
            if all(not each & ~kind for each in kinds):  # those that can go by hash; to a hash true is 1
                values = code.constant(frozenset(item.value for item in known))
                return _choose(f"{left.code} in {values}", (_guard(left, kind),), "False")
    right = emit(code, node.right)
    return f"member({left.code}, {right.code}, odd, place)"


def _logic(code: Code, node: Logic) -> Operand:
    first, *others = node.operands
    by = f"`{node.operator}`"
    result = code.set(condition(code, emit(code, first), by))
    for operand in others:
        with code.block(f"if {result}" if node.operator == "and" else f"if not {result}"):
            code.line(f"{result} = {condition(code, emit(code, operand), by)}")
    return Operand(result, Kind.BOOL)


def _call(code: Code, node: Call) -> Operand:
    if node.function in _SPECIAL:
        return _SPECIAL[node.function](code, node)
    function = FUNCTIONS[node.function]
    operands = [emit(code, argument) for argument in node.arguments]
    kind = kind_of(node, [operand.kind for operand in operands])
    guards = [_guard(operand, function.parameter(number)[1]) for number, operand in enumerate(operands)]
    if all(operand.is_constant for operand in operands) and not any(guards):
        folded = _fold(code, node.function, operands, kind)
        if folded is not None:
            return folded
    arguments = ", ".join(operand.code for operand in operands)
    slow = f"unfit({code.constant(function.name)}, ({arguments},))"
    return Operand(code.set(_choose(f"call_{function.name}({arguments})", guards, slow)), kind)


def _fold(code: Code, name: str, operands: list[Operand], kind: Kinds) -> Operand | None:
    """The call computed now. None where it would fail, which is for the events to do, and where it makes a list."""
    try:
        value = IMPLEMENTATIONS[name](*(operand.constant for operand in operands))
    except FAILURES:
        return None
    return None if isinstance(value, list) else Operand(code.constant(value), kind, value)


def _if(code: Code, node: Call) -> Operand:
    asked, then, otherwise = node.arguments
    test = condition(code, emit(code, asked), "`if`")
    result = code.temporary()
    with code.block(f"if {test}"):
        yes = emit(code, then)
        code.line(f"{result} = {yes.code}")
    with code.block("else"):
        no = emit(code, otherwise)
        code.line(f"{result} = {no.code}")
    return Operand(result, yes.kind | no.kind)


def _coalesce(code: Code, node: Call) -> Operand:
    operand = emit(code, node.arguments[0])
    result, kinds = code.set(operand.code), [operand.kind]
    for argument in node.arguments[1:]:
        with code.block(f"if {result} is None"):
            operand = emit(code, argument)
            kinds.append(operand.kind)
            code.line(f"{result} = {operand.code}")
    return Operand(result, kind_of(node, kinds))


def _exists(code: Code, node: Call) -> Operand:
    path = node.arguments[0]
    if isinstance(path, Field):
        holder, guard = _holder(code, path.target)
        found = f"{code.constant(path.name)} in {holder}"
        return Operand(code.set(f"{guard} and {found}" if guard else found), Kind.BOOL)
    path = cast(Index, path)
    target, index = emit(code, path.target), emit(code, path.index)
    return Operand(code.set(f"has_item({target.code}, {index.code})"), Kind.BOOL)


def _try(code: Code, node: Call) -> Operand:
    result, done = code.temporary(), code.temporary()
    with code.block("try"):
        tried = emit(code, node.arguments[0])
        code.line(f"{result} = {tried.code}")
        code.line(f"{done} = True")
    with code.block("except FAILURES"):
        code.line(f"{done} = False")
    with code.block(f"if not {done}"):
        otherwise = emit(code, node.arguments[1])
        code.line(f"{result} = {otherwise.code}")
    return Operand(result, tried.kind | otherwise.kind)


_Emitter = Callable[[Code, Any], Operand]

_SPECIAL: Mapping[str, _Emitter] = MappingProxyType({"if": _if, "coalesce": _coalesce, "exists": _exists, "try": _try})
_EMITTERS: Mapping[type, _Emitter] = MappingProxyType(
    {
        Literal: _literal,
        Items: _items,
        Root: _root,
        Field: _field,
        Index: _index,
        Not: _not,
        Negate: _negate,
        Arithmetic: _arithmetic,
        Compare: _compare,
        Logic: _logic,
        Call: _call,
    }
)
