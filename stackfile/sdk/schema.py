"""A kind's schema: its pydantic model as plain data, with the traits."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from stackfile.sdk import normal
from stackfile.sdk.normal import Problem, Shape
from stackfile.sdk.provider import Kind
from stackfile.sdk.traits import (
    Begins,
    Brought,
    Changes,
    FromEnv,
    Keyed,
    ListText,
    Names,
    OnRemove,
    Reference,
    Satisfies,
    SecretsIn,
    Trait,
)
from stackfile.values import Path, Tree, Value, reveal

_REACHES_DOWN = Trait.IMMUTABLE | Trait.LOCAL | Trait.UNREAD

__all__ = ["FieldSchema", "Problem", "Schema", "Shape", "schema_for", "schema_of", "variant_of"]


@dataclass(frozen=True)
class FieldSchema:
    """One field with its traits. `inner` is the schema of a nested model, of a list's items or of a map's values.

    A trait or another mark governs the field wherever in its annotation it stands: `Annotated[str, T] | None` and
    `list[Annotated[str, T]]` both have T. A field that may be one of several models is secret when one of them has a
    secret. While a value is not known, normal form knows annotations only, not the model's decorated validators.
    """

    name: str
    annotation: Any
    shape: Shape
    inner: Schema | None
    traits: Trait
    required: bool
    given_default: object
    description: str
    changes: Changes | None = None
    reference: Reference | None = None
    names: Names | None = None
    keyed: Keyed | None = None
    list_text: ListText | None = None
    satisfies: Satisfies | None = None
    begins: Begins | None = None
    brought: Brought | None = None
    secrets_in: SecretsIn | None = None
    from_env: str | None = None
    on_remove: OnRemove = OnRemove.OMIT

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.annotation)

    @cached_property
    def default(self) -> Value:
        """The default in normal form; None where there is none."""
        if self.given_default is None:
            return None
        try:
            made = self.adapter.validate_python(self.given_default)
        except ValidationError:
            made = self.given_default
        default: Value = self.adapter.dump_python(made, mode="json", by_alias=True)
        return default

    def takes(self, value: Value) -> bool:
        """Whether a stackfile may have this value in the field."""
        try:
            self.adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    @cached_property
    def _bits(self) -> int:
        return self.traits.value

    def has(self, trait: Trait) -> bool:
        """Whether the field has any of these traits. On numbers: operations on flags are ten times slower."""
        return bool(self._bits & trait._value_)

    def unread_in(self, live: Tree) -> bool:
        """Whether this field is left out of a live object that may have it all the same."""
        return self.has(Trait.UNREAD) and live.get(self.name) is None

    @cached_property
    def secret(self) -> bool:
        return self.has(Trait.SENSITIVE | Trait.WRITE_ONLY)

    def within(self, value: Value) -> Iterator[Tree]:
        """Each map of the inner model in a value of this field."""
        if self.shape is Shape.MODEL:
            candidates: typing.Iterable[Value] = (value,)
        elif isinstance(value, Mapping):
            candidates = value.values()
        else:
            candidates = value if isinstance(value, list | tuple) else ()
        return (one for one in candidates if isinstance(one, Mapping))

    def each(self, value: Value, change: Callable[[Schema, Tree], Tree]) -> Value:
        """The value with each map of the inner model in it changed."""
        inner = self.inner
        if inner is None:
            return value
        if self.shape is Shape.MODEL and isinstance(value, Mapping):
            return change(inner, value)
        if self.shape is Shape.MAP and isinstance(value, Mapping):
            return {key: change(inner, one) if isinstance(one, Mapping) else one for key, one in value.items()}
        if self.shape is Shape.LIST and isinstance(value, list | tuple):
            return [change(inner, one) if isinstance(one, Mapping) else one for one in value]
        return value


@dataclass(frozen=True, eq=False)
class Schema:
    """The fields of a model by the names a stackfile uses. There is one schema a model; it is equal to itself only."""

    model: type[BaseModel]
    fields: Mapping[str, FieldSchema] = field(repr=False)

    @cached_property
    def extra(self) -> FieldSchema | None:
        """What a key must be that is no field, in a model with `extra="allow"`; None where no such key may be."""
        if self.model.model_config.get("extra") != "allow":
            return None
        hint = typing.get_type_hints(self.model, include_extras=True)["__pydantic_extra__"]
        annotation = next((args[1] for args in map(typing.get_args, _parts(hint)) if len(args) == 2), Any)
        return FieldSchema("", annotation, Shape.SCALAR, None, Trait.NONE, False, None, "")

    @cached_property
    def has_secrets(self) -> bool:
        """Whether any field, at any depth, is secret."""
        return any(f.secret or f.secrets_in or (f.inner and f.inner.has_secrets) for f in self.fields.values())

    @cached_property
    def has_computed(self) -> bool:
        """Whether any field, at any depth, is the service's to set."""
        return bool(self.computed) or any(inner.has_computed for _, _, inner in self.nesting)

    @cached_property
    def computed(self) -> frozenset[str]:
        """The names of the model's own fields that are the service's to set."""
        return frozenset(field.name for field in self.with_trait(Trait.COMPUTED))

    @cached_property
    def brought(self) -> tuple[tuple[str, Brought], ...]:
        """The fields that are what another resource has."""
        return tuple((name, one.brought) for name, one in self.fields.items() if one.brought is not None)

    @cached_property
    def beginnings(self) -> tuple[FieldSchema, ...]:
        """The fields that a new object gets a value of once."""
        return tuple(one for one in self.fields.values() if one.begins is not None)

    @cached_property
    def nesting(self) -> tuple[tuple[str, FieldSchema, Schema], ...]:
        """The fields with models inside: name, field, schema of the inner model."""
        return tuple((name, f, f.inner) for name, f in self.fields.items() if f.inner is not None)

    @cached_property
    def naming(self) -> tuple[tuple[str, Names], ...]:
        """The model's own fields that name objects of other kinds."""
        return tuple((name, f.names) for name, f in self.fields.items() if f.names is not None)

    def normalise(self, tree: Tree) -> tuple[dict[str, Value], tuple[Problem, ...]]:
        """The tree in normal form with only the keys it had, and everything that is wrong with it.

        Null on a declared field is the same as unset, and goes. Unknown values pass. A tree with problems comes back
        without the parts that have them.
        """
        return normal.normalise(self, tree)

    def accept(self, tree: Tree) -> dict[str, Value]:
        """What a service returned, in normal form. Nothing is refused: what does not fit the model stays as it came."""
        return normal.accept(self, tree)

    def typed(self, tree: Tree) -> Any:
        """The whole and known tree as the kind's model, secrets revealed: only for what is handed to a provider."""
        return self.model.model_validate(reveal(tree))

    def at(self, path: Path) -> FieldSchema | None:
        """The field that governs a path: the innermost declared one. None for a path outside the model."""
        found: FieldSchema | None = None
        schema: Schema | None = self
        for step in path:
            if schema is None:  # within a field: an item or an entry leads to the inner model, all else is the field's
                schema = found.inner if found is not None and found.shape in (Shape.MAP, Shape.LIST) else None
                if schema is None:
                    break
                continue
            if not isinstance(step, str) or step not in schema.fields:
                break
            found = schema.fields[step]
            schema = found.inner if found.shape is Shape.MODEL else None
        return found

    def traits_at(self, path: Path) -> Trait:
        """The traits of the governing field, and those of the fields around it that reach down."""
        traits = Trait.NONE
        for length in range(1, len(path) + 1):
            around = self.at(path[:length])
            traits = (traits & _REACHES_DOWN) | (around.traits if around is not None else Trait.NONE)
        return traits

    def hides(self, path: Path, live: Tree) -> bool:
        """Whether the object, as the service showed it, says nothing of a path: all that is known is what was sent."""
        if self.traits_at(path) & Trait.WRITE_ONLY:
            return True
        field = self.fields.get(path[0]) if path and isinstance(path[0], str) else None
        return field is not None and field.unread_in(live)

    def unread_in(self, live: Tree, *trees: Tree) -> tuple[str, ...]:
        """The fields that one of the trees has and the service left out of `live`, though it has them."""
        hidden = (one.name for one in self.with_trait(Trait.UNREAD) if one.unread_in(live))
        return tuple(name for name in hidden if any(tree.get(name) is not None for tree in trees))

    def with_trait(self, trait: Trait) -> Iterator[FieldSchema]:
        """The top-level fields that have any of these traits."""
        return (f for f in self.fields.values() if f.has(trait))


def schema_for(kind: type[Kind[Any]], body: Tree) -> Schema:
    """The schema of a kind, or of the variant that the body's `connector` selects. Raises KeyError without a match."""
    return schema_of(variant_of(kind, str(body.get("connector"))) if kind.variants else kind.model)


def variant_of(kind: type[Kind[Any]], connector: str) -> type[BaseModel]:
    """The model of a connector. Raises KeyError for one that the kind does not take."""
    if connector in kind.variants:
        return kind.variants[connector]
    if kind.others is None or connector == "None":
        raise KeyError(connector)
    return kind.others


@cache
def schema_of(model: type[BaseModel]) -> Schema:
    """The schema of a model."""
    hints = typing.get_type_hints(model, include_extras=True)
    return Schema(model, {f.name: f for f in (_field(name, hints[name], model) for name in model.model_fields)})


def _field(name: str, hint: Any, model: type[BaseModel]) -> FieldSchema:
    info = model.model_fields[name]
    marks = list(_marks(hint))
    traits = Trait.NONE
    for mark in marks:
        if isinstance(mark, Trait):
            traits |= mark
    found: dict[type[object], Any] = {type(mark): mark for mark in reversed(marks)}  # the outermost counts
    shape, inner = _shape(hint)
    if inner is None and any(schema_of(model).has_secrets for model in _models(hint)):
        traits |= Trait.SENSITIVE  # one of several models, so nobody can tell where in it the secret is
    return FieldSchema(
        name=info.alias or name,
        annotation=_with_constraints(hint, info, marks),
        shape=shape,
        inner=schema_of(inner) if inner is not None else None,
        traits=traits,
        required=info.is_required() and not traits & Trait.COMPUTED,
        given_default=None if info.is_required() else info.get_default(call_default_factory=True),
        description=info.description or "",
        changes=found.get(Changes),
        reference=found.get(Reference),
        names=found.get(Names),
        keyed=found.get(Keyed),
        list_text=found.get(ListText),
        satisfies=found.get(Satisfies),
        begins=found.get(Begins),
        brought=found.get(Brought),
        secrets_in=found.get(SecretsIn),
        from_env=found[FromEnv].variable if FromEnv in found else None,
        on_remove=found.get(OnRemove, OnRemove.OMIT),
    )


def _with_constraints(hint: Any, info: FieldInfo, marks: list[object]) -> Any:
    """The annotation with what `= Field(ge=1)` says beside it."""
    if any(isinstance(mark, FieldInfo) for mark in marks):
        return hint
    extra = [one for one in info.metadata if not any(one is mark for mark in marks)]
    return typing.Annotated[(hint, *extra)] if extra else hint


def _marks(hint: Any) -> Iterator[object]:
    """What `Annotated` holds at any depth of an annotation, outermost first; models keep their own."""
    if typing.get_origin(hint) is typing.Annotated:
        yield from hint.__metadata__
    for arg in typing.get_args(hint):
        yield from _marks(arg)


def _parts(hint: Any) -> tuple[Any, ...]:
    """The members of a union; of anything else, itself."""
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)


def _shape(hint: Any) -> tuple[Shape, type[BaseModel] | None]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _shape(args[0])
    if origin in (typing.Union, types.UnionType):
        shapes = [shape for shape in map(_shape, args) if shape[0] is not Shape.SCALAR]
        return shapes[0] if len(shapes) == 1 else (Shape.SCALAR, None)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return Shape.MODEL, hint
    if hint is dict or origin in (dict, Mapping):
        return Shape.MAP, _model_in(args[1]) if len(args) == 2 else None
    if hint in (list, tuple) or origin in (list, tuple):
        return Shape.LIST, _model_in(args[0]) if args else None
    return (Shape.MAP, None) if hint is Any else (Shape.SCALAR, None)


def _models(hint: Any) -> Iterator[type[BaseModel]]:
    """Every model that an annotation names, at any depth."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for arg in typing.get_args(hint):
        yield from _models(arg)


def _model_in(hint: Any) -> type[BaseModel] | None:
    shape, inner = _shape(hint)
    return inner if shape is Shape.MODEL else None
