"""What is said, and what can be done, when somebody or something damaged the files of a local state."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest

from stackfile.engine.edits import roll_back
from stackfile.errors import Diagnostic, StateError
from stackfile.testing.entries import ANA, BEGIN, CI, LAKE, PG, intent, record, result
from stackfile.testing.store import begun, raises, state_of
from tests.unit.state.place import Place, compacted, only, told


async def follow(place: Place, error: Diagnostic) -> None:
    """Does what the last line of a diagnostic says, its command behind a colon."""
    command = error.help[-1].partition(": ")[2]
    ours = re.fullmatch(r"stack state rollback (\d+)", command)
    if ours is None:
        await (await asyncio.create_subprocess_shell(command)).wait()
        return
    lock = await place.open().lock()
    if lock is not None:
        await place.open().break_lock(lock.id)
    await roll_back(place.open(), CI, int(ours[1]))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[: len(data) // 2],
    "emptied": lambda data: b"",
    "one bit flipped": lambda data: data.replace(b"orders", b"ordert", 1),
    "not JSON": lambda data: b"oops",
}


def test_a_torn_last_line_is_dropped_and_the_journal_goes_on(place: Place) -> None:
    async def story() -> None:
        dead = place.open()
        await begun(dead, intent(PG))
        place.world.kill(place.process)
        with (place.root / "journal.ndjson").open("ab") as journal:
            journal.write(b'{"lineage":"lineage-1","run":"2026')
        assert len((await place.open().read()).intents) == 1
        lease = await place.open().acquire(CI)
        await lease.append([result(PG, record(PG))])
        assert (await state_of(place.open())).records == {PG: record(PG)}

    told(story)


def test_a_damaged_journal_is_named_by_its_line_with_what_to_do(place: Place) -> None:
    journal = place.root / "journal.ndjson"

    async def story() -> None:
        await begun(place.open(), intent(PG), result(PG, record(PG)), result(LAKE, record(LAKE)))
        journal.write_bytes(journal.read_bytes().replace(b'"sources.pg"', b'"sources.px"', 2))
        error = only(await raises(StateError, place.open().read()))
        assert (error.code, error.message) == (
            "journal-damaged",
            f"{journal} is damaged: line 3 does not match its checksum",
        )
        assert error.help[0].startswith("The 2 lines before that are whole.")
        await follow(place, error)
        assert (await state_of(place.open())).records == {}

    told(story)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_state_is_refused_and_its_copy_loses_nothing(damage: Callable[[bytes], bytes], place: Place) -> None:
    path = place.root / "state.json"

    async def story() -> None:
        lease = await compacted(place.open(), "a", "b")
        await lease.append([intent(PG), result(PG, record(PG)), intent(LAKE)])
        good = await place.open().read()
        path.write_bytes(damage(path.read_bytes()))
        error = only(await raises(StateError, place.open().read()))
        assert (error.code, error.message.startswith(f"{path} is damaged: ")) == ("state-damaged", True)
        assert error.help[0].startswith("The last good copy is serial 1, of 20")
        await follow(place, error)
        again = await place.open().read()
        assert again.state is not None
        assert good.state is not None
        assert (again.state.serial, again.state.records) == (good.state.serial + 1, good.state.records)
        assert again.intents == good.intents

    told(story)


def test_when_the_newest_copy_is_damaged_too_the_one_before_it_is_named(place: Place) -> None:
    async def story() -> None:
        store = place.open()
        lease = await compacted(store, "a")
        await lease.append([result(PG, record(PG))])
        await lease.compact(await state_of(store))
        for name in ("state.json", "history/00000002.json"):
            (place.root / name).write_bytes(b"{}")
        error = only(await raises(StateError, place.open().read()))
        assert error.help[0].startswith("The last good copy is serial 1, ")
        await follow(place, error)
        state = await state_of(place.open())
        assert (state.serial, [str(address) for address in state.records]) == (3, ["streams.a"])

    told(story)


def test_a_state_without_any_good_copy_says_so(place: Place) -> None:
    async def story() -> None:
        await compacted(place.open(), "a")
        for name in ("state.json", "history/00000001.json"):
            (place.root / name).write_bytes(b"")
        error = only(await raises(StateError, place.open().read()))
        root = place.root
        assert error.help == (
            "No copy of it is whole. If you have one of your own: stack state push FILE",
            f"Without one, find the objects again by their names: mv {root} {root}.damaged && stack state rebuild",
        )

    told(story)


def test_a_state_that_was_taken_away_is_missed(place: Place) -> None:
    async def story() -> None:
        await compacted(place.open(), "a")
        good = await place.open().read()
        (place.root / "state.json").unlink()
        error = only(await raises(StateError, place.open().read()))
        assert error.code == "state-other-serial"
        await follow(place, error)
        state = await state_of(place.open())
        assert good.state is not None
        assert (state.serial, state.records) == (2, good.state.records)

    told(story)


def test_an_older_state_put_back_by_hand_is_noticed(place: Place) -> None:
    async def story() -> None:
        store = place.open()
        lease = await compacted(store, "a")
        await lease.compact(await state_of(store))
        (place.root / "state.json").write_bytes((place.root / "history" / "00000001.json").read_bytes())
        assert only(await raises(StateError, place.open().read())).code == "state-other-serial"

    told(story)


def test_a_lost_token_file_does_not_bring_tokens_back(place: Place) -> None:
    async def story() -> None:
        for number in range(3):
            lease = await place.open().acquire(ANA)
            await lease.append([BEGIN] if number == 0 else [intent(PG)])
            await lease.release()
        (place.root / "lease.token").unlink()
        lease = await place.open().acquire(ANA)
        assert lease.token == 4
        await lease.append([intent(PG)])
        assert len((await place.open().read()).intents) == 3

    told(story)


def test_a_damaged_key_is_refused_before_anything_is_taken(place: Place) -> None:
    async def story() -> None:
        await (await place.open().acquire(ANA)).release()
        (place.root / "secret.key").write_text("x")
        assert only(await raises(StateError, place.open().acquire(ANA))).code == "secret-key-damaged"
        assert (await place.open().read()).lock is None

    told(story)


def test_a_lease_works_over_a_damaged_state_so_that_it_can_be_mended(place: Place) -> None:
    async def story() -> None:
        await (await compacted(place.open(), "a")).release()
        (place.root / "state.json").write_bytes(b"")
        lease = await place.open().acquire(CI)
        await raises(StateError, lease.append([intent(PG)]))
        await lease.release()
        assert not (place.root / "lock.json").exists()

    told(story)
