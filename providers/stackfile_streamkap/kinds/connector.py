"""What sources and destinations have in common: a connector, its flat config, and a state at Kafka Connect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from stackfile.errors import Conflict, Rejected
from stackfile.sdk.measures import Measured
from stackfile.sdk.operations import Metrics, Part
from stackfile.sdk.provider import B, Health, Live, Step, Update
from stackfile.sdk.traits import Changes, Effect, Trait, Wait
from stackfile.values import Path, Value
from stackfile_streamkap.catalogue.entries import BuiltIn, Connector, Offers
from stackfile_streamkap.catalogue.impacts import CONFIG, effect_of_update
from stackfile_streamkap.catalogue.models import Config, Connected, Variants
from stackfile_streamkap.catalogue.wire import config_received, config_to_send
from stackfile_streamkap.kinds.objects import CreatedAt, Status, StreamkapKind, Tagged
from stackfile_streamkap.kinds.renaming import tell_pipelines, users_of

_PENDING = ("Pending", "Pending Update", "Pending Delete", "Starting", "Unassigned", "Unknown")
_FAILED = "Broken"
_LONGEST = 200
_NAMED = Changes(Effect(says="It is renamed in place, and the pipelines that use it are told."))


class Connection(Connected):
    """What every connector has."""

    name: Annotated[
        str, Trait.IDENTITY, _NAMED, Field(min_length=1, description="Unique in the tenant, over all its projects.")
    ]
    connector: Annotated[
        str, Trait.IMMUTABLE, Field(min_length=1, description="Which kind of system; another one is another object.")
    ]
    config: Annotated[
        Config, CONFIG, Field(default_factory=Config, description="The connector's keys, dotted as the API has them.")
    ]
    tags: Tagged = None
    kc_cluster_id: Annotated[
        str | None, Field(description="The Kafka Connect cluster that it runs on; unwritten, the service's default.")
    ] = None
    status: Status = None
    trouble: Annotated[
        str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="What its tasks say, where one failed.")
    ] = None
    created_at: CreatedAt = None


class ConnectorKind(StreamkapKind[B]):
    """Objects of `/sources` and `/destinations`, which have the same shape (provider internal/api/source.go)."""

    list_shows_health = True
    gone_within = 180.0
    """Most are gone in seconds; one of SQL Server took more than 90 s (provider check_destroy_test.go)."""
    end: ClassVar[str]
    """What a pipeline calls it: source or destination."""
    offers: ClassVar[Offers] = BuiltIn()

    @classmethod
    def offering(cls, offers: Offers, shared: type[Connected]) -> type[Self]:
        """This kind, with other connectors."""
        made: type[Self] = type(
            cls.__name__, (cls,), {"offers": offers, "variants": Variants(offers, cls.section, shared)}
        )
        return made

    @classmethod
    def entry(cls, connector: object) -> Connector | None:
        if not isinstance(connector, str) or connector not in cls.offers.names(cls.section):
            return None
        return cls.offers.connector(cls.section, connector)

    def encode(self, fields: dict[str, Any]) -> Any:
        config = fields.get("config") or {}
        return {**fields, "config": config_to_send(self.entry(fields.get("connector")), config)}

    def decode(self, item: Any) -> Live:
        if not isinstance(item, Mapping):
            return super().decode(item)
        live = super().decode(
            {
                **item,
                "config": config_received(self.entry(item.get("connector")), item.get("config") or {}),
                "kc_cluster_id": item.get("kc_cluster_id") or None,
                "status": item.get("connector_status"),
                "trouble": trouble(item.get("task_statuses")),
                "created_at": item.get("created_timestamp") or item.get("created_at"),
            }
        )
        self.account.learn(self.path, item)
        return live

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        """What the list says: no metrics of destinations are documented."""
        return [self.fares(one) for one in live]

    def fares(self, live: Live, values: tuple[Measured, ...] = (), parts: tuple[Part, ...] = ()) -> Metrics:
        status = str(live.fields.get("status") or "unknown")
        says = (str(live.fields["trouble"]),) if live.fields.get("trouble") else ()
        is_well = status != _FAILED
        return Metrics(live.id, status.lower() if is_well else status.upper(), is_well, values, says, parts)

    async def create(self, desired: B, step: Step) -> Live:
        """Names are unique over all projects of the tenant, and a list shows those of one."""
        try:
            return await super().create(desired, step)
        except Conflict as error:
            error.message += (
                "; where this project shows none of that name, another one of the tenant has it: give ours another"
            )
            raise

    async def update(self, change: Update[B], step: Step) -> Live:
        """A rename is told to the pipelines first: whatever ends it early leaves the old name on the object itself, and
        so in the next plan. A service that takes no name before the object has it is told after."""
        if ("name",) not in change.changed:
            return await super().update(change, step)
        id, name = change.live.id, str(change.changed["name",])
        try:
            await tell_pipelines(self.client, self.end, id, name)
        except Rejected:
            await step.phase("object")
            live = await super().update(change, step)
            await step.phase("pipelines")
            await tell_pipelines(self.client, self.end, id, name)
            return live
        await step.phase("object")
        try:
            return await super().update(change, step)
        except Rejected:
            await tell_pipelines(self.client, self.end, id, str(change.live.fields.get("name")))
            raise

    async def delete(self, live: Live, step: Step) -> None:
        """One that is in use is refused; the pipelines that use it are named, in the stack or not."""
        try:
            await super().delete(live, step)
        except Rejected as error:
            if error.status not in (401, 403, 429) and (users := await users_of(self.client, self.end, live.id)):
                error.message += (
                    f"; what uses it: {', '.join(users)}. Delete that first, or let go of this: write under removed: "
                    "{address: ..., destroy: false}"
                )
            raise

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        return effect_of_update(changed) if verb == "update" else None

    @classmethod
    def health(cls, live: Live) -> Health:
        """States as the API reference lists them, destinations/deploy-destination."""
        status = str(live.fields.get("status") or "")
        if status == _FAILED:
            return Health(Wait.FAILED, f"{status}: {live.fields['trouble']}" if live.fields.get("trouble") else status)
        return Health(Wait.PENDING if status in _PENDING else Wait.READY, status)


def trouble(statuses: Any) -> str | None:
    """The first line that a failed task says, from `task_statuses`, by task: a text, or a map with `trace`."""
    for status in statuses.values() if isinstance(statuses, Mapping) else ():
        if isinstance(status, Mapping) and str(status.get("state", "")).upper() == "FAILED":
            lines = str(status.get("trace") or status.get("message") or "a task failed").splitlines()
            return lines[0][:_LONGEST]
    return None
