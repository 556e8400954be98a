"""`lifecycle` and `timeouts` of resources: how fields are named, what is refused, and where defaults lead."""

from __future__ import annotations

from datetime import date

import pytest

from stackfile.address import Address
from stackfile.language.stackfile import Ignored, Lifecycle, Resource, Timeouts, Trigger
from stackfile.values import Path
from tests.unit.language.fakes import loaded, wrong

PG = (
    "sources: {s: {connector: postgresql, config: {database.hostname.user.defined: h}, "
    "lifecycle: {ignore_changes: %s}}}"
)
FREE = "streams: {a: {config: {a.b: 1, deep: {x: 1}, list: [1], two: {words: 1}, two.words: 2}, lifecycle: {%s}}}"

PATHS: dict[str, tuple[str, Path]] = {
    "a field": ("partitions", ("partitions",)),
    "a whole subtree": ("config", ("config",)),
    "a key with a dot, written with dots": ("config.a.b", ("config", "a.b")),
    "a key with a dot, in quotes": ('config["a.b"]', ("config", "a.b")),
    "a key with a dot, in single quotes": ("config['a.b']", ("config", "a.b")),
    "a path of several keys": ("config.deep.x", ("config", "deep", "x")),
    "a list as a whole": ("config.list", ("config", "list")),
    "one of two readings, by its quotes": ('config["two.words"]', ("config", "two.words")),
    "the other reading": ('config.two["words"]', ("config", "two", "words")),
    "a key that the file does not set, in quotes": ('config["other"]', ("config", "other")),
    "everything": ("all", ()),
}


def of(text: str, address: str) -> Resource:
    return loaded(text).resources[Address.parse(address)]


@pytest.mark.parametrize(("text", "path"), PATHS.values(), ids=PATHS)
def test_a_field_is_ignored_by_the_path_that_its_text_means(text: str, path: Path) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert of(FREE % f"ignore_changes: [{quoted}]", "streams.a").lifecycle.ignore_changes == (Ignored(path),)


def test_fields_of_a_model_may_have_dots_too() -> None:
    lifecycle = of(PG % "[config.database.port, config.table.include.list, name]", "sources.s").lifecycle
    paths = [one.path for one in lifecycle.ignore_changes]
    assert paths == [("config", "database.port"), ("config", "table.include.list"), ("name",)]


def test_all_fields_are_ignored_by_one_word() -> None:
    assert of(FREE % "ignore_changes: all", "streams.a").lifecycle == Lifecycle(ignore_changes=(Ignored(()),))


def test_a_reason_and_a_last_day_are_kept() -> None:
    text = FREE % "ignore_changes: [{path: partitions, reason: tuned by DBA, until: 2026-12-31}]"
    (one,) = of(text, "streams.a").lifecycle.ignore_changes
    assert one == Ignored(("partitions",), "tuned by DBA", date(2026, 12, 31))
    assert one.holds(date(2026, 12, 31))
    assert one.holds(None)
    assert not one.holds(date(2027, 1, 1))


TRIGGERS = {
    "a resource": ("streams.b", [Trigger(Address("streams", "b"))]),
    "a field": ("streams.b.partitions", [Trigger(Address("streams", "b"), ("partitions",))]),
    "the id": ("streams.b.id", [Trigger(Address("streams", "b"), ("id",))]),
    "an instance": ("streams.c[eu]", [Trigger(Address("streams", "c", "eu"))]),
    "an instance, as a shell likes it": ("streams.c/eu", [Trigger(Address("streams", "c", "eu"))]),
    "a field of an instance": ('streams.c["us"].retention', [Trigger(Address("streams", "c", "us"), ("retention",))]),
    "all instances": ("streams.c", [Trigger(Address("streams", "c", key)) for key in ("eu", "us")]),
    "an instance by a template": ("streams.c[{{ each.key }}]", [Trigger(Address("streams", "c", "eu"))]),
}


@pytest.mark.parametrize(("text", "triggers"), TRIGGERS.values(), ids=TRIGGERS)
def test_a_trigger_names_a_resource_or_a_field_and_is_a_dependency(text: str, triggers: list[Trigger]) -> None:
    body = "streams: {b: {}, c: {for_each: [eu, us]}}\ndestinations: {d: {for_each: [eu], lifecycle: "
    resource = of(body + "{replace_triggered_by: ['" + text + "']}}}", "destinations.d[eu]")
    assert list(resource.lifecycle.replace_triggered_by) == triggers
    assert list(resource.dependencies) == [trigger.address for trigger in triggers]


def test_timeouts_are_in_seconds() -> None:
    text = "streams: {a: {timeouts: {create: 10m, delete: 1h30m}}}"
    assert of(text, "streams.a").timeouts == Timeouts(create=600.0, delete=5400.0)


def test_every_key_works_in_defaults_and_an_entry_goes_before_them() -> None:
    configuration = loaded(
        """
defaults:
  provider: local
  timeouts: {create: 1m, update: 1m}
  streams:
    timeouts: {create: 5m}
    lifecycle: {create_before_destroy: true, ignore_changes: [partitions], replace_triggered_by: [destinations.d]}
streams:
  a: {}
  b: {timeouts: {update: 7m}, lifecycle: {create_before_destroy: false, ignore_changes: [], prevent_destroy: true}}
destinations: {d: {}}
"""
    )
    a, b, d = (configuration.resources[Address.parse(one)] for one in ("streams.a", "streams.b", "destinations.d"))
    triggers = (Trigger(Address("destinations", "d")),)
    assert a.lifecycle == Lifecycle(False, (Ignored(("partitions",)),), triggers, True)
    assert b.lifecycle == Lifecycle(True, (), triggers, False)
    assert (a.timeouts, b.timeouts, d.timeouts) == (Timeouts(300, 60), Timeouts(300, 420), Timeouts(60, 60))


def test_a_field_that_defaults_ignore_need_not_be_in_every_resource() -> None:
    body = """
defaults: {sources: {provider: local, lifecycle: {ignore_changes: [path]}}}
sources:
  f: {connector: file, path: in}
  p: {connector: postgresql, config: {database.hostname.user.defined: h}}
"""
    f, p = loaded(body).resources.values()
    assert (f.lifecycle.ignore_changes, p.lifecycle.ignore_changes) == ((Ignored(("path",)),), ())


WRONG = {
    "a misspelt field": (
        FREE % "ignore_changes: [partitons]",
        ["ignore-path-unknown: streams.a: streams.a has no field `partitons` | did you mean `partitions`?"],
    ),
    "a misspelt key of a map": (
        FREE % "ignore_changes: [config.deep.y]",
        ["ignore-path-unknown: streams.a: streams.a has no field `config.deep.y` | did you mean `config.deep.x`?"],
    ),
    "a misspelt field of a model, proposed with its dots": (
        PG % "[config.database.prt]",
        [
            "ignore-path-unknown: sources.s: sources.s has no field `config.database.prt` "
            '| did you mean `config["database.port"]`?'
        ],
    ),
    "a text with two readings": (
        FREE % "ignore_changes: [config.two.words]",
        [
            "ignore-path-ambiguous: streams.a: `config.two.words` can be read in 2 ways "
            '| write config.two.words or config["two.words"]'
        ],
    ),
    "an item of a list": (
        FREE % "ignore_changes: ['config.list[0]']",
        ["ignore-path-unknown: streams.a: `config.list[0]`: a list counts as a whole: write config.list"],
    ),
    "no path at all": (
        FREE % "ignore_changes: ['config[']",
        ['ignore-path-unknown: streams.a: `config[` is no field: write it as in config.a or config["a.b"]'],
    ),
    "one field without a list": (
        FREE % "ignore_changes: partitions",
        ["type-wrong: streams.a: `ignore_changes` takes a list of fields, or all, not text"],
    ),
    "a day that is none": (
        FREE % "ignore_changes: [{path: partitions, until: next year}]",
        ["type-wrong: streams.a: `until` takes a day, as in 2026-12-31"],
    ),
    "a misspelt key of a note": (
        FREE % "ignore_changes: [{path: partitions, untill: 2026-12-31}]",
        ["field-unknown: streams.a: no field `untill` here | did you mean `until`?"],
    ),
    "a field of defaults that no resource has": (
        "defaults: {streams: {provider: local, lifecycle: {ignore_changes: [partitons]}}}\nstreams: {a: {}, b: {}}",
        ["ignore-path-unknown: streams.a: streams.a has no field `partitons` | did you mean `partitions`?"],
    ),
    "a trigger that is not there": (
        "streams: {a: {lifecycle: {replace_triggered_by: [streams.bb]}}, b: {}}",
        ["reference-unknown: streams.a: no stream `bb` | did you mean streams.b (stack.yaml:4:65)?"],
    ),
    "a field of a trigger that is not there": (
        "streams: {a: {lifecycle: {replace_triggered_by: [streams.b.partitons]}}, b: {}}",
        ["attribute-unknown: streams.a: streams.b has no field `partitons` | did you mean `partitions`?"],
    ),
    "a field of a trigger with two readings": (
        "streams: {a: {config: {b.c: 1, b: {c: 1}}}, d: {lifecycle: {replace_triggered_by: [streams.a.config.b.c]}}}",
        ['trigger-path-ambiguous: streams.d: `config.b.c` can be read in 2 ways | write config.b.c or config["b.c"]'],
    ),
    "a trigger that is the resource itself": (
        "streams: {a: {lifecycle: {replace_triggered_by: [streams.a]}}}",
        [
            "reference-self: streams.a: a resource cannot refer to itself "
            "| for the resource's own key, name and slug there is self: {{ self.name }}"
        ],
    ),
    "a trigger that is disabled": (
        "streams: {a: {lifecycle: {replace_triggered_by: [streams.b]}}, b: {enabled: false}}",
        ["reference-disabled: streams.a: streams.b is disabled | disable this one too, or remove the reference"],
    ),
    "triggers that are no list": (
        "streams: {a: {lifecycle: {replace_triggered_by: streams.b}}, b: {}}",
        ["type-wrong: streams.a: `replace_triggered_by` takes a list of addresses, not text"],
    ),
    "a flag that is none": (
        "streams: {a: {lifecycle: {create_before_destroy: maybe}}}",
        ["type-wrong: streams.a: `create_before_destroy` takes true or false, known at plan"],
    ),
    "no time at all": (
        "streams: {a: {timeouts: {create: 0}}}",
        [
            "timeout-wrong: streams.a: `timeouts.create` takes a time above zero, as in 10m, not 0 "
            "| to go on without waiting: stack apply --no-wait"
        ],
    ),
    "a time without a unit": (
        "streams: {a: {timeouts: {update: 10}}}",
        ["timeout-wrong: streams.a: `timeouts.update` takes a time above zero, as in 10m, not 10"],
    ),
    "a time that is none": (
        "streams: {a: {timeouts: {delete: soon}}}",
        ["timeout-wrong: streams.a: `timeouts.delete` takes a time above zero, as in 10m, not soon"],
    ),
    "a verb that has no time": (
        "streams: {a: {timeouts: {creat: 1m}}}",
        ["field-unknown: no field `creat` here | did you mean `create`?"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told(body: str, expected: list[str]) -> None:
    assert [line.partition(" ")[2] for line in wrong(body)] == expected
