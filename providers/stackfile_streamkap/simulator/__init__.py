"""A simulated Streamkap, with the quirks that its API has and the faults that any has. For tests and `stack sandbox`.

Where the API's behaviour is not known (what is refused on delete, what an absent config key means), it is as strict as
the Terraform provider's code suggests; docs/providers/streamkap.md lists those.
"""

from __future__ import annotations

from stackfile.testing.simulator import Conditions, Manners, Simulator
from stackfile_streamkap.simulator.access import access_endpoints
from stackfile_streamkap.simulator.activity import activity_endpoints
from stackfile_streamkap.simulator.connectors import connector_endpoints
from stackfile_streamkap.simulator.consumers import consumer_endpoints
from stackfile_streamkap.simulator.entrance import CLIENT_ID, SECRET, Entrance
from stackfile_streamkap.simulator.labels import tag_endpoints
from stackfile_streamkap.simulator.pipelines import pipeline_endpoints
from stackfile_streamkap.simulator.project import Project
from stackfile_streamkap.simulator.topics import topic_endpoints
from stackfile_streamkap.simulator.transforms import transform_endpoints

__all__ = ["CLIENT_ID", "SECRET", "Project", "simulator"]


def simulator(conditions: Conditions) -> Simulator:
    """What the entry point names."""
    return simulated(Project(conditions))


def simulated(project: Project) -> Simulator:
    """The service around a project, which tests may look into."""
    entrance = Entrance(project)
    endpoints = [
        *entrance.endpoints(),
        *activity_endpoints(project),
        *connector_endpoints(project),
        *consumer_endpoints(project),
        *pipeline_endpoints(project),
        *transform_endpoints(project),
        *topic_endpoints(project),
        *tag_endpoints(project),
        *access_endpoints(project),
    ]
    manners = Manners(
        settings={"client_id": CLIENT_ID, "secret": SECRET},
        url_setting="host",
        guard=entrance.guard,
        words=lambda status, message: {"detail": message},
        expire=entrance.tokens.expire,
        holds=project.holds,
    )
    return Simulator("streamkap", endpoints, project.conditions, manners)
