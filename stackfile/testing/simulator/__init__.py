"""Simulators: what those of all providers share. A service in memory with a clock, a seed, faults and counted calls.

A provider's simulator is one function, `Conditions` in and a `Simulator` out, that the entry point group
`stackfile.simulators` names after the provider. `stack sandbox` serves it; tests talk to it in process:

    service = simulator(Conditions())
    session = Session(base, base, service.clock, options={"transport": service.transport()})

Needs the extra `testing`.
"""

from __future__ import annotations

from stackfile.testing.simulator.clock import SimulatedClock
from stackfile.testing.simulator.faults import Fault, Faults, Paging
from stackfile.testing.simulator.service import (
    HOME,
    Answer,
    Conditions,
    Endpoint,
    Manners,
    Refused,
    Request,
    Simulator,
)
from stackfile.testing.simulator.shelf import Part, Shelf, paged
from stackfile.testing.simulator.tokens import Tokens
from stackfile.testing.simulator.weather import Call, Calls, Weather

__all__ = [
    "Conditions",
    "Simulator",
    "Manners",
    "Endpoint",
    "Request",
    "Answer",
    "Refused",
    "Shelf",
    "Part",
    "paged",
    "Tokens",
    "SimulatedClock",
    "Fault",
    "Faults",
    "Paging",
    "Call",
    "Calls",
    "Weather",
    "HOME",
]
