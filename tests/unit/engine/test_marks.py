"""Objects that keep the mark of the create that made them: ours are told from others that are just like them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stackfile.errors import Ambiguous
from stackfile.values import Tree
from tests.unit.engine.stand import Stand

LEAF: Mapping[str, Tree] = {"pipelines.leaf": {"text": "hello"}}


@pytest.mark.parametrize(("keeps_marks", "complete"), [(True, True), (False, False)])
def test_a_mark_tells_ours_from_one_that_is_just_like_it(keeps_marks: bool, complete: bool, stand: Stand) -> None:
    stand.shelf.keeps_marks = keeps_marks

    async def made_by_somebody_else() -> None:
        stand.shelf.put("note", {"text": "hello"}, stand.shelf.clock.now())

    stand.shelf.meanwhile["create note"] = made_by_somebody_else
    stand.shelf.after["create note"] = [Ambiguous("no answer came")]
    applied = stand.attempt(LEAF)
    assert applied.complete is complete
    assert [record.id for record in applied.state.records.values()] == (["note-2"] if complete else [])


def test_every_create_has_a_mark_of_its_own(stand: Stand) -> None:
    stand.attempt(LEAF)
    stand.attempt({})
    stand.shelf.clock.seconds += 1
    stand.attempt({**LEAF, "pipelines.other": {"text": "hello"}})
    marks = [live.mark for live in stand.shelf.objects["note"].values()]
    assert len(set(marks)) == 2
    assert all(str(mark).startswith("stackfile pipelines.") for mark in marks)
