"""What a lost state would be rebuilt from: object by object, so that somebody can say yes or no."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from stackfile.plan.rebuilding import Match, Rebuilding
from stackfile.report.json_values import encodable
from stackfile.report.text import count, quoted, safe, table
from stackfile.values import print_path

_NAMED = 3
"""How many differing fields are named before they are counted."""


def rebuilding_text(found: Rebuilding) -> str:
    """Blocks of what is there, of what a person must judge, and of what is not there."""
    blocks = [list(_found(found)), list(_ambiguous(found)), list(_unknown(found)), list(_absent(found))]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return text or "Nothing to do: every resource of the stackfile is in the state."


def _found(found: Rebuilding) -> Iterator[str]:
    if not found.matches:
        return
    yield f"{count(len(found.matches), 'live object')} found by name:"
    rows = [_row(match) for match in found.matches]
    yield from (line.rstrip() for line in table(rows, gap=3))


def _row(match: Match) -> tuple[str, ...]:
    record = match.record
    where = f"{safe(record.provider)} {safe(record.kind)} {quoted(record.name)}"
    return (f"  {safe(str(record.address))}", where, safe(record.id), _differs(match))


def _differs(match: Match) -> str:
    if not match.differs:
        return "as declared"
    named = ", ".join(safe(print_path(path)) for path in match.differs[:_NAMED])
    more = f" and {len(match.differs) - _NAMED} more" if len(match.differs) > _NAMED else ""
    return f"differs: {named}{more}"


def _ambiguous(found: Rebuilding) -> Iterator[str]:
    if found.ambiguous:
        yield "Not told apart, and left alone:"
    for address, ids in found.ambiguous.items():
        yield f"  {safe(str(address))} may be {' or '.join(map(safe, ids))}. Say which:"
        yield f"    stack import {shlex.quote(safe(str(address)))} {shlex.quote(safe(ids[0]))}"


def _unknown(found: Rebuilding) -> Iterator[str]:
    if found.unknown:
        yield "Not looked for:"
    for address, why in found.unknown.items():
        yield f"  {safe(str(address))}: {safe(why)}"


def _absent(found: Rebuilding) -> Iterator[str]:
    if found.absent:
        yield f"Not found live, and to be made by the next apply: {', '.join(map(safe, map(str, found.absent)))}."


def rebuilding_json(found: Rebuilding, serial: int | None) -> dict[str, Any]:
    """`serial` is None while nothing was taken."""
    return encodable(
        {
            "serial": serial,
            "found": [
                {
                    "address": str(match.record.address),
                    "provider": match.record.provider,
                    "kind": match.record.kind,
                    "id": match.record.id,
                    "name": match.record.name,
                    "differs": [print_path(path) for path in match.differs],
                }
                for match in found.matches
            ],
            "ambiguous": {str(address): list(ids) for address, ids in found.ambiguous.items()},
            "unknown": {str(address): why for address, why in found.unknown.items()},
            "absent": [str(address) for address in found.absent],
        }
    )
