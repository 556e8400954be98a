"""Topics of the simulated service: records over Kafka topics that only grow and never go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request, paged
from stackfile_streamkap.simulator.project import Project, body_of, invalid, refuse, tags_of

_FIRST = 5
"""How many partitions a topic has that nobody asked for."""


def topic_endpoints(project: Project) -> list[Endpoint]:
    topics = Topics(project)
    return [
        Endpoint("GET", "/topics/details", topics.list),
        Endpoint("GET", "/topics/{id}", topics.read),
        Endpoint("PUT", "/topics/{id}", topics.put),
        Endpoint("DELETE", "/topics/{id}", topics.delete),
    ]


@dataclass(frozen=True)
class Topics:
    project: Project

    def list(self, request: Request) -> Answer:
        size = min(int(request.query.get("page_size", "10")), 100)
        part = paged(sorted(self.project.topics), int(request.query.get("page", "1")), size)
        body = {"result": [self._shown(id) for id in part.items], "total": part.total, "has_next": part.more}
        return Answer(200, body)

    def read(self, request: Request) -> Answer:
        """A bare object, and no 404 for one that is not there."""
        id = request.at["id"]
        if id not in self.project.topics:
            refuse(400, f"Topic {id} not found or not owned by this tenant")
        return Answer(200, self._shown(id))

    def put(self, request: Request) -> Answer:
        """Makes what is missing; its partitions stay where the record comes back."""
        id, body = request.at["id"], body_of(request, "payload")["payload"]
        if not {"partition_count", "tags"} & body.keys():
            invalid((("payload",), "at least one of partition_count, tags is required"))
        source_id = id.partition(".")[0].removeprefix("source_")
        if self.project.get("sources", source_id) is None:
            refuse(400, f"Topic {id} not found or not owned by this tenant")
        there = self.project.partitions.get(id)
        wanted = body.get("partition_count")
        if wanted is not None and there is not None and wanted <= there:
            refuse(400, f"New partition count ({wanted}) must be greater than the current count ({there})")
        self.project.partitions[id] = wanted if wanted is not None else there or _FIRST
        before = self.project.topics.get(id, {})
        tags = tags_of(self.project, body) if body.get("tags") is not None else before.get("tags", [])
        self.project.topics[id] = {"tags": tags}
        return Answer(200, self._shown(id))

    def delete(self, request: Request) -> Answer:
        if self.project.topics.pop(request.at["id"], None) is None:
            refuse(404, f"Topic {request.at['id']} not found")
        return Answer(200, {})

    def _shown(self, id: str) -> dict[str, Any]:
        owner, _, name = id.partition(".")
        return {
            "id": id,
            "name": name,
            "entity": {"entity_type": "sources", "entity_id": owner.removeprefix("source_")},
            "prefix": owner,
            "serialization": {"key_format": "avro", "value_format": "avro", "schema_registry_enabled": True},
            "kafka": {"partitions": {"count": self.project.partitions[id]}, "configs": {}},
            "tags": self.project.topics[id]["tags"],
        }
