"""What the simulated service tells of itself: snapshots that take time, metrics, and who reads the topics.

The answers' shapes are in the API quickstart and on the reference page of `/sources/{id}/metrics`; those of consumer
groups are not documented, and made up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_streamkap.simulator.connectors import Connectors, topics_of
from stackfile_streamkap.simulator.project import Project, Stored, body_of, invalid, refuse

_A_TABLE = 10.0
"""Seconds that the snapshot of a table takes."""
_STRATEGIES = ("earliest", "latest", "timestamp", "offset")


@dataclass
class Snapshot:
    """Of these tables, one after the other. `stopped` is when somebody ended it."""

    tables: list[str]
    began: float
    moment: str
    type: str = "incremental"
    stopped: float | None = None

    def done(self, now: float) -> int:
        """How many tables are finished."""
        seconds = (now if self.stopped is None else min(now, self.stopped)) - self.began
        return min(int(seconds // _A_TABLE), len(self.tables))

    def runs(self, now: float) -> bool:
        return self.stopped is None and self.done(now) < len(self.tables)


def watching_endpoints(project: Project) -> list[Endpoint]:
    watching = Watching(project, {})
    return [
        Endpoint("POST", "/sources/snapshot", watching.snapshot),
        Endpoint("POST", "/sources/execute_incremental_snapshot", watching.snapshot),
        Endpoint("POST", "/sources/stop_incremental_snapshot", watching.stop),
        Endpoint("POST", "/sources/stop_blocking_snapshot", watching.stop),
        Endpoint("POST", "/sources/cancel_snapshot", watching.stop),
        Endpoint("GET", "/sources/metrics", watching.sources),
        Endpoint("GET", "/sources/{id}/metrics", watching.source),
        Endpoint("GET", "/pipelines/{id}/metrics", watching.pipeline),
        Endpoint("GET", "/consumer-groups", watching.groups),
        Endpoint("GET", "/consumer-groups/{id}", watching.group),
        Endpoint("POST", "/consumer-groups/{id}/reset-offsets", watching.reset),
    ]


@dataclass(frozen=True)
class Watching:
    project: Project
    snapshots: dict[str, Snapshot]

    def snapshot(self, request: Request) -> Answer:
        """Without `topic_names` it is of all tables; one at a time for each source."""
        body = body_of(request, "source_id")
        source = self.project.stored("sources", body["source_id"])
        kind = body.get("snapshot_type", "incremental")
        if kind not in ("incremental", "blocking"):
            invalid((("snapshot_type",), f"{kind} is not a valid enumeration member"))
        if kind == "blocking" and (body.get("additional_conditions") or body.get("surrogate_key")):
            refuse(400, "Conditions and a surrogate key are for incremental snapshots")
        now, running = self.project.now, self.snapshots.get(source.id)
        if running is not None and running.runs(now):
            refuse(409, f"A snapshot of {source.name} is running already")
        tables = [_table(source, name) for name in body.get("topic_names") or topics_of(source)]
        for number, one in enumerate(body.get("additional_conditions") or ()):
            if not one.get("data_collection") or not one.get("filter"):
                invalid((("additional_conditions", number), "data_collection and filter are required"))
        self.snapshots[source.id] = Snapshot(tables, now, self.project.moment, kind)
        return Answer(200, {"message": "Snapshot started", "source_id": source.id, "topic_names": tables})

    def stop(self, request: Request) -> Answer:
        source = self.project.stored("sources", body_of(request, "source_id")["source_id"])
        running = self.snapshots.get(source.id)
        if running is None or not running.runs(self.project.now):
            refuse(400, f"No snapshot of {source.name} is running")
        running.stopped = self.project.now
        return Answer(200, {"message": "Snapshot stopped", "source_id": source.id})

    def source(self, request: Request) -> Answer:
        return Answer(200, {"data": self._of_source(self.project.stored("sources", request.at["id"]))})

    def sources(self, request: Request) -> Answer:
        """For many at once: `ids` is a list with commas, all of them where it is not there."""
        wanted = [id for id in request.query.get("ids", "").split(",") if id]
        found = [one for one in self.project.live("sources") if not wanted or one.id in wanted]
        return Answer(200, {"data": {one.id: self._of_source(one) for one in found}})

    def pipeline(self, request: Request) -> Answer:
        pipeline = self.project.stored("pipelines", request.at["id"])
        return Answer(200, {"data": {"latency": self._latency(pipeline), "recordsLag": self._lag(pipeline)}})

    def groups(self, request: Request) -> Answer:
        return Answer(200, [self._group(one) for one in self.project.live("pipelines")])

    def group(self, request: Request) -> Answer:
        return Answer(200, self._group(self._reading(request)))

    def reset(self, request: Request) -> Answer:
        body = body_of(request, "topics", "strategy")
        pipeline = self._reading(request)
        if body["strategy"] not in _STRATEGIES:
            invalid((("strategy",), "value is not a valid enumeration member"))
        if body["strategy"] in ("timestamp", "offset") and body.get(body["strategy"]) is None:
            invalid(((body["strategy"],), "field required"))
        return Answer(200, self._group(pipeline))

    def _reading(self, request: Request) -> Stored:
        for pipeline in self.project.live("pipelines"):
            if _group_id(pipeline) == request.at["id"]:
                return pipeline
        refuse(404, f"Consumer group {request.at['id']} not found")

    def _of_source(self, source: Stored) -> dict[str, Any]:
        status = Connectors(self.project, "sources").shown(source)["connector_status"]
        return {
            "state": status,
            "streamingState": "RUNNING" if status == "Active" else "STOPPED",
            "latency": 850 if status == "Active" else None,
            **self._snapshot_of(source.id),
        }

    def _snapshot_of(self, source_id: str) -> Mapping[str, Any]:
        found, now = self.snapshots.get(source_id), self.project.now
        if found is None:
            return {"snapshotState": "NONE", "snapshotStatus": [], "SnapshotRunning": 0, "SnapshotCompleted": 0}
        done, runs = found.done(now), found.runs(now)
        now_word, later = ("running", "pending") if runs else ("cancelled", "cancelled")
        left = len(found.tables) - done
        words = ["completed"] * done + [now_word] * min(left, 1) + [later] * max(left - 1, 0)
        return {
            "snapshotState": "RUNNING" if runs else "COMPLETED" if done == len(found.tables) else "CANCELLED",
            "snapshotStatus": [
                {"status": word, "topic_id": f"source_{source_id}.{name}", "submit_timestamp": found.moment}
                for name, word in zip(found.tables, words, strict=True)
            ],
            "SnapshotRunning": int(runs),
            "SnapshotCompleted": done,
        }

    def _group(self, pipeline: Stored) -> dict[str, Any]:
        topics = pipeline.body["source"].get("topics") or []
        state = {"group_id": _group_id(pipeline), "state": "STABLE", "lag": self._lag(pipeline)}
        return {**state, "topics": topics, "destination_id": pipeline.body["destination"]["id"]}

    def _latency(self, pipeline: Stored) -> int:
        return 1200 + 100 * len(pipeline.body["transforms"])

    def _lag(self, pipeline: Stored) -> int:
        """While a source takes a snapshot, its destinations lag behind."""
        found, now = self.snapshots.get(pipeline.body["source"]["id"]), self.project.now
        return 1000 * (len(found.tables) - found.done(now)) if found is not None and found.runs(now) else 0


def _group_id(pipeline: Stored) -> str:
    return f"connect-destination_{pipeline.body['destination']['id']}_{pipeline.id}"


def _table(source: Stored, name: str) -> str:
    """The quickstart writes `my_database.public.orders`, the rest of the API `public.orders` or the whole id."""
    known = topics_of(source)
    bare = name.removeprefix(f"source_{source.id}.")
    for one in (bare, bare.partition(".")[2]):
        if one in known:
            return one
    refuse(404, f"Topic {name} not found on source {source.name}")
