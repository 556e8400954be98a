"""Projects, which group pipelines (docs.planasonix.com, api-reference/projects)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from stackfile.errors import Conflict
from stackfile.sdk.provider import Body, Live, Step
from stackfile.sdk.traits import Effect, KindTraits, OnRemove, Trait
from stackfile_planasonix.kinds.objects import At, PlanasonixKind


class Project(Body):
    """A group of pipelines, with permissions and defaults."""

    name: Annotated[str, Trait.IDENTITY, Field(min_length=1, description="It can be changed.")]
    description: Annotated[str | None, OnRemove.NULL, Field(description="What it is for.")] = None
    created_at: At = None
    updated_at: At = None


class Projects(PlanasonixKind[Project]):
    section, name, path = "resources", "project", "/api/projects"
    model: ClassVar[type[Body]] = Project
    traits: ClassVar = KindTraits(delete=Effect(says="The service may refuse while pipelines are in it."))

    async def delete(self, live: Live, step: Step) -> None:
        try:
            await super().delete(live, step)
        except Conflict as error:
            error.message += "; pipelines that this stack does not have may be in it: move or delete them first"
            raise
