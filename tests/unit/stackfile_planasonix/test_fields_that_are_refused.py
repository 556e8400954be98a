"""A field that the API refuses is told by the name that the stackfile has for it."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.errors import Refusal, Rejected
from stackfile_planasonix.kinds.connection import Sources
from stackfile_planasonix.kinds.objects import PlanasonixKind
from stackfile_planasonix.kinds.pipeline import Pipelines
from stackfile_planasonix.kinds.schedule import Schedules
from stackfile_planasonix.kinds.stream import Streams
from stackfile_planasonix.kinds.trigger import Triggers
from stackfile_planasonix.refusals import as_written


@pytest.mark.parametrize(
    ("kind", "field", "path"),
    [
        (Streams, "sourceType", "source_type"),
        (Streams, "source_type", "source_type"),
        (Streams, "pipelineId", "pipeline"),
        (Streams, "connectionId", "connection"),
        (Streams, "config.slot_name", "config.slot_name"),
        (Streams, "config.slotName", "config.slotName"),
        (Sources, "credentialId", "credential"),
        (Pipelines, "projectId", "project"),
        (Pipelines, "folderId", "folder"),
        (Schedules, "cronExpression", "cron"),
        (Schedules, "cron_expression", "cron"),
        (Schedules, "pipelineId", "pipeline"),
        (Triggers, "triggerType", "trigger_type"),
        (Triggers, "connectionId", "connection"),
        (Triggers, "enabled", "active"),
    ],
)
def test_a_refused_field_is_named_as_the_stackfile_writes_it(
    kind: type[PlanasonixKind[Any]], field: str, path: str
) -> None:
    with pytest.raises(Rejected) as raised, as_written(kind.renamed):
        raise Rejected("POST /api/x: it is wrong", fields=(Refusal(field, "blank"),))
    assert raised.value.fields == (Refusal(path, "it is wrong (blank)"),)
