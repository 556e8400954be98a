"""The processor of the API's text runs as it is written, and its windows close."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.served.serving import Serving, serving

FRAUD: dict[str, Any] = {
    "name": "fraud-detection",
    "source": "transactions",
    "operations": [
        {"type": "filter", "predicate": "value.amount > 1000"},
        {"type": "map", "function": "enrichWithUserData"},
        {"type": "window", "windowType": "tumbling", "duration": 300000},
        {"type": "aggregate", "aggregation": "count", "groupBy": "userId"},
    ],
    "sink": "fraud-alerts",
    "config": {"parallelism": 4, "checkpointInterval": 60000},
}
SHORT = [{**one, "duration": 50} if one["type"] == "window" else one for one in FRAUD["operations"]]


def installed(folder: Path) -> Path:
    """A package that offers the function that the text names."""
    folder.mkdir()
    (folder / "shop_functions.py").write_text("def enrich(value):\n    return {**value, 'known': True}\n")
    about = folder / "shop_functions-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-functions\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[stackfile.functions]\nenrichWithUserData = shop_functions:enrich\n")
    return folder


def metrics_of(engine: Serving, id: str) -> dict[str, Any]:
    status, answer = engine.ask("GET", f"/api/v1/processors/{id}/metrics")
    assert status == 200, answer
    found: dict[str, Any] = answer
    return found


def test_the_processor_of_the_text_runs_as_written(tmp_path: Path) -> None:
    with serving(tmp_path / "data", path=installed(tmp_path / "installed")) as engine:
        for name in ("transactions", "fraud-alerts", "short"):
            engine.made(name)
        status, made = engine.ask("POST", "/api/v1/processors", FRAUD)
        assert (status, made["status"]) == (201, "running"), made
        short = {**FRAUD, "name": "short", "sink": "short", "operations": SHORT}
        assert engine.ask("POST", "/api/v1/processors", short)[0] == 201
        payments = [("a", 2000), ("a", 3000), ("b", 5000), ("b", 10)]
        engine.produced("transactions", *[{"value": {"userId": user, "amount": n}} for user, n in payments])
        alerts = engine.consumed("short", timeout=50_000)["events"]
        assert {alert["key"]: alert["value"]["count"] for alert in alerts} == {"a": 2, "b": 1}
        assert alerts[0]["value"].keys() == {"windowStart", "windowEnd", "userId", "count"}
        id = made["processorId"]
        engine.until(lambda: metrics_of(engine, id)["metrics"]["eventsProcessed"] == 4)
        metrics = metrics_of(engine, id)
        assert [window["eventsCount"] for window in metrics["windows"]] == [3]
        assert metrics["windows"][0].keys() == {"windowStart", "windowEnd", "eventsCount"}
        read = engine.ask("GET", f"/api/v1/processors/{id}")[1]
        assert {name: read[name] for name in FRAUD} == FRAUD
