"""The Redpanda Connect provider: an engine in streams mode. What it relies on, and how it was seen, is in
docs/providers/redpanda_connect.md."""

from __future__ import annotations

from stackfile_redpanda_connect.provider import RedpandaConnect

__all__ = ["RedpandaConnect"]
