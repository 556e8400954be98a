"""Locals: evaluated once each, in whatever order they need one another; those that need a resource, when asked."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from graphlib import TopologicalSorter
from typing import cast

from stackfile.address import SECTIONS
from stackfile.language.evaluate import Report, evaluate_tree
from stackfile.language.findings import Fault
from stackfile.language.leaves import leaves_of
from stackfile.language.reader import Reader
from stackfile.language.scope import Scope, World
from stackfile.language.source import Raw
from stackfile.language.stackfile import Attributes
from stackfile.language.template import Missing, Name, Templates
from stackfile.language.variables import Broken
from stackfile.values import Path, Value


class Locals:
    """The values of `locals:`. A local that is in `broken` has a mistake, which was reported."""

    def __init__(self, world: World, reader: Reader) -> None:
        self._world = world
        self._reader = reader
        self._names = {name: tuple(names_in(raw, world.templates)) for name, raw in world.locals.items()}
        self._known: dict[str, Value] = {}
        self._faulty: frozenset[str] = frozenset()
        self.broken: set[str] = set()

    def check_cycles(self) -> None:
        """Records every local that needs itself, with the way round."""
        for name in self._names:
            way = self._way_back(name)
            if way is not None and name == min(way):
                text = " -> ".join(f"local.{step}" for step in (*way, way[0]))
                self._reader.at_key(Fault("local-cycle", f"locals need one another: {text}"), ("locals", name))
            if way is not None:
                self.broken.add(name)

    def refuse(self, faulty: frozenset[str], broken: set[str]) -> None:
        """Takes note of the templates, and the locals that hold them, whose mistakes were reported."""
        self._faulty = faulty
        self.broken |= broken

    def evaluate_known(self, report: Report) -> None:
        """Evaluates those that need no resource: a mistake is told even where nobody uses the local."""
        self._evaluate_all((name for name in self._in_order() if not self.needs_resources(name)), report)

    def evaluate_rest(self, report: Report) -> None:
        """Evaluates the others as far as they can be, once resources are declared."""
        self._evaluate_all((name for name in self._in_order() if self.needs_resources(name)), report)

    def _evaluate_all(self, names: Iterable[str], report: Report) -> None:
        for name in names:
            if name not in self.broken:
                try:
                    self._evaluate(name, None, report)
                except Broken:
                    self.broken.add(name)

    def _in_order(self) -> Iterable[str]:
        """What is needed first, first: a long chain of locals must not become a deep one of calls."""
        needs = {name: self._needed(name) - self.broken for name in self._names if name not in self.broken}
        return TopologicalSorter(needs).static_order()

    def value(self, name: str, attributes: Attributes | None) -> Value:
        """Raises Missing for a name that is none, and Broken."""
        if name in self._known:
            return self._known[name]
        if name not in self._names:
            raise Missing(f"no local `{name}`")
        if name in self.broken:
            raise Broken
        return self._evaluate(name, attributes, lambda fault, path: None)

    def names(self, name: str) -> tuple[Name, ...]:
        """All names but locals that a local needs, itself or through other locals."""
        found: dict[Name, None] = {}
        seen: set[str] = set()
        left = [name]
        while left:
            local = left.pop()
            if local not in seen:
                seen.add(local)
                left += self._needed(local)
                found.update(dict.fromkeys(one for one in self._names.get(local, ()) if one.root != "local"))
        return tuple(found)

    def needs_resources(self, name: str) -> bool:
        return any(one.root in SECTIONS for one in self.names(name))

    def _evaluate(self, name: str, attributes: Attributes | None, report: Report) -> Value:
        failed: list[Fault] = []

        def note(fault: Fault, path: Path) -> None:
            failed.append(fault)
            report(fault, path)

        scope = Scope(self._world, attributes=attributes, faulty=self._faulty)
        value = evaluate_tree(self._world.locals[name], scope, ("locals", name), note)  # type: ignore[arg-type]
        if failed:
            raise Broken if attributes is None else failed[0]
        if not self.needs_resources(name):
            self._known[name] = value
        return value

    def _way_back(self, name: str) -> list[str] | None:
        """The shortest way from a local through others to itself."""
        ways = [[name]]
        seen: set[str] = set()
        for way in ways:
            for needed in sorted(self._needed(way[-1]) - seen):
                if needed == name:
                    return way
                seen.add(needed)
                ways.append([*way, needed])  # read on by the loop around: breadth first
        return None

    def _needed(self, name: str) -> set[str]:
        return {str(one.steps[0]) for one in self._names.get(name, ()) if one.root == "local" and one.steps}


def names_in(raw: Raw | Value, templates: Templates) -> list[Name]:
    """Every name that the templates in a tree mention; none for a template that cannot be read."""
    found: list[Name] = []
    for _path, text in leaves_of(cast("Value", raw)):
        with suppress(Fault):
            found += templates.parse(text).names
    return found
