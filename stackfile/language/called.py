"""Modules that a document uses: one entry of `modules:`, its instances, and what expressions see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from stackfile.address import Modules, print_modules
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.source import Raw
from stackfile.language.stackfile import Each
from stackfile.language.template import Missing, Space, Step
from stackfile.language.variables import Broken
from stackfile.values import Path

if TYPE_CHECKING:
    from stackfile.language.declared import Instance
    from stackfile.language.scope import Scope


class Passed(Protocol):
    """What goes through the wall of a module: a value or a resource, worked out where it is written."""

    @property
    def reaches(self) -> bool:
        """Whether it may lead to a resource."""

    def value(self, scope: Scope) -> Any:
        """What it is with what a scope knows of resources. Raises Fault and Broken."""

    def reached(self, steps: Sequence[Step]) -> Sequence[Instance]:
        """The resources that it needs, as far as these steps into it go."""


@dataclass(slots=True)
class ModuleInstance:
    """One use of a module. `outputs` None: what is in it cannot be told, which was reported."""

    modules: Modules
    each: Each | None
    enabled: bool
    outputs: Mapping[str, Passed] | None = None

    @property
    def address(self) -> str:
        return print_modules(self.modules)


@dataclass(slots=True)
class Call:
    """One entry of `modules:`. `broken`: which instances there are cannot be told."""

    key: str
    within: Modules
    entry: Mapping[str, Raw]
    faulty: frozenset[str] = frozenset()
    repeated: bool = False
    broken: bool = True
    instances: dict[str | None, ModuleInstance] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return ("modules", self.key)

    @property
    def address(self) -> str:
        return print_modules((*self.within, (self.key, None)))

    def missing(self, key: str) -> Missing:
        """What to say of a key that `for_each` does not give."""
        if not self.repeated:
            return Missing(f"{self.address} has no for_each, and so no instance `{key}`", code="instance-unknown")
        known = [one for one in self.instances if one is not None]
        says = f"instances: {listing(known)}" if known else "it has no instances now"
        return Missing(f"{self.address} has no instance `{key}`", did_you_mean(key, known), (says,), "instance-unknown")


class ModuleSpace(Space):
    """One module instance in an expression: it has its outputs, and nothing else."""

    __slots__ = ("instance", "scope")

    def __init__(self, scope: Scope, instance: ModuleInstance) -> None:
        self.scope = scope
        self.instance = instance

    def get(self, step: Any) -> Any:
        outputs = self.instance.outputs
        if outputs is None:
            raise Broken
        if step not in outputs:
            raise missing_output(self.instance, str(step))
        return outputs[step].value(self.scope)

    def no_value(self) -> Fault:
        return Fault("name-wrong", f"{self.instance.address} is a module, not a value", "write modules.<key>.<output>")


class ModulesSpace(Space):
    """A module with `for_each`, before one of its instances is named."""

    __slots__ = ("call", "scope")

    def __init__(self, scope: Scope, call: Call) -> None:
        self.scope = scope
        self.call = call

    def get(self, step: Any) -> Any:
        instance = self.call.instances.get(str(step))
        if instance is None:
            raise self.call.missing(str(step))
        return ModuleSpace(self.scope, instance)

    def opened(self) -> dict[str, ModuleSpace]:
        return {str(key): ModuleSpace(self.scope, one) for key, one in self.call.instances.items()}

    def no_value(self) -> Fault:
        return Fault("name-wrong", f"{self.call.address} is a module, not a value", "write modules.<key>[...].<output>")


def missing_output(instance: ModuleInstance, name: str) -> Missing:
    outputs = instance.outputs or {}
    label = did_you_mean(name, outputs)
    help = () if label or not outputs else (f"outputs: {listing(outputs)}",)
    return Missing(f"{instance.address} has no output `{name}`", label, help, "output-unknown")
