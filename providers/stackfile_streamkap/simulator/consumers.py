"""Consumer groups of the simulated service: one for each destination that a pipeline feeds; topics have a partition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_streamkap.simulator.connectors import topics_of
from stackfile_streamkap.simulator.project import EVENTS, Project, Stored, body_of, invalid, refuse

_BEHIND = 41
"""Events that a group which was never reset has still to read."""
_ENDS = {"earliest": 0, "latest": EVENTS}


def consumer_endpoints(project: Project) -> list[Endpoint]:
    groups = Groups(project)
    at = "/consumer-groups/{group}"
    return [
        Endpoint("GET", "/consumer-groups", groups.listed),
        Endpoint("GET", at, groups.read),
        Endpoint("POST", f"{at}/reset-offsets", groups.reset),
    ]


def group_of(pipeline: Stored) -> str:
    return f"connect-{pipeline.body['destination']['name']}"


def topic_ids_of(project: Project, pipeline: Stored) -> list[str]:
    source = project.get("sources", pipeline.body["source"]["id"])
    names = pipeline.body["source"].get("topics") or (topics_of(source) if source is not None else [])
    owner = f"source_{pipeline.body['source']['id']}"
    return [name if name.startswith(f"{owner}.") else f"{owner}.{name}" for name in names]


def lag_of(project: Project, pipeline: Stored) -> int:
    """Events of all its topics that its destination has still to read."""
    group = group_of(pipeline)
    return sum(EVENTS - _offset(project, group, topic) for topic in topic_ids_of(project, pipeline))


def _offset(project: Project, group: str, topic: str) -> int:
    return project.offsets.get((group, topic), EVENTS - _BEHIND)


@dataclass(frozen=True)
class Groups:
    project: Project

    def listed(self, request: Request) -> Answer:
        groups = {group_of(one): "Stable" for one in self.project.live("pipelines")}
        return Answer(200, [{"group_id": group, "state": state} for group, state in groups.items()])

    def read(self, request: Request) -> Answer:
        group = request.at["group"]
        topics = [self._topic(group, topic) for topic in self._topics(group)]
        return Answer(200, {"group_id": group, "state": "Stable", "members": 1, "topics": topics})

    def reset(self, request: Request) -> Answer:
        group, body = request.at["group"], body_of(request, "topics", "strategy")
        known = {name: topic for topic in self._topics(group) for name in (topic, topic.partition(".")[2])}
        for topic in body["topics"]:
            if topic not in known:
                invalid((("topics",), f"Group {group} does not read {topic}"))
            self.project.offsets[group, known[topic]] = self._target(body)
        return Answer(200, {"message": "Offsets reset"})

    def _target(self, body: dict[str, Any]) -> int:
        strategy = body["strategy"]
        if strategy in _ENDS:
            return _ENDS[strategy]
        offset = body.get("offset")
        if strategy == "offset" and isinstance(offset, int):
            return min(max(offset, 0), EVENTS)
        if strategy in ("offset", "timestamp") and body.get(strategy) is None:
            invalid(((strategy,), "field required"))
        if strategy == "timestamp" and isinstance(body.get("timestamp"), int):
            return EVENTS // 2
        invalid((("strategy",), "one of earliest, latest, timestamp with timestamp, offset with offset"))

    def _topics(self, group: str) -> list[str]:
        """Raises Refused with 404 for a group that is not there."""
        found = list(dict.fromkeys(self._read_by(group)))
        if not found:
            refuse(404, f"Consumer group {group} not found")
        return found

    def _read_by(self, group: str) -> Iterator[str]:
        for one in self.project.live("pipelines"):
            if group_of(one) == group:
                yield from topic_ids_of(self.project, one)

    def _topic(self, group: str, topic: str) -> dict[str, Any]:
        offset = _offset(self.project, group, topic)
        part = {"partition": 0, "current_offset": offset, "end_offset": EVENTS, "lag": EVENTS - offset}
        return {"topic": topic, "partitions": [part]}
