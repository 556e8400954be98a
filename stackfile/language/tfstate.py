"""Reads a Terraform state: the managed resources of it, whoever's they are. Its attributes may hold secrets in clear.

The format is version 4, as Terraform from 0.12 on and OpenTofu write it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stackfile.errors import DiagnosticError

VERSION: Final = 4


@dataclass(frozen=True, slots=True)
class TerraformObject:
    """One instance. `key` is its key under `for_each`, or its number under `count`."""

    type: str
    name: str
    key: str | None
    module: str
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        module = f"{self.module}." if self.module else ""
        return f"{module}{self.type}.{self.name}" + (f"[{self.key}]" if self.key is not None else "")


def read_tfstate(data: bytes, file: str) -> list[TerraformObject]:
    """In the order of the file. Raises DiagnosticError for what is no state, or one that cannot be read."""
    try:
        document = json.loads(data)
    except ValueError:
        raise _unreadable(f"{file} is not JSON", "Write one: terraform state pull > terraform.tfstate") from None
    if not isinstance(document, Mapping) or "version" not in document:
        encrypted = isinstance(document, Mapping) and "encrypted_data" in document
        says = f"{file} is encrypted" if encrypted else f"{file} is no Terraform state"
        raise _unreadable(says, "Write one in clear: terraform state pull > terraform.tfstate (tofu state pull)")
    if document["version"] != VERSION:
        says = f"{file} has format version {document['version']}, and this reads version {VERSION}"
        raise _unreadable(says, "Any Terraform from 0.12 on writes it: terraform state pull > terraform.tfstate")
    try:
        return list(_objects(document))
    except (KeyError, TypeError, AttributeError):
        raise _unreadable(f"{file} is not as Terraform writes it", "terraform state pull > terraform.tfstate") from None


def _objects(document: Mapping[str, Any]) -> Iterator[TerraformObject]:
    for resource in document.get("resources", []):
        if resource["mode"] != "managed":
            continue
        for instance in resource["instances"]:
            key = instance.get("index_key")
            attributes = dict(instance.get("attributes") or {})
            text = None if key is None else str(key)
            yield TerraformObject(resource["type"], resource["name"], text, resource.get("module", ""), attributes)


def _unreadable(says: str, help: str) -> DiagnosticError:
    return DiagnosticError.of("tfstate-unreadable", says, help)
