"""Credentials: secrets that connections use by id (docs.planasonix.com, api-reference/credentials)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.sdk.provider import Body
from stackfile.sdk.traits import Effect, Impact, KindTraits, OnRemove, Trait
from stackfile_planasonix.kinds.objects import At, PlanasonixKind

_GONE = "It goes to the trash: what still uses it may fail until it is restored there or another one is attached."


class Credential(Body):
    """What a connection signs in with."""

    name: Annotated[str, Trait.IDENTITY, Field(min_length=1, description="Unique in the workspace; it can be changed.")]
    credential_type: Annotated[
        str,
        Trait.IMMUTABLE,
        Field(min_length=1, description="aws, azure, gcp, database, api_key, oauth or password."),
    ]
    config: Annotated[
        dict[str, Any] | None,
        Trait.WRITE_ONLY,
        OnRemove.KEEP,
        Field(
            description="By type: host, username, password and so on. A new credential needs it; none is given back."
        ),
    ] = None
    status: Annotated[
        str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="active, or deleted while it is in the trash.")
    ] = None
    created_at: At = None
    updated_at: At = None


class Credentials(PlanasonixKind[Credential]):
    """A PUT leaves what is not in it as it was, so a config goes whole. Its hints that are given back (host, user name)
    tell nothing of the secrets, and are passed over with them."""

    section, name, path = "resources", "credential", "/api/credentials"
    model: ClassVar[type[Body]] = Credential
    renamed: ClassVar = {"credential_type": "type"}
    traits: ClassVar = KindTraits(
        replace=Effect(Impact.RESTART, "The new credential has another id, which connections are told."),
        delete=Effect(Impact.RESTART, _GONE),
    )
