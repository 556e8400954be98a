"""One tree of documents on its way to being bound: the stack itself, or one instance of a module in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from stackfile.address import Address
from stackfile.language.bind import Binder
from stackfile.language.choice import Choice
from stackfile.language.declare import ENGINE_KEYS
from stackfile.language.declared import Declaration
from stackfile.language.expand import expand
from stackfile.language.findings import Fault
from stackfile.language.leaves import Leaf, leaves_of
from stackfile.language.locals import Locals
from stackfile.language.lookups import read_lookups
from stackfile.language.names import LOCAL, NameCheck, Site
from stackfile.language.places import Places
from stackfile.language.providers import Providers
from stackfile.language.references import References
from stackfile.language.resolve import Bound
from stackfile.language.scope import World
from stackfile.language.stackfile import Lookup, Resource
from stackfile.language.structure import Structure
from stackfile.language.template import NAMES
from stackfile.values import Path, Value

_WITHOUT_EACH = tuple(name for name in NAMES if name != "each")
AT_PLAN = ("var", "local", "env", "stack", "path", "providers")
"""What `for_each` and the like may use: all that is known at plan."""


class Unit:
    """Its steps are taken one after the other, each of them for all units before the next one for any."""

    def __init__(
        self, structure: Structure, world: World, places: Places, providers: Providers, stack_itself: Unit | None = None
    ) -> None:
        self.structure = structure
        self.world = world
        self.places = places
        self.reader = places.reader
        self.locals = Locals(world, self.reader)
        world.local_value, world.local_names = self.locals.value, self.locals.names
        self.check = NameCheck(world, self.locals, structure.documents, providers.types, providers.refused)
        self.references = References(self.check)
        self._stack_itself = stack_itself or self
        self._choice = Choice(providers, world, places)
        self._binder = Binder(world, self.references, places)

    def check_locals(self) -> None:
        """Checks the names in locals; again when the instances of resources are known."""
        site = Site(LOCAL, "locals")
        broken: set[str] = set()
        faulty: frozenset[str] = frozenset()
        for name, raw in self.structure.locals.items():
            if self.reader.document.has_templates(raw) and name not in self.locals.broken:

                def report(fault: Fault, path: Path, name: str = name) -> None:
                    self.reader.at_value(fault, ("locals", name, *path), f"locals.{name}")
                    broken.add(name)

                faulty |= self.check.check(leaves_of(cast("Value", raw)), site, report)
        self.locals.refuse(faulty, broken)

    def evaluate_first_locals(self) -> None:
        """Those that need no provider and no resource."""
        self.locals.evaluate(self._report_local, lambda name: name.root == "providers" or self.world.reaches(name))

    def evaluate_early_locals(self) -> None:
        """Those that need no resource."""
        self.locals.evaluate(self._report_local, self.world.reaches)

    def evaluate_locals(self) -> None:
        self.locals.evaluate(self._report_local)

    def _report_local(self, fault: Fault, path: Path) -> None:
        self.reader.at_value(fault, path, f"locals.{path[1]}")

    def expand(self) -> None:
        """Finds the instances of all declarations, and what makes each of them."""
        for declaration in self.world.declarations.values():
            if declaration.templated:
                self._check_engine_keys(declaration)
            expand(declaration, self.world, self.places)
            for instance in declaration.instances.values():
                self._choice.choose(declaration, instance)

    def bind(self, resources: dict[Address, tuple[Resource, Bound]], disabled: set[Address]) -> None:
        """Adds the resources that are enabled, and the addresses of those that are not."""
        for declaration in self.world.declarations.values():
            if declaration.templated:
                self._check_body(declaration)
            disabled.update(one.address for one in declaration.instances.values() if not one.enabled)
            for resource, bound in self._binder.bind_all(declaration):
                if declaration.instances[resource.address.instance].enabled:
                    resources[resource.address] = (resource, bound)
        self._binder.finish()

    def lookups(self) -> Iterator[Lookup]:
        for declaration in self.world.declarations.values():
            if declaration.is_lookup:
                yield from read_lookups(declaration, self.world, self.places)

    def _check_engine_keys(self, declaration: Declaration) -> None:
        each = ("each",) if "for_each" in declaration.entry else ()
        for key in (*sorted(ENGINE_KEYS - {"depends_on"}), "type", "connector"):
            if key in declaration.entry:
                roots = AT_PLAN if key == "for_each" else (*AT_PLAN, *each)
                self._check_key(key, roots, declaration)

    def _check_key(self, key: str, roots: tuple[str, ...], declaration: Declaration) -> None:
        leaves = leaves_of(cast("Value", declaration.entry[key]), (key,))
        is_own = key != "provider" or declaration.own_provider
        self._check_leaves(self.check if is_own else self._stack_itself.check, leaves, roots, declaration, key)

    def _check_body(self, declaration: Declaration) -> None:
        roots = NAMES if declaration.repeated else _WITHOUT_EACH
        declaration.leaves = leaves_of(declaration.body)
        own = declaration.leaves
        if not declaration.own_name and self._stack_itself is not self:
            reaching_in = [one for one in own if one[0] == ("name",)]
            self._check_leaves(self._stack_itself.check, reaching_in, roots, declaration)
            own = [one for one in own if one[0] != ("name",)]
        self._check_leaves(self.check, own, roots, declaration)
        if "depends_on" in declaration.entry:
            self._check_key("depends_on", roots, declaration)

    def _check_leaves(
        self,
        check: NameCheck,
        leaves: Sequence[Leaf],
        roots: tuple[str, ...],
        declaration: Declaration,
        key: str = "",
    ) -> None:
        """`check` is that of the unit in which they are written: the defaults of the stack reach into modules."""
        if not leaves:
            return
        address = None if declaration.repeated else declaration.address

        def report(fault: Fault, path: Path) -> None:
            self.places.report_value(fault, declaration.path, path, declaration.address)

        site = Site(roots, f"`{key}`" if key else "a resource", address, key)
        declaration.faulty |= check.check(leaves, site, report)
