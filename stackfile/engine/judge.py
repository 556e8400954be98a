"""What became of a call whose answer is not known: look, and decide. Used by recovery and within a run alike.

Absence is believed late: only when the call is older than the request timeout plus what a listing may lag, and a
second listing agrees.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from stackfile.engine.records import seen_only, whole_lists
from stackfile.plan.decide import normal_live
from stackfile.plan.diff import diff
from stackfile.plan.equal import covers
from stackfile.plan.mask import mask_like
from stackfile.plan.plan import UNSET, FieldChange
from stackfile.plan.twins import natural_key
from stackfile.sdk.provider import Clock, Kind, Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.secrets import Seal
from stackfile.values import Sealed, Sensitive, Tree, Value, contains, drop, get, print_path, put

SKEW = timedelta(minutes=2)
"""How far apart the clocks of a service and of this machine may be, and how coarse a service's times are."""
_SHOWN = 3
"""How many differing fields a sentence names."""


class Verdict(Enum):
    """The outcome of a look, as events carry it."""

    RECORDED = "recorded"
    ADOPTED = "adopted"
    CLEARED = "cleared"
    AGAIN = "again"
    """Not as sent: it is planned anew."""
    EXISTS = "exists"
    """Something is there, and it is not surely ours: a person must judge."""
    PENDING = "pending"
    """It cannot be told now."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with the object it is about, and the sentence for the user; further lines stand below.

    `applied` is what its record should say from now on: what it surely has of what was sent. The rest is sent again.
    """

    verdict: Verdict
    says: str
    live: Live | None = None
    applied: Tree | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A create whose answer is not known. `id` is set where the journal has it.

    It was `first` sent then, and last at `at`. `absent`: nothing had its natural key before. `ours` are the ids of the
    objects of this kind that other records claim. `mark` is what the object keeps of this very create, where its
    service keeps such notes.
    """

    identity: Tree
    sent: Tree
    at: datetime
    first: datetime
    absent: bool
    id: str | None
    ours: Collection[str]
    mark: str = ""

    def is_marked(self, live: Live) -> bool:
        return bool(self.mark) and live.mark == self.mark


@dataclass(frozen=True, slots=True)
class Changed:
    """An update whose answer is not known. `before` is what had been applied until then.

    `shows`: some field changed that the service gives back, so that the object shows whether the call arrived.
    """

    id: str
    sent: Tree
    before: Tree
    shows: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """Looks at one kind of one provider. `timeout` is how long a request of this provider may be under way, seconds."""

    kind: Kind[Any]
    schema: Schema
    seal: Seal
    clock: Clock
    timeout: float

    async def create(self, sent: Sent) -> Finding:
        """Adopts what is surely ours, clears what surely is not there, and leaves anything else to a person."""
        if not self.kind.traits.reads.seen:
            return Finding(Verdict.CLEARED, f"{self.kind.name} cannot be read: it is sent again")
        if sent.id is None and not (self.kind.traits.can_list or self.kind.traits.stable_id):
            return Finding(Verdict.PENDING, f"{self.kind.name} cannot be listed: nobody can tell whether it was made")
        for look in range(2):
            if look:
                await self._wait_until_settled(sent.at)
            found = await self._look(sent)
            if found:
                return self._ours(sent, found)
        if sent.id is not None:
            return Finding(Verdict.CLEARED, f"{sent.id} was made and is gone")
        return Finding(Verdict.CLEARED, f"no {self._named(sent.identity)} in 2 listings")

    async def update(self, changed: Changed) -> Finding:
        if not self.kind.traits.reads.seen:
            blind = Live(changed.id, {})
            return Finding(Verdict.AGAIN, f"{self.kind.name} cannot be read: it is sent again", blind, changed.before)
        live = await self.kind.read(changed.id)
        if live is None:
            gap = self.kind.traits.update_gap
            return Finding(Verdict.AGAIN, f"the object is gone: {gap}" if gap else "the object is gone")
        left = [change for change in self._differs(changed.sent, changed.before, live) if not self._is_local(change)]
        if changed.shows:
            left = [change for change in left if not self._is_unseen(change, live)]
        if not left:
            return Finding(Verdict.RECORDED, "live equals what was sent", live, changed.sent)
        is_hidden = all(self._is_unseen(change, live) for change in left)
        says = "what was sent can not be read back" if is_hidden else "live is not what was sent"
        return Finding(Verdict.AGAIN, says, live, _as_before(changed.sent, left, changed.before))

    async def status(self, id: str, wanted: str, applied: Tree) -> Finding:
        """A pause, stop, start or resume: all can be repeated, and whoever asked for one may do so."""
        live = await self.kind.read(id)
        if live is None:
            return Finding(Verdict.AGAIN, "the object is gone")
        status = live.fields.get("status")
        if covers(status, wanted, self.schema.fields.get("status"), self.seal):
            return Finding(Verdict.RECORDED, f"it is {status}", live, applied)
        return Finding(Verdict.CLEARED, f"it is {status}, not {wanted}: ask for it again", live)

    async def delete(self, id: str) -> Finding:
        if not self.kind.traits.reads.seen:
            return Finding(Verdict.AGAIN, f"{self.kind.name} cannot be read: it is deleted again", Live(id, {}))
        live = await self.kind.read(id)
        if live is None:
            return Finding(Verdict.RECORDED, "the object is gone")
        return Finding(Verdict.AGAIN, "the object is still there", live)

    async def _look(self, sent: Sent) -> Sequence[Live]:
        """What may be the object. Without a natural key: all that nobody claims and that could have become of it.

        What a listing shows is read: one that lags shows what is deleted, such as the object that was there before.
        """
        id = sent.id
        if id is None and not self.kind.traits.can_list:
            id = self.kind.stable_id(sent.sent)
        if id is not None:
            live = await self.kind.read(id)
            return [] if live is None else [live]
        read = [await self.kind.read(live.id) for live in self._candidates(sent, await self.kind.list_all())]
        return [live for live in read if live is not None]

    def _candidates(self, sent: Sent, listed: Sequence[Live]) -> Sequence[Live]:
        marked = [live for live in listed if sent.is_marked(live)]
        if marked:
            return marked
        wanted = natural_key(self.schema, sent.identity)
        if wanted is not None:
            return [live for live in listed if natural_key(self.schema, live.fields) == wanted]
        free = [live for live in listed if live.id not in sent.ours]
        return [live for live in free if not self._is_older(live, sent) and not self._contradictions(sent.sent, live)]

    def _ours(self, sent: Sent, found: Sequence[Live]) -> Finding:
        live = found[0]
        named = f"{self._named(sent.identity)} found as {live.id}"
        if sent.id is not None or (sent.is_marked(live) and live.id not in sent.ours):
            return self._adopted(sent, live, named)
        if live.id in sent.ours:
            return Finding(Verdict.EXISTS, f"{named}, which another address has", live)
        if len(found) > 1:
            return Finding(Verdict.EXISTS, f"{named}, and {len(found) - 1} more that may be it", live)
        if not sent.absent and (live.created_at is None or live.created_at < sent.first):
            return Finding(Verdict.EXISTS, f"{named}, and it may have been there before", live)
        if self._is_older(live, sent):
            return Finding(Verdict.EXISTS, f"{named}, but it was made before this run asked for it", live)
        wrong = self._contradictions(sent.sent, live)
        if wrong:
            return Finding(Verdict.EXISTS, f"{named}, but it is NOT what this run sent\n({_told(wrong)})", live)
        return self._adopted(sent, live, named)

    def _adopted(self, sent: Sent, live: Live, named: str) -> Finding:
        how = "made in part" if self._differs(sent.sent, sent.sent, live) else "as sent"
        return Finding(Verdict.ADOPTED, f"{named}, {how}", live, self.arrived(sent.sent, live))

    def arrived(self, sent: Tree, live: Live) -> Tree:
        """What of a create's values an object of ours surely got; the rest is sent again. What somebody has changed
        since did arrive.

        One call that sets everything is not told from the first of several, so secrets count as not sent: once more
        does no harm, where there is an update.
        """
        untouched = [change for change in self._differs(sent, sent, live) if self._is_untouched(change)]
        arrived = _as_before(sent, untouched, {})
        return seen_only(self.schema, arrived, live.fields) if self.kind.traits.can_update else arrived

    def _contradictions(self, sent: Tree, live: Live) -> list[FieldChange]:
        """Fields that somebody else has set: neither as sent, nor as they are before anything is sent."""
        return [change for change in self._differs(sent, sent, live) if not self._is_untouched(change)]

    def _is_untouched(self, change: FieldChange) -> bool:
        if change.before is UNSET or change.before in ("", [], {}):
            return True
        field = self.schema.at(change.path)
        if field is None or field.name != change.path[-1]:
            return False
        return change.before == field.default or (field.begins is not None and change.before in field.begins.before)

    def _differs(self, sent: Tree, before: Tree, live: Live) -> Sequence[FieldChange]:
        normal = mask_like(normal_live(self.schema, live), sent)
        return diff(self.schema, sent, before, normal, self.seal).fields

    def _is_unseen(self, change: FieldChange, live: Live) -> bool:
        return self.schema.hides(change.path, live.fields)

    def _is_local(self, change: FieldChange) -> bool:
        return bool(self.schema.traits_at(change.path) & Trait.LOCAL)

    def _is_older(self, live: Live, sent: Sent) -> bool:
        return live.created_at is not None and live.created_at < sent.first - SKEW

    async def _wait_until_settled(self, since: datetime) -> None:
        age = (self.clock.now() - since).total_seconds()
        missing = self.timeout + self.kind.traits.settle - age
        if missing > 0:
            await self.clock.sleep(missing)

    def _named(self, identity: Tree) -> str:
        return '"' + "/".join(str(value) for value in identity.values()) + '"' if identity else self.kind.name


def _as_before(sent: Tree, changes: Sequence[FieldChange], before: Tree) -> Tree:
    """What was sent, but for these fields, which are as they were before; a list is as a whole."""
    out = dict(sent)
    for change in changes:
        keys = whole_lists(change.path)
        value = get(before, keys)
        out = drop(out, keys) if value is None else put(out, keys, value)
    return out


def _told(changes: Sequence[FieldChange]) -> str:
    """`destination: lake was sent, web-test is live`, without secrets."""
    told = [f"{print_path(one.path)}: {_text(one.after)} was sent, {_text(one.before)} is live" for one in changes]
    more = f"; and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "; ".join(told[:_SHOWN]) + more


def _text(value: Value) -> str:
    if value is UNSET:
        return "nothing"
    if contains(value, Sensitive) or contains(value, Sealed):
        return "(sensitive)"
    return str(value)
