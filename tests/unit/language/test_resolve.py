from __future__ import annotations

from typing import Any

import pytest

from stackfile.address import Address
from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Configuration
from stackfile.values import Ref, Sensitive, Tree, Unknown, Value
from tests.unit.language.fakes import loaded, nothing, resolved, wrong


def named(configuration: Configuration, address: str, kept: str | None = None, **known: Tree) -> Value:
    resource = configuration.resources[Address.parse(address)]
    attributes = {Address.parse(f"streams.{key}"): tree for key, tree in known.items()}
    return configuration.resolve(resource, attributes.get, kept)["name"]


NAMES: dict[str, tuple[str, str, str | None, str]] = {
    "made from the key": ("streams: {a: }", "streams.a", None, "a"),
    "made from the key, kept": ("streams: {a: }", "streams.a", "old", "old"),
    "made from the instance": ("streams: {a: {for_each: ['e u']}}", 'streams.a["e u"]', None, "a-e u"),
    "by defaults": (
        "defaults: {provider: local, name: '{{ stack.env }}-{{ self.slug }}'}\nstreams: {a: {for_each: [eu]}}",
        "streams.a[eu]",
        None,
        "default-a-eu",
    ),
    "by defaults, kept": (
        "defaults: {provider: local, name: '{{ stack.env }}-{{ self.slug }}'}\nstreams: {a: }",
        "streams.a",
        "old",
        "old",
    ),
    "by a fixed default, kept": (
        "defaults: {provider: local, streams: {name: x}}\nstreams: {a: }",
        "streams.a",
        "old",
        "old",
    ),
    "as written": ("streams: {a: {name: mine}}", "streams.a", None, "mine"),
    "as written, whatever was kept": ("streams: {a: {name: mine}}", "streams.a", "old", "mine"),
    "as written with a template": ("streams: {a: {name: '{{ self.key }}!'}}", "streams.a", "old", "a!"),
    "as written over the default": (
        "defaults: {provider: local, name: x}\nstreams: {a: {name: mine}}",
        "streams.a",
        "old",
        "mine",
    ),
    "unset over the default": (
        "defaults: {provider: local, name: x}\nstreams: {a: {name: !unset }}",
        "streams.a",
        None,
        "a",
    ),
    "with each": ("streams: {a: {for_each: [eu], name: 'c-{{ each.key }}'}}", "streams.a[eu]", None, "c-eu"),
}


@pytest.mark.parametrize(("body", "address", "kept", "name"), NAMES.values(), ids=NAMES)
def test_the_remote_name(body: str, address: str, kept: str | None, name: str) -> None:
    assert named(loaded(body), address, kept) == name


def test_whether_the_file_says_the_name() -> None:
    body = "streams: {a: {name: mine}, b: {}}\nsources: {c: {connector: file, path: x}}"
    defaults = "defaults: {provider: local, sources: {name: 'x-{{ self.key }}'}}\n"
    found = loaded(defaults + body).resources
    assert {str(address): one.named for address, one in found.items()} == {
        "streams.a": True,
        "streams.b": False,
        "sources.c": True,
    }


def test_self_is_the_resource_and_its_name_is_the_one_that_counts() -> None:
    body = """
streams:
  a:
    for_each: [eu]
    labels:
      all: "{{ self.key }}/{{ self.instance }}/{{ self.slug }}/{{ self.name }}/{{ self.address }}"
"""
    configuration = loaded(body)
    resource = configuration.resources[Address.parse("streams.a[eu]")]
    assert configuration.resolve(resource, nothing)["labels"] == {"all": "a/eu/a-eu/a-eu/streams.a[eu]"}
    assert configuration.resolve(resource, nothing, "old")["labels"] == {"all": "a/eu/a-eu/old/streams.a[eu]"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "{{ self.name }}",
            "1:22 name-circular: streams.a: `name` cannot be made from self.name; there is self.slug",
        ),
        (
            "{{ sensitive('abcd') }}",
            "1:21 name-sensitive: streams.a: `name` is printed in plans, and this is sensitive "
            "| nonsensitive(...) says that it is no secret",
        ),
        ("{{ 5 }}", "1:21 type-wrong: streams.a: `name` should be a valid string"),
        ("{{ self.nam }}", "1:22 field-unknown: streams.a: no field `self.nam` | did you mean `name`?"),
    ],
)
def test_a_name_that_is_wrong(name: str, expected: str) -> None:
    assert wrong(f'streams: {{a: {{name: "{name}"}}}}') == [expected]


PARTS = """
streams:
  a: {}
  b:
    retention: "{{ streams.a.id }}"
    labels: {text: "on {{ streams.a.id }} and {{ streams.a.created_at }}", fixed: "{{ var.v }}"}
    config: {list: [1, "{{ streams.a.partitions }}"], rest: {x: y}}
variables: {v: {default: abc}}
"""


def test_a_scalar_that_needs_what_only_apply_can_tell_is_unknown_as_a_whole() -> None:
    assert resolved(loaded(PARTS), "streams.b") == {
        "name": "b",
        "retention": Unknown(("streams.a.id",), "{{ streams.a.id }}"),
        "labels": {
            "text": Unknown(
                ("streams.a.id", "streams.a.created_at"), "on {{ streams.a.id }} and {{ streams.a.created_at }}"
            ),
            "fixed": "abc",
        },
        "config": {"list": [1, Unknown(("streams.a.partitions",), "{{ streams.a.partitions }}")], "rest": {"x": "y"}},
    }


def test_what_is_known_by_now_is_filled_in() -> None:
    known: dict[str, Tree] = {"streams.a": {"id": "s-1", "name": "a", "partitions": 3, "created_at": "today"}}
    assert resolved(loaded(PARTS), "streams.b", known) == {
        "name": "b",
        "retention": "s-1",
        "labels": {"text": "on s-1 and today", "fixed": "abc"},
        "config": {"list": [1, 3], "rest": {"x": "y"}},
    }


ATTRIBUTES: dict[str, tuple[Tree, object]] = {
    "an id": ({"id": "s-1"}, "s-1"),
    "an id that is not there yet": ({}, Unknown(("streams.a.id",), "{{ streams.a.id }}")),
    "a computed field that is not there yet": (
        {"id": "x"},
        Unknown(("streams.a.created_at",), "{{ streams.a.created_at }}"),
    ),
    "a declared field that is not set": ({"id": "x"}, None),
    "the default of a field that is not set": ({"id": "x"}, 1),
    "a field that another resource makes known": (
        {"retention": Unknown(("streams.z.id",), "{{ streams.z.id }}")},
        Unknown(("streams.a.retention",), "{{ streams.a.retention }}"),
    ),
    "a secret field": ({"token": "abcd"}, Sensitive("abcd")),
    "a field within": ({"config": {"deep": {"x": "y"}}}, "y"),
}
ASKED = ("id", "id", "created_at", "retention", "partitions", "retention", "token", "config.deep.x")


@pytest.mark.parametrize(
    ("field", "tree", "value"),
    [(ask, *case) for ask, case in zip(ASKED, ATTRIBUTES.values(), strict=True)],
    ids=ATTRIBUTES,
)
def test_an_attribute_of_another_resource(field: str, tree: Tree, value: object) -> None:
    sensitive = "true" if field == "token" else "false"
    output = f"{{value: '{{{{ streams.a.{field} }}}}', sensitive: {sensitive}}}"
    configuration = loaded(f"streams: {{a: {{}}}}\noutputs: {{o: {output}}}")
    found = configuration.resolve_output(configuration.outputs["o"], {Address("streams", "a"): tree}.get)
    assert found == value


def test_a_secret_beside_something_unknown_stays_a_secret() -> None:
    body = """
streams: {a: {}, b: {retention: "{{ streams.a.id }}-{{ var.secret }}", labels: {x: "{{ streams.a.token }}"}}}
variables: {secret: {default: hush-hush, sensitive: true}}
"""
    tree = resolved(loaded(body), "streams.b")
    assert tree["retention"] == Sensitive(Unknown(("streams.a.id",), "{{ streams.a.id }}-{{ var.secret }}"))
    assert tree["labels"] == {"x": Sensitive(Unknown(("streams.a.token",), "{{ streams.a.token }}"))}


def test_a_local_that_needs_a_resource_is_worked_out_when_it_is_known() -> None:
    body = """
streams: {a: {}, b: {retention: "{{ local.all.ids[0] }}", labels: {x: "{{ local.all.fixed }}"}}}
locals: {id: "x-{{ streams.a.id }}", all: {ids: ["{{ local.id }}"], fixed: f}}
"""
    configuration = loaded(body)
    assert resolved(configuration, "streams.b")["retention"] == Unknown(("streams.a.id",), "{{ local.all.ids[0] }}")
    assert resolved(configuration, "streams.b", {"streams.a": {"id": "1"}}) == {
        "name": "b",
        "retention": "x-1",
        "labels": {"x": "f"},
    }


def test_references_get_the_ids_that_are_known() -> None:
    body = """
pipelines: {p: {source: streams.a, destination: "{{ streams.b }}", snapshot: "{{ streams.a.partitions == 3 }}"}}
streams: {a: {}, b: {}}
"""
    tree = resolved(loaded(body), "pipelines.p", {"streams.a": {"id": "s1", "partitions": 3}})
    assert tree == {
        "name": "p",
        "source": Ref(Address("streams", "a"), "s1"),
        "destination": Ref(Address("streams", "b"), Unknown(("streams.b.id",), "{{ streams.b.id }}")),
        "snapshot": True,
    }


def test_what_turns_out_wrong_when_it_is_known_is_told_with_its_place() -> None:
    body = """streams: {a: {}, b: {partitions: "{{ streams.a.id }}", retention: "{{ streams.a.partitions + [] }}"}}"""
    configuration = loaded(body)
    with pytest.raises(DiagnosticError) as raised:
        resolved(configuration, "streams.b", {"streams.a": {"id": "many", "partitions": 3}})
    assert [f"{one.span} {one.code}: {one.message}" for one in raised.value.diagnostics] == [
        "stack.yaml:4:34 type-wrong: streams.b: `partitions` should be a valid integer",
        "stack.yaml:4:68 template-failed: streams.b: this fails: + takes two numbers, not a number and a list; "
        "to join texts write ~",
    ]


def test_a_local_that_turns_out_wrong_is_told_where_it_is_used() -> None:
    configuration = loaded(
        "streams: {a: {}, b: {retention: '{{ local.x }}'}}\nlocals: {x: '{{ streams.a.partitions + [] }}'}"
    )
    with pytest.raises(DiagnosticError, match=r"^template-failed: streams\.b: this fails: "):
        resolved(configuration, "streams.b", {"streams.a": {"id": "i", "partitions": 3}})


def test_secrets_that_become_known_are_known_to_whoever_masks_them() -> None:
    configuration = loaded("streams: {a: {}, b: {labels: {x: 'key {{ streams.a.token }}'}}}")
    assert list(configuration.secrets) == []
    resolved(configuration, "streams.b", {"streams.a": {"token": "hush-hush"}})
    assert list(configuration.secrets) == ["key hush-hush"]


def test_resolving_twice_gives_the_same_and_changes_nothing() -> None:
    configuration = loaded(PARTS)
    before = repr(configuration.resources)
    first: dict[str, Any] = resolved(configuration, "streams.a")
    first["name"] = "changed by the caller"
    assert resolved(configuration, "streams.a")["name"] == "a"
    assert resolved(configuration, "streams.b") == resolved(configuration, "streams.b")
    assert repr(configuration.resources) == before
