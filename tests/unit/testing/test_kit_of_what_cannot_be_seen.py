"""The conformance kit over kinds whose objects nobody can see: what needs a look is left out, all else is held to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest

from stackfile.sdk.provider import Body, Live, Step, Update
from stackfile.sdk.rest import RestKind
from stackfile.sdk.traits import KindTraits, Reads, Trait
from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase, NotConforming, walk
from stackfile.testing.crowds import list_in_pages
from stackfile.testing.deaths import kill_everywhere
from stackfile.testing.simulated import simulated
from stackfile.testing.simulator import SimulatedClock
from tests.peer.service import PeerService
from tests.peer.stackfile_peer import Peer, Pipes, Sinks, Sources
from tests.unit.engine.shelf import Shelf, bench_over

SPELL = KindCase("resources.spell", {"type": "spell", "text": "abra"}, changes={"text": "kadabra"})
WHISPER = KindCase("sources.pg", {"connector": "postgres", "host": "db"}, changes={"host": "db2"})


class Whisper(Body):
    name: Annotated[str, Trait.IDENTITY, Trait.UNREAD]
    connector: Annotated[str, Trait.UNREAD, Trait.IMMUTABLE]
    host: Annotated[str, Trait.UNREAD]


class Whispers(RestKind[Whisper]):
    """Sends no change of what it never tells."""

    section, name, model, path = "sources", "source", Whisper, Sources.path
    traits: ClassVar = KindTraits(reads=Reads.NONE)

    async def update(self, change: Update[Any], step: Step) -> Live:
        return change.live


class Forgetful(Peer):
    kind_types = (Whispers, Sinks, Pipes)  # type: ignore[assignment]


@pytest.fixture
def spells(tmp_path: Path) -> Any:
    def world() -> World:
        return bench_over(Shelf(), tmp_path / str(len(list(tmp_path.iterdir())))).world

    return world


def test_the_walk_needs_no_look(spells: Any) -> None:
    story = asyncio.run(walk(spells, SPELL))
    assert [step.partition(":")[0] for step in story] == [
        "the object is declared",
        "it is applied",
        "text is changed to 'kadabra'",
        "text is changed back",
        "the object is taken out of the file",
        "deleting it once more is no error",
        "everything is taken out of the file",
    ]


def test_deaths_are_made_good_and_nothing_is_listed(spells: Any) -> None:
    assert asyncio.run(kill_everywhere(spells, SPELL)) > 10
    assert asyncio.run(list_in_pages(spells, SPELL)) == ["there is no list"]


def test_a_change_that_is_not_sent_is_found(tmp_path: Path) -> None:
    def world() -> World:
        return simulated(tmp_path, Forgetful, PeerService(SimulatedClock()).app)

    with pytest.raises(NotConforming, match="nothing was sent"):
        asyncio.run(walk(world, WHISPER))
