"""What names mean: the world of one stackfile, and the scope of one resource in it.

A look-up goes one step at a time, so that only what an expression reaches makes it unknown or sensitive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from stackfile.address import SECTIONS, Address, Modules
from stackfile.language.called import Call, ModuleSpace, ModulesSpace, Passed
from stackfile.language.declared import Declaration, Instance
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.functions import ReadFile, functions
from stackfile.language.reader import describe
from stackfile.language.source import Raw
from stackfile.language.stackfile import Attributes, Each
from stackfile.language.template import Missing, Name, Space, Templates, nothing_at
from stackfile.language.variables import Broken, Variables
from stackfile.sdk.traits import Trait
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value

ALWAYS_KNOWN = ("id", "name")
"""What every resource has, whatever its kind."""

SELF = ("key", "instance", "slug", "name", "address")

Declarations: TypeAlias = "dict[tuple[str, str], Declaration]"


@dataclass
class Waiting(Exception):
    """Only apply can tell; `waits_for` names what is waited for."""

    waits_for: tuple[str, ...]


@dataclass
class World:
    """What is the same for every scope of one stackfile, or of one module instance in it."""

    templates: Templates
    variables: Variables
    locals: Mapping[str, Raw]
    environ: Mapping[str, str]
    stack: Mapping[str, Value]
    path: Mapping[str, Value]
    read_file: ReadFile | None
    protected: bool = False
    """Whether the environment is one."""
    declarations: Declarations = field(default_factory=dict)
    providers: Mapping[str, Space] = field(default_factory=dict)
    """Each provider that is declared or in use, with its settings that are no secrets."""
    local_value: Callable[[str, Scope], Value] = lambda name, scope: None
    """The value of a local, its templates evaluated. Raises Broken."""
    local_names: Callable[[str], Sequence[Name]] = lambda name: ()
    """All names but locals that a local needs, itself or through other locals."""
    modules: Modules = ()
    """The module instance that this is; none for the stack itself."""
    enabled: bool = True
    given: Mapping[str, Passed] = field(default_factory=dict)
    """Of a module's variables those whose values may need resources."""
    calls: Mapping[str, Call] | None = None
    """The modules that are used here, once that is known."""
    every: dict[Address, Instance] = field(default_factory=dict)
    """All instances of the stack, those in modules too."""
    stack_itself: World | None = None
    """Where the defaults were written that reach in. None: this is the stack itself."""

    def reaches(self, name: Name) -> bool:
        """Whether a name may lead to a resource."""
        if name.root == "local" and name.steps:
            return any(self.reaches(one) for one in self.local_names(str(name.steps[0])))
        if name.root == "var" and name.steps:
            given = self.given.get(str(name.steps[0]))
            return given is not None and given.reaches
        return name.root == "modules" or name.root in SECTIONS


@dataclass(frozen=True, slots=True)
class Myself:
    """What `self` is in one resource; `name` is worked out only where somebody asks."""

    address: Address
    name: Callable[[], Value]


class Scope:
    """The names in force in one place. `attributes` None: nothing of any resource is known yet."""

    def __init__(
        self,
        world: World,
        each: Each | None = None,
        myself: Myself | None = None,
        attributes: Attributes | None = None,
        faulty: frozenset[str] = frozenset(),
    ) -> None:
        self.world = world
        self.each = each
        self.myself = myself
        self.attributes = attributes
        self.faulty = faulty
        """Templates whose mistakes have been reported."""
        self.locals: dict[str, Value] = {}
        """Values of locals that need resources, worked out for this scope."""
        self.sensitive = False
        """Whether anything sensitive was touched since somebody set it to False."""
        self.saw_sensitive = False
        """Whether any scalar that was evaluated came out sensitive."""

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        return functions(self.world.read_file, self.touch)

    def touch(self) -> None:
        self.sensitive = True

    def shielded(self, evaluate: Callable[[], Any]) -> Any:
        before = self.sensitive
        value = evaluate()
        self.sensitive = before
        return value

    def look(self, name: Name, computed: tuple[Any, ...] = ()) -> Any:
        """The value of a name. Raises Missing, Waiting and Broken."""
        steps = self._steps(name, computed)
        value = self._root(name.root, steps)
        for step in steps[1:]:
            value = self._step(value, step)
        return self.settle(value)

    def settle(self, value: Any) -> Any:
        """A value without the leaves that JSON lacks. Raises Waiting where one of them is not known."""
        if isinstance(value, str) or value is None:
            return value
        if isinstance(value, Sensitive):
            self.sensitive = True
            return self.settle(value.value)
        if isinstance(value, Unknown):
            raise Waiting(value.waits_for)
        if isinstance(value, Ref):
            return self.settle(value.id)
        if isinstance(value, Sealed):
            raise Waiting(())
        if isinstance(value, Mapping):
            return {key: self.settle(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.settle(inner) for inner in value]
        return value

    def attribute(self, instance: Instance, field: str) -> Value:
        """What is known of one field of a resource: of its remote id, its name, or a field of its kind."""
        if instance.schema is None:
            raise Broken
        known = instance.schema.fields.get(field)
        if known is None and field not in ALWAYS_KNOWN:
            raise Missing(f"{instance.address} has no field `{field}`", did_you_mean(field, instance.schema.fields))
        tree = self.attributes(instance.address) if self.attributes is not None else None
        if tree is not None and field in tree:
            value = tree[field]
        elif tree is None or known is None or known.has(Trait.COMPUTED) or field in ALWAYS_KNOWN:
            value = Unknown()
        else:
            value = known.default if isinstance(known.default, str | int | float) else None
        if isinstance(value, Unknown):
            value = Unknown((f"{instance.address}.{field}",))
        return Sensitive(value) if known is not None and known.secret else value

    def _steps(self, name: Name, computed: tuple[Any, ...]) -> list[Any]:
        given = iter(computed)
        steps: list[Any] = []
        for step in name.steps:
            if not isinstance(step, str | int):
                step = self.look(step) if isinstance(step, Name) else next(given)
                if not isinstance(step, str | int):
                    raise Missing(f"{describe(step)} is no key")
            steps.append(step)
        return steps

    def _root(self, root: str, steps: list[Any]) -> Any:
        """What the first step behind a root leads to."""
        if not steps:
            raise Missing(f"`{root}` is no value itself")
        first, world = steps[0], self.world
        if root == "var":
            if first in world.given:
                return world.given[first].value(self)
            if first in world.variables.broken:
                raise Broken
            return _item(world.variables.values, first)
        if root == "local":
            return world.local_value(first, self)
        if root == "env":
            if first not in world.environ:
                help = (f"set it, or say what counts without it:  try(env.{first}, ...)",)
                raise Missing(f"the environment variable {first} is not set", "", help)
            return world.environ[first]
        return self._other_root(root, first)

    def _other_root(self, root: str, first: Any) -> Any:
        world = self.world
        if root == "each" and self.each is not None:
            return _item({"key": self.each.key, "value": self.each.value}, first)
        if root == "self" and self.myself is not None:
            return self._self(self.myself, first)
        if root == "providers":
            if first not in world.providers:
                raise Broken
            return world.providers[first]
        if root in SECTIONS:
            return resource_space(self, root, first)
        if root == "modules":
            return _module_space(self, first)
        return _item({"stack": world.stack, "path": world.path}.get(root, {}), first)

    def _self(self, myself: Myself, first: Any) -> Any:
        address = myself.address
        if first == "name":
            return myself.name()
        return _item(
            {"key": address.key, "instance": address.instance, "slug": slug(address), "address": str(address)}, first
        )

    def _step(self, value: Any, step: Any) -> Any:
        while isinstance(value, Sensitive | Unknown | Ref | Sealed):
            value = self.settle(value)
        return value.get(step) if isinstance(value, Space) else _item(value, step)


class ResourceSpace(Space):
    """One resource in an expression: a reference takes it as it is, anything else one of its fields."""

    __slots__ = ("instance", "scope")

    def __init__(self, scope: Scope, instance: Instance) -> None:
        self.scope = scope
        self.instance = instance

    def get(self, step: Any) -> Any:
        value = self.scope.attribute(self.instance, step)
        return self.scope.settle(value) if isinstance(value, Unknown) else value

    def no_value(self) -> Fault:
        address = self.instance.address
        label = f"write {{{{ {address}.id }}}} for its id"
        return Fault("resource-not-value", f"{address} is a resource, not a value", label)


class InstancesSpace(Space):
    """A resource with `for_each`, before one of its instances is named."""

    __slots__ = ("declaration", "scope")

    def __init__(self, scope: Scope, declaration: Declaration) -> None:
        self.scope = scope
        self.declaration = declaration

    def get(self, step: Any) -> Any:
        instance = self.declaration.instances.get(str(step))
        if instance is None:
            raise missing_instance(self.declaration, str(step))
        return ResourceSpace(self.scope, instance)

    def opened(self) -> dict[str, ResourceSpace]:
        return {str(key): ResourceSpace(self.scope, one) for key, one in self.declaration.instances.items()}

    def no_value(self) -> Fault:
        return Fault("template-failed", "a resource with instances is not a value")


def resource_space(scope: Scope, section: str, key: Any) -> Space:
    declaration = scope.world.declarations.get((section, key))
    if declaration is None:
        raise Missing(f"no {section}.{key}")
    if declaration.broken:
        raise Broken
    if declaration.repeated:
        return InstancesSpace(scope, declaration)
    return ResourceSpace(scope, declaration.instances[None])


def _module_space(scope: Scope, key: Any) -> Space:
    call = (scope.world.calls or {}).get(key)
    if call is None or call.broken:
        raise Broken
    return ModulesSpace(scope, call) if call.repeated else ModuleSpace(scope, call.instances[None])


def instances_label(declaration: Declaration) -> str:
    keys = [key for key in declaration.instances if key is not None]
    return f"instances: {listing(keys)}" if keys else "it has no instances now"


def missing_instance(declaration: Declaration, key: str) -> Missing:
    """What to say of a key that `for_each` does not give."""
    known = [one for one in declaration.instances if one is not None]
    message = f"{declaration.address} has no instance `{key}`"
    return Missing(message, did_you_mean(key, known), (instances_label(declaration),), "instance-unknown")


def slug(address: Address) -> str:
    """The keys of an address joined by `-`."""
    steps = (*address.modules, (address.key, address.instance))
    return "-".join(key if instance is None else f"{key}-{instance}" for key, instance in steps)


def _item(value: Any, step: Any) -> Any:
    try:
        if isinstance(value, Mapping) or (isinstance(value, str | list | tuple) and type(step) is int):
            return value[step]
    except (LookupError, TypeError):
        pass
    raise nothing_at(value, step)
