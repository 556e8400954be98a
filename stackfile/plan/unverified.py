"""Secrets of which nothing can be told: their digest was made with another key, and no service returns them."""

from __future__ import annotations

from dataclasses import dataclass, field

from stackfile.errors import Diagnostic, Severity
from stackfile.language.stackfile import Resource
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.values import Sealed, leaves, print_path


@dataclass
class Unverified:
    """What was found so far, as text: address and field."""

    seal: Seal
    found: list[str] = field(default_factory=list)

    def look(self, resource: Resource, record: Record) -> None:
        for path, leaf in leaves(record.applied):
            is_other = isinstance(leaf, Sealed) and leaf.kid != self.seal.kid
            if is_other and resource.schema.traits_at(path) & Trait.WRITE_ONLY:
                self.found.append(f"{resource.address} {print_path(path)}")

    def warnings(self) -> tuple[Diagnostic, ...]:
        if not self.found:
            return ()
        says = "these secrets were recorded under another key: it cannot be told whether they changed"
        way_out = (
            "They count as unchanged. Bring the state's own key back, or give them new values: those are sent and"
            " recorded under the present key."
        )
        moved = "If the key was configured since they were applied, bring them under it: stack state rekey"
        help = (*sorted(self.found), way_out, moved)
        return (Diagnostic("secret-unverifiable", says, Severity.WARNING, help=help),)
