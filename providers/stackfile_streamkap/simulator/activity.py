"""What moves in the simulated service: snapshots of sources, and the metrics of sources and pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_streamkap.simulator.connectors import Connectors, topics_of
from stackfile_streamkap.simulator.consumers import lag_of
from stackfile_streamkap.simulator.project import Project, Reading, Stored, body_of, invalid, refuse

_LATENCY = 1200
"""Milliseconds from the database to the topic."""
_DELIVERY = 3800


def activity_endpoints(project: Project) -> list[Endpoint]:
    activity = Activity(project)
    return [
        Endpoint("POST", "/sources/snapshot", activity.begin),
        Endpoint("POST", "/sources/execute_incremental_snapshot", activity.begin),
        Endpoint("POST", "/sources/stop_incremental_snapshot", activity.stop),
        Endpoint("POST", "/sources/stop_blocking_snapshot", activity.stop),
        Endpoint("POST", "/sources/cancel_snapshot", activity.stop),
        Endpoint("GET", "/sources/metrics", activity.of_sources),
        Endpoint("GET", "/sources/{id}/metrics", activity.of_source),
        Endpoint("GET", "/pipelines/{id}/metrics", activity.of_pipeline),
    ]


@dataclass(frozen=True)
class Activity:
    project: Project

    def begin(self, request: Request) -> Answer:
        """Topics by pretty name, read one after the other; without names, all of them."""
        body = body_of(request, "source_id")
        source = self.project.stored("sources", body["source_id"])
        kind = body.get("snapshot_type", "incremental")
        if kind not in ("incremental", "blocking"):
            invalid((("snapshot_type",), f"{kind} is not a valid enumeration member"))
        if kind == "blocking" and (body.get("additional_conditions") or body.get("surrogate_key")):
            refuse(400, "Conditions and a surrogate key are for incremental snapshots")
        if any(one.runs(self._now) for one in self._readings(source)):
            refuse(409, f"A snapshot of {source.name} is running already")
        topics = [_topic(source, name) for name in body.get("topic_names") or topics_of(source)]
        filters = {}
        for number, one in enumerate(body.get("additional_conditions") or ()):
            if not one.get("data_collection") or not one.get("filter"):
                invalid((("additional_conditions", number), "data_collection and filter are required"))
            if one["filter"].count("'") % 2:
                refuse(400, f"Filter of {one['data_collection']} cannot be parsed: unterminated string")
            filters[one["data_collection"]] = one["filter"]
        for number, topic in enumerate(topics):
            begins = self._now + number * self.project.pace.table
            ends = begins + self.project.pace.table
            reading = Reading(topic, self.project.moment, begins, ends, filters.get(topic), asked=self._now)
            self.project.snapshots.setdefault(source.id, []).append(reading)
        return Answer(200, {"message": "Incremental snapshot submitted", "source_id": source.id})

    def stop(self, request: Request) -> Answer:
        source = self.project.stored("sources", body_of(request, "source_id")["source_id"])
        going = [one for one in self._readings(source) if one.runs(self._now)]
        if not going:
            refuse(400, f"No snapshot of {source.name} is running")
        for one in going:
            one.stopped = self._now
        return Answer(200, {"message": "Incremental snapshot stopped", "source_id": source.id})

    def of_sources(self, request: Request) -> Answer:
        ids = [id for id in request.query.get("ids", "").split(",") if id]
        found = {id: self.project.get("sources", id) for id in ids}
        return Answer(200, {"data": {id: self._figures(one) for id, one in found.items() if one is not None}})

    def of_source(self, request: Request) -> Answer:
        return Answer(200, {"data": self._figures(self.project.stored("sources", request.at["id"]))})

    def of_pipeline(self, request: Request) -> Answer:
        stored = self.project.stored("pipelines", request.at["id"])
        behind = lag_of(self.project, stored)
        return Answer(200, {"data": {"latency": _DELIVERY, "recordsLag": behind}})

    def _figures(self, source: Stored) -> dict[str, Any]:
        seen = self._now - self.project.pace.metrics
        newest: dict[str, Reading] = {one.topic: one for one in self._readings(source) if one.asked <= seen}
        statuses = {one.topic: one.status(seen) for one in newest.values()}
        running = sum(status == "running" for status in statuses.values())
        stopped = "CANCELLED" if "cancelled" in statuses.values() else "COMPLETED" if statuses else "NONE"
        return {
            "state": Connectors(self.project, "sources").shown(source)["connector_status"],
            "streamingState": "RUNNING",
            "snapshotState": "RUNNING" if running else stopped,
            "snapshotStatus": [
                {
                    "status": statuses[topic],
                    "topic_id": f"source_{source.id}.{topic}",
                    "submit_timestamp": one.submitted,
                }
                for topic, one in newest.items()
            ],
            "SnapshotRunning": running,
            "SnapshotCompleted": sum(status == "completed" for status in statuses.values()),
            "latency": _LATENCY,
        }

    def _readings(self, source: Stored) -> list[Reading]:
        return self.project.snapshots.get(source.id, [])

    @property
    def _now(self) -> float:
        return self.project.now


def _topic(source: Stored, name: str) -> str:
    """The quickstart writes `my_database.public.orders`, the rest of the API `public.orders` or the whole id."""
    bare = name.removeprefix(f"source_{source.id}.")
    for one in (bare, bare.partition(".")[2]):
        if one in topics_of(source):
            return one
    refuse(404, f"Topic {name} not found on source {source.name}")
