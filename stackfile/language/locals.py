"""Locals: evaluated once each, in whatever order they need one another; those that need a resource, when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from graphlib import TopologicalSorter
from typing import cast

from stackfile.language.evaluate import Report, evaluate_tree
from stackfile.language.findings import Fault
from stackfile.language.leaves import leaves_of
from stackfile.language.reader import Reader
from stackfile.language.scope import Scope, World
from stackfile.language.source import Raw
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
        self._early: dict[str, Value] = {}
        """Of those that need resources: the values while nothing is known of any."""
        self._orders: dict[str, tuple[str, ...]] = {}
        self._reached: dict[str, tuple[Name, ...]] = {}
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

    def evaluate(self, report: Report, is_early: Callable[[Name], bool] = lambda name: False) -> None:
        """Evaluates those for none of whose names it is too early: a mistake is told even where nobody uses one."""
        scope = Scope(self._world, faulty=self._faulty)
        for name in self._in_order():
            if self._needed(name) & self.broken:
                self.broken.add(name)
            elif name not in self._known and not any(map(is_early, self.names(name))):
                self._evaluate_now(name, scope, report)

    def _in_order(self) -> Iterable[str]:
        """What is needed first, first: a long chain of locals must not become a deep one of calls."""
        good = [name for name in self._names if name not in self.broken]
        return TopologicalSorter({name: self._needed(name) - self.broken for name in good}).static_order()

    def _evaluate_now(self, name: str, scope: Scope, report: Report) -> None:
        def note(fault: Fault, path: Path) -> None:
            self.broken.add(name)
            report(fault, path)

        tree = cast("Value", self._world.locals[name])
        value = evaluate_tree(tree, scope, ("locals", name), note)
        if name not in self.broken:
            (self._early if self.needs_resources(name) else self._known)[name] = value

    def value(self, name: str, scope: Scope) -> Value:
        """Raises Missing for a name that is none, and Broken; Fault where it fails with what the scope knows."""
        if name in self._known:
            return self._known[name]
        if name not in self._names:
            raise Missing(f"no local `{name}`")
        if name in self.broken:
            raise Broken
        known = scope.locals if scope.attributes is not None else self._early
        for needed in self._order(name):
            if needed not in known and needed not in self._known:
                known[needed] = self._evaluate(needed, scope)
        return known[name]

    def _order(self, name: str) -> tuple[str, ...]:
        """What a local needs, what is needed first, first; itself at the end."""
        if name not in self._orders:
            self._orders[name] = tuple(TopologicalSorter(self._closure(name)).static_order())
        return self._orders[name]

    def names(self, name: str) -> tuple[Name, ...]:
        """All names but locals that a local needs, itself or through other locals."""
        if name not in self._reached:
            found: dict[Name, None] = {}
            for local in self._closure(name):
                found.update(dict.fromkeys(one for one in self._names.get(local, ()) if one.root != "local"))
            self._reached[name] = tuple(found)
        return self._reached[name]

    def _closure(self, name: str) -> dict[str, set[str]]:
        """What a local needs, itself or through others, each with what it needs itself."""
        needs: dict[str, set[str]] = {}
        left = [name]
        while left:
            local = left.pop()
            if local not in needs:
                needs[local] = self._needed(local)
                left += needs[local]
        return needs

    def needs_resources(self, name: str) -> bool:
        return any(map(self._world.reaches, self.names(name)))

    def _evaluate(self, name: str, scope: Scope) -> Value:
        """The value with what a scope knows. Raises the first Fault."""
        within = Scope(self._world, attributes=scope.attributes, faulty=self._faulty)
        within.locals = scope.locals
        failed: list[Fault] = []
        tree = cast("Value", self._world.locals[name])
        value = evaluate_tree(tree, within, ("locals", name), lambda fault, path: failed.append(fault))
        if failed:
            raise failed[0]
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
