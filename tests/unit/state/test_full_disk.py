"""A disk that is full, and a folder that nobody may write: the state stays as it was."""

from __future__ import annotations

import asyncio
import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from stackfile.errors import StateError
from stackfile.state.files import Files
from stackfile.testing.entries import ANA, LAKE, PG, intent, record, result
from stackfile.testing.files import CountedFiles
from stackfile.testing.store import begun, raises, state_of
from tests.unit.state.place import Place, only, told

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
FORBIDDEN = PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize("effect", ["open", "write", "fsync", "rename", "fsync folder"])
def test_a_full_disk_leaves_the_state_as_it_was(place: Place, effect: str) -> None:
    files = CountedFiles(only=effect)

    async def story() -> None:
        store = place.open(files)
        lease = await begun(store, result(PG, record(PG)))
        before = await place.open().read()
        assert before.state is not None
        files.error = FULL
        error = only(await raises(StateError, lease.compact(replace(before.state, records={}))))
        assert (error.code, error.message) == (
            "state-not-written",
            f"the state in {place.root} could not be written: No space left on device",
        )
        assert "Free some space" in error.help[-1]
        files.error = None
        assert await place.open().read() == before
        await lease.append([result(LAKE, record(LAKE))])
        assert set((await state_of(place.open())).records) == {PG, LAKE}
        assert (await lease.compact(await state_of(store))).serial == 1

    told(story)


def test_a_snapshot_that_is_in_place_counts_even_if_that_could_not_be_made_sure(place: Place) -> None:
    """The rename was done and the sync after it failed: what comes next must not go to the old journal."""

    class Unsure(Files):
        unsure = False

        def sync_folder(self, path: Path) -> None:
            if self.unsure and path == place.root:
                raise FULL
            super().sync_folder(path)

    files = Unsure()

    async def story() -> None:
        store = place.open(files)
        lease = await begun(store, result(PG, record(PG)))
        files.unsure = True
        await raises(StateError, lease.compact(await state_of(store)))
        files.unsure = False
        await lease.append([result(LAKE, record(LAKE))])
        assert set((await state_of(place.open())).records) == {PG, LAKE}

    told(story)


def test_a_lock_that_could_not_be_made_sure_is_not_left_behind(place: Place) -> None:
    class Unsure(Files):
        unsure = True

        def sync_folder(self, path: Path) -> None:
            if self.unsure and (path / "lock.json").exists():
                raise FULL
            super().sync_folder(path)

    files = Unsure()

    async def story() -> None:
        await raises(StateError, place.open(files).acquire(ANA))
        files.unsure = False
        assert (await place.open(files).acquire(ANA)).token == 2

    told(story)


@pytest.mark.parametrize("effect", ["open", "write", "fsync"])
def test_an_entry_that_found_no_room_is_not_there(place: Place, effect: str) -> None:
    files = CountedFiles(only=effect)

    async def story() -> None:
        lease = await begun(place.open(files), intent(PG))
        before = await place.open().read()
        files.error = FULL
        errors = await asyncio.gather(
            *(lease.append([result(address, record(address))]) for address in (PG, LAKE)), return_exceptions=True
        )
        assert [type(error) for error in errors] == [StateError, StateError]
        files.error = None
        assert await place.open().read() == before
        await lease.append([result(PG, record(PG))])
        assert (await state_of(place.open())).records == {PG: record(PG)}

    told(story)


def test_a_new_journal_that_found_no_room_is_made_later(place: Place) -> None:
    """The snapshot counts from the moment it is in place, and the intents of the old journal stay."""

    class NoNewJournal(Files):
        full = False

        def replace(self, path: Path, data: bytes, by_way_of: Path | None = None) -> None:
            if self.full and path.name == "journal.ndjson":
                raise FULL
            super().replace(path, data, by_way_of)

    files = NoNewJournal()

    async def story() -> None:
        store = place.open(files)
        lease = await begun(store, result(PG, record(PG)), intent(LAKE))
        files.full = True
        state = await lease.compact(await state_of(store))
        stored = await place.open().read()
        assert (stored.state, [i.entry for i in stored.intents]) == (state, [intent(LAKE)])
        await raises(StateError, lease.append([result(LAKE, record(LAKE))]))
        files.full = False
        await lease.append([result(LAKE, record(LAKE))])
        stored = await place.open().read()
        assert stored.state is not None
        assert (set(stored.state.records), stored.state.serial, stored.intents) == ({PG, LAKE}, 2, ())

    told(story)


def test_a_folder_that_is_not_writable_is_a_diagnostic(place: Place) -> None:
    files = CountedFiles(error=FORBIDDEN)

    async def story() -> None:
        error = only(await raises(StateError, place.open(files).acquire(ANA)))
        assert (error.code, error.message) == (
            "state-not-written",
            f"the state in {place.root} could not be written: Permission denied",
        )
        assert error.help[-1] == f"Give this user the right to write there: chmod -R u+rwX {place.root}"

    told(story)


def test_a_folder_that_is_a_file_is_a_diagnostic(place: Place) -> None:
    place.root.parent.write_text("")

    async def story() -> None:
        assert only(await raises(StateError, place.open().acquire(ANA))).code == "state-not-written"
        assert only(await raises(StateError, place.open().read())).code == "state-not-readable"

    told(story)
