"""What goes through the wall of a module: evaluated in the scope where it is written, as often as somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile.language.declared import Instance
from stackfile.language.evaluate import evaluate_resource, evaluate_tree
from stackfile.language.findings import Fault
from stackfile.language.locals import names_in
from stackfile.language.reach import reached
from stackfile.language.scope import ResourceSpace, Scope, World
from stackfile.language.source import Template
from stackfile.language.stackfile import Each
from stackfile.language.template import Step
from stackfile.language.variables import Broken
from stackfile.values import Value


@dataclass(slots=True)
class PassedValue:
    """A tree as written, in its world. `take` makes of the value what the other side gets; it raises Fault.

    `target`: what it was found to be where only a resource will do.
    """

    address: str
    tree: Value
    world: World
    take: Callable[[Value], Value]
    each: Each | None = None
    faulty: frozenset[str] = frozenset()
    reaches: bool = True
    broken: bool = False
    target: Instance | None = None
    _running: bool = False
    _early: list[Any] = field(default_factory=list)
    """The value while nothing is known of any resource, once it was asked for."""

    def value(self, scope: Scope) -> Any:
        if self.broken:
            raise Broken
        own = Scope(self.world, self.each, attributes=scope.attributes, faulty=self.faulty)
        if self.target is not None:
            return ResourceSpace(own, self.target)
        if scope.attributes is not None:
            return self._guarded(own)
        if not self._early:
            self._early.append(self._guarded(own))
        return self._early[0]

    def _guarded(self, scope: Scope) -> Any:
        """Raises Fault for a value that needs itself."""
        if self._running:
            raise Fault("module-value-cycle", f"{self.address} is made from itself, through modules")
        self._running = True
        try:
            return self._evaluated(scope)
        finally:
            self._running = False

    def _evaluated(self, scope: Scope) -> Any:
        if isinstance(self.tree, Template):
            found = evaluate_resource(self.tree, scope)
            return self.take(found)  # type: ignore[arg-type]
        faults: list[Fault] = []
        value = evaluate_tree(self.tree, scope, (), lambda fault, path: faults.append(fault))
        if faults:
            raise faults[0]
        return self.take(value)

    def reached(self, steps: Sequence[Step]) -> Sequence[Instance]:
        if self.target is not None:
            return (self.target,)
        if self._running or self.broken:
            return ()
        self._running = True
        try:
            names = names_in(_within(self.tree, steps), self.world.templates)
            return list(reached(names, Scope(self.world, self.each, faulty=self.faulty)))
        except Fault:
            return ()  # told where it is written
        finally:
            self._running = False


def _within(tree: Value, steps: Sequence[Step]) -> Value:
    """The part of a tree that steps lead to, as far as they can be followed in what is written."""
    for step in steps:
        if isinstance(tree, Mapping) and isinstance(step, str) and step in tree:
            tree = tree[step]
        else:
            break
    return tree
