"""What a person and a machine are told of a snapshot."""

from __future__ import annotations

from typing import Any

from stackfile.report.text import safe
from stackfile.sdk.operations import SnapshotProgress


def progress_text(address: str, seen: SnapshotProgress) -> str:
    """`sources.orders_pg  snapshot running 1/2  public.refunds done, refund_items`."""
    total = len(seen.done) + len(seen.left)
    state = f"snapshot {safe(seen.state)}" + (f" {len(seen.done)}/{total}" if total else "")
    done = f"{', '.join(map(safe, seen.done))} done" if seen.done else ""
    tables = ", ".join([done] * bool(done) + [safe(one) for one in seen.left])
    return "  ".join(part for part in (address, state, tables) if part)


def progress_json(address: str, seen: SnapshotProgress) -> dict[str, Any]:
    return {
        "format_version": "1.0",
        "address": address,
        "state": seen.state,
        "running": seen.is_running,
        "failed": seen.has_failed,
        "done": list(seen.done),
        "left": list(seen.left),
    }
