"""Transforms: code between topics, with versions that are deployed to a preview or live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from stackfile.errors import NotFound, Rejected
from stackfile.sdk.provider import Body, Health, Live, Step, Update
from stackfile.sdk.rest.bodies import new_body, whole_body
from stackfile.sdk.schema import Problem, schema_of
from stackfile.sdk.traits import Changes, Effect, Impact, KindTraits, OnRemove, Satisfies, Trait, Wait
from stackfile.values import Tree
from stackfile_streamkap.account import object_at
from stackfile_streamkap.catalogue import entries
from stackfile_streamkap.catalogue.models import config_of, shared_config
from stackfile_streamkap.catalogue.review import review
from stackfile_streamkap.catalogue.wire import config_received
from stackfile_streamkap.kinds.objects import NAMED, CreatedAt, Status, StreamkapKind, Tagged

_SECTION = "transforms"
_NAME = "transforms.name"
_KAFKA_CONNECT = "topic_router"
"""Runs on Kafka Connect, the others on Flink: it has no preview."""
_LATEST = "no-version"
_PENDING = ("INITIALIZING", "DEPLOYING", "CREATED", "RESTARTING")
_FAILED = ("FAILED", "CANCELED", "STOPPED")
_AGAIN = Changes(
    Effect(Impact.RESTART, "The job restarts with the new version; results that were written stay as they are.")
)


_Config: Any = shared_config(_SECTION)


class Transform(Body):
    """With `deploy`, the latest version is what runs: a change of the code deploys again."""

    name: Annotated[str, Trait.IDENTITY, NAMED, Field(min_length=1, description="Unique in the project.")]
    transform: Annotated[
        Literal["map_filter", "enrich", "enrich_async", "sql_join", "rollup", "fan_out", "topic_router"],
        Trait.IMMUTABLE,
        Field(description="What it does; another one is another transform."),
    ]
    config: Annotated[_Config, _AGAIN, Field(default_factory=_Config, description="Its keys, as the API has them.")]
    implementation: Annotated[
        dict[str, Any] | None,
        _AGAIN,
        Field(description="Code by part: value_transform, key_transform, topic_transform, ..."),
    ] = None
    deploy: Annotated[
        Literal["preview", "live"] | None,
        OnRemove.KEEP,
        Satisfies((("preview", ("live",)),)),
        _AGAIN,
        Field(description="Where the latest version runs. Unwritten, nothing is deployed and nothing is stopped."),
    ] = None
    replay_window: Annotated[
        str | None,
        Trait.LOCAL,
        Field(pattern=r"^[1-9]\d*[smhd]$", description="How far back a preview begins: 3d. Sent with it."),
    ] = None
    tags: Tagged = None
    status: Status = None
    version: Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE] = None
    topics: Annotated[list[str] | None, Trait.COMPUTED, Trait.VOLATILE] = None
    created_at: CreatedAt = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        kind = tree.get("transform")
        if not isinstance(kind, str) or kind not in entries.names(_SECTION):
            return
        entry, config = entries.connector(_SECTION, kind), tree.get("config") or {}
        if isinstance(config, Mapping):
            known = {name: value for name, value in config.items() if name in entry.keys}
            _, problems = schema_of(config_of(entry)).normalise(known)
            yield from (replace(one, path=("config", *one.path)) for one in problems)
        yield from review(entry, tree)


class Transforms(StreamkapKind[Transform]):
    """The odd family: the id of a PUT is in the body and that of a DELETE in the query, the name is in the config, and
    a PUT clears an implementation that is not sent back (provider internal/api/transform.go,
    internal/resource/transform/base.go)."""

    section, name, path = "resources", "transform", "/transforms"
    model: ClassVar[type[Body]] = Transform
    change_params: ClassVar = {}
    read_params: ClassVar = {"unwind_topics": "false"}
    gone_within = 60.0
    traits: ClassVar = KindTraits(
        replace=Effect(
            Impact.REPROCESS,
            "Its job ends, and that of the new one writes topics of its own; whoever reads them begins at their start.",
        ),
        delete=Effect(says="Its job ends; the topics that it wrote stay."),
    )

    async def read(self, id: str) -> Live | None:
        item = await object_at(self.client, self.url(id), self.read_params)
        if item is None:
            return None
        if item.get("live_version") or item.get("preview_version"):
            item = {**item, "status": await self._job(id) or item.get("status")}
        return (await self.received([item]))[0]

    async def create(self, desired: Transform, step: Step) -> Live:
        fields = new_body(desired, schema_of(Transform))
        body = await self.prepared(fields, None)
        live = await self._made(await self.client.request("POST", self.path, json=body))
        await step.created(live.id)
        if desired.implementation:
            await step.phase("implementation")
            await self._implement(live.id, desired.implementation)
        await self._deploy(live.id, desired, step)
        return await self._now(live.id)

    async def update(self, change: Update[Transform], step: Step) -> Live:
        fields, id = whole_body(change, schema_of(Transform)), change.live.id
        touched = {path[0] for path in (*change.changed, *change.removed)}
        if touched & {"name", "config", "tags"}:
            item = await object_at(self.client, self.url(id), self.read_params) or {}
            code = fields if "implementation" in touched else item
            body = {"id": id, **await self.prepared(fields, change.live)}
            body["implementation"] = _without_nulls(code.get("implementation") or {}) or {}
            await self.client.request("PUT", self.path, json=body)
            await step.phase("deploy")
        elif "implementation" in touched:
            await self._implement(id, fields.get("implementation") or {})
        await self._deploy(id, change.desired, step)
        return await self._now(id)

    async def delete(self, live: Live, step: Step) -> None:
        try:
            await self.client.request("DELETE", self.path, params={"id": live.id})
        except NotFound:
            return
        await self.until_gone(live)

    async def prepared(self, fields: dict[str, Any], live: Live | None) -> Any:
        kept = ("transform", "config", "tags")
        body: dict[str, Any] = await super().prepared({name: fields[name] for name in kept if name in fields}, live)
        return {**body, "config": {**(fields.get("config") or {}), _NAME: fields["name"]}}

    def decode(self, item: Any) -> Live:
        if not isinstance(item, Mapping):
            return super().decode(item)
        kind, config = item.get("transform_type") or item.get("transform"), dict(item.get("config") or {})
        name = config.pop(_NAME, None) or item.get("name")
        entry = entries.connector(_SECTION, kind) if kind in entries.names(_SECTION) else None
        return super().decode(
            {
                **item,
                "name": name,
                "transform": kind,
                "config": config_received(entry, config),
                "implementation": _without_nulls(item.get("implementation") or {}),
                "deploy": _deployed(item),
                "version": str(item["version"]) if item.get("version") is not None else None,
                "created_at": item.get("created_timestamp"),
            }
        )

    @classmethod
    def health(cls, live: Live) -> Health:
        status = str(live.fields.get("status") or "")
        if live.fields.get("deploy") is None:
            return Health(Wait.READY, status)
        if status in _FAILED:
            return Health(Wait.FAILED, status)
        return Health(Wait.PENDING if status in _PENDING else Wait.READY, status)

    async def _implement(self, id: str, implementation: Mapping[str, Any]) -> None:
        body = {"transform_id": id, "implementation": implementation}
        await self.client.request("PUT", f"{self.url(id)}/implementation_details", json=body)

    async def _deploy(self, id: str, desired: Transform, step: Step) -> None:
        """Preview, then live; Kafka Connect's only live (provider internal/resource/transform/base.go)."""
        for where in _places(desired):
            await step.phase(where)
            params = {"replay_window": desired.replay_window} if where == "preview" and desired.replay_window else {}
            await self.client.request("PUT", f"{self.url(id)}/deploy-job-{where}/{_LATEST}", params=params)

    async def _now(self, id: str) -> Live:
        live = await self.read(id)
        if live is None:
            raise NotFound(f"GET {self.url(id)}: the transform is gone since", "GET", self.url(id))
        return live

    async def _job(self, id: str) -> str | None:
        """One that was never deployed answers 400 and not 404 (provider internal/resource/transform/base.go)."""
        try:
            found = (await self.client.fetch(f"{self.url(id)}/job_status")).json
        except Rejected as error:
            if error.status in (400, 404):
                return None
            raise
        return str(found["status"]) if isinstance(found, Mapping) and found.get("status") else None


def _places(desired: Transform) -> Sequence[str]:
    if desired.deploy is None:
        return ()
    if desired.transform == _KAFKA_CONNECT:
        return ("live",)
    return ("preview",) if desired.deploy == "preview" else ("preview", "live")


def _deployed(item: Mapping[str, Any]) -> str | None:
    """Where the latest version runs; None where it runs nowhere."""
    latest = item.get("version")
    if latest is None:
        return None
    where = {str(item.get("preview_version")): "preview", str(item.get("live_version")): "live"}
    return where.get(str(latest))


def _without_nulls(implementation: Mapping[str, Any]) -> dict[str, Any] | None:
    """The service adds nulls and defaults of its own (provider internal/resource/transform/base.go)."""
    return {name: value for name, value in implementation.items() if value is not None} or None
