"""A simulated Planasonix, with the quirks that its API has and the faults that any has. For tests and `stack sandbox`.

Where the API's behaviour is not known it is as strict as its pages suggest; docs/providers/planasonix.md lists those.
"""

from __future__ import annotations

from stackfile.testing.simulator import Conditions, Manners, Simulator
from stackfile_planasonix.simulator.bare import bare_endpoints
from stackfile_planasonix.simulator.enveloped import enveloped_endpoints
from stackfile_planasonix.simulator.streams import stream_endpoints
from stackfile_planasonix.simulator.workspace import KEY, Workspace

__all__ = ["KEY", "Workspace", "simulator", "simulated"]


def simulator(conditions: Conditions) -> Simulator:
    """What the entry point names."""
    return simulated(Workspace(conditions))


def simulated(workspace: Workspace, prefix: str = "") -> Simulator:
    """The service around a workspace, which tests may look into. `prefix` is of one whose paths have a version."""
    endpoints = [*stream_endpoints(workspace), *bare_endpoints(workspace), *enveloped_endpoints(workspace)]
    clock = workspace.conditions.clock
    manners = Manners(
        settings={"api_key": KEY},
        url_setting="base_url",
        prefix=prefix,
        guard=workspace.guard,
        words=lambda status, message: {"error": {"code": "error", "message": message, "details": []}},
        holds=workspace.holds,
    )
    fronted = [workspace.front.before(one, clock) for one in endpoints]
    return Simulator("planasonix", fronted, workspace.conditions, manners)
