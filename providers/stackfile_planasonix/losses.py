"""What a change of a stream does to the data, and what is odd about a stream as it is written.

What a replication slot, a consumer group and a webhook lose follows from how they work (docs.planasonix.com,
streaming/cdc-sources and streaming/overview).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from stackfile.errors import Severity
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import Effect, Impact
from stackfile.spelling import closest
from stackfile.values import Path, Sensitive, Tree, Unknown, Value

KNOWN_TYPES: Final = ("postgres_cdc", "mysql_cdc", "sqlserver_cdc", "kafka", "webhook")
_CDC = "_cdc"
_SLOTS = ("postgres_cdc",)
_IDLE = ("paused", "stopped")
_WAL = "its source keeps its write-ahead log for it, which grows until the stream goes on or is deleted"


def effect(verb: str, live: Mapping[str, Any], changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
    """None: nothing is to be said."""
    kind = str(live.get("source_type") or "")
    if verb == "update":
        return _of_run_state(*changed.get(("status",), (None, None))) if kind in _SLOTS else None
    if kind.endswith(_CDC):
        return Effect(Impact.DATA_LOSS, _lost(verb, live, kind) + _instead(verb, changed))
    if kind == "kafka":
        again = "A new stream reads its topics from where its config says, not from where this one is."
        return Effect(Impact.REPROCESS, again if verb == "replace" else "Its position in its topics is given up.")
    if kind == "webhook":
        return Effect(Impact.RESTART, "Nobody takes what is sent to it meanwhile.") if verb == "replace" else None
    return Effect(Impact.REPROCESS, "A new stream begins anew.") if verb == "replace" else None


def between(live: Mapping[str, Any]) -> str:
    """One that did not run captured nothing before, either."""
    captured = str(live.get("source_type") or "").endswith(_CDC) and live.get("status") == "running"
    return "No changes of its tables are captured" if captured else ""


def _of_run_state(before: Value, after: Value) -> Effect | None:
    """A slot that nobody reads holds back the database's write-ahead log, whatever the stream does about it."""
    if after in _IDLE:
        return Effect(says=f"While it is {after} {_WAL}.")
    return Effect(says="WAL grows meanwhile.") if before in (*_IDLE, "error") else None


def _lost(verb: str, live: Mapping[str, Any], kind: str) -> str:
    config = live.get("config")
    slot = config.get("slot_name") if isinstance(config, Mapping) else None
    what = f"drops replication slot {slot}" if isinstance(slot, str) else "drops its replication slot"
    if kind not in _SLOTS:
        what = "gives up its position in the source's log"
    end = "the new stream's snapshot" if verb == "replace" else "another stream's snapshot"
    return f"Deleting the stream {what}: changes made until {end} are lost."


def _instead(verb: str, changed: Mapping[Path, tuple[Value, Value]]) -> str:
    """The way without a loss, where all that changes is that tables come."""
    if verb != "replace" or set(changed) != {("config", "tables")}:
        return ""
    before, after = changed["config", "tables"]
    if not isinstance(before, list | tuple) or not isinstance(after, list | tuple):
        return ""
    new = [str(one) for one in after if one not in before and not isinstance(one, Unknown | Sensitive)]
    if not new or any(one not in after for one in before):
        return ""
    return f" Instead: leave this stream and add a second one for {', '.join(new)}."


def review(tree: Tree) -> Iterable[Problem]:
    kind = tree.get("source_type")
    if not isinstance(kind, str):
        return
    if kind not in KNOWN_TYPES and not kind.endswith(_CDC):
        best = closest(kind, KNOWN_TYPES)
        help = (f"did you mean {best}?",) if best else ()
        says = f"{kind} is no source type that is documented: it is sent as it is written"
        yield Problem("source-type-unlisted", ("source_type",), says, help=help, severity=Severity.WARNING)
    if kind.endswith(_CDC) and tree.get("connection") is None:
        says = f"a {kind} stream needs a connection in practice"
        yield Problem("connection-advised", ("source_type",), says, severity=Severity.WARNING)
    if kind in _SLOTS and tree.get("status") == "paused":
        yield Problem("wal-grows", ("status",), f"while it is paused {_WAL}", severity=Severity.WARNING)
