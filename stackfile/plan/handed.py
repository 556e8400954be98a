"""What a plan takes over beside its changes: records under new addresses, imported objects, objects that are let go."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.moved import Handover, Import
from stackfile.language.stackfile import Configuration, Resource
from stackfile.plan.decide import stays
from stackfile.plan.imports import adopt, as_live, with_imports
from stackfile.plan.known import Known
from stackfile.plan.moves import Moves, Removals
from stackfile.plan.observed import Observed
from stackfile.plan.plan import Change, Importing
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal
from stackfile.values import Tree, print_path


@dataclass(frozen=True, slots=True)
class Handed:
    """`importing` grows more exact as resources are resolved."""

    moves: Moves
    removals: Removals
    importing: dict[Address, Importing]
    wanted: dict[Address, Import] = field(default_factory=dict)

    @classmethod
    def of(cls, handover: Handover, moves: Moves) -> Handed:
        return cls(moves, Removals.of(handover), {})

    def take_in(
        self,
        configuration: Configuration,
        state: State,
        observed: Observed,
        wanted: Iterable[Import],
        left_out: Collection[Address],
    ) -> State:
        """The state with the objects that are imported. Raises DiagnosticError for those that cannot be."""
        chosen = [one for one in wanted if one.to not in left_out]
        self.wanted.update({one.to: one for one in chosen})
        self.importing.update(adopt(chosen, configuration, state, observed) if chosen else {})
        return with_imports(state, configuration, self.importing)

    def record(self, resource: Resource, desired: Tree, record: Record, known: Known, seal: Seal) -> Record:
        """The record of a resource; that of an imported one says what is live at the paths that the file sets."""
        importing = self.importing.get(resource.address)
        live = known.live(record) if importing is not None else None
        if importing is None or live is None:
            return record
        self.importing[resource.address] = as_live(importing, resource.schema, desired, live, seal)
        return replace(record, applied=self.importing[resource.address].applied)

    def change(self, record: Record | None, verdict: Change | Tree, known: Known) -> Change | None:
        """The change of a resource. None: there is none, and it is not imported either.

        Raises DiagnosticError where an object would be imported in order to be replaced.
        """
        importing = self.importing.get(record.address) if record is not None else None
        if record is None or importing is None:
            return verdict if isinstance(verdict, Change) else None
        if isinstance(verdict, Change):
            if verdict.replaces:
                raise DiagnosticError([_replaces(verdict, self.wanted[record.address])])
            return replace(verdict, importing=importing)
        return replace(_stays(record, known), importing=replace(importing, applied=verdict))

    def take_along(self, changes: Mapping[Address, Change], known: Known) -> dict[Address, Change]:
        """The changes with where their resources were; what only moves is a change too."""
        out = dict(changes)
        for before, address in self.moves.pairs.items():
            record, change = known.state.records.get(address), out.get(address)
            if change is None and record is not None:
                change = _stays(record, known)
            if change is not None:
                out[address] = replace(change, previous_address=before)
        return out


def _replaces(change: Change, wanted: Import) -> Diagnostic:
    span, source = wanted.place if wanted.place is not None else (None, None)
    forcing = ", ".join(f"`{print_path(one.path)}`" for one in change.fields if one.forces_replacement)
    why = f" for {forcing}" if forcing else f": {change.reason_says}" if change.reason_says else ""
    return Diagnostic(
        "import-replaces",
        f"{change.id} would be imported and replaced at once{why}",
        span=span,
        source=source,
        address=str(change.address),
        help=(
            "Nothing of it would be left. Write in the stackfile what is live there, and change it after the import.",
            f"If it shall be replaced: stack import {shlex.quote(str(change.address))} {change.id}, then stack apply",
        ),
    )


def _stays(record: Record, known: Known) -> Change:
    return stays(record, known.schema(record), known.live(record))
