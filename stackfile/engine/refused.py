"""Where in the stackfile stands what a service refused: its own word for a field, found among those that were sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from stackfile.errors import ProviderError
from stackfile.language.stackfile import Configuration
from stackfile.plan.ledger import RefusedField
from stackfile.plan.plan import Change
from stackfile.values import Path, Tree, Value, get, is_list, parse_path


def refused_fields(change: Change, error: ProviderError, configuration: Configuration) -> Iterator[RefusedField]:
    """Each field that was refused, with its place where the file sets it."""
    resource = configuration.resources.get(change.address)
    for refusal in error.fields:
        path = sent_path(refusal.path, refusal.message, change.desired or {})
        place = configuration.span(resource, path) if resource is not None and path is not None else None
        span, source = place if place is not None else (None, "")
        yield RefusedField(refusal.path, refusal.message, span, source)


def sent_path(field: str, message: str, sent: Tree) -> Path | None:
    """The path that a service means by `config.heartbeat.enabled`, where the key is `heartbeat.enabled`.

    In a list it is the item that the message names. None for a notation of the service's own.
    """
    try:
        steps = parse_path(field)
    except ValueError:
        return None
    path = next(_readings(steps, sent), steps)
    found = get(sent, path)
    items = {item: index for index, item in enumerate(found) if isinstance(item, str)} if _is_list(found) else {}
    named = max((item for item in items if item and item in message), key=len, default=None)
    return path if named is None else (*path, items[named])


def _readings(steps: Path, sent: Value) -> Iterator[Path]:
    """The ways in which these steps lead to something that was sent, those of longer keys first."""
    if not steps:
        yield ()
    elif _is_list(sent) and isinstance(steps[0], int) and 0 <= steps[0] < len(sent):
        yield from ((steps[0], *rest) for rest in _readings(steps[1:], sent[steps[0]]))
    elif isinstance(sent, Mapping):
        for count in range(len(steps), 0, -1):
            key = ".".join(map(str, steps[:count]))
            if key in sent:
                yield from ((key, *rest) for rest in _readings(steps[count:], sent[key]))


def _is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    return is_list(value)
