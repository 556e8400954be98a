"""Instances to bound resources: the body checked against its kind, its references read, its dependencies known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from stackfile.address import Address
from stackfile.language.declared import Declaration, Instance
from stackfile.language.findings import Fault
from stackfile.language.leaves import Leaf, without_references
from stackfile.language.lifecycle import Lifecycles
from stackfile.language.normal import Care, care_of, has_references, with_references
from stackfile.language.places import Places
from stackfile.language.problems import Subject, report_problems
from stackfile.language.references import References, Referrer
from stackfile.language.resolve import Bound, desired
from stackfile.language.scope import Myself, Scope, World, slug
from stackfile.language.secrets import found_texts, secret_texts
from stackfile.language.source import Template
from stackfile.language.stackfile import Lifecycle, Resource, Timeouts
from stackfile.language.template import Name
from stackfile.language.variables import Broken
from stackfile.sdk.provider import Body, Kind
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Reference, Trait
from stackfile.values import Path, Ref, Tree, Unknown, Value, contains, put

_FREE, _NO_LIMITS = Lifecycle(), Timeouts()


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all instances of one kind share."""

    care: Mapping[str, Care]
    refers: bool
    has_name: bool


@dataclass(frozen=True, slots=True)
class _Outline:
    """What all instances of one declaration share: scalars to evaluate, and the names that may reach resources.

    `is_dynamic`: the body can only be evaluated once other resources, or the kept name, are known.
    """

    leaves: Sequence[Leaf] = ()
    reaching: Sequence[tuple[Path, Name]] = ()
    is_dynamic: bool = False


class Binder:
    """Binds the instances of one stackfile, after all of them were expanded and their kinds chosen."""

    def __init__(self, world: World, references: References, places: Places) -> None:
        self._world = world
        self._references = references
        self._places = places
        self._lifecycles = Lifecycles(world, references, places)
        self._frames: dict[int, _Frame] = {}

    def bind_all(self, declaration: Declaration) -> Iterator[tuple[Resource, Bound]]:
        """The instances whose kind could be told, disabled ones too."""
        if declaration.is_lookup:
            return
        outlines: dict[int, _Outline] = {}
        for instance in declaration.instances.values():
            if instance.schema is None or instance.kind is None:
                continue
            frame = self._frame(instance.schema)
            outline = outlines.get(id(frame))
            if outline is None:
                outline = outlines[id(frame)] = self._outline(declaration, frame)
            yield self._bind(declaration, instance, frame, outline)

    def finish(self) -> None:
        """Tells what can be told once all are bound."""
        self._lifecycles.finish()

    def _frame(self, schema: Schema) -> _Frame:
        frame = self._frames.get(id(schema))
        if frame is None:
            care = care_of(schema)
            named = "name" in schema.fields and not schema.fields["name"].has(Trait.COMPUTED)
            frame = self._frames[id(schema)] = _Frame(care, has_references(care), named)
        return frame

    def _outline(self, declaration: Declaration, frame: _Frame) -> _Outline:
        if not declaration.templated:
            return _PLAIN
        parse = self._world.templates.parse
        leaves = without_references(declaration.leaves, frame.care)
        names = [(path, name) for path, text in leaves if text not in declaration.faulty for name in parse(text).names]
        reaching = [(path, name) for path, name in names if self._world.reaches(name)]
        names_itself = any(name.root == "self" and name.steps[:1] == ("name",) for _, name in names)
        is_dynamic = bool(reaching) or (names_itself and not declaration.own_name)
        return _Outline([one for one in leaves if one[0][0] != "name"], reaching, is_dynamic)

    def _bind(
        self, declaration: Declaration, instance: Instance, frame: _Frame, outline: _Outline
    ) -> tuple[Resource, Bound]:
        prepared: Tree = declaration.body
        needs: dict[Address, None] = {}
        refers: tuple[str, ...] = ()
        if frame.refers or outline.reaching or "depends_on" in declaration.entry:
            scope = self._scope(declaration, instance)
            if frame.refers:
                prepared = self._with_references(declaration, instance, frame, scope, needs)
                refers = tuple(name for name in frame.care if contains(prepared.get(name), Ref))
            self._depend(declaration, instance, scope, outline, needs)
        leaves = outline.leaves
        if not instance.enabled and (leaves or isinstance(prepared.get("name"), Template)):
            # What a disabled resource needs may well be missing: only the names of its fields are checked.
            prepared, leaves = _without_templates(prepared, leaves), ()
        lifecycle = self._lifecycles.lifecycle(declaration, instance) if "lifecycle" in declaration.entry else _FREE
        needs.update(dict.fromkeys(trigger.address for trigger in lifecycle.replace_triggered_by))
        resource = self._resource(declaration, instance, tuple(needs), lifecycle)
        care, own_name = frame.care, declaration.own_name
        bound = Bound(prepared, care, frame.has_name, own_name, leaves, refers, declaration.faulty)
        self._settle(resource, bound, declaration, outline.is_dynamic)
        return resource, bound

    def _resource(
        self, declaration: Declaration, instance: Instance, needs: tuple[Address, ...], lifecycle: Lifecycle
    ) -> Resource:
        body, entry = declaration.body, declaration.entry
        return Resource(
            instance.address,
            instance.provider,
            instance.service,
            cast("type[Kind[Any]]", instance.kind),
            cast("Schema", instance.schema),
            body,
            declaration.path,
            instance.each,
            "name" in body,
            tuple(need for need in needs if not self._is_lookup(need)),
            lifecycle,
            self._lifecycles.timeouts(declaration, instance) if "timeouts" in entry else _NO_LIMITS,
            tuple(filter(self._is_lookup, needs)),
        )

    def _is_lookup(self, address: Address) -> bool:
        return self._world.every[address].is_lookup

    def _with_references(
        self,
        declaration: Declaration,
        instance: Instance,
        frame: _Frame,
        scope: Scope,
        needs: dict[Address, None],
    ) -> Tree:
        """The body with a `Ref` or a plain id for each reference; unknown where it has a mistake."""

        def take(raw: Value, reference: Reference, path: Path) -> Value:
            if not instance.enabled and isinstance(raw, Template):
                return Unknown()
            try:
                read = self._references.read(raw, Referrer(instance, scope, path, reference.kinds))
            except Fault as fault:
                self._report(fault, declaration, instance, path)
                return Unknown()
            except Broken:
                return Unknown()
            if not isinstance(read, list):
                return read
            ref = cast("Ref", read[0])
            needs[ref.address] = None
            return ref

        return with_references(declaration.body, frame.care, (), take)

    def _depend(
        self,
        declaration: Declaration,
        instance: Instance,
        scope: Scope,
        outline: _Outline,
        needs: dict[Address, None],
    ) -> None:
        """Adds what `depends_on` says, and what the body's templates mention."""
        for path, item in _depends_on(declaration):
            try:
                if not isinstance(item, str):
                    raise Fault("type-wrong", "`depends_on` takes a list of addresses")
                read = self._references.read(item, Referrer(instance, scope, path[:1]))
                needs.update(dict.fromkeys(ref.address for ref in cast("list[Ref]", read)))
            except Fault as fault:
                self._report(fault, declaration, instance, path)
            except Broken:
                continue
        for path, name in outline.reaching:
            try:
                needs.update(dict.fromkeys(self._references.dependencies((name,), scope, instance)))
            except Fault as fault:
                self._report(fault, declaration, instance, path)

    def _settle(self, resource: Resource, bound: Bound, declaration: Declaration, is_dynamic: bool) -> None:
        """Evaluates and checks the body as far as it can be now, and keeps the result where that is final."""
        instance = declaration.instances[resource.address.instance]

        def report(fault: Fault, path: Path) -> None:
            self._report(fault, declaration, instance, path)

        now = desired(resource, bound, self._world, None, None, report)
        if now.saw_sensitive or resource.schema.has_secrets:
            found = found_texts(resource.schema, now.written)
            self._places.reader.findings.hide((*secret_texts(now.written), *found))
        problems = (*now.problems, *cast("type[Body]", resource.schema.model).review(now.written))
        if problems:
            report_problems(problems, self._subject(declaration, resource))
        if not is_dynamic:
            bound.normal = now.tree

    def _subject(self, declaration: Declaration, resource: Resource) -> Subject:
        what = f"{resource.service} {name_of_kind(resource)}"
        command = f"stack providers show {what}"
        return Subject(self._places, declaration.path, str(resource.address), what, command)

    def _scope(self, declaration: Declaration, instance: Instance) -> Scope:
        myself = Myself(instance.address, lambda: slug(instance.address))
        return Scope(self._world, instance.each, myself, faulty=declaration.faulty)

    def _report(self, fault: Fault, declaration: Declaration, instance: Instance, path: Path) -> None:
        self._places.report_value(fault, declaration.path, path, instance.address)


_PLAIN = _Outline()


def name_of_kind(resource: Resource) -> str:
    """What a person calls the kind: its connector where it has those."""
    connector = resource.body.get("connector")
    return connector if resource.kind.variants and isinstance(connector, str) else resource.kind.name


def _depends_on(declaration: Declaration) -> list[tuple[Path, Value]]:
    raw = cast("Value", declaration.entry.get("depends_on"))
    if isinstance(raw, list):
        return [(("depends_on", at), item) for at, item in enumerate(raw)]
    return [] if raw is None else [(("depends_on",), raw)]


def _without_templates(tree: Tree, leaves: Sequence[Leaf]) -> Tree:
    """The tree with something unknown for every template, but for the name, which is made from the address."""
    tree = {key: value for key, value in tree.items() if key != "name"}
    for path, _text in leaves:
        keys = path[: next((at for at, step in enumerate(path) if isinstance(step, int)), len(path))]
        tree = put(tree, keys, Unknown())
    return tree
