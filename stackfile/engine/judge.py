"""What became of a call whose answer is not known: look, and decide. Used by recovery and within a run alike.

Absence is believed late: only when the call is older than the request timeout plus what a listing may lag, and a
second listing agrees.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from stackfile.plan.decide import normal_live
from stackfile.plan.diff import diff
from stackfile.plan.twins import natural_key
from stackfile.sdk.provider import Clock, Kind, Live
from stackfile.sdk.schema import Schema
from stackfile.state.secrets import Seal
from stackfile.values import Tree


class Verdict(Enum):
    """The outcome of a look, as events carry it."""

    RECORDED = "recorded"
    ADOPTED = "adopted"
    CLEARED = "cleared"
    AGAIN = "again"
    """Not as sent: it is planned anew."""
    EXISTS = "exists"
    """Something is there, and it is not surely ours: a person must judge."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with the object it is about and the sentence for the user.

    `whole` is False for an object of ours that lacks some of what was sent: the next plan finishes it.
    """

    verdict: Verdict
    says: str
    live: Live | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """A create whose answer is not known. `id` is set where the journal has it; `ours` are the (provider, id) of the
    objects that records claim."""

    provider: str
    identity: Tree
    sent: Tree
    at: datetime
    absent: bool
    id: str | None
    ours: Collection[tuple[str, str]]


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
        if sent.id is not None:
            return await self._by_id(sent, sent.id)
        looks = 0
        while True:
            twin = await self._by_key(sent)
            if twin is not None:
                return self._twin(sent, twin)
            looks += 1
            if looks == 2:
                return Finding(Verdict.CLEARED, f"no {_named(sent.identity)} in 2 listings")
            await self._wait_until_settled(sent.at)

    async def update(self, id: str, sent: Tree) -> Finding:
        live = await self.kind.read(id)
        if live is None:
            return Finding(Verdict.AGAIN, "the object is gone")
        if self._is_as_sent(sent, live):
            return Finding(Verdict.RECORDED, "live equals what was sent", live)
        return Finding(Verdict.AGAIN, "live is not what was sent", live)

    async def delete(self, id: str) -> Finding:
        live = await self.kind.read(id)
        if live is None:
            return Finding(Verdict.RECORDED, "the object is gone")
        return Finding(Verdict.AGAIN, "the object is still there", live)

    async def _by_id(self, sent: Sent, id: str) -> Finding:
        live = await self.kind.read(id)
        if live is None:
            await self._wait_until_settled(sent.at)
            live = await self.kind.read(id)
        if live is None:
            return Finding(Verdict.CLEARED, f"{id} was made and is gone")
        return Finding(
            Verdict.ADOPTED, f"{_named(sent.identity)} found as {id}", live, whole=self._is_as_sent(sent.sent, live)
        )

    async def _by_key(self, sent: Sent) -> Live | None:
        wanted = natural_key(self.schema, sent.identity)
        if wanted is None:
            return None
        return next((x for x in await self.kind.list_all() if natural_key(self.schema, x.fields) == wanted), None)

    def _twin(self, sent: Sent, live: Live) -> Finding:
        named = f"{_named(sent.identity)} found as {live.id}"
        if (sent.provider, live.id) in sent.ours:
            return Finding(Verdict.EXISTS, f"{named}, which another address has", live)
        if not sent.absent:
            return Finding(Verdict.EXISTS, f"{named}, and it may have been there before", live)
        if live.created_at is not None and live.created_at < sent.at:
            return Finding(Verdict.EXISTS, f"{named}, but it was made before this run asked for it", live)
        if not self._is_as_sent(sent.sent, live):
            return Finding(Verdict.EXISTS, f"{named}, but it is NOT what this run sent", live)
        return Finding(Verdict.ADOPTED, f"{named}, as sent", live)

    def _is_as_sent(self, sent: Tree, live: Live) -> bool:
        return not diff(self.schema, sent, sent, normal_live(self.schema, live), self.seal).fields

    async def _wait_until_settled(self, since: datetime) -> None:
        age = (self.clock.now() - since).total_seconds()
        missing = self.timeout + self.kind.traits.settle - age
        if missing > 0:
            await self.clock.sleep(missing)


def _named(identity: Tree) -> str:
    return '"' + "/".join(str(value) for value in identity.values()) + '"'
