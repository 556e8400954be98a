"""What became of a call without an answer, by what is there and what is known: the table of verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from stackfile.engine.judge import Changed, Finding, Judge, Sent, Verdict
from stackfile.sdk.schema import schema_of
from stackfile.state.secrets import Seal
from stackfile.values import Tree, Value
from tests.unit.engine.shelf import Boxes, Notes, Secrets, Shelf, ShelfKind

SEAL = Seal.of(b"k" * 32, lambda: "5a17")
NOW = Shelf().clock.now()
PASSWORD: Value = SEAL.seal("hunter22")
BOX: Tree = {"name": "tea", "size": 5, "label": "black", "password": PASSWORD}
SEEN: Tree = {"name": "tea", "size": 5, "label": "black"}
PART: Tree = {"name": "tea", "size": 5}
NAME: Tree = {"name": "tea"}
LABELLED: Tree = {"name": "tea", "label": "black"}
NOTE: Tree = {"text": "buy tea"}


def judge(shelf: Shelf, kind: type[ShelfKind] = Boxes) -> Judge:
    return Judge(kind(shelf), schema_of(kind.model), SEAL, shelf.clock, timeout=20.0)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


@dataclass(frozen=True)
class There:
    """An object of the service, made at a time, or at one that is not told."""

    fields: Mapping[str, Any]
    made: datetime | None = NOW
    listed: bool = True
    mark: str | None = None


@dataclass(frozen=True)
class Case:
    """What is there, what was sent of which kind, and the verdict with what the record will say."""

    there: tuple[There, ...]
    verdict: Verdict
    applied: Tree | None = None
    kind: type[ShelfKind] = Boxes
    sent: Tree = field(default_factory=lambda: BOX)
    known: Mapping[str, Any] = field(default_factory=dict)


def found(case: Case) -> tuple[Finding, Shelf]:
    shelf = Shelf(keeps_marks=True)
    for one in case.there:
        live = shelf.put(case.kind.name, one.fields, one.made, one.mark)
        shelf.unlisted |= set() if one.listed else {live.id}
    identity: Tree = {"name": case.sent["name"]} if "name" in case.sent else {}
    sent = Sent(identity, case.sent, NOW, NOW, bool(identity), None, frozenset())
    return asyncio.run(judge(shelf, case.kind).create(replace(sent, **case.known))), shelf


FIRST = "box-1"
OURS = Verdict.ADOPTED
THEIRS = Verdict.EXISTS
LOST = {"id": FIRST}

MARK = "stackfile sources.tea 2026"
MARKED = {"mark": MARK}

CREATED = {
    "it has the mark of this create: ours, whatever was there before": Case(
        (There({**SEEN, "label": "green"}, ago(hours=1), mark=MARK),), OURS, SEEN, known={**MARKED, "absent": False}
    ),
    "another has the name, and ours the mark": Case(
        (There(SEEN), There({"name": "tea-2"}, mark=MARK)), OURS, NAME, known=MARKED
    ),
    "it has the mark of another create": Case(
        (There({**SEEN, "label": "green"}, mark="stackfile sources.tea 2025"),), THEIRS, known=MARKED
    ),
    "it has a mark, and another address claims it": Case(
        (There(SEEN, mark=MARK),), THEIRS, known={**MARKED, "ours": {"box-1"}}
    ),
    "nothing tells two notes apart but the mark": Case(
        (There(NOTE), There(NOTE, mark=MARK)), OURS, NOTE, Notes, NOTE, MARKED
    ),
    "as sent: ours, and the secret is sent again": Case((There(SEEN),), OURS, SEEN),
    "only its name so far: ours, the rest is sent": Case((There({"name": "tea"}),), OURS, {"name": "tea"}),
    "a field has its default still": Case((There({**SEEN, "size": 1}),), OURS, {"name": "tea", "label": "black"}),
    "a field has another value: somebody else's": Case((There({**SEEN, "label": "green"}),), THEIRS),
    "made an hour before it was sent": Case((There(SEEN, ago(hours=1)),), THEIRS),
    "made a minute before, by clocks that differ": Case((There(SEEN, ago(minutes=1)),), OURS, SEEN),
    "made at a time that is not told": Case((There(SEEN, None),), OURS, SEEN),
    "claimed by another address": Case((There(SEEN),), THEIRS, known={"ours": {FIRST}}),
    "not known to have been absent": Case((There(SEEN, ago(seconds=1)),), THEIRS, known={"absent": False}),
    "not known to have been absent, but made since": Case((There(SEEN),), OURS, SEEN, known={"absent": False}),
    "another name is no trace of it": Case((There({**SEEN, "name": "rum"}),), Verdict.CLEARED),
    "nothing there": Case((), Verdict.CLEARED),
    "known by its id, as sent": Case((There(SEEN),), OURS, SEEN, known=LOST),
    "known by its id, not listed": Case((There(SEEN, listed=False),), OURS, SEEN, known=LOST),
    "known by its id, changed by somebody since": Case((There({**SEEN, "size": 9}),), OURS, SEEN, known=LOST),
    "known by its id, in part": Case(
        (There({"name": "tea", "size": 5}),), OURS, {"name": "tea", "size": 5}, known=LOST
    ),
    "known by its id, gone": Case((), Verdict.CLEARED, known=LOST),
    "no key, one as sent": Case((There(NOTE),), OURS, NOTE, Notes, NOTE),
    "no key, one as sent but older": Case((There(NOTE, ago(hours=1)),), Verdict.CLEARED, None, Notes, NOTE),
    "no key, one as sent, a moment older": Case((There(NOTE, ago(seconds=1)),), THEIRS, None, Notes, NOTE),
    "no key, one as sent of no age": Case((There(NOTE, None),), THEIRS, None, Notes, NOTE),
    "no key, two as sent": Case((There(NOTE), There(NOTE)), THEIRS, None, Notes, NOTE),
    "no key, another text": Case((There({"text": "buy rum"}),), Verdict.CLEARED, None, Notes, NOTE),
    "no key, claimed": Case((There(NOTE),), Verdict.CLEARED, None, Notes, NOTE, {"ours": {"note-1"}}),
    "a kind that cannot be listed": Case((), Verdict.PENDING, None, Secrets, {"name": "tea"}),
}


@pytest.mark.parametrize("case", CREATED.values(), ids=CREATED)
def test_a_create_without_an_answer(case: Case) -> None:
    finding, _ = found(case)
    assert (finding.verdict, finding.applied) == (case.verdict, case.applied)
    assert (finding.live is None) == (case.verdict in (Verdict.CLEARED, Verdict.PENDING))


def test_absence_is_believed_by_a_second_listing_once_nothing_can_be_under_way() -> None:
    finding, shelf = found(Case((), Verdict.CLEARED))
    assert (finding.says, shelf.calls) == ('no "tea" in 2 listings', ["list box", "list box"])
    assert shelf.clock.seconds == 20 + 10


def test_an_old_call_needs_no_further_wait() -> None:
    _, shelf = found(Case((), Verdict.CLEARED, known={"at": ago(seconds=25)}))
    assert shelf.clock.seconds == 5
    _, shelf = found(Case((), Verdict.CLEARED, known={"at": ago(hours=1)}))
    assert shelf.clock.seconds == 0


def test_what_is_not_as_sent_is_told_without_secrets() -> None:
    there = There({**SEEN, "size": 7, "label": "green", "shape": "round"})
    finding, _ = found(Case((there,), THEIRS, sent={**BOX, "shape": "square"}))
    assert finding.says == (
        '"tea" found as box-1, but it is NOT what this run sent\n'
        "(size: 5 was sent, 7 is live; shape: square was sent, round is live; label: black was sent, green is live)"
    )


BEFORE: Tree = {**BOX, "size": 4, "label": "green"}
TIMED: Tree = {**BOX, "timeout": "5m"}
ROTATED: Tree = {**BOX, "password": SEAL.seal("hunter23")}


@dataclass(frozen=True)
class Update:
    live: Tree | None
    verdict: Verdict
    applied: Tree | None
    sent: Tree = field(default_factory=lambda: BOX)
    before: Tree = field(default_factory=lambda: BEFORE)
    shows: bool = True


UPDATED = {
    "as sent": Update(SEEN, Verdict.RECORDED, BOX),
    "as before": Update({**SEEN, "size": 4, "label": "green"}, Verdict.AGAIN, BEFORE),
    "in part": Update({**SEEN, "label": "green"}, Verdict.AGAIN, {**BOX, "label": "green"}),
    "changed by somebody": Update({**SEEN, "size": 9}, Verdict.AGAIN, {**BOX, "size": 4}),
    "gone": Update(None, Verdict.AGAIN, None),
    "a secret alone": Update(SEEN, Verdict.AGAIN, BOX, ROTATED, BOX, shows=False),
    "a secret with a field that shows it": Update(SEEN, Verdict.RECORDED, ROTATED, ROTATED, {**BOX, "size": 4}),
    "a secret with a field that does not": Update(
        {**SEEN, "size": 4}, Verdict.AGAIN, {**ROTATED, "size": 4}, ROTATED, {**BOX, "size": 4}
    ),
    "what is not read, alone": Update(
        SEEN,
        Verdict.AGAIN,
        {**BOX, "lining": "felt"},
        {**BOX, "lining": "silk"},
        {**BOX, "lining": "felt"},
        shows=False,
    ),
    "what is not read with a field that shows it": Update(
        SEEN, Verdict.RECORDED, {**BOX, "lining": "silk"}, {**BOX, "lining": "silk"}, {**BOX, "lining": "x", "size": 4}
    ),
    "what is read after all": Update(
        {**SEEN, "lining": "felt"},
        Verdict.AGAIN,
        {**BOX, "lining": "felt"},
        {**BOX, "lining": "silk"},
        {**BOX, "lining": "felt"},
    ),
    "a field is unset": Update(
        {"name": "tea"}, Verdict.RECORDED, {"name": "tea"}, {"name": "tea"}, {**SEEN, "size": 1}
    ),
    "a field is still set": Update(LABELLED, Verdict.AGAIN, LABELLED, NAME, SEEN),
    "a field that only the state has": Update(
        SEEN, Verdict.RECORDED, {**BOX, "timeout": "5m"}, {**BOX, "timeout": "5m"}, BOX
    ),
}


@pytest.mark.parametrize("case", UPDATED.values(), ids=UPDATED)
def test_an_update_without_an_answer(case: Update) -> None:
    shelf = Shelf()
    if case.live is not None:
        shelf.put("box", case.live)
    finding = asyncio.run(judge(shelf).update(Changed(FIRST, case.sent, case.before, case.shows)))
    assert (finding.verdict, finding.applied) == (case.verdict, case.applied)


def test_a_delete_without_an_answer() -> None:
    shelf = Shelf()
    shelf.put("box", SEEN)
    verdicts = [asyncio.run(judge(shelf).delete(id)).verdict for id in (FIRST, "box-2")]
    assert verdicts == [Verdict.AGAIN, Verdict.RECORDED]
