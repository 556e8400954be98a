"""Instances to bound resources: the body checked against its kind, its references read, its dependencies known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from stackfile.address import SECTIONS, Address
from stackfile.language.declared import Declaration, Instance
from stackfile.language.evaluate import evaluate_known
from stackfile.language.findings import Fault
from stackfile.language.locals import names_in
from stackfile.language.normal import Care, care_of, has_references, with_references
from stackfile.language.places import Places
from stackfile.language.problems import Subject, report_problems
from stackfile.language.references import References, Referrer
from stackfile.language.resolve import Bound, desired
from stackfile.language.scope import Myself, Scope, World, slug
from stackfile.language.secrets import secret_texts
from stackfile.language.source import Template
from stackfile.language.stackfile import Lifecycle, Resource
from stackfile.language.template import Name
from stackfile.language.variables import Broken
from stackfile.sdk.provider import Kind
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Reference, Trait
from stackfile.values import Path, Ref, Tree, Unknown, Value

_LIFECYCLE: Path = ("lifecycle", "prevent_destroy")


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all instances of one kind share."""

    care: Mapping[str, Care]
    refers: bool
    has_name: bool


class Binder:
    """Binds the instances of one stackfile, after all of them were expanded and their kinds chosen."""

    def __init__(self, world: World, references: References, places: Places) -> None:
        self._world = world
        self._references = references
        self._places = places
        self._locals = references.check.locals
        self._frames: dict[int, _Frame] = {}

    def bind(self, declaration: Declaration, instance: Instance) -> tuple[Resource, Bound] | None:
        """None where the kind of the instance could not be told."""
        if instance.schema is None or instance.kind is None:
            return None
        frame = self._frame(instance.schema)
        if declaration.templated or frame.refers or "depends_on" in declaration.entry:
            return self._with_names(declaration, instance, frame)
        resource = self._resource(declaration, instance, ())
        bound = Bound(declaration.body, frame.care, frame.has_name, declaration.own_name)
        self._settle(resource, bound, declaration, instance)
        return resource, bound

    def _frame(self, schema: Schema) -> _Frame:
        frame = self._frames.get(id(schema))
        if frame is None:
            care = care_of(schema)
            named = "name" in schema.fields and not schema.fields["name"].has(Trait.COMPUTED)
            frame = self._frames[id(schema)] = _Frame(care, has_references(care), named)
        return frame

    def _resource(self, declaration: Declaration, instance: Instance, dependencies: tuple[Address, ...]) -> Resource:
        body = declaration.body
        return Resource(
            instance.address,
            instance.provider,
            instance.service,
            cast("type[Kind[object]]", instance.kind),  # type: ignore[type-var]
            cast("Schema", instance.schema),
            body,
            declaration.path,
            instance.each,
            "name" in body,
            dependencies,
            self._lifecycle(declaration, instance) if "lifecycle" in declaration.entry else Lifecycle(),
        )

    def _with_names(self, declaration: Declaration, instance: Instance, frame: _Frame) -> tuple[Resource, Bound]:
        """Binds a body that refers to something: by a template, a reference field or `depends_on`."""
        scope = self._scope(declaration, instance)
        found: dict[Address, None] = {}

        def take(raw: Value, reference: Reference, path: Path) -> Value:
            field = next(str(step) for step in reversed(path) if isinstance(step, str))
            referrer = Referrer(instance, scope, field, reference.kinds)
            return self._take(raw, referrer, path, declaration, found)

        prepared: Tree = with_references(declaration.body, frame.care, (), take) if frame.refers else declaration.body
        found.update(dict.fromkeys(self._depends_on(declaration, instance, scope)))
        names = names_in(prepared, self._world.templates) if declaration.templated else []
        self._add_dependencies(names, declaration, instance, scope, found)
        bound = Bound(prepared, frame.care, frame.has_name, declaration.own_name)
        bound.evaluates, bound.faulty = declaration.templated, declaration.faulty
        resource = self._resource(declaration, instance, tuple(found))
        self._settle(resource, bound, declaration, instance, names)
        return resource, bound

    def _take(
        self, raw: Value, referrer: Referrer, path: Path, declaration: Declaration, found: dict[Address, None]
    ) -> Value:
        """One reference as a `Ref` or a plain id; unknown where it has a mistake."""
        try:
            read = self._references.read(raw, referrer)
        except Fault as fault:
            self._report(fault, declaration, referrer.instance, path)
            return Unknown()
        except Broken:
            return Unknown()
        if not isinstance(read, list):
            return read
        found.update(dict.fromkeys(ref.address for ref in read if isinstance(ref, Ref)))
        return cast("Ref", read[0])

    def _depends_on(self, declaration: Declaration, instance: Instance, scope: Scope) -> Iterator[Address]:
        raw = declaration.entry.get("depends_on")
        if raw is None:
            return
        items = cast("list[Value]", raw if isinstance(raw, list) else [raw])
        for at, item in enumerate(items):
            path: Path = ("depends_on", at) if isinstance(raw, list) else ("depends_on",)
            try:
                if not isinstance(item, str):
                    raise Fault("type-wrong", "`depends_on` takes a list of addresses")
                read = self._references.read(item, Referrer(instance, scope, "depends_on"))
            except Fault as fault:
                self._report(fault, declaration, instance, path)
            except Broken:
                pass
            else:
                yield from (ref.address for ref in cast("list[Ref]", read))

    def _add_dependencies(
        self,
        names: list[Name],
        declaration: Declaration,
        instance: Instance,
        scope: Scope,
        found: dict[Address, None],
    ) -> None:
        for name in dict.fromkeys(names):
            try:
                found.update(dict.fromkeys(self._references.dependencies((name,), scope, instance)))
            except Fault as fault:
                self._report(fault, declaration, instance, self._path_of(name, declaration.body, ()))

    def _path_of(self, name: Name, tree: Value, path: Path) -> Path:
        """Where in a body a name is first used."""
        if isinstance(tree, Mapping | list | tuple):
            pairs = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
            for step, inner in pairs:
                if name in names_in(inner, self._world.templates):
                    return self._path_of(name, inner, (*path, step))
        return path

    def _is_dynamic(self, names: Sequence[Name], declaration: Declaration) -> bool:
        """Whether the body can only be evaluated once other resources, or the kept name, are known."""
        for name in names:
            if name.root in SECTIONS:
                return True
            if name.root == "local" and name.steps and self._locals.needs_resources(str(name.steps[0])):
                return True
            if name.root == "self" and name.steps[:1] == ("name",) and not declaration.own_name:
                return True
        return False

    def _settle(
        self,
        resource: Resource,
        bound: Bound,
        declaration: Declaration,
        instance: Instance,
        names: Sequence[Name] = (),
    ) -> None:
        """Evaluates and checks the body as far as it can be now, and keeps the result where that is final."""
        if not instance.enabled and declaration.templated:
            # What a disabled resource needs may well be missing: only the names of its fields are checked.
            bound.prepared = cast("Tree", _without_templates(bound.prepared))

        def report(fault: Fault, path: Path) -> None:
            self._report(fault, declaration, instance, path)

        now = desired(resource, bound, self._world, None, None, report)
        if bound.evaluates or bound.care:
            self._places.reader.findings.hide(secret_texts(now.written))
        if now.problems:
            report_problems(now.problems, self._subject(declaration, instance))
        if not names or not self._is_dynamic(names, declaration):
            bound.keep(now.tree)

    def _subject(self, declaration: Declaration, instance: Instance) -> Subject:
        variant = ""
        if instance.kind is not None and instance.kind.variants:
            variant = next((k for k, m in instance.kind.variants.items() if m is instance.schema.model), "")  # type: ignore[union-attr]
        kind = variant or (instance.kind.name if instance.kind is not None else "")
        what = f"{instance.service} {kind}".strip()
        command = f"stack providers show {what}"
        return Subject(self._places, declaration.path, str(instance.address), what, command)

    def _lifecycle(self, declaration: Declaration, instance: Instance) -> Lifecycle:
        lifecycle = declaration.entry["lifecycle"]
        raw = lifecycle.get("prevent_destroy") if isinstance(lifecycle, dict) else None

        def report(fault: Fault, path: Path) -> None:
            self._report(fault, declaration, instance, path)

        try:
            scope = Scope(self._world, instance.each, faulty=declaration.faulty)
            value = evaluate_known(cast("Value", raw), scope, _LIFECYCLE, report)
        except Broken:
            return Lifecycle()
        if value is not None and not isinstance(value, bool):
            report(Fault("type-wrong", "`prevent_destroy` takes true or false, known at plan"), _LIFECYCLE)
        return Lifecycle(prevent_destroy=value is True)

    def _scope(self, declaration: Declaration, instance: Instance) -> Scope:
        myself = Myself(instance.address, lambda: slug(instance.address))
        return Scope(self._world, instance.each, myself, faulty=declaration.faulty)

    def _report(self, fault: Fault, declaration: Declaration, instance: Instance, path: Path) -> None:
        self._places.report_value(fault, declaration.path, path, instance.address)


def _without_templates(tree: Value) -> Value:
    if isinstance(tree, Template):
        return Unknown()
    if isinstance(tree, Mapping):
        return {key: _without_templates(inner) for key, inner in tree.items()}
    return [_without_templates(inner) for inner in tree] if isinstance(tree, list | tuple) else tree
