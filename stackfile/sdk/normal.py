"""Normal form: the one way in which both sides of a comparison go through a kind's model.

Inside the engine an object is a value tree, because an Unknown cannot live in a typed model. In normal form `"1"` is
1, and null on a declared field is gone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import ValidationError

from stackfile.errors import Severity
from stackfile.sdk.traits import Trait
from stackfile.spelling import closest
from stackfile.values import Path, Ref, Sealed, Sensitive, Tree, Unknown, Value, contains, get, put, reveal

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from stackfile.sdk.schema import FieldSchema, Schema

_SPECIAL = (Unknown, Sensitive, Ref, Sealed)
_ODD = (*_SPECIAL, type(None))
_VEIL = "is not a value that fits here"
_LONGEST = 200
_TELLS_NO_VALUE = re.compile(
    r"missing|extra_forbidden|.*_type|.*_parsing|.*too_short|.*too_long|(greater|less)_than.*|tells_no_value"
)
_PREFIX = re.compile(r"(Value error, |Assertion failed, |Input (?=should)|String (?=should)|List (?=should))")
_QUOTED = re.compile("'([^']*)'")
_OPEN = (Unknown, Sealed)


class Shape(Enum):
    """How the engine walks a field: by its model's fields, by its keys, by its items, or not at all."""

    SCALAR = "scalar"
    MODEL = "model"
    MAP = "map"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a tree, in the words of a diagnostic. `path` is within the resource's body."""

    code: str
    path: Path
    message: str
    known: tuple[str, ...] = ()
    """The names that would have been right, for "did you mean"."""
    help: tuple[str, ...] = ()
    """What to write instead, or what the field is for."""
    within: tuple[int, int] | None = None
    """The part of a text that is wrong, as offsets; None where all of it is."""
    severity: Severity = Severity.ERROR
    meant: str = ""
    """The key that was surely meant, for one that is not known."""


class Part(Protocol):
    """One thing that is wrong inside a value; `path` is from the value on, `at` are offsets in the text there."""

    @property
    def path(self) -> Path: ...

    @property
    def message(self) -> str: ...

    @property
    def at(self) -> tuple[int, int] | None: ...

    @property
    def help(self) -> tuple[str, ...]: ...


@runtime_checkable
class WrongInParts(Protocol):
    """A ValueError of a field's validator that can tell each mistake at its place: an OperationError is one."""

    @property
    def problems(self) -> Sequence[Part]: ...


def normalise(schema: Schema, tree: Tree) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    """As `Schema.normalise`, which is how to call it."""
    special = _has(_ODD, tree)
    if special:
        tree = _without_nulls(schema, tree)
        special = _has(_SPECIAL, tree)
    plain = _revealed(tree) if special else tree
    refused: ValidationError | None = None
    if isinstance(plain, Mapping) and not (special and _has(_OPEN, plain)) and not _sets_computed(schema, plain):
        try:
            normal = schema.model.model_validate(plain).model_dump(mode="json", exclude_unset=True, by_alias=True)
        except ValidationError as error:
            refused = error  # the slow road finds every problem of a single field, with its place
        else:
            return _marked_like(tree, normal) if special else normal, ()
    problems: list[Problem] = []
    out = _by_field(schema, tree, (), problems)
    if refused is not None and not problems:
        hides = schema.has_secrets or (special and _has((Sensitive, Sealed), tree))
        problems += _over_fields(refused, tree, _veiled if hides else _says)
    return out, tuple(problems)


def accept(schema: Schema, tree: Tree) -> dict[str, Value]:
    """As `Schema.accept`, which is how to call it."""
    fields = schema.fields
    known = {k: v for k, v in tree.items() if k in fields and not fields[k].has(Trait.COMPUTED)}
    normal, problems = normalise(schema, known)
    for problem in problems:
        keys = tuple(itertools.takewhile(lambda step: isinstance(step, str), problem.path))
        raw = get(known, keys)
        normal = put(normal, keys, raw) if keys and raw is not None else normal
    return {**normal, **{k: v for k, v in tree.items() if k not in known and v is not None}}


def _over_fields(refused: ValidationError, tree: Tree, say: Callable[[ErrorDetails], str]) -> list[Problem]:
    """What is wrong with several fields together, but for what is said of a reference that has no id yet."""
    found = _problems(refused, (), say)
    return [one for one in found if not (one.path and contains(get(tree, one.path[:1]), Unknown))]


def _without_nulls(schema: Schema, tree: Tree) -> Tree:
    out: dict[str, Value] = {}
    for name, value in tree.items():
        known = schema.fields.get(name)
        if known is None:
            out[name] = value
        elif value is not None:
            out[name] = known.each(value, _without_nulls)
    return out


def _revealed(tree: Tree) -> Tree:
    """As `reveal`; in a field that refers to what has no id yet stands its address, since any text fits there.

    So a body whose references are open is validated as a whole, as most bodies are, and not field by field.
    """
    out: dict[str, Value] = {}
    for name, value in tree.items():
        if isinstance(value, Ref) and isinstance(value.id, Unknown):
            out[name] = str(value.address)
        else:
            out[name] = reveal(value)
    return out


def _sets_computed(schema: Schema, tree: Tree) -> bool:
    if not schema.computed.isdisjoint(tree):
        return True
    return any(
        _sets_computed(inner, one)
        for name, known, inner in schema.nesting
        if inner.has_computed and name in tree
        for one in known.within(tree[name])
    )


def _marked_like(tree: Tree, normal: dict[str, Value]) -> dict[str, Value]:
    """The normal form of the revealed tree, with what was sensitive or a reference marked again."""
    return {name: _marked(tree.get(name), value) for name, value in normal.items()}


def _marked(before: Value, normal: Value) -> Value:
    if isinstance(before, str):
        return normal
    if isinstance(before, Sensitive):
        return Sensitive(normal)
    if isinstance(before, Ref):
        return before
    if isinstance(before, Mapping) and isinstance(normal, dict):
        return _marked_like(before, normal)
    if isinstance(before, (list, tuple)) and isinstance(normal, list) and len(before) == len(normal):
        return [_marked(one, other) for one, other in zip(before, normal, strict=True)]
    return Sensitive(normal) if _has(_SPECIAL, before) else normal


class _Wrong(Exception):
    """A value that does not fit its field; the problems say how."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems


def _by_field(schema: Schema, tree: Tree, at: Path, problems: list[Problem]) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for key, value in tree.items():
        known = schema.fields.get(key) or schema.extra
        if known is None:
            settable = tuple(name for name, field in schema.fields.items() if not field.has(Trait.COMPUTED))
            problems.append(Problem("field-unknown", (*at, key), f"no field `{key}` here", settable))
        elif known.has(Trait.COMPUTED):
            problems.append(Problem("field-computed", (*at, key), f"`{key}` is set by the service"))
        else:
            try:
                out[key] = _normal(known, value, (*at, key), problems)
            except _Wrong as wrong:
                problems.extend(wrong.problems)
    missing = [f for f in schema.fields.values() if f.required and f.name not in tree]
    for f in missing:
        elsewhere = (f"or set {f.from_env} in the environment",) if f.from_env else ()
        problems.append(Problem("field-missing", (*at, f.name), f"`{f.name}` is required", help=elsewhere))
    return out


def _normal(known: FieldSchema, value: Value, at: Path, problems: list[Problem]) -> Value:
    if isinstance(value, Unknown | Ref | Sealed):
        return value
    if isinstance(value, Sensitive):
        try:
            return Sensitive(_normal(known, value.value, at, problems))
        except _Wrong as wrong:
            if known.secret:  # its problems quote nothing
                raise
            raise _Wrong([Problem(p.code, p.path, _VEIL, p.known) for p in wrong.problems]) from None
    inner, special = known.inner, _has(_SPECIAL, value)
    if known.shape is Shape.MODEL and inner is not None and isinstance(value, Mapping):
        return _by_field(inner, value, at, problems)
    if (inner is not None or special) and known.shape is Shape.MAP and isinstance(value, Mapping):
        entries = ((key, _part(known, {key: one}, (*at, key), problems)) for key, one in value.items())
        return {key: part[key] for key, part in entries if isinstance(part, Mapping)}
    if (inner is not None or special) and known.shape is Shape.LIST and isinstance(value, (list, tuple)):
        items = (_part(known, [one], (*at, index), problems) for index, one in enumerate(value))
        return [part[0] for part in items if isinstance(part, list)]
    return value if special else _fitting(known, value, at)


def _part(known: FieldSchema, alone: Value, at: Path, problems: list[Problem]) -> Value:
    """A map or a list of one entry, in normal form; None where the entry does not fit."""
    entry = next(iter(alone.values())) if isinstance(alone, Mapping) else alone[0]  # type: ignore[index]
    if known.inner is not None and isinstance(entry, Mapping):
        return known.each(alone, lambda inner, tree: _by_field(inner, tree, at, problems))
    if _has(_SPECIAL, entry):
        return alone
    try:
        return _fitting(known, alone, at[:-1])
    except _Wrong as wrong:
        problems.extend(replace(p, path=(*at, *p.path[len(at) :])) for p in wrong.problems)
        return None


def _fitting(known: FieldSchema, value: Value, at: Path) -> Value:
    """The value through the field's type. Raises _Wrong."""
    try:
        valid = known.adapter.validate_python(value)
    except ValidationError as error:
        found = _problems(error, at, _veiled if known.secret else _says)
        raise _Wrong([_explained(one, known.description) for one in found]) from None
    normal: Value = known.adapter.dump_python(valid, mode="json", exclude_unset=True, by_alias=True)
    return normal


def _problems(error: ValidationError, at: Path, say: Callable[[ErrorDetails], str]) -> list[Problem]:
    details = error.errors(include_url=False, include_input=say is _says)
    return [problem for one in details for problem in _told(one, (*at, *one["loc"]), say)]


def _told(one: ErrorDetails, path: Path, say: Callable[[ErrorDetails], str]) -> Iterator[Problem]:
    """One problem; several where a validator of the kind's own tells the parts, and nothing of them is secret."""
    reason = one.get("ctx", {}).get("error")
    if say is _says and isinstance(reason, WrongInParts):
        for part in reason.problems:
            yield Problem("type-wrong", (*path, *part.path), part.message, help=part.help, within=part.at)
    else:
        yield _problem(one, path, say)


def _explained(problem: Problem, description: str) -> Problem:
    """With what the field is for, where nothing better is known to help."""
    if problem.code != "type-wrong" or problem.help or problem.within or not description:
        return problem
    field = next((step for step in reversed(problem.path) if isinstance(step, str)), "")
    return replace(problem, help=(f"{field}: {description}",))


def _problem(one: ErrorDetails, path: Path, say: Callable[[ErrorDetails], str]) -> Problem:
    if one["type"] == "missing":
        return Problem("field-missing", path, f"`{path[-1]}` is required")
    if one["type"] == "extra_forbidden":
        return Problem("field-unknown", path, f"no field `{path[-1]}` here")
    return Problem("type-wrong", path, say(one), help=_nearest(one))


def _nearest(one: ErrorDetails) -> tuple[str, ...]:
    """For a word that is not among the allowed ones."""
    written, allowed = one.get("input"), _QUOTED.findall(str(one.get("ctx", {}).get("expected", "")))
    best = closest(written, allowed) if one["type"] == "literal_error" and isinstance(written, str) else None
    return (f"did you mean `{best}`?",) if best else ()


def _says(one: ErrorDetails) -> str:
    """Pydantic's sentence without its prefixes, lower case, as a diagnostic says it."""
    if one["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return "should be a map"
    text = _PREFIX.sub("", one["msg"]).partition(", unable to ")[0]
    if len(text) > _LONGEST:  # a sentence of the provider's own may quote the value
        text = f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 2 :]}"
    return text[:1].lower() + text[1:]


def _veiled(one: ErrorDetails) -> str:
    """The same for a secret: a sentence of the provider's own might quote it."""
    return _says(one) if _TELLS_NO_VALUE.fullmatch(one["type"]) else _VEIL


def _has(types: tuple[type[object], ...], value: Value) -> bool:
    """Whether a value of these types is anywhere in the tree."""
    if isinstance(value, types):
        return True
    if isinstance(value, (str, int, float)):
        return False
    if isinstance(value, (dict, Mapping)):  # `Mapping` alone asks in Python
        parts: Iterable[Value] = value.values()
    elif isinstance(value, (list, tuple)):
        parts = value
    else:
        return False
    for inner in parts:  # noqa: SIM110 - every body is walked, and a generator for each map costs more than the map
        if _has(types, inner):
            return True
    return False
