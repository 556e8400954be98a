"""Pipelines: a source's topics, through transforms, into a destination."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from stackfile.errors import Refusal, Rejected
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.traits import Changes, Effect, Impact, Keyed, KindTraits, OnRemove, Reference, Trait
from stackfile.spelling import closest
from stackfile_streamkap import measuring
from stackfile_streamkap.account import End, object_at
from stackfile_streamkap.catalogue.impacts import CAPTURED
from stackfile_streamkap.kinds import topic_ids
from stackfile_streamkap.kinds.objects import NAMED, CreatedAt, Status, StreamkapKind, Tagged

_FROM_START = Changes(Effect(Impact.REPROCESS, "The pipeline begins anew with what the topics keep."))
_TOPICS = Changes(
    Effect(Impact.RESTART, "The destination's connector restarts."),
    added=Effect(Impact.RESTART, "The destination's connector restarts; {items} goes there from now on."),
    removed=Effect(Impact.RESTART, "The destination's connector restarts; {items} goes there no more."),
)
_REWORKED = Changes(Effect(Impact.RESTART, "The destination's connector restarts; earlier results stay as they are."))
_GRAVE = ("Active", "Starting", "Paused", "Stopped", "Broken")
"""States of connectors, the worst last; any other is one that passes."""
_NO_SCHEMA = "default."
"""What the topics of a system without schemas begin with, DynamoDB's for instance."""
_NONE_IF_EMPTY = BeforeValidator(lambda value: None if value in ([], ()) else value)
_ONE_TRANSFORM = Annotated[str, Reference(("transform",)), Trait.PINS]


class PipelineTransform(Body):
    """A transform, and which of its topics go to the destination."""

    transform: _ONE_TRANSFORM
    topics: Annotated[list[str], Trait.UNORDERED, Field(min_length=1, description="By pretty name: public.orders.")]
    start_time: str | None = None


class TopicDiscovery(Body):
    """A transform whose new topics go to the destination as they come."""

    transform: _ONE_TRANSFORM
    regex: str


class Pipeline(Body):
    """Starts by itself, with an initial snapshot of the source's tables."""

    name: Annotated[str, Trait.IDENTITY, NAMED, Field(min_length=1, description="Unique in the project.")]
    source: Annotated[
        str, Reference(("sources",)), Trait.PINS, _FROM_START, Field(description="Where topics come from.")
    ]
    destination: Annotated[
        str, Reference(("destinations",)), Trait.PINS, _FROM_START, Field(description="Where they go.")
    ]
    topics: Annotated[
        list[str] | None,
        Trait.UNORDERED,
        _TOPICS,
        Field(description="The source's topics by pretty name (public.orders); ids are made of them."),
    ] = None
    snapshot_new_tables: Annotated[
        bool,
        OnRemove.DEFAULT,
        Field(description="Whether a table that is added to the source is snapshotted. Terraform's default is true."),
    ] = False
    transforms: Annotated[list[PipelineTransform] | None, _NONE_IF_EMPTY, Keyed("transform"), _REWORKED] = None
    topic_auto_discovery: Annotated[list[TopicDiscovery] | None, _NONE_IF_EMPTY, Keyed("transform"), _REWORKED] = None
    tags: Tagged = None
    status: Status = None
    created_at: CreatedAt = None


class Pipelines(StreamkapKind[Pipeline]):
    section, name, path = "pipelines", "pipeline", "/pipelines"
    model: ClassVar[type[Body]] = Pipeline
    gone_within = 60.0
    traits: ClassVar = KindTraits(
        create=Effect(says="It starts by itself, with a snapshot of the source's tables."),
        delete=Effect(says="Nothing goes to the destination any more; what was written stays."),
    )

    def decode(self, item: Any) -> Live:
        if not isinstance(item, Mapping):
            return super().decode(item)
        source, destination = (item.get(end) or {} for end in ("source", "destination"))
        topics = source.get("topics")
        shaped = {
            **item,
            "source": source.get("id"),
            "destination": destination.get("id"),
            "topics": topic_ids.pretty_all(topics) if topics is not None else None,
            "transforms": _grouped(item.get("transforms") or ()) or None,
            "topic_auto_discovery": [
                {"transform": one.get("transform_id"), "regex": one.get("regex")}
                for one in item.get("topic_auto_discovery_transforms") or ()
            ]
            or None,
            "status": item.get("status") or _worst(source, destination),
            "created_at": item.get("created_timestamp"),
        }
        return super().decode(shaped)

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        """A call for each: no metrics of many pipelines are documented."""
        told = await asyncio.gather(*(measuring.figures_of(self.client, self.path, one.id) for one in live))
        return [_fares(one, figures) for one, figures in zip(live, told, strict=True)]

    async def check(self, desired: Pipeline, live: Live | None) -> None:
        """A topic or tag that is not there: the service takes such a topic, and reads nothing."""
        await self.prepared(desired.model_dump(mode="json", exclude_unset=True), live)

    async def prepared(self, fields: dict[str, Any], live: Live | None) -> Any:
        body = await super().prepared(fields, live)
        source = await self.account.end("/sources", fields["source"])
        destination = await self.account.end("/destinations", fields["destination"])
        body["source"] = _named(source)
        if fields.get("topics") is not None:
            body["source"]["topics"] = [topic_ids.pretty(one) for one in fields["topics"]]
            await self._check(source, fields["topics"], "topics")
        body["destination"] = _named(destination)
        body["transforms"] = [
            entry
            for number, one in enumerate(fields.get("transforms") or ())
            for entry in await self._transform(source, one, f"transforms[{number}]")
        ]
        discovered = body.pop("topic_auto_discovery", None) or ()
        body["topic_auto_discovery_transforms"] = [
            {"transform_id": one["transform"], "regex": one["regex"]} for one in discovered
        ]
        return body

    async def _check(self, source: End, topics: list[str], at: str) -> None:
        """A topic that does not exist is read without a complaint, and gives nothing. Raises Rejected for one."""
        if not _lacking(source, topics):
            return
        source = await self.account.fresh_end("/sources", source.id)
        for number, name in _lacking(source, topics):
            best = closest(topic_ids.pretty(name), sorted(_known(source)))
            says = f"source {source.name} has no topic {name}" + (f"; did you mean {best}?" if best else "")
            raise Rejected(says, fields=(Refusal(f"{at}[{number}]", says),))

    async def _transform(self, source: End, one: Mapping[str, Any], at: str) -> list[dict[str, Any]]:
        """One entry for each of a transform's topics: the transform's own, or the source's as long as it has none."""
        transform = await object_at(self.client, f"/transforms/{one['transform']}", {"unwind_topics": "false"})
        if transform is None:
            raise Rejected(f"there is no transform {one['transform']}", fields=(Refusal(f"{at}.transform", "is gone"),))
        own = transform.get("topic_ids")
        found = {name: topic_ids.id_among(own, name) for name in one["topics"]}
        if not own:
            await self._check(source, one["topics"], f"{at}.topics")
        elif missing := [name for name, id in found.items() if id is None]:
            best = closest(missing[0], sorted(topic_ids.of_item(transform)))
            says = f"transform {transform.get('name')} has no topic {missing[0]}"
            says += f"; did you mean {best}?" if best else ""
            raise Rejected(says, fields=(Refusal(f"{at}.topics", says),))
        shared = {"id": one["transform"], "name": transform.get("name")}
        if one.get("start_time"):
            shared["start_time"] = one["start_time"]
        return [{**shared, "topic_id": id or topic_ids.of_source(source.id, name)} for name, id in found.items()]


def _worst(*ends: Mapping[str, Any]) -> str:
    """A pipeline runs as its ends do."""
    statuses = [str(end["connector_status"]) for end in ends if end.get("connector_status")]
    return max(statuses, key=lambda one: _GRAVE.index(one) if one in _GRAVE else 1, default="Unknown")


def _fares(live: Live, figures: measuring.Figures) -> Metrics:
    status = str(live.fields.get("status") or "unknown")
    is_well = status != _GRAVE[-1]
    values = measuring.pipeline_values(figures)
    return Metrics(live.id, status.lower() if is_well else status.upper(), is_well, values)


def _named(end: End) -> dict[str, Any]:
    """The three are required, the names too (provider internal/api/pipeline.go)."""
    return {"id": end.id, "name": end.name, "connector": end.connector}


def _known(source: End) -> set[str]:
    config = source.item.get("config") or {}
    return topic_ids.of_item(source.item) | topic_ids.captured(config, CAPTURED)


def _lacking(source: End, topics: list[str]) -> list[tuple[int, str]]:
    """With their places; none where the source tells no topics, or patterns instead of names."""
    known = _known(source)
    config = source.item.get("config") or {}
    if not known or str(config.get("SourceRegexSupport.enabled", "")).lower() == "true":
        return []
    known |= {f"{_NO_SCHEMA}{name}" for name in known}
    return [(at, name) for at, name in enumerate(topics) if topic_ids.pretty(name) not in known]


def _grouped(entries: Any) -> list[dict[str, Any]]:
    """The service has one entry a topic, in any order (provider commit 78e6360)."""
    found: dict[str, dict[str, Any]] = {}
    for one in entries:
        group = found.setdefault(str(one.get("id")), {"transform": str(one.get("id")), "topics": []})
        name = one.get("topic") or topic_ids.pretty(one.get("topic_id") or "")
        if name:
            group["topics"].append(name)
        if one.get("start_time"):
            group["start_time"] = one["start_time"]
    return list(found.values())
