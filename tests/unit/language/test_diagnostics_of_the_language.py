"""The texts that users see, whole."""

from __future__ import annotations

import pytest

from stackfile.report.diagnostics import render
from tests.unit.language.fakes import diagnostics_of

UNQUOTED = (
    """\
version: 1
name: orders
defaults: {provider: streamkap}
providers:
  streamkap: {client_id: a, secret: b}
variables:
  pg_password: {default: hush-hush, sensitive: true}
sources:
  orders_pg:
    connector: postgresql
    config:
      database.hostname.user.defined: db.example.com

      database.password: {{ var.pg_password }}
""",
    """\
error[template-unquoted]: quote a value that starts with {{
  --> stack.yaml:14:26
   |
14 |       database.password: {{ var.pg_password }}
   |                          ^^^^^^^^^^^^^^^^^^^^^ YAML reads this as a mapping in a mapping
   |
  write:  database.password: "{{ var.pg_password }}"
""",
)

REFERENCES = (
    """\
version: 1
name: orders
defaults: {provider: local}
sources:
  orders_pg: {connector: file, path: x}
destinations:
  warehouse: {}
pipelines:
  orders:
    source: "{{ sources.orders_pg.id }}"
    destination: destinations.warehose
""",
    """\
error[reference-not-id]: pipelines.orders: `source` takes the source itself, not its id
  --> stack.yaml:10:14
   |
10 |     source: "{{ sources.orders_pg.id }}"
   |              ^^^^^^^^^^^^^^^^^^^^^^^^^^ write: sources.orders_pg

error[reference-unknown]: pipelines.orders: no destination `warehose`
  --> stack.yaml:11:18
   |
11 |     destination: destinations.warehose
   |                  ^^^^^^^^^^^^^^^^^^^^^ did you mean destinations.warehouse (stack.yaml:7:3)?
""",
)

CONFIG_KEY = (
    """\
version: 1
name: orders
providers:
  streamkap: {client_id: a, secret: b}
sources:
  orders_pg:
    connector: postgresql


    config:
      database.hostname: db.example.com
""",
    """\
error[config-key-unknown]: sources.orders_pg: streamkap postgresql has no key `database.hostname`
  --> stack.yaml:11:7
   |
11 |       database.hostname: db.example.com
   |       ^^^^^^^^^^^^^^^^^ did you mean `database.hostname.user.defined` (required, missing)?
   |
  all keys: database.hostname.user.defined, database.password, database.port, table.include.list
""",
)

NOT_UTF8 = (
    b"version: 1\nname: sh\xffop\n",
    """\
error[yaml-encoding]: not UTF-8: byte 0xff
  --> stack.yaml:2:9
   |
 2 | name: sh\N{REPLACEMENT CHARACTER}op
   |         ^
   |
  save the file as UTF-8
""",
)


@pytest.mark.parametrize(("text", "expected"), [UNQUOTED, REFERENCES, CONFIG_KEY, NOT_UTF8])
def test_diagnostics_read_as_promised(text: str | bytes, expected: str) -> None:
    assert render(diagnostics_of(text.encode() if isinstance(text, str) else text)) == expected
