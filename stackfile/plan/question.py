"""What a plan is asked to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from stackfile.language.moved import Import
from stackfile.plan.plan import PendingIntent
from stackfile.plan.select import Selection
from stackfile.plan.wishes import Wishes


@dataclass(frozen=True, slots=True)
class Question:
    """What the plan is asked to be: `destroy` wants everything gone, `refresh_only` nothing live changed. It `reads`
    what is live, or trusts the state's copies. `pending` are intents that nobody judged yet. `now` is what ends `until`
    days; None: none has passed. `imports` are wanted beside those of the stackfile. It is `held` against a saved plan:
    a lookup that finds nothing leaves out what needs it, for the comparison to tell."""

    selection: Selection = field(default_factory=Selection)
    destroy: bool = False
    pending: tuple[PendingIntent, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    now: datetime | None = None
    refresh_only: bool = False
    reads: bool = True
    imports: tuple[Import, ...] = ()
    held: bool = False

    @property
    def may_import(self) -> bool:
        """Whether objects that are there may become ours: only one that was looked at, and is to stay."""
        return self.reads and not self.destroy and not self.refresh_only

    @property
    def demands_lookups(self) -> bool:
        return not (self.destroy or self.refresh_only or self.held)
