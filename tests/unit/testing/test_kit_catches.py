"""The conformance kit fails a provider that breaks a rule, and says which: each here is the peer's with one mistake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from stackfile.sdk.provider import Kind, Live, Step, Update
from stackfile.sdk.rest import PageNumber, Response
from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase, NotConforming, walk
from stackfile.testing.crowds import list_in_pages
from stackfile.testing.deaths import kill_everywhere
from stackfile.testing.simulated import simulated
from stackfile.testing.simulator import Fault, SimulatedClock
from stackfile.testing.storms import survive
from tests.peer.service import PeerService
from tests.peer.stackfile_peer import Peer, Pipes, Sinks, Source, Sources

CASE = KindCase(
    "sources.pg",
    {"connector": "postgres", "host": "db", "password": "hunter22-first", "comment": "one"},
    changes={"host": "db2", "comment": "two"},
    replacing={"connector": "mysql"},
    rotated={"password": "hunter22-second"},
    unset={"comment": None},
    page=100,
)


class Forgetful(Sources):
    """Sends what is new, and not what changes."""

    async def update(self, change: Update[Source], step: Step) -> Live:
        return change.live


class Strict(Sources):
    """Wants an object to be there when it is deleted."""

    async def delete(self, live: Live, step: Step) -> None:
        await self.client.request("DELETE", self.url(live.id))


class Wordy(Sources):
    """Keeps the secret where everybody can read it."""

    def encode(self, fields: dict[str, Any]) -> Any:
        return {**fields, "tables": [fields["password"]]}


class Deaf(Sources):
    """Sends no secret that changes."""

    async def update(self, change: Update[Source], step: Step) -> Live:
        if ("password",) in change.changed:
            return change.live
        return await super().update(change, step)


class Slow(Sources):
    """Asks for ten at a time, whatever is allowed."""

    pages: ClassVar = PageNumber(limit=10, more="has_next")


class Double(Sources):
    """Believes every page."""

    async def list_all(self) -> Sequence[Live]:
        found: list[Live] = []
        for page in (1, 2):
            answer = await self.client.request("GET", self.path, params={"page": page, "page_size": 100})
            found += [self.decode(item) for item in answer.json["result"]]
        return found


class Blind(Sources):
    """Makes an object under another name when it hears nothing of the first."""

    async def create(self, desired: Source, step: Step) -> Live:
        answer = await self._asked(desired.name, desired)
        live = self.decode(answer.json)
        await step.created(live.id)
        return live

    async def _asked(self, name: str, desired: Source) -> Response:
        body = {**desired.model_dump(exclude_unset=True), "name": name}
        try:
            return await self.client.request("POST", self.path, json=body)
        except Exception:
            return await self.client.request("POST", self.path, json={**body, "name": f"{name}-again"})


class Hasty(Sources):
    """Makes two objects, and tells of the second alone."""

    async def create(self, desired: Source, step: Step) -> Live:
        draft = desired.model_copy(update={"name": f"{desired.name}-draft"})
        answer = await self.client.request("POST", self.path, json=draft.model_dump(exclude_unset=True))
        live = await super().create(desired, step)
        await self.client.request("DELETE", self.url(self.decode(answer.json).id))
        return live


Check = Callable[[Callable[[], World], KindCase], Awaitable[Any]]

MISTAKES: dict[str, tuple[type[Kind[Any]], Check, str]] = {
    "a change is not sent": (Forgetful, walk, "the plan after an apply must be empty, and has UPDATE sources.pg"),
    "a delete of what is gone fails": (Strict, walk, "NotFound"),
    "a secret is in a field that is none": (Wordy, walk, "the secret is in a plan"),
    "a new secret is not sent": (Deaf, walk, "the service has not got the secret"),
    "a list is read in small pages": (Slow, list_in_pages, "the list took 11 calls, and 2 would do"),
    "an object is listed twice": (Double, list_in_pages, "the list has an object twice"),
    "a create is sent again": (
        Blind,
        lambda make, case: survive(make, case, Fault.LOST),
        "it is there already, as src_0001, and is not ours",
    ),
    "nothing is said between two calls": (Hasty, kill_everywhere, "name: pg-draft already exists"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_and_named(mistake: str, tmp_path: Path) -> None:
    kind, check, says = MISTAKES[mistake]

    class Wrong(Peer):
        kind_types = (kind, Sinks, Pipes)  # type: ignore[assignment]

    def world() -> World:
        return simulated(tmp_path / str(len(list(tmp_path.iterdir()))), Wrong, PeerService(SimulatedClock()).app)

    with pytest.raises(NotConforming) as caught:
        asyncio.run(_checked(check, world))
    assert says in str(caught.value)


async def _checked(check: Check, world: Callable[[], World]) -> None:
    await check(world, CASE)
