"""Death at every effect of a new key: the key in use is always the one that the state is under."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stackfile.engine.rekey import rekey_state
from stackfile.errors import StateError
from stackfile.sdk.provider import Session
from stackfile.state.files import Files
from stackfile.state.local import LocalStore, Surroundings
from stackfile.state.secrets import Match
from stackfile.state.store import Holder
from stackfile.testing.bench import ENV, STACK, Bench, FakeClock, World, bytes_under, quick_store
from stackfile.testing.faults import Killed, Side, bury
from stackfile.testing.files import MortalFiles
from stackfile.testing.store import raises
from stackfile.values import Sealed, Tree
from stackfile_local import Local

SECRET = "a-salt-that-nobody-may-read"
HOLDER = Holder("ana", "stack state rekey", "20261121T031204Z-7k2")
SHOP: dict[str, Tree] = {
    "variables.salt": {"type": "string", "sensitive": True, "default": SECRET},
    "streams.orders": {},
    "destinations.file": {
        "connector": "file",
        "format": "ndjson",
        "path": "{{ var.salt }}",
        "stream": "streams.orders",
    },
}


class Place:
    def __init__(self, root: Path) -> None:
        root.mkdir()
        clock, self.state = FakeClock(), root / "state"

        def session(instance: str) -> Session:
            return Session(root / "data", root, clock, instance)

        self.bench = Bench.over(World(Local, {}, session, quick_store(self.state), lambda: bytes_under(self.state)))

    def store(self, files: Files) -> LocalStore:
        return LocalStore(self.state, STACK, ENV, surroundings=Surroundings(files=files))

    def configured(self, files: Files) -> LocalStore:
        return LocalStore(self.state, STACK, ENV, lambda: b"k" * 32, Surroundings(files=files))

    async def rekey(self, files: Files, configured: bool = False) -> None:
        store = self.configured(files) if configured else self.store(files)
        try:
            await rekey_state(self.bench._stack(SHOP, self.bench.catalog, store), HOLDER)
        except Killed:
            await bury(self.store(MortalFiles()))

    async def sealed(self) -> Sealed:
        """The only digest, which must hold under the key in use."""
        store, path = self.store(MortalFiles()), await self.path()
        assert (await store.seal()).matches(path, SECRET) is Match.SAME
        return path

    async def path(self) -> Sealed:
        store = self.store(MortalFiles())
        state = (await store.read()).state
        assert state is not None
        (path,) = [record.applied["path"] for record in state.records.values() if "path" in record.applied]
        assert isinstance(path, Sealed)
        return path


@pytest.mark.parametrize("side", Side)
def test_a_death_at_any_effect_leaves_a_key_that_fits(side: Side, tmp_path: Path) -> None:
    async def one(at: int) -> bool:
        place, files = Place(tmp_path / str(at)), MortalFiles(at=at, side=side)
        await place.bench.apply(SHOP)
        before = await place.sealed()
        await place.rekey(files)
        await place.sealed()
        await place.rekey(MortalFiles())
        assert (await place.sealed()).kid != before.kid
        assert not (place.state / "secret.key.next").exists()
        assert (await place.bench.plan(SHOP)).empty
        assert SECRET.encode() not in place.bench.world.kept()
        await place.bench.close()
        return files.dead

    async def story() -> None:
        at = 1
        while await one(at):
            at += 1
        assert at > 15

    asyncio.run(story())


@pytest.mark.parametrize("side", Side)
def test_a_death_on_the_way_to_a_configured_key_is_made_good_by_the_next_rekey(side: Side, tmp_path: Path) -> None:
    async def one(at: int) -> bool:
        place, files = Place(tmp_path / str(at)), MortalFiles(at=at, side=side)
        await place.bench.apply(SHOP)
        await place.rekey(files, configured=True)
        if (place.state / "secret.key").exists():
            await place.rekey(MortalFiles(), configured=True)
        path, store = await place.path(), place.configured(MortalFiles())
        assert (await store.seal()).matches(path, SECRET) is Match.SAME
        assert not list(place.state.glob("secret.key*"))
        await place.bench.close()
        return files.dead

    async def story() -> None:
        at = 1
        while await one(at):
            at += 1
        assert at > 10

    asyncio.run(story())


def test_a_key_that_is_configured_is_not_changed(tmp_path: Path) -> None:
    async def story() -> None:
        place = Place(tmp_path / "place")
        await place.bench.apply(SHOP)
        stack = place.bench._stack(SHOP, place.bench.catalog, place.configured(MortalFiles()))
        await rekey_state(stack, HOLDER)
        store = place.configured(MortalFiles())
        stack = place.bench._stack(SHOP, place.bench.catalog, store)
        error = await raises(StateError, rekey_state(stack, HOLDER))
        assert error.diagnostics[0].code == "rekey-configured"
        assert (await store.read()).lock is None

    asyncio.run(story())
