"""What a plan says beside its changes: where only the record lags, outputs, what was left out, what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.plan.plan import OutputChange, PendingIntent, Plan, Settled
from stackfile.plan.question import Question
from stackfile.state.format import StoredOutput
from stackfile.values import Sealed, Sensitive, Unknown
from tests.unit.plan.world import World, address, asked, in_short, order_in_short


def problems(world: World, text: str, question: Question | None = None) -> tuple[Diagnostic, ...]:
    with pytest.raises(DiagnosticError) as caught:
        world.make_plan(text, question)
    return caught.value.diagnostics


def test_an_empty_plan_counts_what_is_as_it_should_be() -> None:
    world = World.applied("streams: {a: {}, b: {}}")
    plan = world.make_plan("streams: {a: {}, b: {}}")
    assert plan == Plan("test", "default", "lineage", 1, unchanged=2)
    assert plan.empty


# Settled: the record lags, the file and the live object agree.


def test_what_somebody_did_by_hand_already_is_settled_without_a_call() -> None:
    world = World.applied("sources: {s: {host: a}}")
    world.drift("sources.s", host="b")
    plan = world.make_plan("sources: {s: {host: b}}")
    assert plan.settled == {address("sources.s"): Settled({"name": "s", "host": "b"}, (), False)}
    assert plan.empty


def test_a_path_that_the_service_keeps_to_itself_is_dropped_from_the_record() -> None:
    world = World.applied("sources: {s: {host: a}}")
    world.drift("sources.s", host=None)
    plan = world.make_plan("sources: {s: {}}")
    assert plan.settled == {address("sources.s"): Settled({"name": "s"}, (), False)}


def test_new_dependencies_and_protection_are_settled() -> None:
    world = World.applied("streams: {a: {}, b: {}}")
    plan = world.make_plan("streams: {a: {depends_on: [streams.b], lifecycle: {prevent_destroy: true}}, b: {}}")
    assert plan.settled == {address("streams.a"): Settled({"name": "a"}, (address("streams.b"),), True)}


def test_nothing_is_settled_where_record_file_and_object_agree() -> None:
    text = "streams: {a: {labels: {x: y}}}\nsources: {s: {stream: streams.a, password: p, token: t, tables: [a]}}"
    assert World.applied(text).make_plan(text).settled == {}


def test_digests_stay_as_they_are_where_the_secret_did_not_change() -> None:
    world = World.applied("sources: {s: {password: p, token: t, host: a}}")
    change = world.change("sources: {s: {password: p, token: other, host: b}}", "sources.s")
    before = world.record("sources.s").applied
    assert change.applied["password"] is before["password"]
    assert isinstance(change.applied["token"], Sealed)
    assert change.applied["token"] != before["token"]


# Outputs.


def outputs(world: World, text: str, question: Question | None = None) -> dict[str, tuple[object, object]]:
    return {one.name: (one.before, one.after) for one in world.make_plan(text, question).outputs}


def test_an_output_comes_changes_and_goes() -> None:
    world = World.applied("streams: {a: {}}\noutputs: {old: {value: 1}, kept: {value: 1}, other: {value: 1}}")
    text = "streams: {a: {}}\noutputs: {new: {value: '{{ streams.a.id }}'}, kept: {value: 1}, other: {value: 2}}"
    assert outputs(world, text) == {"kept": (1, 1), "new": (None, "stream:a"), "old": (1, None), "other": (1, 2)}
    assert not world.make_plan(text).empty


def test_an_output_of_what_is_to_be_made_is_known_after() -> None:
    text = "sources: {s: {}}\noutputs: {id: {value: '{{ sources.s.id }}'}}"
    ((before, after),) = outputs(World(), text).values()
    assert before is None
    assert isinstance(after, Unknown)
    assert after.waits_for == ("sources.s.id",)


def test_a_sensitive_output_that_did_not_change_is_no_change() -> None:
    text = "variables: {v: {type: string, sensitive: true}}\noutputs: {o: {value: '{{ var.v }}', sensitive: true}}"
    world = World.applied(text, v="hunter2")
    plan = world.make_plan(text, None, v="hunter2")
    assert plan.empty
    assert plan.outputs[0].before is plan.outputs[0].after


def test_a_sensitive_output_that_changed_shows_neither_value() -> None:
    text = "variables: {v: {type: string, sensitive: true}}\noutputs: {o: {value: '{{ var.v }}', sensitive: true}}"
    world = World.applied(text, v="hunter2")
    plan = world.make_plan(text, None, v="correct horse")
    assert not plan.empty
    (output,) = plan.outputs
    assert isinstance(output.before, Sealed)
    assert output.after == Sensitive("correct horse")
    assert "horse" not in repr(output)


def test_a_sensitive_output_that_goes_stays_hidden() -> None:
    text = "variables: {v: {type: string, sensitive: true}}\noutputs: {o: {value: '{{ var.v }}', sensitive: true}}"
    (output,) = World.applied(text, v="hunter2").make_plan("locals: {}").outputs
    assert isinstance(output.before, Sealed)
    assert (output.after, output.sensitive) == (None, True)


def test_an_output_of_what_the_plan_leaves_out_stays_as_it_is_stored() -> None:
    world = World()
    world.state = replace(world.state, outputs={"id": StoredOutput("old")})
    text = "sources: {s: {}, t: {}}\noutputs: {id: {value: '{{ sources.s.id }}'}}"
    assert outputs(world, text, asked(exclude="sources.s")) == {}


def test_destroy_takes_all_outputs_away() -> None:
    world = World.applied("outputs: {one: {value: 1}}")
    assert world.make_plan("outputs: {one: {value: 1}}", asked(destroy=True)).outputs == (OutputChange("one", 1, None),)


# What was left out.


def test_a_partial_plan_says_so() -> None:
    text = "streams: {a: {}, b: {}}"
    assert World().make_plan(text).complete
    assert not World().make_plan(text, asked(target="streams.a")).complete
    assert not World().make_plan(text, asked(exclude="streams.a")).complete


def test_a_silent_provider_names_all_that_is_left_out_for_it() -> None:
    providers = "providers: {cloud: {}, vault: {url: x}}\n"
    world = World.applied(providers + "streams: {held: {}, a: {provider: vault, depends_on: [streams.held]}}")
    world.silence("vault")
    now = "streams: {a: {provider: vault}, b: {provider: vault}, c: {depends_on: [streams.b]}, d: {provider: vault}}"
    plan = world.make_plan(providers + now)
    (skipped,) = plan.skipped
    named = ["streams.a", "streams.b", "streams.c", "streams.d", "streams.held"]
    assert [str(one) for one in skipped.addresses] == named
    assert (plan.empty, plan.complete, plan.unchanged) == (True, False, 2)


def test_beside_a_silent_provider_the_rest_is_planned() -> None:
    text = "providers: {cloud: {}, vault: {url: x}}\nsources: {s: {host: a}, v: {provider: vault}}"
    world = World.applied(text)
    world.drift("sources.s", host="b")
    world.silence("vault")
    assert world.plan(text) == "~ sources.s\n    host: b -> a [drift]"


def test_a_secret_of_a_silent_provider_is_taken_from_the_file() -> None:
    providers = "providers: {cloud: {}, vault: {url: x}}\n"
    was = providers + "sources: {v: {provider: vault, token: hunter2}}"
    now = was + "\npipelines: {p: {text: '{{ sources.v.token }}'}}"
    world = World.applied(was)
    world.silence("vault")
    change = world.change(now, "pipelines.p")
    assert change.desired is not None
    assert change.desired["text"] == Sensitive("hunter2")


def test_a_secret_of_a_silent_provider_that_changed_is_not_known() -> None:
    providers = "providers: {cloud: {}, vault: {url: x}}\n"
    world = World.applied(providers + "sources: {v: {provider: vault, token: old}}")
    world.silence("vault")
    now = providers + "sources: {v: {provider: vault, token: new}}\npipelines: {p: {text: '{{ sources.v.token }}'}}"
    assert world.plan(now) == "+ pipelines.p"
    text = (world.change(now, "pipelines.p").desired or {})["text"]
    assert isinstance(text, Sensitive)
    assert isinstance(text.value, Unknown)


def test_objects_that_no_record_names_are_counted() -> None:
    world = World.applied("streams: {a: {}}")
    world.meet("streams", "stream:x", name="x")
    world.meet("sources", "s-1", name="y")
    assert world.make_plan("streams: {a: {}}").unmanaged == {"cloud": 2}


# Destroy.


def test_destroy_deletes_everything_that_is_recorded_and_makes_nothing() -> None:
    world = World.applied("streams: {a: {}}\npipelines: {p: {source: streams.a}}")
    plan = world.make_plan("streams: {a: {}, new: {}}", asked(destroy=True))
    assert in_short(plan) == "- pipelines.p (delete_by_request)\n- streams.a (delete_by_request)"
    assert plan.destroy


@pytest.mark.parametrize(("recorded", "written", "protected"), [(False, True, True), (True, False, False)])
def test_the_file_has_the_last_word_on_what_destroy_may_take(recorded: bool, written: bool, protected: bool) -> None:
    text = "streams: {a: {lifecycle: {prevent_destroy: %s}}}"
    world = World.applied(text % str(recorded).lower())
    plan = world.make_plan(text % str(written).lower(), asked(destroy=True))
    assert [change.prevent_destroy for change in plan.changes] == [protected]


def test_the_record_protects_what_the_file_has_no_longer() -> None:
    world = World.applied("streams: {a: {lifecycle: {prevent_destroy: true}}}")
    assert [change.prevent_destroy for change in world.make_plan("variables: {}").changes] == [True]


def test_a_cycle_in_the_state_does_not_keep_anything_from_being_destroyed() -> None:
    world = World.applied("streams: {a: {}, b: {}}")
    world.rewrite("streams.a", dependencies=(address("streams.b"),))
    world.rewrite("streams.b", dependencies=(address("streams.a"),))
    plan = world.make_plan("streams: {a: {}, b: {}}", asked(destroy=True))
    assert order_in_short(plan) == "delete streams.a\ndelete streams.b after delete streams.a"


# What is wrong.


def test_a_cycle_is_named_in_full_at_its_place() -> None:
    text = "pipelines:\n  a: {source: pipelines.b}\n  b: {source: pipelines.c}\n  c: {source: pipelines.a}\n"
    (problem,) = problems(World(), text)
    assert problem.message == (
        "these resources need each other: pipelines.a -> pipelines.b -> pipelines.c -> pipelines.a"
    )
    assert (problem.code, str(problem.span)) == ("cycle", "stack.yaml:5:3")
    assert problem.help


def test_changes_that_wait_for_each_other_are_named_in_full() -> None:
    was = "streams: {z: {partitions: 2}}\nsources: {x: {stream: streams.z}}\npipelines: {h: {source: sources.x}}"
    now = "streams: {z: {partitions: 1}}\npipelines: {h: {destination: streams.z}}"
    (problem,) = problems(World.applied(was), now)
    assert problem.message == (
        "these changes wait for each other: "
        "delete sources.x -> update pipelines.h -> create streams.z -> delete streams.z -> delete sources.x"
    )
    assert problem.help == ("Make them in two applies: first without what replaces or removes one of these resources.",)


def test_every_resource_that_cannot_be_resolved_is_told_once_and_none_that_needs_one() -> None:
    world = World.applied("sources: {s: {}}")
    text = (
        "sources: {s: {}}\n"
        "streams: {a: {partitions: '{{ sources.s.endpoint }}'}, b: {partitions: '{{ sources.s.endpoint }}'}}\n"
        "pipelines: {p: {source: streams.a, text: '{{ streams.a.partitions }}'}}\n"
    )
    found = problems(world, text)
    assert [(one.address, str(one.span)) for one in found] == [
        ("streams.a", "stack.yaml:5:27"),
        ("streams.b", "stack.yaml:5:72"),
    ]


def test_somebody_elses_object_is_never_taken_over() -> None:
    world = World()
    world.meet("sources", "id-9", name="s")
    (problem,) = problems(world, "sources:\n  s: {host: a}\n")
    assert problem == Diagnostic(
        "exists",
        'cannot create source "s" in cloud: it is there already, as id-9, and is not ours',
        span=problem.span,
        source="  s: {host: a}",
        address="sources.s",
        help=(
            "Either give ours another name, or take it over:",
            "stack import sources.s id-9",
            "or with the next apply:  imports: [{to: sources.s, id: id-9}]",
        ),
    )
    assert str(problem.span) == "stack.yaml:5:3"


def test_one_that_is_ours_already_cannot_be_called_as_somebody_elses() -> None:
    world = World.applied("sources: {s: {name: a}}")
    world.meet("sources", "id-9", name="b")
    (problem,) = problems(world, "sources: {s: {name: b}}")
    assert problem.message == 'cannot call source "b" in cloud: it is there already, as id-9, and is not ours'
    assert problem.help == ("Give one of the two another name; `name:` says it.",)


def test_an_object_of_another_kind_is_no_twin() -> None:
    world = World()
    world.meet("streams", "stream:s", name="s")
    assert world.plan("sources: {s: {}}") == "+ sources.s"


def test_what_a_killed_run_may_have_made_is_left_to_recovery() -> None:
    world = World()
    world.meet("sources", "id-9", name="s")
    intent = PendingIntent(address("sources.s"), "create", "no recorded answer")
    plan = world.make_plan("sources: {s: {}}", Question(pending=(intent,)))
    assert in_short(plan) == "+ sources.s"
    assert plan.pending == (intent,)


NAMES = {
    "two resources that come want one name": (
        "variables: {}",
        "sources: {a: {name: x}, b: {name: x}}",
        ['cannot create source "x" in cloud: sources.a gets that name too'],
    ),
    "one comes with the name of one that stays": (
        "sources: {a: {name: x}}",
        "sources: {a: {name: x}, b: {name: x}}",
        ['cannot create source "x" in cloud: sources.a has that name'],
    ),
    "one is replaced under the name of one that stays": (
        "sources: {a: {name: x}, b: {name: y, region: eu}}",
        "sources: {a: {name: x}, b: {name: x, region: us}}",
        ['cannot create source "x" in cloud: sources.a has that name'],
    ),
    "one is called as one that stays": (
        "sources: {a: {name: x}, b: {name: y}}",
        "sources: {a: {name: x}, b: {name: x}}",
        ['cannot call source "x" in cloud: sources.a has that name'],
    ),
    "one that stays is changed beside one that comes": (
        "sources: {a: {name: x}}",
        "sources: {a: {name: x, host: h}, b: {name: x}}",
        ['cannot create source "x" in cloud: sources.a has that name'],
    ),
    "one is replaced under its own name": (
        "sources: {a: {name: x, region: eu}}",
        "sources: {a: {name: x, region: us}}",
        [],
    ),
}


@pytest.mark.parametrize(("was", "now", "said"), NAMES.values(), ids=NAMES)
def test_no_two_of_a_kind_get_one_name(was: str, now: str, said: list[str]) -> None:
    try:
        World.applied(was).make_plan(now)
        found = []
    except DiagnosticError as error:
        found = [one.message for one in error.diagnostics]
    assert found == said
