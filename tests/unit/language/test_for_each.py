from __future__ import annotations

import pytest

from stackfile.address import Address
from stackfile.values import Sensitive
from tests.unit.language.fakes import loaded, resolved, wrong

SECRET = "\nvariables: {secret: {type: list, default: [hush-hush], sensitive: true}}"

ITEMS = {
    "a list of texts": ("[eu, us]", ["streams.a[eu]", "streams.a[us]"]),
    "a list of maps with a name": ("[{name: eu, n: 1}, {name: us}]", ["streams.a[eu]", "streams.a[us]"]),
    "a map": ("{eu: {n: 1}, us: {n: 2}}", ["streams.a[eu]", "streams.a[us]"]),
    "an expression": ("\"{{ ['eu', 'us'] }}\"", ["streams.a[eu]", "streams.a[us]"]),
    "a combination": ("\"{{ product(r=['eu', 'us'], t=['x']) }}\"", ["streams.a[eu-x]", "streams.a[us-x]"]),
    "any text": ("['a b', 'ü/[x]', '1']", ['streams.a["a b"]', 'streams.a["ü/[x]"]', "streams.a[1]"]),
    "nothing": ("[]", []),
}


@pytest.mark.parametrize(("items", "expected"), ITEMS.values(), ids=ITEMS)
def test_for_each_makes_an_instance_for_each_item(items: str, expected: list[str]) -> None:
    assert [str(address) for address in loaded(f"streams: {{a: {{for_each: {items}}}}}").resources] == expected


def test_each_is_the_key_and_the_value_of_an_instance() -> None:
    configuration = loaded(
        """
streams:
  list: {for_each: [eu], labels: {k: "{{ each.key }}", v: "{{ each.value }}"}}
  maps: {for_each: [{name: eu, n: 3}], labels: {k: "{{ each.key }}"}, partitions: "{{ each.value.n }}"}
  map: {for_each: {eu: 4}, labels: {k: "{{ each.key }}"}, partitions: "{{ each.value }}"}
"""
    )
    assert resolved(configuration, "streams.list[eu]")["labels"] == {"k": "eu", "v": "eu"}
    assert resolved(configuration, "streams.maps[eu]")["partitions"] == 3
    assert resolved(configuration, "streams.map[eu]")["partitions"] == 4


def test_a_value_may_be_sensitive_where_its_key_is_not() -> None:
    body = 'streams: {a: {for_each: {eu: "{{ var.secret[0] }}"}, retention: "{{ each.value }}"}}'
    assert isinstance(resolved(loaded(body + SECRET), "streams.a[eu]")["retention"], Sensitive)


def not_known(place: str, key: str) -> str:
    says = f"`{key}` must be known at plan, and streams.b.id is known after apply"
    help = "known by then: what is written here, variables, and locals of such"
    return f"{place} {key.replace('_', '-')}-not-known: streams.a: {says} | {help}"


WRONG = {
    "what only apply can tell": (
        "a: {for_each: ['{{ streams.b.id }}']}\n  b:",
        [not_known("2:19", "for_each")],
    ),
    "what only apply can tell, by a local": (
        "a: {for_each: '{{ local.ids }}'}\n  b:\nlocals: {ids: ['{{ streams.b.id }}']}",
        [not_known("2:18", "for_each")],
    ),
    "a secret": (
        "a: {for_each: '{{ var.secret }}'}",
        [
            "2:17 for-each-sensitive: streams.a: `for_each` is printed in plans, and this is sensitive "
            "| nonsensitive(...) says that it is no secret"
        ],
    ),
    "a secret item": (
        "a: {for_each: [x, '{{ var.secret[0] }}']}",
        [
            "2:21 for-each-sensitive: streams.a: `for_each` is printed in plans, and this is sensitive "
            "| nonsensitive(...) says that it is no secret"
        ],
    ),
    "a key told twice": (
        "a: {for_each: [x, y, x]}",
        ["2:24 for-each-duplicate: streams.a: `x` is there twice in for_each"],
    ),
    "a name told twice": (
        "a: {for_each: [{name: x}, {name: x}]}",
        ["2:29 for-each-duplicate: streams.a: `x` is there twice in for_each"],
    ),
    "an empty key": ("a: {for_each: ['']}", ["2:18 for-each-key: streams.a: the key of an instance cannot be empty"]),
    "a number": ("a: {for_each: 3}", ["2:17 type-wrong: streams.a: `for_each` takes a list or a map, not a number"]),
    "nothing": ("a: {for_each: }", ["2:17 type-wrong: streams.a: `for_each` takes a list or a map, not nothing"]),
    "a list of numbers": (
        "a: {for_each: [1]}",
        ["2:18 type-wrong: streams.a: `for_each` takes texts, or maps that have `name`, not a number"],
    ),
    "a list of maps without names": (
        "a: {for_each: [{id: 1}]}",
        [
            "2:18 type-wrong: streams.a: `for_each` takes texts, or maps that have `name`, "
            "not a map without a text `name`"
        ],
    ),
    "each in for_each": (
        "a: {for_each: ['{{ each.key }}']}",
        [
            "2:19 name-not-here: streams.a: `each` cannot be used in `for_each` "
            "| names: env, local, path, providers, stack, var"
        ],
    ),
    "each without for_each": (
        "a: {retention: '{{ each.key }}'}",
        [
            "2:19 each-outside: streams.a: `each` is there only in a resource with for_each "
            "| write for_each: [...] beside it"
        ],
    ),
    "a misspelt variable": (
        "a: {for_each: '{{ var.secrets }}', retention: '{{ each.key }}'}",
        ["2:18 variable-unknown: streams.a: no variable `secrets` | did you mean `secret`?"],
    ),
    "a misspelt field of each": (
        "a: {for_each: [x], retention: '{{ each.kee }}'}",
        ["2:34 field-unknown: streams.a: no field `each.kee` | did you mean `key`?"],
    ),
    "enabled that is no flag": (
        "a: {enabled: maybe}",
        ["2:16 type-wrong: streams.a: `enabled` takes true or false, not text"],
    ),
    "enabled that only apply can tell": (
        "a: {enabled: \"{{ streams.b.id == 'x' }}\"}\n  b:",
        [not_known("2:17", "enabled")],
    ),
    "enabled by a secret": (
        "a: {enabled: \"{{ var.secret[0] == 'x' }}\"}",
        [
            "2:16 enabled-sensitive: streams.a: `enabled` is printed in plans, and this is sensitive "
            "| nonsensitive(...) says that it is no secret"
        ],
    ),
    "what is wrong with one instance": (
        "a: {for_each: {eu: 3, us: many, ap: few}, partitions: '{{ each.value }}'}",
        ["2:57 type-wrong: streams.a[us]: `partitions` should be a valid integer"],
    ),
}


@pytest.mark.parametrize(("entry", "expected"), WRONG.values(), ids=WRONG)
def test_for_each_and_enabled_that_are_wrong(entry: str, expected: list[str]) -> None:
    assert wrong(f"streams:\n  {entry}{SECRET}") == expected


def test_disabled_resources_are_declared_and_not_planned() -> None:
    configuration = loaded(
        """
streams:
  on: {enabled: true}
  off: {enabled: "{{ stack.env == 'prod' }}"}
  some: {for_each: [eu, us], enabled: "{{ each.key == 'eu' }}"}
"""
    )
    assert [str(address) for address in configuration.resources] == ["streams.on", "streams.some[eu]"]
    asked = ["streams.on", "streams.off", "streams.some[eu]", "streams.some[us]", "streams.some[ap]", "streams.gone"]
    addresses = [Address.parse(text) for text in asked]
    assert [configuration.is_disabled(one) for one in addresses] == [False, True, False, True, False, False]
    assert [configuration.has_declaration(one) for one in addresses] == [True, True, True, True, True, False]


def test_what_a_disabled_resource_needs_may_be_missing() -> None:
    assert wrong("streams: {off: {enabled: false, name: '{{ env.NO }}', labels: {a: '{{ env.NO }}'}}}") == []


def test_the_fields_of_a_disabled_resource_are_checked() -> None:
    assert [line.split()[1] for line in wrong("streams: {off: {enabled: false, partitons: 1}}")] == ["field-unknown:"]


KEYS = {
    "as the address is printed": "streams.b[eu].name",
    "within an expression": "streams.b[eu].name | upper | lower",
    "in quotes": "streams.b['eu'].name",
    "with a dot": "streams.b.eu.name",
}


@pytest.mark.parametrize("expression", KEYS.values(), ids=KEYS)
def test_a_template_names_an_instance(expression: str) -> None:
    body = f'streams: {{b: {{for_each: [eu]}}, a: {{retention: "{{{{ {expression} }}}}"}}}}'
    configuration = loaded(body)
    assert resolved(configuration, "streams.a", {"streams.b[eu]": {"name": "b-eu"}})["retention"] == "b-eu"
    assert configuration.resources[Address.parse("streams.a")].dependencies == (Address.parse("streams.b[eu]"),)
