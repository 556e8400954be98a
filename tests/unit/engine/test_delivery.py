"""Secrets that a service shows once: they are delivered before the object counts as made, or a new one is made."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stackfile.engine.apply import Applied
from stackfile.engine.delivery import Delivery
from stackfile.errors import DiagnosticError
from stackfile.plan.plan import Action
from stackfile.testing.bench import bytes_under
from stackfile.testing.faults import Fuse, Killed
from stackfile.values import Tree
from tests.unit.engine.shelf import TOKEN
from tests.unit.engine.stand import NO, SILENT, Stand

KEY: Mapping[str, Tree] = {"resources.ci": {"type": "key", "deliver_to": {"file": "ci.json"}}}
ELSEWHERE: Mapping[str, Tree] = {"resources.ci": {"type": "key", "deliver_to": {"command": ["vault", "put"]}}}


class Post:
    """Keeps what was delivered, by the id of its object; or refuses to."""

    def __init__(self) -> None:
        self.delivered: dict[str, Mapping[str, Any]] = {}
        self.refusals: list[OSError] = []

    async def __call__(self, delivery: Delivery) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.delivered[delivery.shown["id"]] = delivery.shown


@pytest.fixture
def post(stand: Stand) -> Post:
    stand.bench.deliver = post = Post()
    return post


def only_key(stand: Stand) -> str:
    (id,) = stand.shelf.objects["key"]
    return id


def errors(applied: Applied) -> list[str]:
    found = [report.error for report in applied.reports.values() if report.error is not None]
    return [
        f"{one.code}: {one.message}"
        for error in found
        if isinstance(error, DiagnosticError)
        for one in error.diagnostics
    ]


def test_a_secret_that_is_shown_once_is_delivered_and_not_kept(stand: Stand, post: Post) -> None:
    assert stand.attempt(KEY).complete
    id = only_key(stand)
    assert post.delivered == {id: {"id": id, "token": f"{TOKEN}-{id}"}}
    assert TOKEN.encode() not in bytes_under(stand.folder)
    assert stand.attempt(KEY).plan.empty


def test_nothing_is_delivered_where_nobody_asked(stand: Stand, post: Post) -> None:
    quiet = {"resources.ci": {"type": "key"}}
    assert stand.attempt(quiet).complete
    assert post.delivered == {}
    assert TOKEN.encode() not in bytes_under(stand.folder)
    assert stand.attempt(quiet).plan.empty


def test_a_secret_that_nobody_took_is_made_anew(stand: Stand, post: Post) -> None:
    post.refusals = [OSError("ci.json: No space left on device")]
    failed = stand.attempt(KEY)
    lost = only_key(stand)
    says = "its secret was not delivered: ci.json: No space left on device"
    assert errors(failed) == [f"secret-not-delivered: resources.ci was made as {lost}, and {says}"]
    again = stand.attempt(KEY)
    assert [change.action for change in again.plan.changes] == [Action.REPLACE]
    assert list(post.delivered) == [only_key(stand)] != [lost]
    assert stand.attempt(KEY).plan.empty


def test_another_way_of_delivery_takes_a_new_object(stand: Stand, post: Post) -> None:
    stand.attempt(KEY)
    first = only_key(stand)
    plan = stand.attempt(ELSEWHERE).plan
    assert [change.action for change in plan.changes] == [Action.REPLACE]
    assert list(post.delivered) == [first, only_key(stand)]


def test_an_answer_that_was_lost_took_the_secret_with_it(stand: Stand, post: Post) -> None:
    stand.shelf.after["create key"] = [SILENT]
    failed = stand.attempt(KEY)
    lost = only_key(stand)
    says = "its secret was not delivered: the answer with it was lost"
    assert errors(failed) == [f"secret-not-delivered: resources.ci was made as {lost}, and {says}"]
    assert stand.attempt(KEY).complete
    assert list(post.delivered) == [only_key(stand)] != [lost]


def test_a_refusal_after_the_object_was_made_leaves_it_to_be_replaced(stand: Stand, post: Post) -> None:
    stand.shelf.after["finish key"] = [NO]
    assert not stand.attempt(KEY).complete
    lost = only_key(stand)
    assert stand.attempt(KEY).complete
    assert list(post.delivered) == [only_key(stand)] != [lost]


def test_whatever_effect_a_run_dies_at_the_secret_of_the_object_that_stays_was_delivered(tmp_path: Path) -> None:
    for effect in range(1, 100):
        stand = Stand(tmp_path / str(effect))
        stand.bench.deliver = post = Post()
        fuse = Fuse(effect)
        try:
            asyncio.run(stand.bench.attempt(KEY, fuse))
            died = False
        except Killed:
            died = True
        assert stand.attempt(KEY).complete
        assert only_key(stand) in post.delivered
        assert stand.attempt(KEY).plan.empty
        if not died:
            break
    else:
        pytest.fail("the fuse never burnt out")
    assert effect > 6
