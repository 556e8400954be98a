"""The waterworks' provider passes the conformance kit: lives, drift, secrets, pages, deaths and bad weather."""

from __future__ import annotations

from pathlib import Path

from stackfile_waterworks import Waterworks
from stackfile_waterworks.simulator import simulator

from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase
from stackfile.testing.kit import conformance
from stackfile.testing.simulated import simulated
from stackfile.testing.simulator import Conditions

CASES = [
    KindCase(
        "sources.well",
        {"spring": "north", "flow": 20, "code": "1234-first", "minerals": ["iron", "calcium"]},
        changes={"flow": 30, "minerals": ["iron"]},
        thirds={"flow": 40},
        replacing={"spring": "south"},
        rotated={"code": "5678-second"},
        unset={"flow": 10},
        page=50,
    ),
    KindCase(
        "destinations.tank",
        {"litres": 500, "roof": False},
        changes={"roof": True},
        replacing={"litres": 400},
        page=50,
    ),
    KindCase(
        "pipelines.main",
        {"tap": "sources.well", "tank": "destinations.tank", "filter": "sand"},
        changes={"filter": "coal"},
        unset={"filter": None},
        needs={"sources.well": {"spring": "north"}, "destinations.tank": {"litres": 500}},
        page=50,
    ),
]


def world(folder: Path) -> World:
    return simulated(folder, Waterworks, simulator(Conditions()))


TestWaterworks = conformance(world, CASES)
