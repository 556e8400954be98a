"""Whoever comes from Terraform takes all along, by a Terraform state; and whoever goes there, too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sandboxed import sandbox
from tests.e2e.shell import Folder

SECRETS = {"PG_PASSWORD": "hunter22-of-pg", "SNOW_KEY": "snow-key-of-ours", "KAFKA_PASSWORD": "kafka-pass-word"}
HEAD = """\
version: 1
name: shop
providers: {streamkap: {}}
defaults: {provider: streamkap}
variables:
  pg_password: {type: string, sensitive: true, from: {env: PG_PASSWORD}}
  snow_key: {type: string, sensitive: true, from: {env: SNOW_KEY}}
  kafka_password: {type: string, sensitive: true, from: {env: KAFKA_PASSWORD}}
"""
ENDS = """\
sources:
  orders_pg:
    name: prod-orders
    connector: postgresql
    config:
      database.hostname.user.defined: db.example.com
      database.user: cdc
      database.password: "{{ var.pg_password }}"
      database.dbname: shop
      schema.include.list: [public]
      table.include.list.user.defined: [public.orders]
destinations:
  WAREHOUSE:
    name: prod-warehouse
    connector: snowflake
    config:
      snowflake.url.name: acme.snowflakecomputing.com
      snowflake.user.name: STREAMKAP
      snowflake.private.key: "{{ var.snow_key }}"
      snowflake.database.name: SHOP
      snowflake.schema.name: PUBLIC
"""
REST = """\
pipelines:
  orders: {source: sources.orders_pg, destination: destinations.warehouse, topics: [public.orders]}
resources:
  reader: {type: kafka_user, password: "{{ var.kafka_password }}"}
  orders_topic: {type: topic, source: sources.orders_pg, topic: public.orders, partition_count: 12}
outputs:
  ids:
    value: ["{{ sources.orders_pg.id }}", "{{ destinations.warehouse.id }}", "{{ pipelines.orders.id }}"]
"""


@pytest.fixture(scope="module")
def account() -> Iterator[Mapping[str, str | None]]:
    with sandbox("streamkap") as settings:
        yield {f"STREAMKAP_{name.upper()}": text for name, text in settings.items()} | SECRETS


def instance(type: str, name: str, /, **attributes: Any) -> dict[str, Any]:
    provider = 'provider["registry.terraform.io/streamkap-com/streamkap"]'
    one = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}
    return {"mode": "managed", "type": type, "name": name, "provider": provider, "instances": [one]}


def terraform_state(source: str, destination: str, pipeline: str) -> str:
    """As Terraform has it: secrets in clear, and what is of other providers."""
    pg, snow, kafka = SECRETS.values()
    resources = [
        instance("streamkap_source_postgresql", "orders_pg", id=source, name="prod-orders", database_password=pg),
        instance("streamkap_destination_snowflake", "snow", id=destination, name="prod-warehouse",
                 snowflake_private_key=snow),
        instance("streamkap_pipeline", "orders", id=pipeline, name="orders"),
        instance("streamkap_kafka_user", "reader", id="reader", username="reader", password=kafka),
        instance("streamkap_topic", "orders", id="x", topic_id=f"source_{source}.public.orders", partition_count=12),
        instance("streamkap_source_mysql", "old", id="64f0b7aa64f0b7aa64f0b7aa", name="old", database_password=pg),
        instance("aws_db_instance", "shop", id="db-1", password=pg),
        instance("streamkap_project_thing", "later", id="p-1"),
        {**instance("streamkap_tag", "dev", id="670e5ca40afe1d3983ce0c22"), "mode": "data"},
    ]  # fmt: skip
    return json.dumps({"version": 4, "terraform_version": "1.9.0", "serial": 7, "lineage": "a", "resources": resources})


def test_a_terraform_state_is_adopted_and_its_secrets_are_nowhere(
    account: Mapping[str, str | None], tmp_path: Path
) -> None:
    made = Folder(tmp_path / "made", dict(account))
    made.write("stack.yaml", HEAD + ENDS.replace("WAREHOUSE", "warehouse") + REST)
    made.done("apply", "--yes")
    state = terraform_state(*made.done("output", "ids", "--json").json)

    ours = Folder(tmp_path / "ours", dict(account))
    ours.write("stack.yaml", HEAD + ENDS.replace("WAREHOUSE", "warehouse"))
    ours.write("terraform.tfstate", state)
    first = ours("import", "--from-tfstate", "terraform.tfstate")
    assert first.code == 1
    assert first.err.startswith(
        "Imported 2 objects. Nothing of them was changed.\n"
        "  sources.orders_pg\n"
        '    config["database.password"]: (sensitive, not verified)\n'
        "  destinations.warehouse\n"
        '    config["snowflake.private.key"]: (sensitive, not verified)\n'
        "Left alone, as no provider of this stackfile knows it: aws_db_instance.shop, streamkap_project_thing.later.\n"
        "Not there any more, so left out: streamkap_source_mysql.old.\n"
        "What is left to do: stack plan. Once that is empty, let go of them in Terraform: terraform state rm\n"
        "error[import-undeclared]: 3 objects are not declared in stack.yaml\n"
    )
    text = ours.read("stack.yaml") + first.out
    declared = "variables:\n  reader_password: {type: string, sensitive: true}\n"
    ours.write("stack.yaml", text.replace("variables:\n", declared))
    ours.env["STACK_VAR_reader_password"] = SECRETS["KAFKA_PASSWORD"]
    ours.done("apply", "--yes")
    assert "No changes." in ours.done("plan").out
    again = ours.done("import", "--from-tfstate", "terraform.tfstate")
    assert "Imported 0 objects; 5 were here already." in again.err

    kept = [data for name, data in ours.files().items() if name != "terraform.tfstate"]
    said = [first.both.encode(), again.both.encode(), *kept]
    assert not any(secret.encode() in one for one in said for secret in SECRETS.values())


def test_an_account_leaves_for_terraform(account: Mapping[str, str | None], tmp_path: Path) -> None:
    folder = Folder(tmp_path, dict(account))
    folder.write("stack.yaml", HEAD)
    said = folder.done("export", "--format", "terraform")
    assert said.err.splitlines()[-1] == "Next, beside it: terraform plan -generate-config-out=generated.tf"
    blocks = folder.read("imports.tf")
    for block in ("streamkap_source_postgresql.prod_orders\n", "streamkap_destination_snowflake.prod_warehouse\n",
                  "streamkap_pipeline.orders\n", 'streamkap_kafka_user.reader\n  id = "reader"\n'):  # fmt: skip
        assert f"import {{\n  to = {block}" in blocks
    assert not any(secret in blocks + said.both for secret in SECRETS.values())
