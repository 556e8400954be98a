"""What the service's metrics say, as measures and as the progress of snapshots: pure, but for the asking itself.

Of the answer's shape only some names are documented (API quickstart, "Monitor Pipeline Health"; API reference,
sources/get-metrics-for-sources), so it is read loosely: what is missing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from stackfile.errors import NotFound
from stackfile.sdk.measures import Measured, Unit, known, lag
from stackfile.sdk.operations import Part, SnapshotProgress
from stackfile.sdk.rest import RestClient
from stackfile_streamkap.kinds import topic_ids

AT_ONCE: Final = 100
"""Ids in one question for many: more would make the address too long for gateways."""
_GOING = ("running", "pending", "submitted", "started", "in_progress")
_DONE = ("completed", "finished", "done")
_BAD = ("failed", "error", "aborted")
_NONE = "none"

Figures = Mapping[str, Any]


async def figures_of(client: RestClient, path: str, id: str) -> Figures:
    """The metrics of one object, now; none of one for which the service has none."""
    try:
        answer = await client.fetch(f"{path}/{id}/metrics", {"time_type": "latest"})
    except NotFound:
        return {}
    return _figures(answer.json)


async def figures_of_many(client: RestClient, path: str, ids: Sequence[str]) -> Mapping[str, Figures]:
    """By id, in as many calls as there are hundreds; a single one is asked for by itself."""
    if len(ids) == 1:
        return {ids[0]: await figures_of(client, path, ids[0])}
    found: dict[str, Figures] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        answer = await client.fetch(f"{path}/metrics", {"ids": ",".join(some), "time_type": "latest"})
        found |= {id: _figures(one) for id, one in _by_id(answer.json) if id in some}
    return found


def latency_of(figures: Figures) -> float | None:
    """Seconds; the service counts milliseconds."""
    value = number(figures.get("latency"))
    return None if value is None else round(value / 1000, 3)


def source_values(figures: Figures) -> tuple[Measured, ...]:
    return known(lag(latency_of(figures), Unit.SECONDS))


def pipeline_values(figures: Figures) -> tuple[Measured, ...]:
    return known(
        lag(number(figures.get("recordsLag")), Unit.RECORDS),
        Measured("latency", latency_of(figures), Unit.SECONDS),
    )


def progress_of(figures: Figures) -> SnapshotProgress:
    """Of the newest snapshot of each table; `snapshotStatus` has an entry a topic."""
    by_table = {table: status for table, status in _tables(figures.get("snapshotStatus"))}
    statuses = set(by_table.values())
    running = bool(statuses & set(_GOING)) or bool(number(figures.get("SnapshotRunning")))
    failed = not running and bool(statuses & set(_BAD))
    done = tuple(table for table, status in by_table.items() if status in _DONE)
    left = tuple(table for table, status in by_table.items() if status not in _DONE)
    said = str(figures.get("snapshotState") or "").lower()
    state = "running" if running else next((one for one in _BAD if one in statuses), "")
    state = state or said or ("completed" if by_table and not left else next(iter(statuses), _NONE))
    return SnapshotProgress(state, running, failed, done, left, _newest(figures.get("snapshotStatus")))


def part_of(progress: SnapshotProgress) -> tuple[Part, ...]:
    """The snapshot within a source; none where there never was one."""
    total = len(progress.done) + len(progress.left)
    if progress.state == _NONE or not total:
        return ()
    done = f"{', '.join(progress.done)} done" if progress.done and progress.left else ""
    says = ", ".join([*([done] if done else []), *progress.left])
    return (Part("snapshot", f"{progress.state} {len(progress.done)}/{total}", says),)


def number(value: Any) -> float | None:
    """Whole numbers stay whole. None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return int(found) if found.is_integer() else found


def _tables(entries: Any) -> Iterable[tuple[str, str]]:
    """Older ones first, so that the newest entry of a table counts."""
    told = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []
    for one in sorted(told, key=lambda entry: str(entry.get("submit_timestamp") or "")):
        name = topic_ids.pretty(str(one.get("topic_id") or one.get("topic") or ""))
        if name:
            yield name, str(one.get("status") or "").lower()


def _newest(entries: Any) -> str:
    """When the newest snapshot of any table was asked for, in the service's words."""
    told = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []
    return max((str(one.get("submit_timestamp") or "") for one in told), default="")


def _figures(body: Any) -> Figures:
    found = body.get("data", body) if isinstance(body, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _by_id(body: Any) -> Iterable[tuple[str, Any]]:
    """A map by id, or a list of entries with one; either may be in an envelope."""
    inner = body
    for name in ("data", "result"):
        if isinstance(inner, Mapping) and isinstance(inner.get(name), Mapping | list):
            inner = inner[name]
    if isinstance(inner, Mapping):
        return [(str(id), one) for id, one in inner.items()]
    entries = inner if isinstance(inner, list) else []
    return [(str(one.get("id") or one.get("source_id")), one) for one in entries if isinstance(one, Mapping)]
