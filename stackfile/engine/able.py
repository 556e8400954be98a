"""Which objects of a state can do more than the five verbs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import in_file_order
from stackfile.language.stackfile import Catalog
from stackfile.state.format import Record, State


def able(
    catalog: Catalog, ability: tuple[str, type], state: State, records: Sequence[Record], exact: Collection[Address]
) -> list[Record]:
    """Those records whose kind has the ability, a verb and its protocol.

    Raises DiagnosticError for a record that was named one by one (`exact`) and has it not, and where none has it.
    """
    verb, protocol = ability

    def is_able(record: Record) -> bool:
        return issubclass(catalog.kinds(record.service, record.section)[record.kind], protocol)

    found = [record for record in records if is_able(record)]
    unable = [record for record in records if not is_able(record) and (record.address in exact or not found)]
    if not unable:
        return found
    others = ", ".join(str(a) for a in in_file_order(a for a, record in state.records.items() if is_able(record)))
    help = f"What can: {others}" if others else f"Nothing in this stack can. {verb} works on what moves data."
    raise DiagnosticError(
        [
            Diagnostic("operation-unknown", _cannot(record, verb), address=str(record.address), help=(help,))
            for record in unable
        ]
    )


def _cannot(record: Record, verb: str) -> str:
    return f"{record.address}: a {record.service} {record.kind} has no `{verb}`"
