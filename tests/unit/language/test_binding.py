from __future__ import annotations

import pytest

from stackfile.address import Address
from stackfile.language.stackfile import Configuration, Lifecycle, Resource
from stackfile.values import Path, Sensitive
from tests.unit.language.fakes import Streams, Transforms, loaded, resolved, wrong


def resource(configuration: Configuration, address: str) -> Resource:
    return configuration.resources[Address.parse(address)]


WRONG = {
    "a misspelt provider": (
        "streams: {a: {provider: lcal}}",
        ["1:25 provider-unknown: streams.a: no provider `lcal` | did you mean `local`?"],
    ),
    "a provider that is not installed": (
        "streams: {a: {provider: nowhere}}",
        ["1:25 provider-unknown: streams.a: no provider `nowhere` | installed: broken, local, streamkap"],
    ),
    "a provider that does not load": (
        "streams: {a: {provider: broken}}",
        ["1:15 provider-broken: provider `broken` does not load"],
    ),
    "an installed provider that needs settings": (
        "streams: {a: {provider: streamkap}}",
        [
            "1:25 provider-settings: streams.a: streamkap needs settings: client_id, secret "
            "| write:  providers: {streamkap: {client_id: ...}}"
        ],
    ),
    "a declared provider without a setting": (
        "providers: {streamkap: {client_id: a}}",
        ["1:13 field-missing: providers.streamkap: `secret` is required | add:  secret: ..."],
    ),
    "a misspelt setting": (
        "providers: {streamkap: {client_id: a, secret: b, regin: c}}",
        [
            "1:50 field-unknown: providers.streamkap: streamkap has no field `regin` | did you mean `region`? "
            "| all fields: client_id, region, secret"
        ],
    ),
    "a misspelt type of a provider": (
        "providers: {cloud: {type: streamcap}}",
        ["1:21 provider-unknown: no provider `streamcap` is installed | did you mean `streamkap`?"],
    ),
    "resources in the settings of a provider": (
        "providers: {local: {url: '{{ streams.a.id }}', token: '{{ local.x }}'}}\n"
        "streams: {a: }\nlocals: {x: '{{ streams.a.id }}'}",
        [
            "1:27 name-not-here: providers.local: `streams` cannot be used in providers "
            "| names: env, local, stack, var",
            "1:56 name-not-here: providers.local: local.x needs streams.a.id, which cannot be used in providers "
            "| names: env, local, stack, var",
        ],
    ),
    "a setting of a provider that does not load": (
        "providers: {broken: {}}\nlocals: {x: '{{ providers.broken.url }}'}\noutputs: {o: {value: '{{ local.x }}'}}",
        ["1:13 provider-broken: provider `broken` does not load"],
    ),
    "a secret setting given away": (
        "providers: {local: {token: hush-hush}}\nstreams: {a: {retention: '{{ providers.local.token }}'}}",
        ["2:27 provider-secret: streams.a: providers.local.token is sensitive: it is not given away"],
    ),
    "several providers and none chosen": (
        "providers: {a: {type: local}, b: {type: local}}\nstreams: {x: {}}",
        ["2:11 provider-missing: streams.x: no provider is chosen | write provider: a | declared: a, b"],
    ),
    "no provider at all": (
        "defaults: {}\nstreams: {x: {}}",
        [
            "2:11 provider-missing: streams.x: no provider is declared | installed: broken, local, streamkap "
            "| write provider: local, or once for all resources:  defaults: {provider: local}"
        ],
    ),
    "a section that the provider has not": (
        "providers: {cloud: {type: streamkap, client_id: a, secret: b}}\nstreams: {x: {}}",
        ["2:11 kind-unknown: streams.x: streamkap has no streams"],
    ),
    "no type": (
        "resources: {a: {}}",
        ["1:13 field-missing: resources.a: `type` is required here | types of local: cache, transform"],
    ),
    "a misspelt type": (
        "resources: {b: {type: cahe}}",
        [
            "1:23 kind-unknown: resources.b: local has no resource of type `cahe` | did you mean `cache`? "
            "| types of local: cache, transform"
        ],
    ),
    "no connector": (
        "sources: {a: {}}",
        ["1:11 field-missing: sources.a: `connector` is required | connectors: file, postgresql"],
    ),
    "a misspelt connector": (
        "sources: {a: {connector: postgres}}",
        [
            "1:26 connector-unknown: sources.a: no local source connector `postgres` | did you mean `postgresql`? "
            "| connectors: file, postgresql"
        ],
    ),
    "wrong types": (
        "streams: {a: {partitions: three}, b: {partitions: 0}, c: {labels: {x: 1}}, d: {labels: [x]}}",
        [
            "1:27 type-wrong: streams.a: `partitions` should be a valid integer",
            "1:51 type-wrong: streams.b: `partitions` should be greater than or equal to 1",
            "1:71 type-wrong: streams.c: `labels.x` should be a valid string",
            "1:88 type-wrong: streams.d: `labels` should be a map",
        ],
    ),
    "a misspelt field": (
        "streams: {a: {retntion: 7d}}",
        [
            "1:15 field-unknown: streams.a: local stream has no field `retntion` | did you mean `retention`? "
            "| all fields: config, labels, name, partitions, retention, token"
        ],
    ),
    "a field of the service's own": (
        "streams: {a: {created_at: today}}",
        ["1:15 field-computed: streams.a: `created_at` is set by the service | remove it"],
    ),
    "a missing field": (
        "sources: {a: {connector: file}}",
        ["1:11 field-missing: sources.a: `path` is required | add:  path: ..."],
    ),
    "a name where the kind has none": (
        "resources: {a: {type: transform, name: x}}",
        ["1:34 field-unknown: resources.a: local transform has no field `name` | all fields: code"],
    ),
    "a misspelt key in the defaults, told once": (
        "defaults: {provider: local, streams: {partitons: 3}}\nstreams: {a: {}, b: {}}",
        [
            "1:39 field-unknown: streams.a: local stream has no field `partitons` | did you mean `partitions`? "
            "| all fields: config, labels, name, partitions, retention, token"
        ],
    ),
    "an unknown default": (
        "defaults: {provider: local, quux: 3}",
        [
            "1:29 field-unknown: no field `quux` here "
            "| known here: destinations, lifecycle, name, pipelines, provider, resources, sources, streams, timeouts"
        ],
    ),
    "!unset in a list": (
        "streams: {a: {config: {b: [1, !unset ]}}}",
        ["1:24 unset-misplaced: !unset takes away a key of a map, not an item of a list"],
    ),
    "prevent_destroy that is no flag": (
        "streams: {a: {lifecycle: {prevent_destroy: maybe}}}",
        ["1:44 type-wrong: streams.a: `prevent_destroy` takes true or false, known at plan"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_a_resource_that_is_wrong(body: str, expected: list[str]) -> None:
    assert wrong(body) == expected


def test_a_resource_is_bound_to_its_provider_and_kind() -> None:
    configuration = loaded(
        """
providers:
  eu: {type: local, url: "http://eu"}
  us: {type: local}
streams:
  a: {provider: eu}
  b: {provider: "{{ 'us' }}"}
  c: {for_each: [eu, us], provider: "{{ each.key }}"}
  d: {provider: local}
resources:
  t: {provider: eu, type: "{{ 'transform' }}"}
"""
    )
    found = {str(address): one.provider for address, one in configuration.resources.items()}
    assert found == {
        "streams.a": "eu", "streams.b": "us", "streams.c[eu]": "eu", "streams.c[us]": "us", "streams.d": "local",
        "resources.t": "eu",
    }  # fmt: skip
    assert resource(configuration, "streams.a").kind is Streams
    assert resource(configuration, "resources.t").kind is Transforms
    assert {name: use.service for name, use in configuration.providers.items()} == dict.fromkeys(
        ("eu", "us", "local"), "local"
    )
    assert configuration.providers["eu"].settings == {"url": "http://eu"}


def test_the_only_provider_that_is_declared_is_the_one() -> None:
    configuration = loaded("providers: {engine: {type: local}}\nstreams: {a: }")
    assert resource(configuration, "streams.a").provider == "engine"


def test_settings_of_a_provider_use_variables_and_keep_secrets() -> None:
    configuration = loaded(
        """
providers: {local: {url: "http://{{ local.host }}:{{ var.port }}", token: hush-hush}}
variables: {port: {default: 4195}}
locals: {host: "{{ stack.name }}.example", url: "{{ providers.local.url }}"}
streams: {a: {retention: "{{ local.url }}"}}
"""
    )
    assert configuration.providers["local"].settings == {
        "url": "http://shop.example:4195",
        "token": Sensitive("hush-hush"),
    }
    assert configuration.secrets == ("hush-hush",)
    assert resolved(configuration, "streams.a")["retention"] == "http://shop.example:4195"


def test_defaults_merge_deeply_lists_replace_and_unset_clears() -> None:
    configuration = loaded(
        """
defaults:
  provider: local
  lifecycle: {prevent_destroy: true}
  streams:
    partitions: 3
    retention: 7d
    labels: {team: data, tier: a}
    config: {list: [1, 2], deep: {x: 1, y: 2}}
streams:
  plain: {}
  other:
    partitions: 5
    retention: !unset
    labels: {tier: b}
    config: {list: [9], deep: {y: !unset , z: 3}}
    lifecycle: {prevent_destroy: false}
destinations: {d: {}}
"""
    )
    assert resolved(configuration, "streams.plain") == {
        "name": "plain",
        "partitions": 3,
        "retention": "7d",
        "labels": {"team": "data", "tier": "a"},
        "config": {"list": [1, 2], "deep": {"x": 1, "y": 2}},
    }
    assert resolved(configuration, "streams.other") == {
        "name": "other",
        "partitions": 5,
        "labels": {"team": "data", "tier": "b"},
        "config": {"list": [9], "deep": {"x": 1, "z": 3}},
    }
    assert [one.lifecycle for one in configuration.resources.values()] == [
        Lifecycle(prevent_destroy=True),
        Lifecycle(prevent_destroy=True),
        Lifecycle(prevent_destroy=False),
    ]


def test_a_default_of_its_own_section_goes_before_a_general_one() -> None:
    body = """
defaults: {provider: streamkap, name: "g-{{ self.slug }}", streams: {provider: local, name: "s-{{ self.slug }}"}}
streams: {a: {}}
"""
    configuration = loaded(body)
    assert resource(configuration, "streams.a").provider == "local"
    assert resolved(configuration, "streams.a")["name"] == "s-a"


def test_values_are_in_normal_form() -> None:
    configuration = loaded("streams: {a: {partitions: '3', retention: null}}\nvariables: {n: {default: '5'}}")
    assert resolved(configuration, "streams.a") == {"name": "a", "partitions": 3}


def test_fields_that_the_kind_declares_sensitive_are_wrapped_at_any_depth() -> None:
    configuration = loaded(
        """
streams: {a: {token: hush-hush}}
sources:
  pg: {connector: postgresql, config: {database.hostname.user.defined: db, database.password: very-secret}}
"""
    )
    assert resolved(configuration, "streams.a")["token"] == Sensitive("hush-hush")
    config = resolved(configuration, "sources.pg")["config"]
    assert config == {"database.hostname.user.defined": "db", "database.password": Sensitive("very-secret")}
    assert set(configuration.secrets) == {"hush-hush", "very-secret"}


def test_a_secret_that_does_not_fit_its_field_is_not_shown() -> None:
    body = "streams: {a: {partitions: '{{ var.secret }}'}}\nvariables: {secret: {default: hush-hush, sensitive: true}}"
    assert wrong(body) == ["1:27 type-wrong: streams.a: `partitions` is not a value that fits here"]


BODY = """
defaults: {provider: local, streams: {partitions: 3}}
streams:
  a:
    labels: {x: y}
  b: {for_each: [x, y], retention:    7d}
"""

PLACES: dict[tuple[str, Path], str] = {
    ("streams.a", ()): "stack.yaml:7:3",
    ("streams.a", ("labels", "x")): "stack.yaml:8:17",
    ("streams.a", ("partitions",)): "stack.yaml:5:51",
    ("streams.a", ("nope",)): "stack.yaml:7:3",
    ("streams.b[y]", ("retention",)): "stack.yaml:9:39",
}


@pytest.mark.parametrize(("asked", "place"), PLACES.items(), ids=map(str, PLACES))
def test_every_field_of_a_resource_has_its_place(asked: tuple[str, Path], place: str) -> None:
    configuration = loaded(BODY)
    found = configuration.span(resource(configuration, asked[0]), asked[1])
    assert found is not None
    assert str(found[0]) == place
