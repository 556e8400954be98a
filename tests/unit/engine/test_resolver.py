"""What becomes known as the walk goes on, and what was planned and does not hold."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from stackfile.address import Address
from stackfile.engine.apply import Applied
from stackfile.engine.resolve import Resolver
from stackfile.errors import DiagnosticError
from stackfile.plan.known import Known
from stackfile.plan.observed import Observed
from stackfile.plan.plan import Action, Change
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal
from stackfile.testing.bench import Bench
from stackfile.values import Tree, Unknown
from tests.unit.engine.shelf import Shelf, bench_over

LONG = 1500


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_over(Shelf(), tmp_path)


def apply(bench: Bench, resources: Mapping[str, Tree]) -> Applied:
    return asyncio.run(bench.attempt(resources))


def errors(applied: Applied) -> list[str]:
    return [str(report.error) for report in applied.reports.values() if report.error is not None]


def test_what_the_service_fills_in_is_given_on(bench: Bench) -> None:
    """An id and a computed field of a new resource, in another one and by way of a third that does not change."""
    stack: Mapping[str, Tree] = {"sources.old": {"label": "x"}}
    apply(bench, stack)
    applied = apply(
        bench,
        {
            **stack,
            "sources.new": {"label": "{{ sources.old.label }}"},
            "sources.last": {"inside": "sources.new", "size": "{{ sources.new.serial }}"},
        },
    )
    assert applied.complete
    last = next(r for a, r in applied.state.records.items() if a.key == "last")
    assert dict(last.applied) == {"name": "last", "inside": "box-2", "size": 5}


def test_a_value_that_does_not_fit_fails_its_change_and_nothing_is_sent(bench: Bench) -> None:
    stack: Mapping[str, Tree] = {"sources.new": {}, "sources.last": {"size": "{{ sources.new.id }}"}}
    applied = apply(bench, stack)
    assert [report.stage[0].key for report in applied.reports.values() if report.error] == ["last"]
    assert "size" in errors(applied)[0]
    assert [address.key for address in applied.state.records] == ["new"]


def resolver(bench: Bench, resources: Mapping[str, Tree], records: Mapping[Address, Record]) -> Resolver:
    state = State("bench", "default", "1", records=records)
    known = Known(state, Observed(), bench.catalog)
    return Resolver(bench.configuration(resources), known, Seal.of(b"k" * 32, lambda: "5a17"))


def test_a_long_chain_of_what_stays_as_it_is_can_be_referred_to(bench: Bench) -> None:
    """Each is worked out once, and none from within another."""
    chain: dict[str, Tree] = {"sources.s0": {"label": "x"}}
    chain |= {f"sources.s{n}": {"label": f"{{{{ sources.s{n - 1}.label }}}}"} for n in range(1, LONG)}
    addresses = [Address.parse(text) for text in chain]
    records = {address: record(address, {"name": address.key, "label": "x"}) for address in addresses}
    knows = resolver(bench, chain, records)
    last = knows.attributes(addresses[-1])
    assert last == {"name": f"s{LONG - 1}", "label": "x", "id": f"id-s{LONG - 1}"}
    assert len(knows.seen) == LONG


def record(address: Address, applied: Tree) -> Record:
    return Record(
        address=address,
        provider="shelves",
        service="shelves",
        section="sources",
        kind="box",
        scope="",
        id=f"id-{address.key}",
        name=address.key,
        applied=applied,
    )


OTHER_THAN_PLANNED: Mapping[str, tuple[Tree, str]] = {
    "another value": ({"name": "tea", "label": "planned", "size": Unknown()}, "`label` became another value"),
    "a value more": ({"name": "tea", "size": Unknown()}, "`label` became another value"),
    "a value less": (
        {"name": "tea", "label": "x", "size": Unknown(), "shape": "round"},
        "`shape` became another value",
    ),
}


@pytest.mark.parametrize("case", OTHER_THAN_PLANNED)
def test_what_is_not_as_planned_is_not_sent(case: str, bench: Bench) -> None:
    planned, says = OTHER_THAN_PLANNED[case]
    knows = resolver(bench, {"sources.tea": {"label": "x", "size": 5}}, {})
    change = Change(
        Address("sources", "tea"), Action.CREATE, "shelves", "shelves", "sources", "box", "tea", desired=planned
    )
    with pytest.raises(DiagnosticError, match=f"inconsistent-plan: {says}"):
        knows.work(change, None)
