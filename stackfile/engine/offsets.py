"""Sends a consumer group elsewhere, at the one provider of a stack that has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from stackfile.engine.preview import Stack
from stackfile.engine.shelter import sheltered
from stackfile.errors import DiagnosticError
from stackfile.sdk.operations import CanResetOffsets, OffsetsMoved, OffsetsReset
from stackfile.spelling import guess


async def reset_offsets(stack: Stack, instance: str | None, request: OffsetsReset) -> Sequence[OffsetsMoved]:
    """Raises DiagnosticError where it cannot be told which provider is meant, and ProviderError as it does."""
    chosen = _chosen(stack, instance)
    connections = stack.connections((await stack.store.read()).state or stack.empty_state())
    try:
        provider = await connections.provider(chosen)
        with sheltered(chosen, "reset_offsets"):
            return await cast(CanResetOffsets, provider).reset_offsets(request)
    finally:
        await connections.close()


def _chosen(stack: Stack, instance: str | None) -> str:
    uses = stack.configuration.providers
    if instance is not None and instance not in uses:
        help = guess(instance, uses, f"Providers of this stack: {', '.join(sorted(uses))}")
        raise DiagnosticError.of("provider-unknown", f"no provider `{instance}` in this stackfile", help)
    types = {name: stack.catalog.provider(use.service) for name, use in sorted(uses.items())}
    able = [name for name, type in types.items() if issubclass(type, CanResetOffsets)]
    if instance is not None and instance in able:
        return instance
    if instance is not None or not able:
        named = f"`{instance}`" if instance is not None else "this stack's providers"
        help = f"What can: {', '.join(able)}" if able else "Reset them where the consumers run."
        raise DiagnosticError.of("operation-unknown", f"{named} cannot reset the offsets of consumers", help)
    if len(able) > 1:
        says = f"{len(able)} providers of this stack have consumer groups: {', '.join(able)}"
        raise DiagnosticError.of("provider-ambiguous", says, f"Say which: --provider {able[0]}")
    return able[0]
