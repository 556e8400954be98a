"""Which resources names lead to, read off the syntax tree: also through locals, and through the walls of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackfile.address import SECTIONS
from stackfile.language.called import Passed
from stackfile.language.declared import Instance
from stackfile.language.names import unknown_instance
from stackfile.language.scope import Scope, Waiting
from stackfile.language.template import Missing, Name, Step
from stackfile.language.variables import Broken


def reached(names: Iterable[Name], scope: Scope) -> Iterator[Instance]:
    """An instance alone where a name tells which, and all of them where it does not.

    Raises Fault for an instance that is none.
    """
    world = scope.world
    for name in names:
        if not name.steps:
            continue
        first = str(name.steps[0])
        if name.root == "local":
            yield from reached(world.local_names(first), scope)
        elif name.root in SECTIONS:
            yield from _resources(name, scope)
        elif name.root == "var" and first in world.given:
            yield from world.given[first].reached(name.steps[1:])
        elif name.root == "modules":
            for output, rest in _outputs(name, scope):
                yield from output.reached(rest)


def _resources(name: Name, scope: Scope) -> list[Instance]:
    declaration = scope.world.declarations.get((name.root, str(name.steps[0])))
    if declaration is None or declaration.broken:
        return []
    every = list(declaration.instances.values())
    if not declaration.repeated or len(name.steps) < 2:
        return every
    key = _key(name.steps[1], scope)
    if key is None:
        return every
    if key not in declaration.instances:
        raise unknown_instance(declaration, key)
    return [declaration.instances[key]]


def _outputs(name: Name, scope: Scope) -> Iterator[tuple[Passed, tuple[Step, ...]]]:
    """The outputs that a name leads to, each with the steps that go on into it."""
    call = (scope.world.calls or {}).get(str(name.steps[0]))
    if call is None or call.broken:
        return
    instances, steps = list(call.instances.values()), name.steps[1:]
    if call.repeated and steps:
        key = _key(steps[0], scope)
        instances = [one for at, one in call.instances.items() if key is None or at == key]
        steps = steps[1:]
    for instance in instances:
        for output, passed in (instance.outputs or {}).items():
            if not steps or not isinstance(steps[0], str) or steps[0] == output:
                yield passed, steps[1:]


def _key(step: Step, scope: Scope) -> str | None:
    """The instance key that a step is; None where only evaluating the whole tells."""
    try:
        key = scope.look(step) if isinstance(step, Name) else step
    except (Missing, Waiting, Broken):
        return None
    return str(key) if isinstance(key, str | int) else None
