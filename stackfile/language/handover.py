"""Reads `moved`, `removed` and `imports`, and finds what is wrong with them in the light of what is declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from stackfile.address import Address
from stackfile.language.findings import Fault, did_you_mean
from stackfile.language.moved import SECTIONS, Handover, Import, Moved, Removed, Spot
from stackfile.language.reader import Reader, describe
from stackfile.language.source import Raw
from stackfile.values import Path, Value

T = TypeVar("T")


@dataclass(frozen=True)
class Declared:
    """The addresses of the stackfile, the disabled ones too. `is_declared` knows declarations without instances."""

    enabled: Collection[Address]
    disabled: Collection[Address]
    is_declared: Callable[[Address], bool]

    def __contains__(self, spot: Spot) -> bool:
        """Whether anything of what a whole spot covers, or else the very address, is declared."""
        if spot.address is None:
            return any(spot.covers(address) for address in self._all)
        if spot.address in self._all:
            return True
        return spot.is_whole and (spot.address in self._declarations or self.is_declared(spot.address))

    @cached_property
    def _all(self) -> frozenset[Address]:
        return frozenset((*self.enabled, *self.disabled))

    @cached_property
    def _declarations(self) -> frozenset[Address]:
        return frozenset(address.declaration for address in self._all)

    def proposal(self, address: Address) -> str:
        return did_you_mean(str(address), map(str, self.enabled))


@dataclass(frozen=True)
class HandoverReader:
    """`known` evaluates what may be a template and must be known at plan; None where it cannot, which is reported."""

    root: Mapping[str, Raw]
    reader: Reader
    declared: Declared
    known: Callable[[Raw, Path], Value]

    def read(self) -> Handover:
        if not any(section in self.root for section in SECTIONS):
            return Handover()
        moved = self._each("moved", self._moved)
        self._check_moves(moved)
        removed = self._each("removed", self._removed)
        imports = self._each("imports", self._import)
        self._check_imports(imports)
        return Handover(tuple(moved.values()), tuple(removed.values()), tuple(imports.values()))

    def _each(self, section: str, read: Callable[[Mapping[str, Raw], Path], T | None]) -> dict[Path, T]:
        """The entries of a section by their paths, without those that are of no use."""
        raw = self.root.get(section)
        if raw is not None and not isinstance(raw, list):
            self.reader.wrong(raw, (section,), "a list")
            return {}
        found: dict[Path, T] = {}
        for at, entry in enumerate(raw or ()):
            path: Path = (section, at)
            if not isinstance(entry, dict):
                fault = Fault("type-wrong", f"an entry of `{section}` is a map, not {describe(entry)}")
                self.reader.at_value(fault, path)
            elif (one := read(entry, path)) is not None:
                found[path] = one
        return found

    def _moved(self, entry: Mapping[str, Raw], path: Path) -> Moved | None:
        self.reader.check_keys(entry, path, ("from", "to"), ())
        before, after = (self._spot(entry, path, key) for key in ("from", "to"))
        if before is None or after is None:
            return None
        move = Moved(before, after, self.reader.document.value_place((*path, "from")))
        wrong = _unfit(move)
        if wrong:
            self._fault(Fault("moved-wrong", wrong), (*path, "to"))
            return None
        if before in self.declared and not (before.is_whole and not after.is_whole and _is_repeated(before, self)):
            says = f"{before} is still declared, and `moved` says that it is {after} now"
            help = ("Take the declaration away, or this entry.",)
            self._fault(Fault("moved-declared", says, "", help), (*path, "from"))
        return move

    def _check_moves(self, moves: Mapping[Path, Moved]) -> None:
        befores: dict[Spot, Moved] = {}
        afters: dict[Spot, Moved] = {}
        for path, move in moves.items():
            self._once(befores, move.before, move, (*path, "from"), "moves twice")
            self._once(afters, move.after, move, (*path, "to"), "is where two addresses move to")
        cyclic: set[Moved] = set()
        for path, move in moves.items():
            if move.after not in befores and move.after not in self.declared:
                self._unknown("moved-unknown", move.after, (*path, "to"))
            chain = [move]
            while (further := befores.get(chain[-1].after)) is not None and further not in chain:
                chain.append(further)
            if further is move and not cyclic.issuperset(chain):
                cyclic.update(chain)
                says = f"these moves lead back to their start: {' -> '.join(str(one.before) for one in (*chain, move))}"
                self._fault(Fault("moved-cycle", says, "", ("Take one of these entries away.",)), (*path, "from"))

    def _once(self, seen: dict[Spot, Moved], spot: Spot, move: Moved, path: Path, says: str) -> None:
        other = seen.setdefault(spot, move)
        if other is not move:
            where = f"; the other entry is at {other.place[0]}" if other.place is not None else ""
            help = ("Take one of the two entries away.",)
            self._fault(Fault("moved-twice", f"{spot} {says}{where}", "", help), path)

    def _removed(self, entry: Mapping[str, Raw], path: Path) -> Removed | None:
        self.reader.check_keys(entry, path, ("address", "destroy"), ())
        spot = self._spot(entry, path, "address")
        destroy = self.reader.flag(entry.get("destroy", True), (*path, "destroy"))
        if spot is None:
            return None
        if spot in self.declared:
            says = f"{spot} is still declared, and `removed` says that it is not"
            help = ("Take the declaration away, or this entry.",)
            self._fault(Fault("removed-declared", says, "", help), (*path, "address"))
        return Removed(spot, destroy, self.reader.document.value_place((*path, "address")))

    def _import(self, entry: Mapping[str, Raw], path: Path) -> Import | None:
        self.reader.check_keys(entry, path, ("to", "id", "name"), ())
        spot = self._spot(entry, path, "to")
        forms = [key for key in ("id", "name") if entry.get(key) is not None]
        if len(forms) != 1:
            says = "an import takes either `id` or `name`: how to find the object"
            self._fault(Fault("import-form", says, "", (f"write:  {{to: {spot or '...'}, id: ...}}",)), path)
            return None
        found = self._text(entry[forms[0]], (*path, forms[0]))
        if spot is None or found is None:
            return None
        if spot.address is None or spot.address not in self.declared.enabled:
            self._unknown("import-unknown", spot, (*path, "to"))
            return None
        place = self.reader.document.value_place((*path, forms[0]))
        return Import(spot.address, place=place, **{forms[0]: found})

    def _check_imports(self, imports: Mapping[Path, Import]) -> None:
        targets: dict[Address, Import] = {}
        for path, one in imports.items():
            other = targets.setdefault(one.to, one)
            if other is not one:
                where = f" as {other.wanted} at {other.place[0]}" if other.place is not None else ""
                help = ("Take one of the two entries away.",)
                self._fault(Fault("import-twice", f"{one.to} is imported twice: also{where}", "", help), (*path, "to"))

    def _text(self, raw: Raw, path: Path) -> str | None:
        """Text, or a number as it is written, that may come of a template."""
        value = self.known(raw, path)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is not None or raw == "":
            self._fault(Fault("type-wrong", f"`{path[-1]}` takes text, not {describe(value)}"), path)
        return None

    def _spot(self, entry: Mapping[str, Raw], path: Path, key: str) -> Spot | None:
        if key not in entry:
            help = (f"add:  {key}: sources.name",)
            self.reader.at_key(Fault("field-missing", f"`{key}` is required", "", help), path)
            return None
        text = self.reader.text(entry[key], (*path, key))
        if text is None:
            return None
        try:
            return Spot.parse(text)
        except ValueError as error:
            help = ("An address is section.key, and for an instance section.key/instance.",)
            self._fault(Fault("address-wrong", str(error), "", help), (*path, key))
        return None

    def _unknown(self, code: str, spot: Spot, path: Path) -> None:
        address, label, help = spot.address, "", "Declare it, or take this entry away."
        if address in self.declared.disabled:
            says = f"{spot} is disabled"
            help = "Enable it, or take this entry away."
        elif code == "import-unknown" and spot in self.declared:
            repeated = any(one.declaration == address for one in self.declared.enabled)
            says = f"{spot} has instances; an import is of one of them" if repeated else f"{spot} manages no object"
            help = f"write:  {spot}/KEY" if repeated else "Take this entry away, or `existing:` of the declaration."
        else:
            says = f"there is no {spot} in this stackfile"
            label = self.declared.proposal(address) if address is not None else ""
        self._fault(Fault(code, says, label, (help,)), path)

    def _fault(self, fault: Fault, path: Path) -> None:
        self.reader.at_value(fault, path)


def _unfit(move: Moved) -> str:
    """Why one end of a move does not fit the other; empty where it does."""
    before, after = move.before, move.after
    if before == after:
        return f"{before} moves to itself"
    if (before.address is None) != (after.address is None):
        return f"{before} cannot become {after}: one of them is a module, the other is not"
    if before.address is not None and after.address is not None and before.address.section != after.address.section:
        return f"{before} cannot become {after}: an object stays in its section"
    return ""


def _is_repeated(spot: Spot, at: HandoverReader) -> bool:
    """Whether the file has instances of it, and not the resource without an instance key."""
    return spot.address is not None and all(
        spot.address not in some for some in (at.declared.enabled, at.declared.disabled)
    )
