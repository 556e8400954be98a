"""What `replace_triggered_by` asks for: the sentences of the triggers that this plan pulls."""

from __future__ import annotations

from collections.abc import Mapping

from stackfile.address import Address
from stackfile.language.stackfile import Resource, Trigger
from stackfile.plan.plan import Action, Change
from stackfile.values import print_path


def pulled(resource: Resource, changes: Mapping[Address, Change]) -> tuple[str, ...]:
    """A sentence for each trigger whose resource is updated or replaced, or whose field changes, in this plan."""
    found = []
    for trigger in resource.lifecycle.replace_triggered_by:
        change = changes.get(trigger.address)
        says = _says(trigger, change) if change is not None else ""
        if says:
            found.append(f"{says}, which replace_triggered_by names")
    return tuple(found)


def _says(trigger: Trigger, change: Change) -> str:
    """Empty where it is not pulled."""
    if change.action not in (Action.UPDATE, Action.REPLACE):
        return ""
    if not trigger.path:
        return f"{trigger.address} is {'replaced' if change.replaces else 'updated'}"
    if trigger.path == ("id",):
        return f"{trigger.address}.id changes" if change.replaces else ""
    length = len(trigger.path)
    touched = any(one.path[:length] == trigger.path[: len(one.path)] for one in change.fields)
    return f"{print_path((*str(trigger.address).split('.'), *trigger.path))} changes" if touched else ""
