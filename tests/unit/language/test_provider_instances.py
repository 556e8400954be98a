"""Providers with `for_each`: their instances, how a resource names one, and what a template may know of one."""

from __future__ import annotations

import pytest

from stackfile.values import Sensitive
from tests.unit.language.fakes import loaded, resolved, wrong

CONNECT = "{type: local, for_each: [eu, us], url: 'http://{{ each.key }}:4195', token: hush-hush}"
PROVIDERS = f"providers: {{connect: {CONNECT}, other: {{type: local}}}}\n"


def test_a_provider_with_for_each_is_one_provider_for_each_item() -> None:
    uses = loaded(PROVIDERS).providers
    assert [(use.name, use.service, use.settings.get("url")) for use in uses.values()] == [
        ("connect[eu]", "local", "http://eu:4195"),
        ("connect[us]", "local", "http://us:4195"),
        ("other", "local", None),
    ]
    assert list(uses) == [use.name for use in uses.values()]
    assert isinstance(uses["connect[eu]"].settings["token"], Sensitive)


def test_each_value_is_known_to_the_settings() -> None:
    body = "providers: {connect: {type: local, for_each: {eu: a.b}, url: '{{ each.value }}'}}"
    assert loaded(body).providers["connect[eu]"].settings["url"] == "a.b"


def test_what_for_each_needs_may_be_a_local_or_a_variable() -> None:
    body = "providers: {connect: {type: local, for_each: '{{ local.all }}'}}\n"
    rest = "locals: {all: '{{ [var.first] }}'}\nvariables: {first: {default: eu}}"
    assert list(loaded(body + rest).providers) == ["connect[eu]"]


CHOSEN = {
    "an instance of the same key": "for_each: [eu, us], provider: '{{ providers.connect[each.key] }}'",
    "text made for each key": "for_each: [eu, us], provider: 'connect[{{ each.key }}]'",
    "through a conditional": (
        "for_each: [eu, us], "
        "provider: \"{{ providers.connect['eu'] if each.key == 'eu' else providers.connect['us'] }}\""
    ),
}


@pytest.mark.parametrize("entry", CHOSEN.values(), ids=CHOSEN)
def test_each_instance_of_a_resource_has_a_provider_of_its_own(entry: str) -> None:
    resources = loaded(f"{PROVIDERS}streams: {{a: {{{entry}}}}}").resources
    assert {str(address): one.provider for address, one in resources.items()} == {
        "streams.a[eu]": "connect[eu]",
        "streams.a[us]": "connect[us]",
    }


ONE = {
    "its printed name": "connect[us]",
    "a fixed key": "{{ providers.connect['us'] }}",
    "dots": "{{ providers.connect.us }}",
}


@pytest.mark.parametrize("written", ONE.values(), ids=ONE)
def test_a_resource_names_an_instance(written: str) -> None:
    (resource,) = loaded(f'{PROVIDERS}streams: {{a: {{provider: "{written}"}}}}').resources.values()
    assert resource.provider == "connect[us]"


def test_a_provider_without_for_each_is_chosen_by_an_expression_too() -> None:
    (resource,) = loaded(PROVIDERS + "streams: {a: {provider: '{{ providers.other }}'}}").resources.values()
    assert resource.provider == "other"


def test_templates_know_the_settings_of_an_instance_that_are_no_secrets() -> None:
    streams = """
streams:
  a: {provider: other, for_each: [us], retention: "{{ providers.connect[each.key].url }}"}
  b: {provider: other, retention: "{{ local.url }}"}
locals: {url: "{{ providers.connect['eu'].url }}"}
"""
    configuration = loaded(PROVIDERS + streams)
    assert resolved(configuration, "streams.a[us]")["retention"] == "http://us:4195"
    assert resolved(configuration, "streams.b")["retention"] == "http://eu:4195"


MISSING = "instance-unknown: streams.a: providers.connect has no instance `zz` | instances: eu, us"

WRONG = {
    "no instance": (
        "{provider: connect}",
        "2:25 provider-instance: streams.a: `provider` takes one instance of connect | write connect[eu] "
        '| for the instance of the same key:  provider: "{{ providers.connect[each.key] }}"',
    ),
    "no instance in an expression": (
        "{provider: '{{ providers.connect }}'}",
        "2:25 provider-instance: streams.a: `provider` takes one instance of connect | write connect[eu] "
        '| for the instance of the same key:  provider: "{{ providers.connect[each.key] }}"',
    ),
    "an unknown instance as text": ("{provider: 'connect[zz]'}", f"2:25 {MISSING}"),
    "an unknown instance as a key": ("{provider: '{{ providers.connect.zz }}'}", f"2:26 {MISSING}"),
    "an unknown instance by each": (
        "{provider: '{{ providers.connect[each.key] }}', for_each: [zz]}",
        f"2:26 {MISSING}",
    ),
    "a provider in a filter": (
        "{provider: '{{ providers.other | upper }}'}",
        "2:26 name-wrong: streams.a: a provider is not a value | write providers.other.<setting>",
    ),
    "a secret setting": (
        "{provider: other, retention: '{{ providers.connect[\"eu\"].token }}'}",
        "2:44 provider-secret: streams.a: providers.connect[eu].token is sensitive: it is not given away",
    ),
    "a setting of no instance": (
        "{provider: other, retention: '{{ providers.connect.url }}'}",
        "2:44 instance-unknown: streams.a: providers.connect has no instance `url` | instances: eu, us",
    ),
    "an unknown setting of an instance": (
        "{provider: other, retention: '{{ providers.connect.eu.urll }}'}",
        "2:44 setting-unknown: streams.a: no setting `urll` | did you mean `url`?",
    ),
    "a provider with instances as a value": (
        "{provider: other, retention: '{{ providers.connect }}'}",
        "2:44 name-wrong: streams.a: a provider is not a value | write providers.connect[<instance>].<setting>",
    ),
    "an instance as a value": (
        "{provider: other, retention: '{{ providers.connect.eu }}'}",
        "2:44 name-wrong: streams.a: write providers.connect[eu].<setting>",
    ),
    "a number": ("{provider: 3}", "2:25 type-wrong: streams.a: `provider` takes the name of a provider, not a number"),
    "an unknown provider": (
        "{provider: '{{ providers.conect[each.key] }}', for_each: [eu]}",
        "2:26 provider-unknown: streams.a: no provider `conect` | did you mean `connect`?",
    ),
}


@pytest.mark.parametrize(("entry", "expected"), WRONG.values(), ids=WRONG)
def test_a_provider_that_is_chosen_wrongly(entry: str, expected: str) -> None:
    assert wrong(f"{PROVIDERS}streams: {{a: {entry}}}") == [expected]


DECLARED_WRONGLY = {
    "a number": (
        "for_each: 3",
        "1:46 type-wrong: providers.connect: `for_each` takes a list or a map, not a number",
    ),
    "each in for_each": (
        "for_each: ['{{ each.key }}']",
        "1:48 name-not-here: providers.connect: `each` cannot be used in `for_each` | names: env, local, stack, var",
    ),
    "a resource in for_each": (
        "for_each: ['{{ streams.a.id }}']",
        "1:48 for-each-not-known: providers.connect: `for_each` must be known at plan, "
        "and streams.a.id is known after apply "
        "| known by then: what is written here, variables, and locals of such",
    ),
    "an instance with a wrong setting": (
        "for_each: [eu], urll: x",
        "1:52 field-unknown: providers.connect[eu]: local has no field `urll` | did you mean `url`? "
        "| all fields: token, url",
    ),
    "the same key twice": (
        "for_each: [eu, eu]",
        "1:51 for-each-duplicate: providers.connect: `eu` is there twice in for_each",
    ),
}


@pytest.mark.parametrize(("entry", "expected"), DECLARED_WRONGLY.values(), ids=DECLARED_WRONGLY)
def test_a_provider_that_is_declared_wrongly(entry: str, expected: str) -> None:
    """One mistake, one message: what uses such a provider says nothing more."""
    streams = "streams: {a: {provider: '{{ providers.connect[each.key] }}', for_each: [eu]}}"
    assert wrong(f"providers: {{connect: {{type: local, {entry}}}}}\n{streams}") == [expected]


def test_a_provider_without_instances_has_none() -> None:
    body = "providers: {connect: {type: local, for_each: []}}\nstreams: {a: {provider: 'connect[eu]'}}"
    assert wrong(body) == [
        "2:25 instance-unknown: streams.a: providers.connect has no instance `eu` | it has no instances now"
    ]
