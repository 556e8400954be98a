"""Kafka users: direct access to the topics, by user name and password."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from stackfile.sdk.provider import Body, Live
from stackfile.sdk.rest import OnePage, Pages
from stackfile.sdk.traits import KindTraits, ListText, OnRemove, Reads, Trait
from stackfile_streamkap.catalogue.wire import commas
from stackfile_streamkap.kinds.objects import StreamkapKind

_Operation = Literal[
    "ALL", "ALTER", "ALTER_CONFIGS", "CREATE", "DELETE", "DESCRIBE", "DESCRIBE_CONFIGS", "READ", "WRITE"
]


class Acl(Body):
    """What the user may do, and with which topics or groups."""

    topic_name: str
    operation: _Operation
    resource_pattern_type: Literal["LITERAL", "PREFIXED"] = "LITERAL"
    resource: Literal["TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN"] = "TOPIC"


class KafkaUser(Body):
    """Rules as the provider's own checks have them (provider internal/resource/kafka_user/kafka_user.go)."""

    name: Annotated[
        str,
        Trait.IDENTITY,
        Trait.IMMUTABLE,
        Field(
            pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,22}[A-Za-z0-9])?$",
            description="The user name: 1 to 24 letters, digits and dashes, no dash at either end.",
        ),
    ]
    password: Annotated[
        str, Trait.WRITE_ONLY, Field(min_length=12, max_length=128, description="12 to 128 characters.")
    ]
    whitelist_ips: Annotated[
        list[str] | None,
        BeforeValidator(commas),
        ListText(","),
        Trait.UNORDERED,
        OnRemove.NULL,
        Field(description="Addresses and networks that may connect."),
    ] = None
    kafka_acls: Annotated[list[Acl], Trait.UNORDERED, OnRemove.DEFAULT, Field(default_factory=list)]
    is_create_schema_registry: Annotated[bool, OnRemove.DEFAULT] = False
    kafka_proxy_endpoint: Annotated[str | None, Trait.COMPUTED, Field(description="Where clients connect.")] = None
    schema_proxy_endpoint: Annotated[str | None, Trait.COMPUTED, Field(description="Where the schemas are.")] = None


class KafkaUsers(StreamkapKind[KafkaUser]):
    """A bare list and no GET by name; the name is the id; DELETE answers with an empty 200
    (provider internal/api/kafka_user.go)."""

    section, name, path, items_field = "resources", "kafka_user", "/kafka-access/kafka-users", ""
    id_field = "username"
    model: ClassVar[type[Body]] = KafkaUser
    pages: ClassVar[Pages] = OnePage()
    change_params: ClassVar = {}
    traits: ClassVar = KindTraits(stable_id=True, reads=Reads.LIST)

    @classmethod
    def stable_id(cls, desired: Any) -> str:
        return str(desired["name"])

    async def read(self, id: str) -> Live | None:
        return next((live for live in await self.list_all() if live.id == id), None)

    async def prepared(self, fields: dict[str, Any], live: Live | None) -> Any:
        """A PUT has the same body without the name."""
        body = {"whitelist_ips": "", **(await super().prepared(fields, live))}
        name = body.pop("name")
        body["whitelist_ips"] = body["whitelist_ips"] or ""
        body["kafka_acls"] = [{**Acl.model_validate(one).model_dump()} for one in fields.get("kafka_acls", ())]
        return body if live is not None else {"username": name, **body}

    def decode(self, item: Any) -> Live:
        if isinstance(item, dict):
            item = {**item, "name": item.get("username"), "whitelist_ips": commas(item.get("whitelist_ips"))}
        return super().decode(item)
