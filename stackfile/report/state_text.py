"""What the state's own commands say: what moved, what is forgotten, which copies there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackfile.address import Address
from stackfile.plan.rekeying import Rekeyed
from stackfile.plan.rescoping import Rescoping
from stackfile.report.json_values import encodable
from stackfile.report.moments import minute, rfc3339
from stackfile.report.text import count, quoted, safe, table
from stackfile.state.format import Record, State
from stackfile.state.store import Generation

_RIGHT = frozenset({0, 3})
_NAMED = 10
"""How many addresses are named before they are counted."""


def moved_text(moves: Mapping[Address, Address], serial: int) -> str:
    """`Moved` lines, and the serial."""
    rows = [(f"Moved  {safe(str(old))}", f"-> {safe(str(new))}") for old, new in moves.items()]
    return "\n".join([*table(rows, gap=1), f"The state is serial {serial}. No object was touched. Next: stack plan"])


def forgotten_text(records: Sequence[Record], serial: int) -> str:
    rows = [
        (
            f"Forgotten  {safe(str(one.address))}",
            f"{quoted(one.name)} stays alive in {safe(one.provider)}: {safe(one.id)}{' (deposed)' if number else ''}",
        )
        for record in records
        for number, one in enumerate(record.objects)
    ]
    first = records[0]
    return "\n".join(
        [
            *table(rows, gap=3),
            f"The state is serial {serial}. What the stackfile still declares is wanted anew by the next plan.",
            f"To take one back: stack import {safe(str(first.address))} {safe(first.id)}",
        ]
    )


def history_text(generations: Sequence[Generation], current: int | None) -> str:
    """A table, newest first; `current` is the serial of the state as it is, None where it cannot be read."""
    if not generations:
        return "No copy is kept yet: the first apply makes one.\n"
    rows: list[tuple[str, ...]] = [("SERIAL", "WRITTEN", "BY", "SIZE", "INTACT", "COMMAND")]
    rows += [_generation(one, current) for one in generations]
    lines = table(rows, right=_RIGHT)
    return "\n".join([*lines, "", "To go back to one: stack state rollback SERIAL"]) + "\n"


def _generation(one: Generation, current: int | None) -> tuple[str, ...]:
    intact = "DAMAGED" if not one.intact else "yes, current" if one.serial == current else "yes"
    command = f"`{safe(one.author.command)}`" if one.author.command else "-"
    return (str(one.serial), minute(one.at), safe(one.author.by) or "-", _size(one.size), intact, command)


def _size(size: int) -> str:
    return f"{size:,} B" if size < 10_000 else f"{size / 1000:,.0f} kB"


def generation_json(one: Generation, current: int | None) -> dict[str, Any]:
    return encodable(
        {
            "serial": one.serial,
            "at": rfc3339(one.at),
            "size": one.size,
            "intact": one.intact,
            "current": one.serial == current,
            "by": one.author.by,
            "command": one.author.command,
        }
    )


def restored_text(after: State, was: str, lost: Iterable[Record], dropped: int) -> str:
    """After a rollback or a push. `was` says what the state is a copy of; `lost` are records that it does not have."""
    lines = [f"The state is {was}, as serial {after.serial}: {count(len(after.records), 'resource')}."]
    for one in lost:
        lines.append(f"No longer in the state: {safe(str(one.address))} ({safe(one.id)}). Its object is not touched.")
    if dropped:
        lines.append(
            f"{count(dropped, 'entry', 'entries')} of the journal could not be used; the files are kept as *.damaged."
        )
    return "\n".join([*lines, "See what live says to that before you apply: stack plan"])


def edited_json(state: State, **more: Any) -> dict[str, Any]:
    """What every command that writes the state says to a program."""
    return encodable({"serial": state.serial, "lineage": state.lineage, **more})


def rescoping_text(one: Rescoping) -> str:
    """Where the provider is connected, where its records say it was, and whether their objects are there."""
    where = f"connected to {safe(one.scope)}" if one.scope else "new and empty"
    lines = [f"{safe(one.provider)} is {where}. By the state its objects are in:"]
    lines += [f"  {safe(scope)}   {count(number, 'record')}" for scope, number in Counter(one.moves.values()).items()]
    there = len(one.moves) - len(one.missing)
    lines.append(f"Of these {count(len(one.moves), 'object')} {there:,} {'is' if there == 1 else 'are'} there by id.")
    for address in one.missing[:_NAMED]:
        lines.append(f"  Not there: {safe(str(address))}. The next plan makes it anew; an old one may live on.")
    if len(one.missing) > _NAMED:
        lines.append(f"  And {len(one.missing) - _NAMED:,} more.")
    for address in one.open:
        lines.append(f"  A call on {safe(str(address))} has no recorded answer; what it did there is not looked at.")
    return "\n".join(lines)


def rescoping_json(one: Rescoping, serial: int | None) -> dict[str, Any]:
    return encodable(
        {
            "provider": one.provider,
            "scope": one.scope,
            "from": {str(address): scope for address, scope in one.moves.items()},
            "missing": [str(address) for address in one.missing],
            "open": [str(address) for address in one.open],
            "serial": serial,
        }
    )


def rekeyed_text(done: Rekeyed) -> str:
    lines = [f"{count(done.sealed, 'secret')} under the new key. The state is serial {done.state.serial}."]
    if done.changed:
        lines.append("The stackfile has another value than was applied, and the next apply sends it:")
        lines += [f"  {safe(named)}" for named in done.changed]
    if done.stale:
        lines.append(
            "Still under the old key, as the stackfile does not know them; whether they change cannot be told:"
        )
        lines += [f"  {safe(named)}" for named in done.stale]
        lines.append("To have one recorded anew: stack apply --resend ADDRESS")
    return "\n".join(lines)


def rekeyed_json(done: Rekeyed) -> dict[str, Any]:
    return edited_json(done.state, sealed=done.sealed, changed=list(done.changed), stale=list(done.stale))
