"""How a stream fares, by `GET /api/streams/{id}/metrics`, and how the workspace does, by `GET /api/streams/summary`
(docs.planasonix.com, api-reference/streams)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from stackfile.sdk.measures import Measured, Unit, known, lag, rate
from stackfile.sdk.operations import Metrics, Summary
from stackfile.sdk.provider import Live

WINDOWS: Final = ("1m", "5m", "1h", "24h")
STATES: Final = ("created", "starting", "running", "paused", "stopped", "error")
_COUNTED: Final = (*STATES[2:], *STATES[:2])
_WHY: Final = ("last_error", "error_message", "status_reason")
"""Names under which a service may say why a stream is in error. None is documented."""


def fares(live: Live, told: Mapping[str, Any], now: datetime) -> Metrics:
    """`told` are the attributes of its metrics; empty where there are none."""
    listed = str(live.fields.get("status") or "unknown")
    status = str(told["status"]) if told.get("status") in STATES else listed
    since = _moment(live.fields.get("updated_at")) if status == listed else None
    values = known(
        lag(_number(told.get("lag_seconds")), Unit.SECONDS),
        rate(_number(told.get("events_per_second"))),
        Measured("bytes_per_s", _number(told.get("bytes_per_second")), Unit.BYTES_PER_SECOND),
        Measured("errors_per_min", _number(told.get("error_rate_per_minute")), Unit.PER_MINUTE),
        Measured("last_event", _seconds(_moment(told.get("last_event_at"))), Unit.MOMENT),
        Measured("since", int(max(0.0, (now - since).total_seconds())) if since else None, Unit.SECONDS),
    )
    return Metrics(live.id, status, status != "error", values, (why(told) or why(live.fields),))


def why(told: Mapping[str, Any]) -> str:
    """The service's own words for an error; empty where it says none."""
    return next((text for name in _WHY if isinstance(text := told.get(name), str)), "")


def summed(told: Mapping[str, Any]) -> Summary:
    """States of which the service tells no number are left out."""
    states = told.get("by_status")
    by_status: Mapping[str, Any] = states if isinstance(states, Mapping) else {}
    return Summary(
        "workspace",
        known(
            Measured("streams", _number(told.get("total"))),
            *(Measured(state, _number(by_status.get(state))) for state in _COUNTED),
            Measured("events_per_min", _number(told.get("approx_events_per_minute")), Unit.PER_MINUTE),
        ),
    )


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment is not None else None


def _moment(value: Any) -> datetime | None:
    """None for what is no moment."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
