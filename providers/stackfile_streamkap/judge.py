"""What Streamkap's answers mean where their status alone would mislead."""

from __future__ import annotations

from stackfile.errors import Ambiguous, Conflict, ProviderError
from stackfile.sdk.rest import Response, by_status

_TAKEN = ("already exists",)
"""A name that is taken: 422 for sources, destinations and transforms, 409 for pipelines, 400 for tags
(provider CLAUDE.md and internal/api/*.go)."""

_IN_TROUBLE = (
    "kafkaconnecttimeout",
    "request timed out",
    "timed out on all nodes",
    "rebalance_in_progress",
    "rebalance is expected",
    "leader_not_available",
    "not_leader_for_partition",
    "kafka connect api call failed with status code 404",
    "kafka connect api call failed with status code 409",
)
"""Kafka Connect behind the API is busy; another try helps (provider internal/api/retry.go)."""


def judge(response: Response) -> type[ProviderError] | None:
    kind = by_status(response)
    if kind is None or response.status in (401, 403, 429):
        return kind
    detail = response.json.get("detail") if isinstance(response.json, dict) else None
    says = detail.lower() if isinstance(detail, str) else ""
    if any(words in says for words in _IN_TROUBLE):
        return Ambiguous
    if response.status in (400, 409, 422) and any(words in says for words in _TAKEN):
        return Conflict
    return kind
