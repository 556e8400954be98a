"""What a provider knows of the Terraform provider for its service: which of our kinds an object of theirs is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The object as we know it: the section and name of its kind, its id at the service, and its name there."""

    section: str
    kind: str
    id: str
    name: str = ""


@runtime_checkable
class KnowsTerraform(Protocol):
    """A provider whose users may come from Terraform, or go there."""

    @classmethod
    def from_terraform(cls, type: str, attributes: Mapping[str, Any]) -> Counterpart | None:
        """Of a resource as a Terraform state has it; None for one that is not of this service, or has no kind here.

        `attributes` may hold secrets in clear.
        """

    @classmethod
    def terraform_type(cls, section: str, kind: str, fields: Mapping[str, Any]) -> str | None:
        """The type of resource that an object of ours is there, by its live fields; None where there is none."""
