from __future__ import annotations

from collections.abc import Mapping

import pytest

from stackfile.address import Address
from stackfile.language.stackfile import Inputs
from stackfile.values import Ref, Tree, Unknown
from tests.unit.language.fakes import diagnostics, loaded, resolved, wrong


def test_what_is_looked_up_is_no_resource() -> None:
    body = """
streams:
  clicks: {existing: {name: "{{ stack.env }}-clicks"}}
  shards: {for_each: [eu, us], existing: {id: "{{ each.key }}-1"}}
  off: {enabled: false, existing: {name: x}}
sources: {pg: {existing: {name: pg}}, file: {connector: file, existing: {name: f}}}
resources: {sink: {type: cache, existing: {id: 7}}}
"""
    configuration = loaded(body, Inputs(env="prod"))
    assert dict(configuration.resources) == {}
    found = {str(address): (one.kind.name, dict(one.match)) for address, one in configuration.lookups.items()}
    assert found == {
        "streams.clicks": ("stream", {"name": "prod-clicks"}),
        "streams.shards[eu]": ("stream", {"id": "eu-1"}),
        "streams.shards[us]": ("stream", {"id": "us-1"}),
        "sources.pg": ("source", {"name": "pg"}),
        "sources.file": ("source", {"name": "f"}),
        "resources.sink": ("cache", {"id": "7"}),
    }
    assert configuration.is_disabled(Address("streams", "off"))


BODY = """
streams:
  clicks: {existing: {name: clicks}}
  copy: {partitions: "{{ streams.clicks.partitions }}", labels: {of: "{{ streams.clicks.name }}"}}
destinations: {warehouse: {existing: {name: w}}}
pipelines:
  p: {source: streams.clicks, destination: "{{ destinations.warehouse }}", depends_on: [streams.copy]}
"""
KNOWN: Mapping[str, Tree] = {
    "streams.clicks": {"id": "s-1", "name": "clicks", "partitions": 4},
    "destinations.warehouse": {"id": "d-1", "name": "w"},
}


def test_references_to_a_lookup_are_no_dependencies() -> None:
    configuration = loaded(BODY)
    p, copy = (configuration.resources[Address.parse(text)] for text in ("pipelines.p", "streams.copy"))
    assert p.dependencies == (copy.address,)
    assert sorted(map(str, p.lookups)) == ["destinations.warehouse", "streams.clicks"]
    assert (copy.dependencies, list(map(str, copy.lookups))) == ((), ["streams.clicks"])


def test_what_is_looked_up_is_known_at_plan() -> None:
    configuration = loaded(BODY)
    clicks, warehouse = Address.parse("streams.clicks"), Address.parse("destinations.warehouse")
    p = resolved(configuration, "pipelines.p", KNOWN)
    assert (p["source"], p["destination"]) == (Ref(clicks, "s-1"), Ref(warehouse, "d-1"))
    assert resolved(configuration, "streams.copy", KNOWN)["partitions"] == 4
    assert isinstance(resolved(configuration, "streams.copy")["partitions"], Unknown)


def test_defaults_do_not_reach_a_lookup_but_for_who_has_it() -> None:
    body = """
defaults: {provider: local, name: "x-{{ self.slug }}", lifecycle: {prevent_destroy: true}, streams: {retention: 7d}}
streams: {a: {existing: {name: a}}}
"""
    (one,) = loaded(body).lookups.values()
    assert (one.provider, dict(one.match)) == ("local", {"name": "a"})


WHOLE = "`existing` takes what identifies a resource, such as {name: ...} or {id: ...}, not"
WRONG = {
    "text": (
        "streams: {a: {existing: clicks}}",
        [f"1:25 type-wrong: streams.a: {WHOLE} text | write existing: {{name: clicks}}"],
    ),
    "nothing": ("streams: {a: {existing: }}", [f"1:25 type-wrong: streams.a: {WHOLE} nothing"]),
    "an empty map": ("streams: {a: {existing: {}}}", [f"1:25 type-wrong: streams.a: {WHOLE} an empty map"]),
    "a field that identifies nothing": (
        "streams: {a: {existing: {partitions: 3, nam: x}}}",
        [
            "1:38 field-unknown: streams.a: a resource is not looked up by `partitions` | known here: id, name",
            "1:46 field-unknown: streams.a: a resource is not looked up by `nam` | did you mean `name`?",
        ],
    ),
    "values that are no text": (
        "streams: {a: {existing: {name: [x]}}, b: {existing: {id: ''}}, c: {existing: {id: true}}, "
        "d: {existing: {id: }}}",
        [
            "1:32 type-wrong: streams.a: `name` takes text, not a list",
            "1:58 type-wrong: streams.b: `id` takes text, not an empty text",
            "1:83 type-wrong: streams.c: `id` takes text, not true",
            "1:110 type-wrong: streams.d: `id` takes text, not nothing",
        ],
    ),
    "what a lookup cannot have": (
        "streams: {a: {existing: {name: x}, partitions: 3, config: {}, lifecycle: {}, depends_on: []}}",
        [
            f"1:{column} existing-beside: `{key}` cannot stand beside `existing`: the resource is looked up, and never "
            "changed | remove it"
            for column, key in ((36, "partitions"), (51, "config"), (63, "lifecycle"), (78, "depends_on"))
        ],
    ),
    "what only apply can tell": (
        "streams: {b: }\nsources: {a: {existing: {name: '{{ streams.b.id }}'}}}",
        [
            "2:33 existing-not-known: sources.a: `existing` must be known at plan, and streams.b.id is known after "
            "apply | known by then: what is written here, variables, and locals of such"
        ],
    ),
    "a secret": (
        "variables: {v: {sensitive: true, default: abcde}}\nstreams: {a: {existing: {name: '{{ var.v }}'}}}",
        ["2:32 existing-sensitive: streams.a: `name` is printed in plans, and this is sensitive"],
    ),
    "a kind that cannot be told": (
        "resources: {a: {existing: {id: x}}}",
        ["1:13 field-missing: resources.a: `type` is required here | types of local: cache, transform"],
    ),
    "a connector that is none": (
        "sources: {a: {connector: fil, existing: {id: x}}}",
        [
            "1:26 connector-unknown: sources.a: no local source connector `fil` | did you mean `file`? "
            "| connectors: file, postgresql"
        ],
    ),
    "a field that only a connector has": (
        "sources: {a: {existing: {id: x}}}\noutputs: {o: {value: '{{ sources.a.path }}'}}",
        ["2:23 attribute-unknown: outputs.o: sources.a has no field `path` | fields: connector, id, name, stream"],
    ),
    "a lookup that is disabled": (
        "streams: {a: {enabled: false, existing: {id: x}}}\n"
        "pipelines: {p: {source: streams.a, destination: {id: d}}}",
        [
            "2:25 reference-disabled: pipelines.p: streams.a is disabled "
            "| disable this one too, or remove the reference"
        ],
    ),
    "a lookup of another kind than is wanted": (
        "destinations: {d: {existing: {id: x}}}\npipelines: {p: {source: destinations.d, destination: {id: d}}}",
        ["2:25 reference-kind: pipelines.p: `source` takes a source or stream, not destinations.d"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_lookup(body: str, expected: list[str]) -> None:
    assert wrong(body) == expected


def test_a_template_in_a_lookup_that_fails_is_told_once() -> None:
    found = diagnostics("streams: {a: {existing: {name: '{{ var.x }}'}}}")
    assert [one.code for one in found] == ["variable-unknown"]
