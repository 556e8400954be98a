"""A bound body to the desired tree: its name settled, its templates evaluated, in the normal form of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackfile.language.evaluate import Report, evaluate_scalar
from stackfile.language.findings import Fault
from stackfile.language.leaves import Leaf, evaluate_leaves
from stackfile.language.normal import Care, sealed
from stackfile.language.scope import Myself, Scope, World, slug
from stackfile.language.source import Template
from stackfile.language.stackfile import Attributes, Resource
from stackfile.language.variables import Broken
from stackfile.sdk.schema import Problem, Schema
from stackfile.values import Ref, Sensitive, Tree, Unknown, Value


@dataclass(slots=True)
class Bound:
    """What is kept of a resource between binding and resolving.

    `prepared` is the body with its references read, which are in the fields `refers`; `leaves` are its scalars with
    templates. `normal` is the desired tree where nothing can change it any more but the kept name and the ids of the
    resources that it refers to.
    """

    prepared: Tree
    care: Mapping[str, Care]
    has_name: bool
    own_name: bool
    leaves: Sequence[Leaf] = ()
    refers: tuple[str, ...] = ()
    faulty: frozenset[str] = frozenset()
    normal: dict[str, Value] | None = None

    def finished(self, normal: dict[str, Value], attributes: Attributes, kept_name: str | None) -> dict[str, Value]:
        """The desired tree from the normal form that was kept, without evaluating anything again."""
        out = dict(normal)
        if kept_name is not None and self.has_name and not self.own_name:
            out["name"] = kept_name
        for field in self.refers:
            if field in out:
                out[field] = _with_ids(out[field], attributes)
        return out


@dataclass(frozen=True, slots=True)
class Desired:
    """`written` is the tree before it was normalised: what has a problem is in it still."""

    written: Tree
    tree: dict[str, Value]
    problems: Sequence[Problem]
    saw_sensitive: bool


def desired(
    resource: Resource,
    bound: Bound,
    world: World,
    attributes: Attributes | None,
    kept_name: str | None,
    report: Report,
) -> Desired:
    """Evaluates a body. Faults of templates are reported, and leave something unknown."""
    written = dict(bound.prepared)
    own = written.pop("name", None)
    naming = _Naming(resource, bound, world, attributes, kept_name, report)
    saw_sensitive = False
    if bound.leaves:
        scope = Scope(world, resource.each, Myself(resource.address, naming.value), attributes, bound.faulty)
        written = evaluate_leaves(written, bound.leaves, scope, report)
        saw_sensitive = scope.saw_sensitive
    if attributes is not None:
        written |= {field: _with_ids(written[field], attributes) for field in bound.refers}
    if bound.has_name or (own is not None and bound.own_name):
        written = {"name": naming.value(), **written}
    if bound.care:
        written = sealed(written, bound.care)
    return Desired(written, *resource.schema.normalise(written), saw_sensitive)


class _Naming:
    """The remote name of one resource, worked out at most once, and never from itself."""

    __slots__ = ("_attributes", "_bound", "_kept", "_report", "_resource", "_value", "_world")

    def __init__(
        self,
        resource: Resource,
        bound: Bound,
        world: World,
        attributes: Attributes | None,
        kept_name: str | None,
        report: Report,
    ) -> None:
        self._resource = resource
        self._bound = bound
        self._world = world
        self._attributes = attributes
        self._kept = kept_name
        self._report = report
        self._value: Value = None

    def value(self) -> Value:
        """As the resource itself writes it; else as it was kept; else by `defaults.name`; else from the address."""
        if self._value is None:
            raw = self._bound.prepared.get("name")
            if self._kept is not None and not self._bound.own_name:
                self._value = self._kept
            elif isinstance(raw, Template):
                self._value = self._evaluated(raw)
            else:
                self._value = slug(self._resource.address) if raw is None else raw
        return self._value

    def _evaluated(self, raw: Template) -> Value:
        myself = Myself(self._resource.address, _itself)
        world = self._world if self._bound.own_name else self._world.stack_itself or self._world
        scope = Scope(world, self._resource.each, myself, self._attributes, self._bound.faulty)
        try:
            value = evaluate_scalar(raw, scope)
            if not isinstance(value, Sensitive):
                return value
            help = ("nonsensitive(...) says that it is no secret",)
            raise Fault("name-sensitive", "`name` is printed in plans, and this is sensitive", "", help)
        except Fault as fault:
            self._report(fault, ("name",))
        except Broken:
            pass
        return Unknown()


def _itself() -> Value:
    raise Fault("name-circular", "`name` cannot be made from self.name; there is self.slug")


def _with_ids(value: Value, attributes: Attributes) -> Value:
    """References with the ids of their resources, as far as those are known."""
    if isinstance(value, Ref):
        tree = attributes(value.address)
        id = tree.get("id") if tree is not None else None
        return Ref(value.address, id) if isinstance(id, str) else value
    if isinstance(value, Mapping):
        return {key: _with_ids(inner, attributes) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_with_ids(inner, attributes) for inner in value]
    return Sensitive(_with_ids(value.value, attributes)) if isinstance(value, Sensitive) else value


def with_brought(schema: Schema, tree: dict[str, Value], attributes: Attributes) -> dict[str, Value]:
    """The tree with what its fields take over from the resources that it refers to, as far as that is known."""
    out = dict(tree)
    for name, brought in schema.brought:
        target = tree.get(brought.field)
        if isinstance(target, Ref):
            there = attributes(target.address)
            waits = Unknown((f"{target.address}.{brought.name}",))
            value = waits if there is None else there.get(brought.name)
            if value is not None:
                out[name] = value
    return out
