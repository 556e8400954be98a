"""Applies that were asked for more than what differs: what is sent, and what becomes of it when nobody answers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stackfile.plan.question import Question
from stackfile.plan.wishes import Wishes
from stackfile.values import Tree
from tests.unit.engine.stand import SILENT, TEA, Stand

RESEND = Question(wishes=Wishes(resend=("sources.tea",)))
REPLACE = Question(wishes=Wishes(replace=("sources.tea",)))
HELD: Mapping[str, Tree] = {**TEA, "pipelines.leaf": {"text": "hello", "about": "sources.tea"}}


def changed_behind_us(stand: Stand) -> None:
    stand.attempt(TEA)
    (live,) = stand.shelf.objects["box"].values()
    live.fields["password"] = "theirs"  # type: ignore[index]
    assert stand.attempt(TEA).plan.empty


def test_a_secret_that_was_changed_behind_us_is_sent_again(stand: Stand) -> None:
    changed_behind_us(stand)
    assert stand.attempt(TEA, question=RESEND).complete
    assert stand.shelf.calls.count("update box") == 1
    assert stand.boxes[0]["password"] == "hunter22"
    assert stand.attempt(TEA).plan.empty


def test_what_was_sent_again_without_an_answer_is_in_doubt(stand: Stand) -> None:
    changed_behind_us(stand)
    stand.shelf.before["update box"] = [SILENT]
    assert not stand.attempt(TEA, question=RESEND).complete
    assert stand.boxes[0]["password"] == "theirs"
    assert stand.attempt(TEA).complete
    assert stand.boxes[0]["password"] == "hunter22"
    assert stand.attempt(TEA).plan.empty


@pytest.mark.parametrize("effect", range(1, 6))
def test_what_was_sent_again_by_a_killed_run_is_in_doubt(effect: int, stand: Stand) -> None:
    changed_behind_us(stand)
    stand.die(TEA, effect, RESEND)
    stand.attempt(TEA)
    sent = stand.boxes[0]["password"]
    assert sent == ("theirs" if effect < 3 else "hunter22")
    assert stand.attempt(TEA).plan.empty


def test_what_is_replaced_on_request_goes_with_what_holds_it_and_comes_again(stand: Stand) -> None:
    before = {record.id for record in stand.attempt(HELD).state.records.values()}
    applied = stand.attempt(HELD, question=REPLACE)
    assert [call for call in stand.shelf.calls if call.split()[0] in ("create", "delete")] == [
        "delete note",
        "delete box",
        "create box",
        "create note",
    ]
    assert before.isdisjoint(record.id for record in applied.state.records.values())
    assert stand.attempt(HELD).plan.empty
