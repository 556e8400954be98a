"""Secrets under a new key: each digest whose secret the stackfile still knows is made anew. Pure; no secret leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Configuration
from stackfile.plan.known import Known
from stackfile.plan.mask import mask
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record, State, StoredOutput
from stackfile.state.secrets import Match, Seal
from stackfile.values import Path, Sealed, Sensitive, Tree, Unknown, Value, contains, print_path


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """The state under the new key. `sealed` counts digests made anew; of `changed` secrets the stackfile has another
    value by now, which the next plan still sees; `stale` ones are under the old key still: nobody knows their text."""

    state: State
    sealed: int = 0
    changed: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


def rekey(configuration: Configuration, order: Iterable[Address], known: Known, old: Seal, new: Seal) -> Rekeyed:
    """`order` has what a resource refers to before it."""
    work = _Work(configuration, known, old, new)
    for address in order:
        if address in configuration.resources:
            work.resolve(address)
    records = {at: work.record(record) for at, record in known.state.records.items()}
    outputs = {name: work.output(name, output) for name, output in known.state.outputs.items()}
    state = replace(known.state, records=records, outputs=outputs)
    return Rekeyed(state, work.sealed, tuple(work.changed), tuple(work.stale))


@dataclass
class _Work:
    configuration: Configuration
    known: Known
    old: Seal
    new: Seal
    desired: dict[Address, Tree] = field(default_factory=dict)
    sealed: int = 0
    changed: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def resolve(self, address: Address) -> None:
        resource, record = self.configuration.resources[address], self.known.state.records.get(address)
        try:
            wish = self.configuration.resolve(resource, self._attributes, record.name if record is not None else None)
        except DiagnosticError:
            return  # what cannot be told now stays as it is
        self.desired[address] = mask(resource.schema, wish)

    def _attributes(self, address: Address) -> Tree | None:
        return self.known.attributes(address, self.desired.get(address))

    def record(self, record: Record) -> Record:
        if not contains(record.applied, Sealed):
            return record
        wish = self.desired.get(record.address, {})
        applied = {key: self._value(one, wish.get(key), record.address, (key,)) for key, one in record.applied.items()}
        return replace(record, applied=applied)

    def output(self, name: str, output: StoredOutput) -> StoredOutput:
        declared = self.configuration.outputs.get(name)
        if not contains(output.value, Sealed):
            return output
        try:
            wish = None if declared is None else self.configuration.resolve_output(declared, self._attributes)
        except DiagnosticError:
            wish = None
        return replace(output, value=self._value(output.value, wish, "outputs", (name,)))

    def _value(self, value: Value, wish: Value, owner: object, path: Path) -> Value:
        if isinstance(value, Sealed):
            return self._sealed(value, wish, owner, path)
        if isinstance(wish, Sensitive):
            wish = wish.value
        if isinstance(value, Mapping):
            inner = wish if isinstance(wish, Mapping) else {}
            return {key: self._value(one, inner.get(key), owner, (*path, key)) for key, one in value.items()}
        if isinstance(value, list | tuple):
            items = wish if isinstance(wish, list | tuple) and len(wish) == len(value) else [None] * len(value)
            pairs = zip(value, items, strict=True)
            return [self._value(one, item, owner, (*path, index)) for index, (one, item) in enumerate(pairs)]
        return value

    def _is_shown(self, owner: object, path: Path) -> bool:
        """Whether the service gives the field back."""
        resource = self.configuration.resources.get(owner) if isinstance(owner, Address) else None
        return resource is not None and not resource.schema.traits_at(path) & (Trait.WRITE_ONLY | Trait.LOCAL)

    def _sealed(self, sealed: Sealed, wish: Value, owner: object, path: Path) -> Sealed:
        if sealed.kid == self.new.kid:
            return sealed  # a run that was killed had come so far
        named, is_shown = f"{owner} {print_path(path)}", self._is_shown(owner, path)
        match = Match.UNVERIFIABLE if wish is None or contains(wish, Unknown) else self.old.matches(sealed, wish)
        if match is Match.SAME:
            self.sealed += 1
            return self.new.seal(wish, assumed=sealed.assumed)
        if match is Match.DIFFERENT:
            self.changed.append(named)
            if is_shown:
                return sealed  # the live value tells the plan what differs
            return self.new.seal(self.new.salts() + self.new.salts())  # equals nothing that anybody can write
        self.stale.append(named)
        return sealed
