"""Schedules: when pipelines run (docs.planasonix.com, api-reference/schedules)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from stackfile.sdk.provider import Body
from stackfile.sdk.traits import Effect, KindTraits, OnRemove, Reference, Trait
from stackfile_planasonix.kinds.objects import At
from stackfile_planasonix.kinds.switched import Active, SwitchedKind

_FIELDS = 5
_LATER = Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="By the service's clock.")]


def _cron(text: str) -> str:
    fields = text.split()
    if len(fields) != _FIELDS:
        raise ValueError(f"should have 5 fields (minute hour day month weekday), and has {len(fields)}")
    return " ".join(fields)


class Schedule(Body):
    """Runs a pipeline on a timetable. It has no name: it is known by its pipeline and its times."""

    pipeline: Annotated[
        str,
        Reference(("pipelines",)),
        Trait.IDENTITY,
        Trait.IMMUTABLE,
        Field(description="What it runs."),
    ]
    cron: Annotated[
        str,
        Trait.IDENTITY,
        AfterValidator(_cron),
        Field(description="Five fields: minute hour day month weekday."),
    ]
    timezone: Annotated[str, Trait.IDENTITY, Field(min_length=1, description="Its IANA name: UTC, Europe/Berlin.")]
    frequency: Annotated[
        str | None, OnRemove.KEEP, Field(description="Not documented; sent back as it is, for a PUT would blank it.")
    ] = None
    active: Active = None
    next_run_at: _LATER = None
    last_run_at: _LATER = None
    created_at: At = None
    updated_at: At = None


class Schedules(SwitchedKind[Schedule]):
    """The documentation says that a PUT leaves alone what is not in it, the vendor's own client that it blanks it
    (github.com/planasonix/mcp-server, tools/http_client.go): all fields are sent each time."""

    section, name, path = "resources", "schedule", "/api/schedules"
    model: ClassVar[type[Body]] = Schedule
    renamed: ClassVar = {"active": "enabled", "cron": "cron_expression", "pipeline": "pipeline_id"}
    traits: ClassVar = KindTraits(delete=Effect(says="Runs that have begun go on."))
