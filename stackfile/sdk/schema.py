"""A kind's schema: its pydantic model as plain data, with the traits, and the one way into normal form.

Inside the engine an object is a value tree, because an Unknown cannot live in a typed model. `Schema.normalise` puts
both sides of a comparison through the model's types, so that `"1"` and `1` are never a difference.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from stackfile.sdk.provider import Kind
from stackfile.sdk.traits import Changes, Keyed, ListText, OnRemove, Reference, Satisfies, Trait
from stackfile.values import Path, Ref, Sealed, Sensitive, Tree, Unknown, Value, reveal

_SPECIAL = (Unknown, Sensitive, Ref, Sealed)


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


@dataclass(frozen=True)
class FieldSchema:
    """One field with its traits. `inner` is the schema of a nested model, of a list's items or of a map's values."""

    name: str
    annotation: Any
    shape: Shape
    inner: Schema | None
    traits: Trait
    required: bool
    default: Value
    description: str
    changes: Changes | None = None
    reference: Reference | None = None
    keyed: Keyed | None = None
    list_text: ListText | None = None
    satisfies: Satisfies | None = None
    on_remove: OnRemove = OnRemove.OMIT

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.annotation)

    def has(self, trait: Trait) -> bool:
        return bool(self.traits & trait)

    @property
    def secret(self) -> bool:
        return self.has(Trait.SENSITIVE | Trait.WRITE_ONLY)


@dataclass(frozen=True)
class Schema:
    """The fields of a model by the names a stackfile uses."""

    model: type[BaseModel]
    fields: Mapping[str, FieldSchema] = field(repr=False)

    def normalise(self, tree: Tree) -> tuple[dict[str, Value], tuple[Problem, ...]]:
        """The tree in normal form with only the keys it had, and everything that is wrong with it.

        Unknown values pass. A tree with problems comes back without the parts that have them.
        """
        if not _has_special(tree):
            try:
                return self.model.model_validate(tree).model_dump(mode="json", exclude_unset=True, by_alias=True), ()
            except ValidationError:
                pass  # the slow road finds every problem with its place
        problems: list[Problem] = []
        return self._by_field(tree, (), problems), tuple(problems)

    def typed(self, tree: Tree) -> Any:
        """The whole and known tree as the kind's model, secrets revealed: only for what is handed to a provider."""
        return self.model.model_validate(reveal(tree))

    def at(self, path: Path) -> FieldSchema | None:
        """The field that governs a path: the innermost declared one. None for a path outside the model."""
        found: FieldSchema | None = None
        schema: Schema | None = self
        for step in path:
            if schema is None:
                break
            if isinstance(step, int) or (found is not None and found.shape in (Shape.MAP, Shape.LIST)):
                if found is None or found.inner is None:
                    break
                schema = found.inner
                if isinstance(step, int) or found.shape is Shape.MAP:
                    continue
            if not isinstance(step, str) or step not in schema.fields:
                break
            found = schema.fields[step]
            schema = found.inner if found.shape is Shape.MODEL else None
        return found

    def with_trait(self, trait: Trait) -> Iterator[FieldSchema]:
        """The top-level fields that have any of these traits."""
        return (f for f in self.fields.values() if f.has(trait))

    def _by_field(self, tree: Tree, at: Path, problems: list[Problem]) -> dict[str, Value]:
        out: dict[str, Value] = {}
        for key, value in tree.items():
            known = self.fields.get(key)
            if known is None:
                names = tuple(self.fields)
                problems.append(Problem("field-unknown", (*at, key), f"no field `{key}` here", names))
            elif known.has(Trait.COMPUTED):
                problems.append(Problem("field-computed", (*at, key), f"`{key}` is set by the service"))
            else:
                before = len(problems)
                normal = _normal(known, value, (*at, key), problems)
                if len(problems) == before:
                    out[key] = normal
        missing = [f for f in self.fields.values() if f.required and f.name not in tree]
        problems.extend(Problem("field-missing", (*at, f.name), f"`{f.name}` is required") for f in missing)
        return out


def schema_for(kind: type[Kind[Any]], body: Tree) -> Schema:
    """The schema of a kind, or of the variant that the body's `connector` selects. Raises KeyError without a match."""
    if kind.variants:
        return schema_of(kind.variants[str(body.get("connector"))])
    return schema_of(kind.model)


@lru_cache(maxsize=None)
def schema_of(model: type[BaseModel]) -> Schema:
    """The schema of a model. Fields that pydantic excludes from the input do not appear."""
    hints = typing.get_type_hints(model, include_extras=True)
    return Schema(model, {f.name: f for f in (_field(name, hints[name], model) for name in model.model_fields)})


def _field(name: str, hint: Any, model: type[BaseModel]) -> FieldSchema:
    info = model.model_fields[name]
    marks = list(info.metadata)
    traits = Trait.NONE
    for mark in marks:
        if isinstance(mark, Trait):
            traits |= mark
    found: dict[type[object], Any] = {type(mark): mark for mark in marks}
    shape, inner = _shape(hint)
    return FieldSchema(
        name=info.alias or name,
        annotation=hint,
        shape=shape,
        inner=schema_of(inner) if inner is not None else None,
        traits=traits,
        required=info.is_required() and not traits & Trait.COMPUTED,
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        description=info.description or "",
        changes=found.get(Changes),
        reference=found.get(Reference),
        keyed=found.get(Keyed),
        list_text=found.get(ListText),
        satisfies=found.get(Satisfies),
        on_remove=found.get(OnRemove, OnRemove.OMIT),
    )


def _shape(hint: Any) -> tuple[Shape, type[BaseModel] | None]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _shape(args[0])
    if origin in (typing.Union, types.UnionType):
        shapes = [_shape(arg) for arg in args if arg is not type(None)]
        return shapes[0] if len(shapes) == 1 else (Shape.SCALAR, None)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return Shape.MODEL, hint
    if hint is dict or origin in (dict, Mapping):
        return Shape.MAP, _shape(args[1])[1] if len(args) == 2 else None
    if hint in (list, tuple) or origin in (list, tuple):
        return Shape.LIST, _shape(args[0])[1] if args else None
    return (Shape.MAP, None) if hint is Any else (Shape.SCALAR, None)


def _normal(known: FieldSchema, value: Value, at: Path, problems: list[Problem]) -> Value:
    if isinstance(value, Unknown | Ref | Sealed):
        return value
    if isinstance(value, Sensitive):
        return Sensitive(_normal(known, value.value, at, problems))
    inner = known.inner
    if inner is not None and isinstance(value, Mapping) and known.shape is Shape.MODEL:
        return inner._by_field(value, at, problems)
    if inner is not None and isinstance(value, Mapping) and known.shape is Shape.MAP:
        return {k: inner._by_field(v, (*at, k), problems) for k, v in value.items() if isinstance(v, Mapping)}
    if inner is not None and isinstance(value, list | tuple) and known.shape is Shape.LIST:
        maps = [item for item in value if isinstance(item, Mapping)]
        if len(maps) == len(value):
            return [inner._by_field(item, (*at, i), problems) for i, item in enumerate(maps)]
    if _has_special(value):
        return value
    try:
        valid = known.adapter.validate_python(value)
        normal: Value = known.adapter.dump_python(valid, mode="json", exclude_unset=True, by_alias=True)
        return normal
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            path = (*at, *one["loc"])
            problems.append(Problem("type-wrong", path, _says(one["msg"])))
        return None


def _says(message: str) -> str:
    """Pydantic's sentence without its prefixes, lower case, as a diagnostic says it."""
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return text[:1].lower() + text[1:]


def _has_special(value: Value) -> bool:
    if isinstance(value, str) or value is None:
        return False
    if isinstance(value, Mapping):
        return any(_has_special(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_has_special(inner) for inner in value)
    return isinstance(value, _SPECIAL)
