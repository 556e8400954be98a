"""What a module is given: its variables with their values, checked against what the module declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from stackfile.address import Address
from stackfile.language.called import Call, ModuleInstance
from stackfile.language.declared import Instance
from stackfile.language.evaluate import evaluate_known
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.leaves import leaves_of
from stackfile.language.locals import names_in
from stackfile.language.module_file import ModuleFile
from stackfile.language.names import LOCAL, Site
from stackfile.language.passed import PassedValue
from stackfile.language.reader import describe
from stackfile.language.references import Referrer
from stackfile.language.scope import Scope
from stackfile.language.secrets import secret_texts, texts
from stackfile.language.source import Raw
from stackfile.language.template import Space
from stackfile.language.unit import Unit
from stackfile.language.variables import RESOURCES, Broken, Variables, check_allowed, checked, read_declaration, type_of
from stackfile.values import Path, Ref, Sensitive, Unknown, Value

_ANYBODY = Instance(Address("modules", "any"), None, enabled=False)
"""Whoever uses what a module is given is checked when it does."""

_NO_FROM = "a module's variable has no `from`: whoever uses the module gives the value"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A variable as the module declares it. `type` empty: it takes anything, a resource too."""

    name: str
    entry: Mapping[str, Raw]
    type: str
    place: str

    @property
    def sensitive(self) -> bool:
        return self.entry.get("sensitive") is True

    @property
    def kinds(self) -> tuple[str, ...] | None:
        """The sections that a resource may be of; empty for any. None: it takes a value."""
        if self.type not in RESOURCES:
            return None
        return () if self.type == "resource" else (f"{self.type}s",)

    def take(self, value: Value) -> Value:
        """The value as the module sees it. Raises Fault where it is of another type."""
        inner = value.value if isinstance(value, Sensitive) else value
        if isinstance(inner, Space):
            if self.type:
                raise inner.no_value()
            return value
        if not isinstance(inner, Unknown):
            self._check(inner)
        return Sensitive(inner) if self.sensitive and not isinstance(value, Sensitive) else value

    def _check(self, value: Value) -> None:
        try:
            if self.type and not (value is None and "default" in self.entry and self.entry["default"] is None):
                checked(value, self.type, "")
            check_allowed(value, self.entry)
        except Fault as fault:
            if fault.code == "type-wrong":
                article = "an" if self.type == "int" else "a"
                fault.message = f"`{self.name}` takes {article} {self.type}, not {describe(value)}"
            fault.help = (*fault.help, f"declared at {self.place}")
            raise


@dataclass
class Given:
    """The variables of one module instance. What needs resources is looked at once all of those are known."""

    variables: Variables
    passed: dict[str, PassedValue] = field(default_factory=dict)
    later: list[Callable[[], None]] = field(default_factory=list)


def give(call: Call, instance: ModuleInstance, file: ModuleFile, user: Unit) -> Given:
    """The variables of an instance, as the unit that uses the module gives them."""
    return _Giving(call, instance, file, user).given()


class _Giving:
    def __init__(self, call: Call, instance: ModuleInstance, file: ModuleFile, user: Unit) -> None:
        self._call = call
        self._instance = instance
        self._file = file
        self._user = user
        self._values: dict[str, Value] = {}
        self._broken: set[str] = set()
        self._result = Given(Variables({}, frozenset(), frozenset()))

    def given(self) -> Given:
        written = self._user.reader.map(self._call.entry.get("variables"), (*self._call.path, "variables"))
        wanted = {name: self._wanted(name, raw) for name, raw in self._file.structure.variables.items()}
        for name in written:
            if name not in wanted:
                self._report_key(_unknown(name, wanted), ("variables", name))
        for name, one in wanted.items():
            if name in written:
                self._give(one, cast("Value", written[name]))
            else:
                self._default(one)
        sensitive = frozenset(name for name, one in wanted.items() if one.sensitive)
        self._result.variables = Variables(self._values, frozenset(self._broken), sensitive)
        return self._result

    def _wanted(self, name: str, raw: Raw) -> _Wanted:
        reader = self._file.reader
        entry = read_declaration(name, raw, reader, RESOURCES)
        path: Path = ("variables", name)
        if "from" in entry:
            reader.at_key(Fault("field-misplaced", _NO_FROM), (*path, "from"), f"variables.{name}")
        said = str(entry["type"]) if "type" in entry else ""
        type_ = said or ("" if entry.get("default") is None else type_of(entry["default"]))
        if entry.get("sensitive") is True:
            reader.findings.hide(texts(entry.get("default")))
        return _Wanted(name, entry, type_, str(reader.document.key_place(path)[0]))

    def _default(self, wanted: _Wanted) -> None:
        if "default" not in wanted.entry:
            help = (f"declared at {wanted.place}",)
            label = f"write variables: {{{wanted.name}: ...}}"
            fault = Fault("module-input-missing", f"the module needs `{wanted.name}`", label, help)
            self._report_key(fault, ("variables",))
            self._broken.add(wanted.name)
            return
        try:
            value = cast("Value", wanted.entry["default"])
            self._values[wanted.name] = value if value is None and not wanted.sensitive else wanted.take(value)
        except Fault as fault:
            self._file.reader.at_value(fault, ("variables", wanted.name, "default"), f"variables.{wanted.name}")
            self._broken.add(wanted.name)

    def _give(self, wanted: _Wanted, tree: Value) -> None:
        names = names_in(tree, self._user.world.templates)
        reaches = any(map(self._user.world.reaches, names))
        if wanted.kinds is not None or reaches:
            self._result.later.append(self._pass(wanted, tree, reaches=True))
            return
        if any(name.root == "providers" for name in names):
            self._pass(wanted, tree, reaches=False)()
            return
        faulty = self._checked(wanted.name, tree)
        scope = Scope(self._user.world, self._instance.each, faulty=faulty)
        try:
            value = evaluate_known(tree, scope, (), lambda fault, path: self._report(wanted.name, fault, path))
            self._values[wanted.name] = value = wanted.take(value)
            self._user.reader.findings.hide(secret_texts(value))
        except Fault as fault:
            self._report(wanted.name, fault)
            self._broken.add(wanted.name)
        except Broken:
            self._broken.add(wanted.name)

    def _pass(self, wanted: _Wanted, tree: Value, *, reaches: bool) -> Callable[[], None]:
        """Gives what is worked out when somebody asks; to be called when that can be looked at."""
        address = f"var.{wanted.name} of {self._instance.address}"
        passed = PassedValue(address, tree, self._user.world, wanted.take, self._instance.each, reaches=reaches)
        self._result.passed[wanted.name] = passed

        def settle() -> None:
            passed.faulty = self._checked(wanted.name, tree)
            try:
                if wanted.kinds is not None:
                    passed.target = self._target(wanted, tree, passed.faulty)
                else:
                    value = passed.value(Scope(self._user.world))
                    if not isinstance(value, Space):
                        self._user.reader.findings.hide(secret_texts(value))
                return
            except Fault as fault:
                self._report(wanted.name, fault)
            except Broken:
                pass
            passed.broken = True

        return settle

    def _target(self, wanted: _Wanted, tree: Value, faulty: frozenset[str]) -> Instance:
        """The resource that is given. Raises Fault and Broken."""
        scope = Scope(self._user.world, self._instance.each, faulty=faulty)
        try:
            read = self._user.references.read(tree, Referrer(_ANYBODY, scope, (wanted.name,), wanted.kinds or ()))
        except Fault as fault:
            fault.help = (*fault.help, f"declared at {wanted.place}")
            raise
        if not isinstance(read, list):
            raise Fault("type-wrong", f"`{wanted.name}` takes a resource of this stack, not the id of another one")
        return self._user.world.every[cast("Ref", read[0]).address]

    def _checked(self, name: str, tree: Value) -> frozenset[str]:
        """The templates in a value that have a mistake, which is reported."""
        roots = (*LOCAL, "each") if self._call.repeated else LOCAL
        leaves = leaves_of(tree)
        site = Site(roots, "a module's variables", field="variables")
        return self._user.check.check(leaves, site, lambda fault, path: self._report(name, fault, path))

    def _report(self, name: str, fault: Fault, path: Path = ()) -> None:
        at = (*self._call.path, "variables", name, *path)
        self._user.reader.at_value(fault, at, self._instance.address)

    def _report_key(self, fault: Fault, path: Path) -> None:
        self._user.reader.at_key(fault, (*self._call.path, *path), self._instance.address)


def _unknown(name: str, wanted: Mapping[str, _Wanted]) -> Fault:
    label = did_you_mean(name, wanted)
    help = () if label or not wanted else (f"variables of the module: {listing(wanted)}",)
    return Fault("module-input-unknown", f"the module has no variable `{name}`", label, help)
