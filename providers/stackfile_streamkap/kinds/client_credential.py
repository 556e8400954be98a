"""Client credentials: API tokens with roles, whose secret the service shows once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.errors import Refusal, Rejected
from stackfile.sdk.delivery import Delivered
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.rest import OnePage, Pages
from stackfile.sdk.traits import Effect, Impact, KindTraits, Reads, Trait
from stackfile.spelling import closest
from stackfile_streamkap.kinds.objects import CreatedAt, StreamkapKind

_GONE = Effect(Impact.RESTART, "Whoever uses the old credential is refused from then on.")


class ClientCredential(Delivered):
    """No update in the API: any change makes another one (provider internal/api/client_credential.go)."""

    roles: Annotated[
        list[str],
        Trait.IMMUTABLE,
        Trait.UNORDERED,
        Field(min_length=1, description="Roles by name, key or id."),
    ]
    description: Annotated[str | None, Trait.IMMUTABLE] = None
    service_id: Annotated[str | None, Trait.IMMUTABLE, Field(description="The project; unwritten, one's own.")] = None
    client_id: Annotated[str | None, Trait.COMPUTED] = None
    secret: Annotated[
        str | None,
        Trait.COMPUTED,
        Trait.SENSITIVE,
        Trait.VOLATILE,
        Field(description="Shown once, and kept nowhere: say in deliver_to where it goes."),
    ] = None
    created_at: CreatedAt = None


class ClientCredentials(StreamkapKind[ClientCredential]):
    """A bare list; DELETE answers with an empty 200. The secret is in the answer to the POST, and nowhere else."""

    section, name, path, items_field = "resources", "client_credential", "/auth/client-credentials", ""
    id_field, created_field = "client_id", "created_at"
    model: ClassVar[type[Body]] = ClientCredential
    pages: ClassVar[Pages] = OnePage()
    change_params: ClassVar = {}
    traits: ClassVar = KindTraits(
        can_update=False, reads=Reads.LIST, shown_once=("secret",), replace=_GONE, delete=_GONE
    )

    async def read(self, id: str) -> Live | None:
        return next((live for live in await self.list_all() if live.id == id), None)

    async def prepared(self, fields: dict[str, Any], live: Live | None) -> Any:
        body = {name: value for name, value in fields.items() if name != "roles"}
        return {**body, "role_ids": await self._role_ids(fields["roles"])}

    def decode(self, item: Any) -> Live:
        if isinstance(item, Mapping):
            roles = [one["name"] for one in item.get("roles") or () if isinstance(one, Mapping) and "name" in one]
            item = {**item, "roles": roles}
            if isinstance(item.get("secret"), str):
                self.client.hide(item["secret"])
        return super().decode(item)

    async def _role_ids(self, roles: list[str]) -> list[str]:
        found = (await self.client.fetch("/auth/roles")).json
        there = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
        by_word = {str(one[key]): str(one["id"]) for key in ("id", "key", "name") for one in there if one.get(key)}
        for number, role in enumerate(roles):
            if role not in by_word:
                best = closest(role, sorted(str(one.get("name")) for one in there))
                says = f"there is no role {role}" + (f"; did you mean {best}?" if best else "")
                raise Rejected(says, fields=(Refusal(f"roles[{number}]", says),))
        return [by_word[role] for role in roles]
