"""The local provider: streams, sources, destinations and pipelines on an engine inside this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackfile_local.provider import Local

__all__ = ["Local"]


def __getattr__(name: str) -> object:
    """The provider is imported when it is asked for: whoever imports a part of the package does not pay for all."""
    if name == "Local":
        from stackfile_local.provider import Local

        return Local
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
