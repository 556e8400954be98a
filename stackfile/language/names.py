"""Names checked against what is declared, on the syntax tree: also in a branch that is never evaluated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stackfile.address import SECTIONS, Address
from stackfile.language.called import Call, missing_output
from stackfile.language.declared import Declaration
from stackfile.language.documents import Documents
from stackfile.language.evaluate import Report
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.leaves import Leaf
from stackfile.language.locals import Locals
from stackfile.language.provider_space import ProvidersSpace, missing_provider
from stackfile.language.scope import ALWAYS_KNOWN, SELF, World, missing_instance
from stackfile.language.template import NAMES, Missing, Name, Space, Step
from stackfile.sdk.provider import Provider
from stackfile.sdk.schema import Schema, schema_of
from stackfile.spelling import closest

STATIC = ("var", "local", "env", "stack")
"""The names that `providers:` may use: they are known before any provider is."""

LOCAL = tuple(name for name in NAMES if name not in ("each", "self"))


_TAKE_PROVIDERS = ("provider", "variables")
"""The keys that take a provider as it is: of a resource, and of a module."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where an expression stands: which names it may use, and of which resource it is a part."""

    roots: tuple[str, ...]
    where: str
    address: Address | None = None
    field: str = ""
    """The key of the engine's, such as `for_each`, that must be known at plan."""


@dataclass
class NameCheck:
    world: World
    locals: Locals
    document: Documents
    provider_types: Mapping[str, type[Provider[Any]]]
    refused: Collection[str]
    """Providers that are declared and of no use, which was reported."""
    proposals: int = 100
    """How often a misspelt address is still compared with all others: in a large file that takes its time."""
    _right: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    """Templates without resources that were found right, and with which roots: the same ones stand in many places."""

    def check(self, leaves: Iterable[Leaf], site: Site, report: Report) -> frozenset[str]:
        """Reports every mistake in templates; returns the templates that have one."""
        faulty: set[str] = set()
        for path, text in leaves:
            if (text, site.roots) in self._right:
                continue
            try:
                self._check_scalar(text, site)
            except Fault as fault:
                report(fault, path)
                faulty.add(text)
        return frozenset(faulty)

    def _check_scalar(self, text: str, site: Site) -> None:
        """Raises Fault for the first name that is wrong."""
        parsed = self.world.templates.parse(text)
        for expression in parsed.expressions:
            for name in expression.names:
                try:
                    self._check(name, site)
                except Fault as fault:
                    fault.written = expression.text
                    raise
        if not any(map(self.world.reaches, parsed.names)):
            self._right.add((text, site.roots))

    def _check(self, name: Name, site: Site) -> None:
        if name.root not in site.roots:
            self._wrong_root(name, site)
        if name.root in SECTIONS:
            self._resource(name, site)
            return
        if name.root == "modules":
            self._module(name)
            return
        if not name.steps:
            raise Fault("name-wrong", f"`{name.root}` is no value itself: write {name.root}.<name>")
        first = name.steps[0]
        if isinstance(first, str):
            self._first_step(name.root, first, name, site)
        elif name.root in ("local", "providers"):
            raise Fault("name-wrong", f"write {name.root}.<name>, the name as it is in the file")

    def _first_step(self, root: str, first: str, name: Name, site: Site) -> None:
        world = self.world
        if root == "var":
            self._variable(first, name, site)
        if root == "local":
            self._local(first, site)
        if root == "each" and first not in ("key", "value"):
            raise _unknown("field", first, ("key", "value"), "each.")
        if root == "self" and first not in SELF:
            raise _unknown("field", first, SELF, "self.")
        if root in ("stack", "path"):
            known = world.stack if root == "stack" else world.path
            if first not in known:
                raise _unknown("field", first, known, f"{root}.")
        if root == "providers":
            self._provider(first, name, site)

    def _variable(self, first: str, name: Name, site: Site) -> None:
        world = self.world
        if first not in world.variables and first not in world.given:
            raise _unknown("variable", first, (*world.variables.names(), *world.given))
        self._known_now(name, site, f"`{name.text}`")

    def _local(self, first: str, site: Site) -> None:
        if first not in self.world.locals:
            raise _unknown("local", first, self.world.locals)
        for one in self.locals.names(first):
            if one.root in NAMES and one.root not in site.roots:
                raise _not_here(site, one, f"local.{first} needs {one.text}, which")
            if one.root == "var":
                self._known_now(one, site, f"local.{first} needs {one.text}, which")

    def _known_now(self, name: Name, site: Site, what: str) -> None:
        """Raises Fault where a module's variable needs resources, and those are not known here."""
        if self.world.reaches(name) and not set(SECTIONS) <= set(site.roots):
            raise _not_here(site, name, what)

    def _wrong_root(self, name: Name, site: Site) -> None:
        root = name.root
        if root == "each" and "self" in site.roots:
            help = ("write for_each: [...] beside it",)
            raise Fault("each-outside", "`each` is there only in a resource with for_each", "", help)
        if root in NAMES:
            raise _not_here(site, name, f"`{root}`")
        variables = (*self.world.variables.names(), *self.world.given)
        for space, names in (("var", variables), ("local", tuple(self.world.locals))):
            if root in names:
                raise Fault("name-unknown", f"no name `{root}`", f"did you mean `{space}.{root}`?")
        label = did_you_mean(root, site.roots)
        raise Fault("name-unknown", f"no name `{root}`", label, (f"names: {listing(site.roots, 20)}",))

    def _provider(self, first: str, name: Name, site: Site) -> None:
        if first in self.refused:
            return
        if first not in self.provider_types:
            raise _unknown("provider", first, self.provider_types)
        space = self.world.providers.get(first)
        settings = schema_of(self.provider_types[first].settings)
        _check_provider(first, name.steps[1:], space, settings, site.field in _TAKE_PROVIDERS)

    def _module(self, name: Name) -> None:
        calls = self.world.calls
        if calls is None:
            return
        if not name.steps or not isinstance(name.steps[0], str):
            raise Fault("name-wrong", "write modules.<key>.<output>, the key as it is in the file")
        call = calls.get(name.steps[0])
        if call is None:
            raise _unknown("module", name.steps[0], calls)
        if not call.broken:
            _check_output(call, name.steps[1:])

    def _resource(self, name: Name, site: Site) -> None:
        if not name.steps or not isinstance(name.steps[0], str):
            raise Fault("name-wrong", f"write {name.root}.<key>, the key as it is in the file")
        declaration = self.world.declarations.get((name.root, name.steps[0]))
        if declaration is None:
            raise self.unknown_resource(name.root, name.steps[0], (name.root,))
        rest = name.steps[1:]
        if declaration.repeated and rest and not declaration.broken:
            self._instance(declaration, rest[0], rest[1:], site)
        elif not declaration.repeated and not declaration.broken:
            self._attribute(declaration, None, rest, site)

    def _instance(self, declaration: Declaration, step: Step, rest: tuple[Step, ...], site: Site) -> None:
        """A name that goes on to an instance; where only evaluating tells which, any one stands for all."""
        key = str(step) if isinstance(step, str | int) else next(iter(declaration.instances), None)
        if key in declaration.instances:
            self._attribute(declaration, key, rest, site)
        elif key is not None:
            raise unknown_instance(declaration, key)

    def _attribute(self, declaration: Declaration, key: str | None, rest: tuple[Step, ...], site: Site) -> None:
        instance = declaration.instances[key]
        if instance.address == site.address:
            raise self_reference()
        if rest and isinstance(rest[0], str) and instance.schema is not None:
            check_attribute(rest[0], instance.address, instance.schema)

    def unknown_resource(self, section: str, key: str, sections: Iterable[str]) -> Fault:
        """The fault for an address that nothing is declared at.

        The nearest of its section is proposed, or one of the same key in another of these sections.
        """
        if not self._may_propose():
            return Fault("reference-unknown", f"no {noun(section)} `{key}`")
        declared = list(self.world.declarations)
        best = closest(key, [name for one, name in declared if one == section])
        twin = next((one for one, name in declared if name == key and one in sections), None)
        found = f"{section}.{best}" if best is not None else f"{twin}.{key}" if twin is not None else None
        known = [f"{one}.{name}" for one, name in declared if one in sections]
        help = (f"declared: {listing(known)}",) if found is None and known else ()
        return Fault("reference-unknown", f"no {noun(section)} `{key}`", self.proposing(found), help)

    def proposing(self, address: str | None) -> str:
        """The label that proposes an address, with where it is declared."""
        return f"did you mean {address} ({self.place_of(address)})?" if address is not None else ""

    def _may_propose(self) -> bool:
        self.proposals -= 1
        return self.proposals >= 0

    def proposal(self, name: str, known: Iterable[str]) -> str | None:
        return closest(name, known) if self._may_propose() else None

    def place_of(self, address: str) -> str:
        section, _dot, key = address.partition(".")
        return str(self.document.key_place((section, key))[0])


def _check_provider(name: str, steps: tuple[Step, ...], space: Space | None, settings: Schema, is_wanted: bool) -> None:
    """Checks the steps behind a provider's name; none are left where the provider itself `is_wanted`."""
    if isinstance(space, ProvidersSpace):
        if space.instances is None:
            return
        if not steps:
            if is_wanted:
                return
            raise space.no_value()
        if isinstance(steps[0], str | int) and str(steps[0]) not in space.instances:
            raise as_fault(missing_provider(name, str(steps[0]), space.instances))
        name, steps = f"{name}[{steps[0] if isinstance(steps[0], str | int) else '...'}]", steps[1:]
    if steps or not is_wanted:
        _check_setting(name, steps, settings)


def _check_setting(name: str, steps: tuple[Step, ...], settings: Schema) -> None:
    if not steps or not isinstance(steps[0], str):
        raise Fault("name-wrong", f"write providers.{name}.<setting>")
    field = settings.fields.get(steps[0])
    if field is None:
        raise _unknown("setting", steps[0], settings.fields)
    if field.secret:
        raise Fault("provider-secret", f"providers.{name}.{steps[0]} is sensitive: it is not given away")


def _check_output(call: Call, steps: tuple[Step, ...]) -> None:
    """Checks the steps behind a module's key; where only evaluating tells which instance, any one stands for all."""
    instance = call.instances.get(None)
    if call.repeated:
        if not steps:
            return
        key = str(steps[0]) if isinstance(steps[0], str | int) else next(iter(call.instances), None)
        if key is not None and key not in call.instances:
            raise as_fault(call.missing(key))
        instance, steps = call.instances.get(key), steps[1:]
    name = steps[0] if steps else None
    outputs = instance.outputs if instance is not None else None
    if isinstance(name, str) and instance is not None and outputs is not None and name not in outputs:
        raise as_fault(missing_output(instance, name))


def as_fault(missing: Missing) -> Fault:
    return Fault(missing.code, missing.message, missing.label, missing.help)


def check_attribute(field: str, address: Address, schema: Schema) -> None:
    if field not in schema.fields and field not in ALWAYS_KNOWN:
        known = (*ALWAYS_KNOWN, *schema.fields)
        label = did_you_mean(field, known)
        help = () if label else (f"fields: {listing(set(known))}",)
        raise Fault("attribute-unknown", f"{address} has no field `{field}`", label, help)


def noun(section: str) -> str:
    """What one entry of a section is called."""
    return section.removesuffix("s")


def self_reference() -> Fault:
    help = ("for the resource's own key, name and slug there is self: {{ self.name }}",)
    return Fault("reference-self", "a resource cannot refer to itself", "", help)


def unknown_instance(declaration: Declaration, key: str) -> Fault:
    if not declaration.repeated:
        return Fault("instance-unknown", f"{declaration.address} has no for_each, and so no instance `{key}`")
    return as_fault(missing_instance(declaration, key))


def _not_here(site: Site, name: Name, what: str) -> Fault:
    if site.field and name.root in ("var", "modules", *SECTIONS):
        message = f"`{site.field}` must be known at plan, and {name.text} is known after apply"
        help = ("known by then: what is written here, variables, and locals of such",)
        return Fault(f"{site.field.replace('_', '-')}-not-known", message, "", help)
    return Fault("name-not-here", f"{what} cannot be used in {site.where}", "", (f"names: {listing(site.roots)}",))


def _unknown(what: str, name: str, known: Iterable[str], prefix: str = "") -> Fault:
    names = list(known)
    label = did_you_mean(name, names)
    help = () if label or not names else (f"{what}s: {listing(names)}",)
    return Fault(f"{what}-unknown", f"no {what} `{prefix}{name}`", label, help)
