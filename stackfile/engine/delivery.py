"""Gives a secret that a service shows once to whom the stackfile says, before the object counts as made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.sdk.delivery import Delivered, DeliverTo
from stackfile.sdk.provider import Kind, Live
from stackfile.values import Tree

FIELD: Final = "deliver_to"
PHASE: Final = "delivered"
"""What the journal says of an intent whose secret has reached its place."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes where. `shown` is plain: the id and the secrets, by field."""

    to: DeliverTo
    shown: Mapping[str, Any]


Deliver = Callable[[Delivery], Awaitable[None]]
"""Returns when it has arrived for good. Raises OSError, with words for the user and without the secret."""


async def nobody_delivers(delivery: Delivery) -> None:
    """For commands that make nothing."""
    raise OSError("nothing can be delivered here")


def delivery_of(kind: Kind[Any], typed: object, live: Live) -> Delivery | None:
    """What is to be delivered of an object that was just made. None: nothing was asked for."""
    if not isinstance(typed, Delivered) or typed.deliver_to is None:
        return None
    shown = {name: live.fields[name] for name in kind.traits.shown_once if live.fields.get(name) is not None}
    return Delivery(typed.deliver_to, {"id": live.id, **shown})


def undelivered(applied: Tree) -> Tree:
    """What was applied to an object whose secret reached nobody: the next plan replaces it."""
    return {name: value for name, value in applied.items() if name != FIELD}


def not_delivered(address: Address, id: str, why: str) -> DiagnosticError:
    says = f"{address} was made as {id}, and its secret was not delivered: {why}"
    help = ("It is not shown a second time. The next apply makes a new object in its place: stack apply",)
    return DiagnosticError([Diagnostic("secret-not-delivered", says, address=str(address), help=help)])
