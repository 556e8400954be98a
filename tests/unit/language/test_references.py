from __future__ import annotations

import pytest

from stackfile.address import Address
from stackfile.values import Ref, Unknown
from tests.unit.language.fakes import loaded, resolved, wrong

DECLARED = """
sources: {pg: {connector: file, path: x}, many: {for_each: [eu, us], connector: file, path: x}}
destinations: {warehouse: {}}
streams: {clicks: {for_each: [eu, us]}, plain: {}}
resources: {t: {type: transform}, c: {type: cache, label: x}}
variables: {eu: {default: eu}, address: {default: sources.pg}, secret: {default: hush-hush, sensitive: true}}
"""

TAKEN = {
    "a plain address": ("sources.pg", "sources.pg"),
    "an instance": ("'streams.clicks[eu]'", "streams.clicks[eu]"),
    "an instance in quotes": ("'streams.clicks[\"eu\"]'", "streams.clicks[eu]"),
    "an instance with a slash": ("streams.clicks/us", "streams.clicks[us]"),
    "an expression": ("'{{ sources.pg }}'", "sources.pg"),
    "an instance by name": ("\"{{ streams.clicks['us'] }}\"", "streams.clicks[us]"),
    "an instance by attribute": ("'{{ streams.clicks.us }}'", "streams.clicks[us]"),
    "an instance by a variable": ("'{{ streams.clicks[var.eu] }}'", "streams.clicks[eu]"),
    "an instance worked out": ('"{{ streams.clicks[var.eu | lower] }}"', "streams.clicks[eu]"),
    "a choice": ("\"{{ sources.pg if var.eu == 'x' else streams.plain }}\"", "streams.plain"),
    "an address from a variable": ("'{{ var.address }}'", "sources.pg"),
    "an address with a template": ("'streams.clicks[{{ var.eu }}]'", "streams.clicks[eu]"),
}


@pytest.mark.parametrize(("written", "address"), TAKEN.values(), ids=TAKEN)
def test_a_reference_takes(written: str, address: str) -> None:
    body = f"pipelines: {{p: {{source: {written}, destination: destinations.warehouse}}}}{DECLARED}"
    configuration = loaded(body)
    resource = configuration.resources[Address.parse("pipelines.p")]
    assert Address.parse(address) in resource.dependencies
    unknown = resolved(configuration, "pipelines.p")["source"]
    assert isinstance(unknown, Ref)
    assert unknown.address == Address.parse(address)
    assert isinstance(unknown.id, Unknown)
    assert unknown.id.waits_for == (f"{address}.id",)
    known = resolved(configuration, "pipelines.p", {address: {"id": "id-7"}})["source"]
    assert known == Ref(Address.parse(address), "id-7")


def test_a_plain_id_is_for_what_the_stackfile_does_not_manage() -> None:
    body = "pipelines: {p: {source: {id: '64f0'}, destination: {id: '{{ var.eu }}-1'}}}" + DECLARED
    configuration = loaded(body)
    assert resolved(configuration, "pipelines.p") == {"name": "p", "source": "64f0", "destination": "eu-1"}
    assert configuration.resources[Address.parse("pipelines.p")].dependencies == ()


def test_an_id_may_be_that_of_another_resource() -> None:
    body = "pipelines: {p: {source: {id: '{{ streams.plain.id }}'}, destination: streams.plain}}" + DECLARED
    assert resolved(loaded(body), "pipelines.p", {"streams.plain": {"id": "s1"}})["source"] == "s1"


def test_lists_and_nested_fields_of_references() -> None:
    body = """
pipelines:
  p:
    source: sources.pg
    destination: destinations.warehouse
    transforms: [resources.t, "{{ resources.t }}", {id: t-9}]
    joins: [{stream: "{{ streams.clicks[var.eu] }}", on: k}, {stream: streams.plain}]
"""
    configuration = loaded(body + DECLARED)
    known = {name: {"id": name} for name in ("resources.t", "streams.clicks[eu]", "streams.plain")}
    tree = resolved(configuration, "pipelines.p", known)
    target = Ref(Address.parse("resources.t"), "resources.t")
    assert tree["transforms"] == [target, target, "t-9"]
    assert tree["joins"] == [
        {"stream": Ref(Address.parse("streams.clicks[eu]"), "streams.clicks[eu]"), "on": "k"},
        {"stream": Ref(Address.parse("streams.plain"), "streams.plain")},
    ]
    dependencies = configuration.resources[Address.parse("pipelines.p")].dependencies
    assert {str(one) for one in dependencies} == {
        "sources.pg", "destinations.warehouse", "resources.t", "streams.clicks[eu]", "streams.plain",
    }  # fmt: skip


WRONG = {
    "a misspelt key": (
        "destination: destinations.warehose",
        "reference-unknown: pipelines.p: no destination `warehose` "
        "| did you mean destinations.warehouse (stack.yaml:6:16)?",
    ),
    "a misspelt section": (
        "destination: destination.warehouse",
        "reference-unknown: pipelines.p: there is no `destination.warehouse` "
        "| did you mean destinations.warehouse (stack.yaml:6:16)?",
    ),
    "the key alone": (
        "destination: warehouse",
        "reference-unknown: pipelines.p: there is no `warehouse` "
        "| did you mean destinations.warehouse (stack.yaml:6:16)?",
    ),
    "the key of another section": (
        "destination: streams.warehouse",
        "reference-unknown: pipelines.p: no stream `warehouse` "
        "| did you mean destinations.warehouse (stack.yaml:6:16)?",
    ),
    "an address like no other": (
        "destination: destinations.quux",
        "reference-unknown: pipelines.p: no destination `quux` "
        "| declared: destinations.warehouse, streams.clicks, streams.plain",
    ),
    "a misspelt key in an expression": (
        "destination: '{{ destinations.warehose }}'",
        "reference-unknown: pipelines.p: no destination `warehose` "
        "| did you mean destinations.warehouse (stack.yaml:6:16)?",
    ),
    "the wrong kind": (
        "destination: sources.pg",
        "reference-kind: pipelines.p: `destination` takes a destination or stream, not sources.pg",
    ),
    "the wrong type of resource": (
        "transforms: [resources.c]",
        "reference-kind: pipelines.p: `transforms` takes a transform, not resources.c",
    ),
    "an id from an expression": (
        "source: '{{ sources.pg.id }}'",
        "reference-not-id: pipelines.p: `source` takes the source itself, not its id | write: sources.pg",
    ),
    "a name from an expression": (
        "source: '{{ sources.pg.name }}'",
        "reference-not-id: pipelines.p: `source` takes the source itself, not its name | write: sources.pg",
    ),
    "an id as text": (
        "source: 64f0b7aa",
        "reference-not-id: pipelines.p: `source` takes a source or stream, such as sources.pg, not `64f0b7aa` "
        "| for one that is not in this stackfile:  {id: 64f0b7aa}",
    ),
    "a number": ("source: 5", "type-wrong: pipelines.p: `source` takes a source or stream, not a number"),
    "a list": ("source: [sources.pg]", "type-wrong: pipelines.p: `source` takes a source or stream, not a list"),
    "an id that is no text": (
        "source: {id: 5}",
        "type-wrong: pipelines.p: `source` takes a source or stream, or {id: ...} with the id as text",
    ),
    "more than an id": (
        "source: {id: a, name: b}",
        "type-wrong: pipelines.p: `source` takes a source or stream, or {id: ...} with the id as text",
    ),
    "all instances": (
        "source: sources.many",
        "reference-instance: pipelines.p: `source` takes one instance of sources.many "
        "| write sources.many[eu] | instances: eu, us",
    ),
    "all instances in an expression": (
        "source: '{{ sources.many }}'",
        "reference-instance: pipelines.p: `source` takes one instance of sources.many "
        "| write sources.many[eu] | instances: eu, us",
    ),
    "an instance that is not there": (
        "source: 'sources.many[ap]'",
        "instance-unknown: pipelines.p: sources.many has no instance `ap` | instances: eu, us",
    ),
    "an instance that is not there in an expression": (
        "source: \"{{ sources.many['ap'] }}\"",
        "instance-unknown: pipelines.p: sources.many has no instance `ap` | instances: eu, us",
    ),
    "an instance of a single one": (
        "source: 'sources.pg[eu]'",
        "instance-unknown: pipelines.p: sources.pg has no for_each, and so no instance `eu`",
    ),
    "a field that is not there": (
        "destination: '{{ destinations.warehouse.pth }}'",
        "attribute-unknown: pipelines.p: destinations.warehouse has no field `pth` | did you mean `path`?",
    ),
    "a secret": (
        "source: '{{ var.secret }}'",
        "reference-sensitive: pipelines.p: `source` is printed in plans, and this is sensitive",
    ),
    "what only apply can tell": (
        "source: 'sources.{{ streams.plain.id }}'",
        "reference-not-known: pipelines.p: `source` must be known at plan; streams.plain.id is known after apply",
    ),
    "the inside of a module": (
        "source: modules.billing.sources.pg",
        "module-inside: pipelines.p: modules.billing.sources.pg is inside of a module, which shows its outputs alone "
        '| write "{{ modules.billing.pg }}" '
        "| let modules.billing have an output of it:  outputs: {pg: {value: ...}}",
    ),
}


@pytest.mark.parametrize(("field", "expected"), WRONG.values(), ids=WRONG)
def test_a_reference_that_is_wrong(field: str, expected: str) -> None:
    fields = {"source": "sources.pg", "destination": "destinations.warehouse"}
    name, _, value = field.partition(": ")
    body = ", ".join(f"{key}: {text}" for key, text in {**fields, name: value}.items())
    found = wrong(f"pipelines: {{p: {{{body}}}}}{DECLARED}")
    assert [
        line.partition(" ")[2].removesuffix(" | remove it: this version cannot do what it asks") for line in found
    ] == [expected]


SELF = {
    "by an expression": "streams: {a: {retention: '{{ streams.a.name }}'}}",
    "by depends_on": "streams: {a: {depends_on: [streams.a]}}",
    "of an instance": "streams: {a: {for_each: [x, y], depends_on: ['streams.a[x]']}}",
    "of an instance by each": "streams: {a: {for_each: [x, y], retention: '{{ streams.a[each.key].name }}'}}",
    "by a reference": "pipelines: {p: {source: pipelines.p, destination: streams.s}}\nstreams: {s: }",
}


@pytest.mark.parametrize("body", SELF.values(), ids=SELF)
def test_a_resource_cannot_refer_to_itself(body: str) -> None:
    (found,) = wrong(body)
    expected = "reference-kind" if "pipelines.p," in body else "reference-self"
    assert found.split()[1] == f"{expected}:"


def test_an_instance_may_refer_to_another_one() -> None:
    body = """streams: {a: {for_each: [x, y], retention: "{{ '7d' if each.key == 'x' else local.first }}"}}
locals: {first: "{{ streams.a['x'].id }}"}"""
    assert [line.split()[:2] for line in wrong(body)] == [["1:44", "reference-self:"]]
    body = """streams: {a: {for_each: {x: y, y: z, z: x}, depends_on: ["{{ streams.a[each.value] }}"]}}"""
    resources = loaded(body).resources
    assert {one.address.instance: [str(need) for need in one.dependencies] for one in resources.values()} == {
        "x": ["streams.a[y]"],
        "y": ["streams.a[z]"],
        "z": ["streams.a[x]"],
    }


DEPENDENCIES = {
    "none": ("b: {retention: 7d}", []),
    "a field of another": ("b: {retention: '{{ streams.a.id }}'}", ["streams.a"]),
    "a branch that is never taken": ("b: {retention: \"{{ '7d' if true else streams.a.id }}\"}", ["streams.a"]),
    "within try": ("b: {retention: '{{ try(streams.a.id, 1) }}'}", ["streams.a"]),
    "through a local": ("b: {retention: '{{ local.deep }}'}", ["streams.a"]),
    "one instance": ("b: {retention: \"{{ streams.many['x'].id }}\"}", ["streams.many[x]"]),
    "one instance by each": ("b: {for_each: [y], retention: '{{ streams.many[each.key].id }}'}", ["streams.many[y]"]),
    "one instance by a variable": ("b: {retention: '{{ streams.many[var.v].id }}'}", ["streams.many[x]"]),
    "an instance worked out": (
        "b: {retention: \"{{ streams.many['x' ~ ''].id }}\"}",
        ["streams.many[x]", "streams.many[y]"],
    ),
    "all instances": ("b: {partitions: '{{ streams.many | length }}'}", ["streams.many[x]", "streams.many[y]"]),
    "depends_on": ("b: {depends_on: [streams.a, 'streams.many[y]']}", ["streams.a", "streams.many[y]"]),
    "depends_on one": ("b: {depends_on: streams.a}", ["streams.a"]),
    "depends_on an expression": (
        "b: {for_each: [x], depends_on: ['{{ streams.many[each.key] }}']}",
        ["streams.many[x]"],
    ),
    "depends_on all instances": ("b: {depends_on: [streams.many]}", ["streams.many[x]", "streams.many[y]"]),
    "the name": ("b: {name: '{{ streams.a.name }}-b'}", ["streams.a"]),
}


@pytest.mark.parametrize(("entry", "expected"), DEPENDENCIES.values(), ids=DEPENDENCIES)
def test_dependencies_are_read_off_the_syntax_tree(entry: str, expected: list[str]) -> None:
    body = f"""
streams:
  {entry}
  a: {{}}
  many: {{for_each: [x, y]}}
locals: {{made: "{{{{ streams.a.id }}}}", deep: "{{{{ local.made }}}}"}}
variables: {{v: {{default: x}}}}
"""
    (found,) = (one for one in loaded(body).resources.values() if one.address.key == "b")
    assert sorted(map(str, found.dependencies)) == expected


def test_a_reference_to_a_disabled_resource_is_wrong_unless_the_referrer_is_disabled_too() -> None:
    body = """
pipelines:
  p: {source: streams.off, destination: streams.on}
  q: {source: streams.off, destination: streams.on, enabled: false}
  r:
    for_each: [a, b]
    enabled: "{{ each.key == 'a' }}"
    source: "{{ streams.many[each.key] }}"
    destination: streams.on
streams:
  off: {enabled: false}
  on: {labels: {x: "{{ streams.off.name }}"}}
  many: {for_each: [a, b], enabled: "{{ each.key == 'a' }}"}
"""
    assert wrong(body) == [
        "3:15 reference-disabled: pipelines.p: streams.off is disabled | disable this one too, or remove the reference",
        "12:20 reference-disabled: streams.on: streams.off is disabled | disable this one too, or remove the reference",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ streams.a }}", "resource-not-value: streams.b: streams.a is a resource, not a value"),
        ("{{ streams.many }}", "template-failed: streams.b: a resource with instances is not a value"),
        ("{{ streams.a.idd }}", "attribute-unknown: streams.b: streams.a has no field `idd` | did you mean `id`?"),
        ("{{ streams.many.z.id }}", "instance-unknown: streams.b: streams.many has no instance `z` | instances: x"),
        ("{{ streams[var.v].id }}", "name-wrong: streams.b: write streams.<key>, the key as it is in the file"),
    ],
)
def test_a_resource_in_an_expression_that_is_wrong(text: str, expected: str) -> None:
    body = (
        f"streams: {{b: {{retention: '{text}'}}, a: {{}}, many: {{for_each: [x]}}}}\nvariables: {{v: {{default: a}}}}"
    )
    assert [line.partition(" ")[2].partition(" | write {{")[0] for line in wrong(body)] == [expected]
