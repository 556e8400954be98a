"""An export as text: the stackfile, and its imports beside it."""

from __future__ import annotations

from stackfile.address import Address
from stackfile.language.source import Template
from stackfile.plan.export import Exported
from stackfile.report.export_yaml import Heading, imports_text, resources_text, stackfile_text

SOURCE = Exported(
    Address("sources", "orders"),
    "cloud",
    "7",
    "orders",
    {"host": "db", "token": Template("{{ var.orders_token }}"), "note": "no {{ template }}", "on": "yes"},
    ("orders_token",),
)
STREAM = Exported(Address("streams", "a"), "local", "stream:a", "a", {})


def test_a_stackfile_with_everything() -> None:
    heading = Heading(
        "shop",
        {"cloud": {"url": "http://x", "key": Template("{{ env.KEY }}")}},
        {"region": {"default": "eu"}},
        default="cloud",
    )
    assert stackfile_text(heading, [SOURCE, STREAM]) == (
        """\
version: 1
name: shop
include: [imports.yaml]

providers:
  cloud:
    url: "http://x"
    key: "{{ env.KEY }}"

defaults: {provider: cloud}

variables:
  region:
    default: eu
  orders_token:
    type: string
    sensitive: true

sources:
  orders:
    host: db
    token: "{{ var.orders_token }}"
    note: !raw "no {{ template }}"
    "on": "yes"

streams:
  a:
    provider: local
"""
    )


def test_imports_are_quoted_where_yaml_would_read_something_else() -> None:
    assert imports_text([SOURCE, STREAM]) == (
        'imports:\n  - {to: sources.orders, id: "7"}\n  - {to: streams.a, id: "stream:a"}\n'
    )


def test_nothing_is_said_as_nothing() -> None:
    assert stackfile_text(Heading("shop"), []) == "version: 1\nname: shop\ninclude: [imports.yaml]\n"
    assert imports_text([]) == "imports: []\n"


def test_what_a_service_has_and_did_not_return_is_said_above_its_resource() -> None:
    slot = Exported(Address("streams", "slot"), "cloud", "9", "slot", {"source": "x"}, (), ("connection", "config"))
    assert resources_text([slot, STREAM], "local") == (
        """\
streams:
  # Not returned by the service: connection, config. Write what it has, before it is imported.
  slot:
    provider: cloud
    source: x
  a: {}
"""
    )
