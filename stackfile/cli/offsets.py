"""stack offsets reset: lets a consumer group read again, or skip."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.session import open_desk
from stackfile.engine.offsets import reset_offsets
from stackfile.errors import Diagnostic, Refused
from stackfile.sdk.operations import OffsetsMoved, OffsetsReset

_ENDS: Final[tuple[Literal["earliest"], Literal["latest"]]] = ("earliest", "latest")


@stack_command
@click.argument("group", metavar="GROUP")
@click.option("--to", "target", required=True, metavar="WHERE", help="earliest, latest, a time, or an offset.")
@click.option("--topic", "topics", multiple=True, metavar="NAME", help="Only this topic or stream.")
@click.option("--provider", metavar="NAME", help="Whose group, where several providers have some.")
@click.option("--allow", multiple=True, metavar="data_loss=GROUP", help="Allow what this does to the data.")
def reset(
    options: Options, group: str, target: str, topics: tuple[str, ...], provider: str | None, allow: tuple[str, ...]
) -> Exit:
    """Let a consumer group go on elsewhere: at the earliest event, the latest, the first of a time, or an offset.

    Going back, it reads events a second time; going forward, it never reads those between. Stop the consumers first.
    """
    request = OffsetsReset(group, _where(target), topics)
    _refuse(request, target, provider, allow)
    moved = loop.run(reset_offsets(open_desk(options).stack, provider, request))
    options.put(json.dumps(_json(group, moved), sort_keys=True) if options.json else _text(request, target, moved))
    return Exit.DONE


def _where(text: str) -> Literal["earliest", "latest"] | int | datetime:
    for end in _ENDS:
        if text == end:
            return end
    if text.isdecimal():
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        says = f"{text} is neither earliest nor latest, nor a time as 2026-11-21T09:00Z, nor an offset"
        raise click.BadParameter(says, click.get_current_context(), param_hint="--to") from None
    if at.tzinfo is None:
        says = f"{text} does not say where: write {text}Z for UTC"
        raise click.BadParameter(says, click.get_current_context(), param_hint="--to")
    return at.astimezone(UTC)


def _refuse(request: OffsetsReset, target: str, provider: str | None, allow: Sequence[str]) -> None:
    """What the consumers skip or see twice cannot be undone, so it is said, and allowed by name."""
    if f"data_loss={request.group}" in allow:
        return
    does = "reads again what it has read" if request.to == "earliest" else "skips what lies between, or reads it again"
    topics = "".join(f" --topic {shlex.quote(name)}" for name in request.topics)
    of = f" --provider {shlex.quote(provider)}" if provider is not None else ""
    command = f"stack offsets reset {shlex.quote(request.group)} --to {target}{topics}{of}"
    help = (f"If that is what you want: {command} --allow {shlex.quote(f'data_loss={request.group}')}",)
    says = f"{request.group} would go on at {target}: it {does}; nothing was changed"
    raise Refused([Diagnostic("data-loss-not-allowed", says, help=help)])


def _text(request: OffsetsReset, target: str, moved: Sequence[OffsetsMoved]) -> str:
    from stackfile.report.text import safe, table

    rows = [(safe(_place(one)), f"{_at(one.before)} -> {_at(one.after)}") for one in moved]
    lines = [line.rstrip() for line in table(rows, gap=3)]
    return "\n".join([f"{safe(request.group)} goes on at {target}.", *lines])


def _place(one: OffsetsMoved) -> str:
    return one.topic if one.partition is None else f"{one.topic}/{one.partition}"


def _at(offset: int | None) -> str:
    return "?" if offset is None else f"{offset:,}"


def _json(group: str, moved: Sequence[OffsetsMoved]) -> dict[str, object]:
    offsets = [
        {"topic": one.topic, "partition": one.partition, "before": one.before, "after": one.after} for one in moved
    ]
    return {"format_version": "1.0", "group": group, "offsets": offsets}
