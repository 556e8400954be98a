"""The local backend: which files it keeps, for whom, and what they cost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from stackfile.address import Address
from stackfile.errors import StateError
from stackfile.state.files import Files
from stackfile.state.format import State
from stackfile.state.local import LocalStore
from stackfile.state.secrets import Match
from stackfile.state.store import Store
from stackfile.testing.entries import ANA, CI, PG, intent, record, result
from stackfile.testing.files import CountedFiles
from stackfile.testing.store import begun, raises, state_of
from tests.unit.state.place import Place, compacted, told


def test_it_is_a_store(place: Place) -> None:
    store: Store = place.open()
    assert (store.name, store.capabilities.fencing) == ("local", True)


def test_reading_writes_nothing(place: Place) -> None:
    async def story() -> None:
        await place.open().read()
        await place.open().seal()
        await place.open().generations()
        await raises(StateError, place.open().break_lock("7k2"))

    told(story)
    assert not place.root.parent.exists()


def test_files_are_for_their_owner_alone_and_not_for_version_control(place: Place) -> None:
    async def story() -> None:
        await (await compacted(place.open(), "a")).release()

    told(story)
    assert place.names() == [
        ".gitignore",
        "prod",
        "prod/guard",
        "prod/history",
        "prod/history/00000001.json",
        "prod/journal.ndjson",
        "prod/lease.token",
        "prod/secret.key",
        "prod/state.json",
    ]
    assert (place.root.parent / ".gitignore").read_text() == "*\n"
    assert {place.mode(name) for name in ("state.json", "journal.ndjson", "secret.key", "lease.token")} == {"0o600"}
    assert {place.mode("."), place.mode("history")} == {"0o700"}


def test_a_folder_of_the_users_own_gets_no_gitignore(tmp_path: Path) -> None:
    async def story() -> None:
        await (await LocalStore(tmp_path / "shared" / "prod", "orders", "prod").acquire(ANA)).release()

    told(story)
    assert not (tmp_path / "shared" / ".gitignore").exists()


def test_ten_generations_are_kept(place: Place) -> None:
    async def story() -> None:
        store = place.open()
        lease = await begun(store)
        for _ in range(13):
            await lease.compact(await state_of(store))
        assert [g.serial for g in await store.generations()] == list(range(13, 3, -1))

    told(story)


def test_appends_at_one_time_share_their_syncs(place: Place) -> None:
    files = CountedFiles()

    async def story() -> None:
        lease = await begun(place.open(files))
        files.log.clear()
        await asyncio.gather(*(lease.append([intent(Address("streams", "s", str(n)))]) for n in range(200)))

    told(story)
    assert files.count("fsync") == files.count("write") <= 3


def test_a_change_costs_what_its_own_record_costs(place: Place) -> None:
    """Bytes and effects of one change do not grow with the state."""

    async def cost(resources: int) -> tuple[int, list[tuple[str, str]]]:
        files, small = CountedFiles(), Place(place.root / str(resources))
        store = small.open(files)
        lease = await begun(store)
        state = await state_of(store)
        addresses = [Address("streams", "s", f"{number:06}") for number in range(resources)]
        await lease.compact(replace(state, records={address: record(address) for address in addresses}))
        await lease.append([intent(PG)])
        size = (small.root / "journal.ndjson").stat().st_size
        files.log.clear()
        await lease.append([result(PG, record(PG))])
        return (small.root / "journal.ndjson").stat().st_size - size, files.log

    async def story() -> None:
        few, many = await cost(3), await cost(3000)
        assert few == many
        assert few[1] == [("open", "journal.ndjson"), ("write", "journal.ndjson"), ("fsync", "journal.ndjson")]

    told(story)


def test_a_configured_key_makes_no_key_file(place: Place) -> None:
    async def story() -> None:
        await (await place.open(key=b"k" * 32).acquire(ANA)).release()
        sealed = (await place.open(key=b"k" * 32).seal()).seal("x")
        assert (await place.open(key=b"k" * 32).seal()).matches(sealed, "x") is Match.SAME

    told(story)
    assert not (place.root / "secret.key").exists()


def test_a_state_of_another_history_is_not_written_over_ours(place: Place) -> None:
    async def story() -> None:
        lease = await compacted(place.open(), "a")
        with pytest.raises(ValueError, match="not the one that this lease is for"):
            await lease.compact(State("orders", "prod", "other"))
        with pytest.raises(ValueError, match="not the one that this lease is for"):
            await lease.compact(State("billing", "prod", "lineage-1"))

    told(story)


def test_a_reader_never_sees_half_of_a_compaction(place: Place) -> None:
    """The snapshot of one moment read with the journal of the next is read again."""

    class Turning(Files):
        turns = 0

        def read(self, path: Path) -> bytes | None:
            data = super().read(path)
            if path.name == "journal.ndjson" and self.turns:
                self.turns -= 1
                asyncio.run(compact())
            return data

    store = place.open()
    files = Turning()

    async def compact() -> None:
        place.world.kill(holder)
        lease = await store.acquire(CI)
        await lease.compact(await state_of(place.open()))
        await lease.release()

    async def story() -> None:
        await (await begun(store, result(PG, record(PG)))).release()
        reader = place.open(files)
        files.turns = 2
        stored = await reader.read()
        assert stored.state is not None
        assert (stored.state.serial, set(stored.state.records)) == (2, {PG})

    holder = place.process
    told(story)
