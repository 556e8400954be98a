"""Terraform states: what is read of them, and what is said of those that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.tfstate import read_tfstate


def resource(**more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": "streamkap_source_mysql", "name": "orders", "instances": [], **more}


def state(*resources: Mapping[str, Any], **more: Any) -> bytes:
    return json.dumps({"version": 4, "serial": 3, "lineage": "a", "resources": list(resources), **more}).encode()


def test_every_managed_instance_is_read_in_the_order_of_the_file() -> None:
    found = read_tfstate(
        state(
            resource(instances=[{"schema_version": 0, "attributes": {"id": "64f0", "name": "prod-orders"}}]),
            resource(mode="data", name="looked_up", instances=[{"attributes": {"id": "1"}}]),
            resource(
                module="module.shop",
                name="by_region",
                instances=[
                    {"index_key": "eu", "attributes": {"id": "64f1"}},
                    {"index_key": 1, "attributes": {"id": "64f2"}},
                ],
            ),
            resource(name="empty", instances=[{"attributes": None}]),
        ),
        "terraform.tfstate",
    )
    assert [(str(one), one.attributes.get("id")) for one in found] == [
        ("streamkap_source_mysql.orders", "64f0"),
        ("module.shop.streamkap_source_mysql.by_region[eu]", "64f1"),
        ("module.shop.streamkap_source_mysql.by_region[1]", "64f2"),
        ("streamkap_source_mysql.empty", None),
    ]


UNREADABLE: Mapping[str, tuple[bytes, str]] = {
    "no JSON": (b"resource {}", "s.tfstate is not JSON"),
    "something else": (b"[1]", "s.tfstate is no Terraform state"),
    "one that is encrypted": (b'{"encrypted_data": "AA==", "meta": {}}', "s.tfstate is encrypted"),
    "an older format": (b'{"version": 3, "modules": []}', "s.tfstate has format version 3, and this reads version 4"),
    "one that was edited": (b'{"version": 4, "resources": [{"mode": "managed"}]}', "s.tfstate is not as Terraform"),
    "one with a list of numbers": (b'{"version": 4, "resources": [7]}', "s.tfstate is not as Terraform"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_told_with_a_way_out(case: str) -> None:
    data, says = UNREADABLE[case]
    with pytest.raises(DiagnosticError) as caught:
        read_tfstate(data, "s.tfstate")
    (told,) = caught.value.diagnostics
    assert (told.code, told.message.startswith(says), bool(told.help)) == ("tfstate-unreadable", True, True)
