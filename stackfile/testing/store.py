"""What every state backend must do: a table of cases, each a story told to clients of one and the same place.

A test of a backend runs each of `CASES` with a `Bench` of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stackfile.address import Address
from stackfile.errors import Fenced, LockHeld, StateError
from stackfile.state.format import Origin, State, StoredOutput
from stackfile.state.journal import origin_entry, outputs_entry
from stackfile.state.secrets import Match
from stackfile.testing.entries import ANA, CI, LAKE, PG, intent, phase, record, result
from stackfile.testing.store_bench import Bench, Case, begun, code, raises, same, state_of
from stackfile.testing.store_edits import EDITS
from stackfile.testing.world import START
from stackfile.values import Sealed, Sensitive

__all__ = ["CASES", "Bench", "Case", "begun", "code", "raises", "same", "state_of"]


async def nothing_is_read_where_nothing_was_written(bench: Bench) -> None:
    stored = await bench.open().read()
    same((stored.state, stored.intents, stored.lock, stored.last_token), (None, (), None, 0))
    same(await bench.open().generations(), [])


async def what_was_appended_is_read_by_others(bench: Bench) -> None:
    await begun(bench.open(), intent(PG), result(PG, record(PG)))
    same(await state_of(bench.open()), State("orders", "prod", "lineage-1", 1, {PG: record(PG)}))


async def a_lease_alone_makes_no_state(bench: Bench) -> None:
    await (await bench.open().acquire(ANA)).release()
    same((await bench.open().read()).state, None)


async def an_intent_without_a_result_stays_open(bench: Bench) -> None:
    await begun(bench.open(), intent(PG), phase(PG, "created", "id7"), phase(PG, "configured"))
    (open_intent,) = (await bench.open().read()).intents
    same((open_intent.entry, open_intent.phases, open_intent.id), (intent(PG), ("created", "configured"), "id7"))
    same((open_intent.token, open_intent.run), (1, ANA.run))


async def a_result_closes_the_intent_of_its_address_alone(bench: Bench) -> None:
    await begun(bench.open(), intent(PG), intent(LAKE), result(PG, record(PG)))
    same([i.entry.address for i in (await bench.open().read()).intents], [LAKE])


async def a_result_without_a_record_takes_the_resource_out(bench: Bench) -> None:
    await begun(bench.open(), result(PG, record(PG)), result(LAKE, record(LAKE)), result(PG, None))
    same((await state_of(bench.open())).records, {LAKE: record(LAKE)})


async def origin_and_outputs_are_kept(bench: Bench) -> None:
    origin = Origin(by="ana", commit="3f9c2d1", dirty=True, at=START)
    outputs = {"id": StoredOutput("id1"), "secret": StoredOutput(Sealed("k1", "5a17", "d1ce"), True)}
    lease = await begun(bench.open(), origin_entry(origin), outputs_entry(outputs))
    state = await state_of(bench.open())
    same((state.origin, state.outputs), (origin, outputs))
    await lease.compact(state)
    state = await state_of(bench.open())
    same((state.origin, state.outputs), (origin, outputs))


async def compaction_keeps_the_state_under_the_next_serial(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store, result(PG, record(PG)))
    first = await lease.compact(await state_of(store))
    same((first.serial, await state_of(bench.open())), (1, first))
    await lease.append([result(LAKE, record(LAKE))])
    same((await state_of(bench.open())).serial, 2)
    second = await lease.compact(await state_of(store))
    same((second.serial, await state_of(bench.open())), (2, second))


async def the_state_given_to_compaction_is_what_counts(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store, result(PG, record(PG)))
    fresh = replace(record(PG), observed={"lag": 1}, observed_at=START)
    await lease.compact(replace(await state_of(store), records={PG: fresh}))
    same((await state_of(bench.open())).records, {PG: fresh})


async def open_intents_survive_compaction(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store, intent(LAKE), phase(LAKE, "created", "id7"), result(PG, record(PG)))
    before = (await bench.open().read()).intents
    await lease.compact(await state_of(store))
    same((await bench.open().read()).intents, before)
    await lease.append([result(LAKE, record(LAKE, "id7"))])
    same((await bench.open().read()).intents, ())


async def open_intents_survive_their_run(bench: Bench) -> None:
    lease = await begun(bench.open(), intent(LAKE), intent(PG))
    await lease.release()
    later = await bench.open().acquire(CI)
    same([i.token for i in (await bench.open().read()).intents], [1, 1])
    await later.append([intent(LAKE, "update"), phase(LAKE, "sent", "id9")])
    intents = (await bench.open().read()).intents
    same(
        [(i.entry.verb, i.token, i.id) for i in intents],
        [("create", 1, None), ("create", 1, None), ("update", 2, "id9")],
    )
    await later.append([result(LAKE, None)])
    same([i.entry.address for i in (await bench.open().read()).intents], [PG])


async def earlier_snapshots_are_kept_newest_first(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store)
    for _ in range(3):
        await lease.compact(await state_of(store))
    generations = await store.generations()
    serials = [generation.serial for generation in generations]
    same(serials, sorted(serials, reverse=True))
    same({1, 2} <= set(serials), True)
    same({generation.intact for generation in generations}, {True})


async def tokens_grow_with_each_lease(bench: Bench) -> None:
    tokens = []
    for _ in range(3):
        lease = await bench.open().acquire(ANA)
        tokens.append(lease.token)
        await lease.release()
    same(tokens, [1, 2, 3])
    same((await bench.open().read()).last_token, 3)


async def a_second_one_is_refused_and_told_who_holds(bench: Bench) -> None:
    lease = await bench.open().acquire(ANA)
    error = await raises(LockHeld, bench.open().acquire(CI))
    told = "\n".join(error.diagnostics[0].help)
    same([code(error), "ana" in told, f"stack lock break {lease.info.id}" in told], ["lock-held", True, True])


async def a_reader_sees_who_holds(bench: Bench) -> None:
    lease = await bench.open().acquire(CI)
    lock = (await bench.open().read()).lock
    if lock is None:
        raise AssertionError("the lock is not seen")
    same((lock.id, lock.holder.by, lock.holder.run_url, lock.token, lock.alive), ("9xw", "ci", CI.run_url, 1, True))
    await lease.release()
    same((await bench.open().read()).lock, None)


async def whoever_waits_gets_a_released_lease(bench: Bench) -> None:
    lease = await bench.open().acquire(ANA)
    waiting = asyncio.create_task(bench.open().acquire(CI, timeout=3600))
    await asyncio.sleep(0)
    await lease.release()
    same((await waiting).token, 2)


async def release_is_idempotent(bench: Bench) -> None:
    lease = await bench.open().acquire(ANA)
    await lease.release()
    other = await bench.open().acquire(CI)
    await lease.release()
    await other.check()


async def a_dead_holders_lease_is_taken_over(bench: Bench) -> None:
    dead = bench.open()
    await begun(dead, intent(PG))
    bench.kill(dead)
    lease = await bench.open().acquire(CI)
    same(lease.token, 2)
    await lease.append([result(PG, None)])
    same((await bench.open().read()).intents, ())


async def a_broken_lease_cannot_write(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store, result(PG, record(PG)))
    state = await state_of(store)
    broken = await bench.open().break_lock(lease.info.id)
    same(broken.holder.by, "ana")
    for doing in (
        lease.append([result(PG, None)]),
        lease.announce([intent(PG)]),
        lease.compact(replace(state, records={})),
        lease.check(),
    ):
        await raises(Fenced, doing)
    await lease.release()
    same(await state_of(bench.open()), state)


async def a_broken_lease_stays_broken_when_another_holds(bench: Bench) -> None:
    lease = await begun(bench.open())
    await bench.open().break_lock(lease.info.id)
    other = await bench.open().acquire(CI)
    await raises(Fenced, lease.append([result(PG, record(PG))]))
    await lease.release()
    await other.check()
    await other.append([result(LAKE, record(LAKE))])
    same((await state_of(bench.open())).records, {LAKE: record(LAKE)})


async def a_lock_is_broken_by_its_name_only(bench: Bench) -> None:
    same(code(await raises(StateError, bench.open().break_lock("7k2"))), "lock-none")
    lease = await bench.open().acquire(ANA)
    same(code(await raises(StateError, bench.open().break_lock("zzz"))), "lock-other")
    await lease.check()


async def many_appends_at_once_are_all_kept(bench: Bench) -> None:
    lease = await begun(bench.open())
    addresses = [Address("streams", "s", str(number)) for number in range(40)]

    async def change(address: Address) -> None:
        await lease.append([intent(address)])
        await lease.append([result(address, record(address))])

    await asyncio.gather(*map(change, addresses))
    stored = await bench.open().read()
    same((set((await state_of(bench.open())).records), stored.intents), (set(addresses), ()))


async def another_stacks_state_is_refused(bench: Bench) -> None:
    store = bench.open()
    lease = await begun(store)
    same(code(await raises(StateError, bench.open(stack="billing").read())), "state-other-stack")
    await lease.compact(await state_of(store))
    same(code(await raises(StateError, bench.open(stack="billing").read())), "state-other-stack")
    same(code(await raises(StateError, bench.open(env="dev").read())), "state-other-stack")


async def a_secret_that_is_not_sealed_is_never_written(bench: Bench) -> None:
    lease = await begun(bench.open(), result(PG, record(PG)))
    naked = replace(record(LAKE), applied={"password": Sensitive("hunter22")})
    await raises(TypeError, lease.append([result(LAKE, naked)]))
    same((await state_of(bench.open())).records, {PG: record(PG)})


async def a_number_that_json_cannot_hold_is_refused(bench: Bench) -> None:
    lease = await begun(bench.open())
    for number in (2**64, float("nan")):
        wrong = replace(record(PG), applied={"size": [1, number]})
        error = await raises(StateError, lease.append([result(PG, wrong)]))
        same((code(error), "sources.pg, applied" in error.diagnostics[0].message), ("state-value", True))
    await lease.append([result(PG, record(PG))])
    same((await state_of(bench.open())).records, {PG: record(PG)})


async def digests_of_one_client_are_checked_by_another(bench: Bench) -> None:
    await (await bench.open().acquire(ANA)).release()
    sealed = (await bench.open().seal()).seal("hunter22")
    seal = await bench.open().seal()
    same((seal.matches(sealed, "hunter22"), seal.matches(sealed, "hunter23")), (Match.SAME, Match.DIFFERENT))


async def what_was_sealed_before_the_first_lease_still_holds_after_it(bench: Bench) -> None:
    store = bench.open()
    sealed = (await store.seal()).seal("hunter22")
    await (await store.acquire(ANA)).release()
    same((await bench.open().seal()).matches(sealed, "hunter22"), Match.SAME)


_ALL: Sequence[Case] = (
    nothing_is_read_where_nothing_was_written,
    what_was_appended_is_read_by_others,
    a_lease_alone_makes_no_state,
    an_intent_without_a_result_stays_open,
    a_result_closes_the_intent_of_its_address_alone,
    a_result_without_a_record_takes_the_resource_out,
    origin_and_outputs_are_kept,
    compaction_keeps_the_state_under_the_next_serial,
    the_state_given_to_compaction_is_what_counts,
    open_intents_survive_compaction,
    open_intents_survive_their_run,
    earlier_snapshots_are_kept_newest_first,
    tokens_grow_with_each_lease,
    a_second_one_is_refused_and_told_who_holds,
    a_reader_sees_who_holds,
    whoever_waits_gets_a_released_lease,
    release_is_idempotent,
    a_dead_holders_lease_is_taken_over,
    a_broken_lease_cannot_write,
    a_broken_lease_stays_broken_when_another_holds,
    a_lock_is_broken_by_its_name_only,
    many_appends_at_once_are_all_kept,
    another_stacks_state_is_refused,
    a_secret_that_is_not_sealed_is_never_written,
    a_number_that_json_cannot_hold_is_refused,
    digests_of_one_client_are_checked_by_another,
    what_was_sealed_before_the_first_lease_still_holds_after_it,
)

CASES: Mapping[str, Case] = {case.__name__: case for case in (*_ALL, *EDITS)}
