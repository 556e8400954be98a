"""Modules: what is in them, what they are given and show, and where their mistakes are told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stackfile.address import Address
from stackfile.errors import DiagnosticError
from stackfile.language.load import load
from stackfile.language.stackfile import Configuration, Inputs
from stackfile.values import Ref, Sensitive, Tree, Unknown, Value
from tests.unit.language.fakes import FakeCatalog, nothing

BILLING = """\
variables:
  region: {type: string}
  orders: {type: stream}
  size: {type: int, default: 1}
locals: {label: "{{ var.region }}-{{ stack.name }}"}
streams:
  clean: {partitions: "{{ var.size }}", labels: {of: "{{ local.label }}", id: "{{ var.orders.id }}"}}
pipelines:
  tidy: {source: "{{ var.orders }}", destination: streams.clean}
outputs:
  clean: {value: "{{ streams.clean }}"}
  clean_id: {value: "{{ streams.clean.id }}"}
  label: {value: "{{ local.label }}"}
"""

STACK = """\
version: 1
name: shop
defaults: {provider: local}
streams: {orders: {}, other: {}}
modules:
  billing: {source: ./billing, for_each: [eu, us], variables: {region: "{{ each.key }}", orders: streams.orders}}
"""


def files(**texts: str) -> Inputs:
    """`a__b` is the file `b.yaml` in the folder `a`."""
    named = {f"{name.replace('__', '/')}.yaml": text.encode() for name, text in texts.items()}
    folders = {name.rpartition("/")[0] for name in named}

    def read_file(name: str) -> bytes:
        if name in folders:
            raise IsADirectoryError(21, "Is a directory", name)
        if name not in named:
            raise FileNotFoundError(2, "No such file or directory", name)
        return named[name]

    return Inputs(read_file=read_file)


def stack(text: str = STACK, **modules: str) -> Configuration:
    return load(text.encode(), "stack.yaml", files(**{"billing__module": BILLING, **modules}), FakeCatalog())


def said(text: str, **modules: str) -> list[str]:
    """Each diagnostic as `file:line:column code: message | label | help`."""
    try:
        stack(text, **modules)
    except DiagnosticError as error:
        return [
            " | ".join(part for part in (f"{one.span} {one.code}: {one.message}", one.label, *one.help) if part)
            for one in error.diagnostics
        ]
    return []


def tree(configuration: Configuration, address: str, known: Mapping[str, Tree] | None = None) -> Mapping[str, Value]:
    attributes = {Address.parse(text): one for text, one in (known or {}).items()}
    return configuration.resolve(configuration.resources[Address.parse(address)], attributes.get)


def needs(configuration: Configuration, address: str) -> list[str]:
    return sorted(map(str, configuration.resources[Address.parse(address)].dependencies))


def test_every_instance_of_a_module_has_all_that_is_in_it() -> None:
    assert [str(address) for address in stack().resources] == [
        "streams.orders",
        "streams.other",
        "modules.billing[eu].pipelines.tidy",
        "modules.billing[eu].streams.clean",
        "modules.billing[us].pipelines.tidy",
        "modules.billing[us].streams.clean",
    ]


def test_names_are_made_from_the_whole_address() -> None:
    assert tree(stack(), "modules.billing[eu].streams.clean")["name"] == "billing-eu-clean"


def test_values_and_resources_that_are_given_are_usable_inside() -> None:
    configuration = stack()
    known: dict[str, Tree] = {"streams.orders": {"id": "s-1"}}
    clean = tree(configuration, "modules.billing[eu].streams.clean", known)
    assert (clean["labels"], clean["partitions"]) == ({"of": "eu-shop", "id": "s-1"}, 1)
    tidy = tree(configuration, "modules.billing[us].pipelines.tidy", known)
    assert tidy["source"] == Ref(Address.parse("streams.orders"), "s-1")
    target = tidy["destination"]
    assert isinstance(target, Ref)
    assert target.address == Address.parse("modules.billing[us].streams.clean")


def test_dependencies_through_the_wall_are_exact() -> None:
    configuration = stack()
    assert needs(configuration, "modules.billing[eu].streams.clean") == ["streams.orders"]
    assert needs(configuration, "modules.billing[eu].pipelines.tidy") == [
        "modules.billing[eu].streams.clean",
        "streams.orders",
    ]


USES = {
    "a resource that an instance shows": (
        "source: '{{ modules.billing[eu].clean }}'",
        "modules.billing[eu].streams.clean",
    ),
    "one in quotes": ("source: \"{{ modules.billing['us'].clean }}\"", "modules.billing[us].streams.clean"),
    "an id": (
        "source: streams.orders, snapshot: \"{{ modules.billing['us'].clean_id == 'x' }}\"",
        "modules.billing[us].streams.clean",
    ),
    "by a local": ("source: streams.orders, snapshot: '{{ local.is_x }}'", "modules.billing[us].streams.clean"),
}


@pytest.mark.parametrize(("fields", "needed"), USES.values(), ids=USES)
def test_what_uses_an_output_depends_on_what_is_behind_it_alone(fields: str, needed: str) -> None:
    text = f"{STACK}pipelines: {{p: {{{fields}, destination: streams.other}}}}\n"
    configuration = stack(text + "locals: {is_x: \"{{ modules.billing['us'].clean_id == 'x' }}\"}\n")
    assert set(needs(configuration, "pipelines.p")) - {"streams.orders", "streams.other"} == {needed}


def test_an_output_without_resources_needs_none() -> None:
    text = f"{STACK}outputs: {{l: {{value: '{{{{ modules.billing[eu].label }}}}'}}}}\n"
    configuration = stack(text)
    assert configuration.outputs["l"].dependencies == ()
    assert configuration.resolve_output(configuration.outputs["l"], nothing) == "eu-shop"


def test_what_only_apply_can_tell_goes_through_outputs_and_variables() -> None:
    inner = "variables: {id: {}}\nstreams: {s: {retention: '{{ var.id }}'}}\noutputs: {id: {value: '{{ var.id }}'}}\n"
    text = STACK + "  two: {source: two.yaml, variables: {id: '{{ modules.billing[eu].clean_id }}'}}\n"
    configuration = stack(f"{text}outputs: {{id: {{value: '{{{{ modules.two.id }}}}'}}}}\n", two=inner)
    waits = ("modules.billing[eu].streams.clean.id",)
    early = tree(configuration, "modules.two.streams.s")["retention"]
    assert isinstance(early, Unknown)
    assert early.waits_for == waits
    assert needs(configuration, "modules.two.streams.s") == list(waits[0].removesuffix(".id").splitlines())
    known: dict[str, Tree] = {"modules.billing[eu].streams.clean": {"id": "s-9"}}
    assert tree(configuration, "modules.two.streams.s", known)["retention"] == "s-9"


def test_what_is_sensitive_stays_so_through_variables_and_outputs() -> None:
    inner = """\
variables: {token: {}}
streams: {s: {retention: "{{ var.token }}"}}
outputs: {token: {value: "x{{ var.token }}", sensitive: true}}
"""
    text = """\
version: 1
name: shop
defaults: {provider: local}
variables: {pw: {default: hush-hush, sensitive: true}}
modules: {m: {source: m.yaml, variables: {token: "{{ var.pw }}"}}}
streams: {t: {retention: "{{ modules.m.token }}"}}
"""
    configuration = stack(text, m=inner)
    assert tree(configuration, "modules.m.streams.s")["retention"] == Sensitive("hush-hush")
    assert tree(configuration, "streams.t")["retention"] == Sensitive("xhush-hush")
    assert isinstance(tree(configuration, "streams.t")["retention"], Sensitive)
    assert {"hush-hush", "xhush-hush"} <= set(configuration.secrets)


def test_a_variable_that_the_module_calls_sensitive_is() -> None:
    inner = "variables: {token: {sensitive: true}}\nstreams: {s: {retention: '{{ var.token }}'}}\n"
    configuration = stack(STACK + "  m: {source: m.yaml, variables: {token: hush-hush}}\n", m=inner)
    assert isinstance(tree(configuration, "modules.m.streams.s")["retention"], Sensitive)
    assert "hush-hush" in configuration.secrets


def test_defaults_of_the_stack_reach_in_for_provider_and_name_only() -> None:
    text = """\
version: 1
name: shop
providers: {local: {}, other: {type: local}}
locals: {prefix: of-the-stack}
defaults:
  provider: "{{ local.who }}"
  name: "{{ local.prefix }}-{{ self.slug }}"
  lifecycle: {prevent_destroy: true}
  streams: {retention: 3d}
modules: {m: {source: m.yaml}}
"""
    inner = "locals: {prefix: of-the-module}\nstreams: {s: {}, t: {provider: local, name: mine}}\n"
    configuration = stack(text.replace("{prefix:", "{who: other, prefix:"), m=inner)
    one, two = (configuration.resources[Address.parse(f"modules.m.streams.{key}")] for key in "st")
    assert (one.provider, one.lifecycle.prevent_destroy) == ("other", False)
    assert (tree(configuration, "modules.m.streams.s")["name"], two.provider) == ("of-the-stack-m-s", "local")
    assert tree(configuration, "modules.m.streams.t") == {"name": "mine"}


def test_each_inside_a_module_is_that_of_its_own_resources() -> None:
    inner = """\
variables: {keys: {type: list}}
streams: {s: {for_each: "{{ var.keys }}", labels: {k: "{{ each.key }}", slug: "{{ self.slug }}"}}}
"""
    configuration = stack(STACK + "  m: {source: m.yaml, for_each: [a], variables: {keys: [b, c]}}\n", m=inner)
    assert [str(one) for one in configuration.resources if one.modules[:1] == (("m", "a"),)] == [
        "modules.m[a].streams.s[b]",
        "modules.m[a].streams.s[c]",
    ]
    assert tree(configuration, "modules.m[a].streams.s[c]")["labels"] == {"k": "c", "slug": "m-a-s-c"}


def test_modules_within_modules_are_found_beside_their_file_and_given_what_theirs_was() -> None:
    outer = """\
variables: {orders: {}}
modules: {inner: {source: ./inner.yaml, for_each: [x], variables: {from: "{{ var.orders }}"}}}
outputs: {s: {value: "{{ modules.inner[x].s }}"}}
"""
    inner = """\
variables: {from: {type: stream}}
streams: {s: {retention: "{{ var.from.id }}", labels: {folder: "{{ path.module }}"}}}
outputs: {s: {value: "{{ streams.s }}"}}
"""
    text = STACK + "  outer: {source: sub/outer.yaml, variables: {orders: '{{ streams.orders }}'}}\n"
    use = "pipelines: {p: {source: '{{ modules.outer.s }}', destination: streams.other}}\n"
    configuration = stack(text + use, sub__outer=outer, sub__inner=inner)
    address = "modules.outer.modules.inner[x].streams.s"
    assert needs(configuration, address) == ["streams.orders"]
    assert needs(configuration, "pipelines.p") == sorted([address, "streams.other"])
    labels = tree(configuration, address, {"streams.orders": {"id": "s-1"}})
    assert (labels["retention"], labels["labels"]) == ("s-1", {"folder": "sub"})


def test_a_disabled_module_has_nothing_but_what_was_there_counts_as_disabled() -> None:
    configuration = stack(STACK.replace("[eu, us],", "[eu, us], enabled: \"{{ each.key == 'eu' }}\","))
    gone = Address.parse("modules.billing[us].streams.clean")
    assert gone not in configuration.resources
    assert configuration.is_disabled(gone)
    assert Address.parse("modules.billing[eu].streams.clean") in configuration.resources


def test_a_module_may_choose_the_provider_that_it_is_given() -> None:
    text = """\
version: 1
name: shop
providers: {engine: {type: local, for_each: [eu, us]}}
modules:
  m: {source: m.yaml, for_each: [eu, us], variables: {engine: "{{ providers.engine[each.key] }}"}}
"""
    inner = "variables: {engine: {}}\nstreams: {s: {provider: '{{ var.engine }}'}}\n"
    configuration = stack(text, m=inner)
    assert [one.provider for one in configuration.resources.values()] == ["engine[eu]", "engine[us]"]


def test_the_path_of_a_module_begins_at_the_file_that_says_it() -> None:
    team = "modules: {m: {source: ./m.yaml}}\n"
    text = "version: 1\nname: shop\ndefaults: {provider: local}\ninclude: [teams/a.yaml]\n"
    assert list(map(str, stack(text, teams__a=team, teams__m="streams: {s: {}}").resources)) == ["modules.m.streams.s"]


def test_a_module_may_be_of_several_files() -> None:
    module = "include: [more.yaml]\nvariables: {n: {type: int}}\n"
    more = "streams: {s: {partitions: '{{ var.n }}'}}\n"
    text = STACK + "  m: {source: sub, variables: {n: 2}}\n"
    assert tree(stack(text, sub__module=module, sub__more=more), "modules.m.streams.s")["partitions"] == 2
