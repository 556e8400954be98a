"""A simulated Redpanda Connect engine in streams mode, as the recordings of a real one show it. For tests and sandbox.

It knows the components of `catalogue` and no others, looks at mappings no further than `mappings` says, and moves no
data: what a stream has read and sent is worked out from its config and the clock (`running`).
"""

from __future__ import annotations

from stackfile.testing.simulator import Conditions, Endpoint, Manners, Simulator
from stackfile.values import Value
from stackfile_redpanda_connect.simulator.engine import Engine
from stackfile_redpanda_connect.simulator.running import Network
from stackfile_redpanda_connect.simulator.service import Service
from stackfile_redpanda_connect.simulator.streams import Streams

__all__ = ["Engine", "Network", "simulated", "simulator"]


def simulator(conditions: Conditions) -> Simulator:
    """What the entry point names."""
    return simulated(Engine(conditions))


def simulated(engine: Engine) -> Simulator:
    """The service around an engine, which tests may look into. Every path is there under the root path, too."""
    service = Service(engine)
    endpoints = [*Streams(engine).endpoints(), *service.endpoints()]
    below = [Endpoint(one.method, f"{engine.root_path}{one.path}", one.handler) for one in endpoints]
    settings: dict[str, Value] = {}
    if engine.credentials is not None:
        settings = {"username": engine.credentials[0], "password": engine.credentials[1]}
    manners = Manners(
        settings=settings,
        guard=service.guard,
        words=lambda status, message: f"{message}\n",
        holds=engine.holds,
        reads=lambda body: body.decode(errors="replace"),
    )
    return Simulator("redpanda_connect", [*endpoints, *below, service.elsewhere()], engine.conditions, manners)
