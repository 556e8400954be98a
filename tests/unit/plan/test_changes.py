"""What a change carries beside its fields: why, of what, and what the state will hold of it."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.plan.plan import Change, Reason
from stackfile.values import Ref, Sealed, Unknown
from tests.unit.plan.world import World, address

WHY: dict[str, tuple[str, str, str, tuple[Reason, str]]] = {
    # was, what is lost, now, why the change of sources.s or pipelines.p is made
    "new": ("", "", "sources: {s: {}}", (Reason.NONE, "")),
    "lost": (
        "sources: {s: {}}",
        "sources.s",
        "sources: {s: {}}",
        (Reason.LOST, "gone outside the stackfile (it was id-sources.s)"),
    ),
    "updated": ("sources: {s: {}}", "", "sources: {s: {host: a}}", (Reason.NONE, "")),
    "replaced": ("sources: {s: {region: a}}", "", "sources: {s: {region: b}}", (Reason.CANNOT_UPDATE, "")),
    "replaced around a target": (
        "sources: {t: {region: a}}\npipelines: {p: {source: sources.t}}",
        "",
        "sources: {t: {region: b}}\npipelines: {p: {source: sources.t}}",
        (Reason.TRIGGERED, "source: sources.t is replaced"),
    ),
    "of another provider": (
        "sources: {s: {}}",
        "",
        "providers: {vault: {url: x}}\nsources: {s: {provider: vault}}",
        (Reason.CANNOT_UPDATE, "was cloud source"),
    ),
    "deleted": ("sources: {s: {}}", "", "locals: {}", (Reason.NOT_IN_FILE, "")),
    "forgotten": ("sources: {s: {}}", "sources.s", "locals: {}", (Reason.NOT_IN_FILE, "gone already")),
}


@pytest.mark.parametrize(("was", "lost", "now", "why"), WHY.values(), ids=WHY)
def test_a_change_says_why_it_is_made(was: str, lost: str, now: str, why: tuple[Reason, str]) -> None:
    world = World.applied(was or "locals: {}")
    if lost:
        world.lose(lost)
    mine = [one for one in world.make_plan(now).changes if str(one.address) in ("sources.s", "pipelines.p")]
    assert [(one.reason, one.reason_says) for one in mine] == [why]


def change_of(was: str, now: str, one: str = "sources.s", **drift: Any) -> Change:
    world = World.applied(was)
    world.drift(one, **drift)
    return world.change(now, one)


def test_a_changed_field_tells_what_was_applied() -> None:
    change = change_of("sources: {s: {host: a}}", "sources: {s: {host: c}}", host="b")
    (field,) = change.fields
    assert (field.before, field.after, field.applied) == ("b", "c", "a")


def test_a_field_that_was_never_applied_tells_none() -> None:
    (field,) = change_of("sources: {s: {}}", "sources: {s: {host: c}}").fields
    assert field.applied is None


def test_an_update_carries_the_live_object_and_what_will_be_recorded() -> None:
    change = change_of("sources: {s: {host: a}}", "sources: {s: {host: b, tables: [x]}}", tables=["y"])
    assert change.live == {"name": "s", "host": "a", "tables": ["y"], "endpoint": "tcp://s"}
    assert change.applied == {"name": "s", "host": "b", "tables": ["x"]}
    assert (change.id, change.scope, change.name, change.unchanged) == ("id-sources.s", "cloud:test", "s", 1)


def test_a_create_has_no_live_object_and_no_id() -> None:
    change = World().change("sources: {s: {host: a}}", "sources.s")
    assert (change.live, change.id, change.scope) == (None, None, "")
    assert change.applied == {"name": "s", "host": "a"}


def test_a_delete_carries_the_live_object_and_nothing_to_record() -> None:
    world = World.applied("sources: {s: {host: a}}")
    change = world.change("locals: {}", "sources.s")
    assert change.live == {"name": "s", "host": "a", "endpoint": "tcp://s"}
    assert (change.desired, change.applied, change.id) == (None, {}, "id-sources.s")


def test_references_are_recorded_as_ids_and_what_is_not_known_is_left_out() -> None:
    text = "streams: {a: {}}\nsources: {s: {}}\npipelines: {p: {source: sources.s, destination: streams.a}}"
    change = World().change(text, "pipelines.p")
    assert change.applied == {"name": "p", "destination": "stream:a"}
    assert change.desired is not None
    waiting = Unknown(("sources.s.id",), "{{ sources.s.id }}")
    assert change.desired["source"] == Ref(address("sources.s"), waiting)
    assert [str(one) for one in change.depends_on] == ["sources.s", "streams.a"]


def test_a_secret_is_recorded_as_its_digest() -> None:
    change = World().change("sources: {s: {password: hunter2}}", "sources.s")
    assert isinstance(change.applied["password"], Sealed)
    assert "hunter2" not in repr(change)
