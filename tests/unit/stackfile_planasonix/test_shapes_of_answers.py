"""Three envelopes, two casings, lists with and without one, and what stands in the place of a secret."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.sdk.rest.answer import Response
from stackfile.sdk.rest.pages import Page
from stackfile_planasonix.wire import Listed, camelled, is_gone, items, unmasked, unwrapped

ENVELOPES: dict[str, tuple[Any, Any]] = {
    "attributes in an envelope": (
        {"data": {"id": "sch_1", "type": "schedule", "attributes": {"cron_expression": "0 2 * * *"}}},
        {"id": "sch_1", "cron_expression": "0 2 * * *"},
    ),
    "an item of a list of those": (
        {"id": "trg_1", "type": "trigger", "attributes": {"trigger_type": "s3"}},
        {"id": "trg_1", "trigger_type": "s3"},
    ),
    "attributes without an id": (
        {"data": {"type": "streams_summary", "attributes": {"total": 14}}},
        {"total": 14},
    ),
    "a flat object in an envelope": (
        {"data": {"id": "cred_1", "type": "database", "created_at": "x"}},
        {"id": "cred_1", "type": "database", "created_at": "x"},
    ),
    "a bare object": (
        {"id": "conn_1", "credentialId": "cred_1", "config": {"sslMode": "require"}},
        {"id": "conn_1", "credential_id": "cred_1", "config": {"sslMode": "require"}},
    ),
    "no object": ([1], None),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("body", "expected"), ENVELOPES.values(), ids=ENVELOPES)
def test_an_object_is_found_in_every_envelope(body: Any, expected: Any) -> None:
    assert unwrapped(body) == expected


def test_a_list_is_found_with_and_without_an_envelope() -> None:
    assert items({"data": [1], "meta": {"total": 1}}) == items({"data": [1]}) == items([1]) == [1]


def test_what_is_in_a_field_keeps_its_casing() -> None:
    assert camelled({"cron_expression": "x", "config": {"slot_name": 1}}) == {
        "cronExpression": "x",
        "config": {"slot_name": 1},
    }


NEXT: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "a cursor": ({"limit": 100}, {"meta": {"page": {"cursor": "c2"}}}, {"limit": 100, "cursor": "c2"}),
    "a cursor of runs": ({"limit": 100}, {"meta": {"cursor": "c2"}}, {"limit": 100, "cursor": "c2"}),
    "no further cursor": ({"limit": 100, "cursor": "c2"}, {"meta": {"page": {"cursor": None}}}, None),
    "a cursor that leads to itself": ({"limit": 100, "cursor": "c2"}, {"meta": {"page": {"cursor": "c2"}}}, None),
    "a total that is reached": ({"limit": 100}, {"meta": {"total": 2}}, None),
    "a total that is not": ({"limit": 100}, {"meta": {"total": 5}}, {"limit": 100, "offset": 2}),
    "a total further on": ({"limit": 100, "offset": 2}, {"meta": {"total": 5}}, {"limit": 100, "offset": 4}),
    "no meta": ({"limit": 100}, {}, None),
    "no envelope": ({"limit": 100}, [], None),
}


@pytest.mark.parametrize(("asked", "body", "expected"), NEXT.values(), ids=NEXT)
def test_what_follows_a_page_is_told_in_its_way_or_not_at_all(asked: Any, body: Any, expected: Any) -> None:
    further = Listed().after(Page(asked, [1, 2], Response(200, json=body)))
    assert (further.params if further is not None else None) == expected


def test_what_was_deleted_is_told_in_three_ways() -> None:
    gone: list[dict[str, Any]] = [{"deleted": True}, {"deleted_at": "2025-03-27T10:00:00Z"}, {"status": "deleted"}]
    there: list[dict[str, Any]] = [{}, {"deleted": False}, {"deleted_at": None}, {"status": "active"}]
    assert [is_gone(one) for one in gone + there] == [True] * 3 + [False] * 4


MASKS = {
    "stars": "****",
    "stars within": "postgres://cdc:****@db/shop",
    "dots": "\u2022\u2022\u2022\u2022",
    "a word": "[REDACTED]",
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_mask_counts_as_not_given_back(mask: str) -> None:
    config = {"host": "db", "auth": {"user": "cdc", "pass": mask}, "topic": "a.*", "ssl": None, "key": mask}
    assert unmasked(config) == {"host": "db", "auth": {"user": "cdc"}, "topic": "a.*", "ssl": None}
