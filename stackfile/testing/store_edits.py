"""What every state backend must do for those who edit a state: lock, earlier copies, restoring, mending, new keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackfile.errors import Fenced, StateError
from stackfile.state.secrets import Match
from stackfile.testing.entries import ANA, CI, LAKE, PG, intent, record, result
from stackfile.testing.store_bench import Bench, Case, begun, raises, same, state_of


async def the_lock_alone_can_be_looked_at(bench: Bench) -> None:
    store = bench.open()
    same(await store.lock(), None)
    lease = await store.acquire(ANA)
    seen = await bench.open().lock()
    same((seen.id, seen.token, seen.alive) if seen is not None else None, (lease.info.id, lease.token, True))
    await lease.release()
    same(await bench.open().lock(), None)


async def an_earlier_snapshot_can_be_read(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store, result(PG, record(PG)))
    first = await lease.compact(await state_of(store))
    await lease.compact(replace(first, records={}))
    same((await bench.open().earlier(first.serial)).records, {PG: record(PG)})
    await raises(StateError, store.earlier(first.serial + 7))


async def a_restored_state_is_above_all_that_are_known(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store, result(PG, record(PG)))
    first = await lease.compact(await state_of(store))
    last = await lease.compact(replace(first, records={}))
    back = await lease.restore(await store.earlier(first.serial))
    same((back.serial > last.serial, back.records), (True, {PG: record(PG)}))
    same(await state_of(bench.open()), back)
    await lease.append([result(LAKE, record(LAKE))])
    same((await state_of(bench.open())).records, {PG: record(PG), LAKE: record(LAKE)})


async def a_restored_state_may_be_of_another_lineage(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store, result(PG, record(PG)))
    state = await lease.compact(await state_of(store))
    other = await lease.restore(replace(state, lineage="another-history", records={}))
    same((await state_of(bench.open())).lineage, other.lineage)
    same(other.lineage, "another-history")


async def open_intents_survive_a_restore_that_brings_them(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store, result(PG, record(PG)), intent(LAKE))
    await lease.restore(await state_of(store), (await store.read()).intents)
    same([one.entry.address for one in (await bench.open().read()).intents], [LAKE])
    await lease.restore(await state_of(store))
    same((await bench.open().read()).intents, ())


async def what_is_whole_is_mended_to_itself(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store)
    state = await lease.compact(replace(await state_of(store), records={PG: record(PG)}))
    await lease.append([result(LAKE, record(LAKE)), intent(PG, "update")])
    mended = await bench.open().mended(state.serial)
    same((mended.state.records, mended.dropped), ({PG: record(PG), LAKE: record(LAKE)}, 0))
    same([one.entry.address for one in mended.intents], [PG])


async def whoever_lost_the_lease_cannot_restore_or_change_the_key(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store)
    state = await lease.compact(await state_of(store))
    await bench.open().break_lock(lease.info.id)
    other = await bench.open().acquire(CI)
    for doing in (lease.restore(state), lease.begin_key(), lease.keep_key()):
        await raises(Fenced, doing)
    await other.release()


async def a_new_key_is_in_use_when_the_snapshot_is_under_it(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store)
    old, new = await lease.begin_key()
    same((old.kid == new.kid, (await bench.open().seal()).kid), (False, old.kid))
    under = replace(record(PG), applied={"password": new.seal("hunter22")})
    await lease.compact(replace(await state_of(store), records={PG: under}))
    same((await bench.open().seal()).kid, new.kid)
    await lease.keep_key()
    same((await bench.open().seal()).matches(new.seal("hunter22"), "hunter22"), Match.SAME)


async def a_new_key_that_no_snapshot_came_under_is_dropped(bench: Bench) -> None:
    lease = await begun(bench.open())
    old, _ = await lease.begin_key()
    await lease.keep_key()
    same((await bench.open().seal()).kid, old.kid)


EDITS: Sequence[Case] = (
    the_lock_alone_can_be_looked_at,
    an_earlier_snapshot_can_be_read,
    a_restored_state_is_above_all_that_are_known,
    a_restored_state_may_be_of_another_lineage,
    open_intents_survive_a_restore_that_brings_them,
    what_is_whole_is_mended_to_itself,
    whoever_lost_the_lease_cannot_restore_or_change_the_key,
    a_new_key_is_in_use_when_the_snapshot_is_under_it,
    a_new_key_that_no_snapshot_came_under_is_dropped,
)
