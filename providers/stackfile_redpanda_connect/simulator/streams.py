"""The endpoints of streams and resources. A path takes every method and refuses what it does not support."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Refused, Request
from stackfile_redpanda_connect.simulator.building import Unbuilt, build
from stackfile_redpanda_connect.simulator.documents import Node, node_of
from stackfile_redpanda_connect.simulator.engine import Engine, Stream, said
from stackfile_redpanda_connect.simulator.lints import stream_lints
from stackfile_redpanda_connect.simulator.parsing import Misread, component_of
from stackfile_redpanda_connect.simulator.reading import (
    Read,
    as_json,
    expect_none,
    failed,
    is_chilled,
    node_in,
    parsed,
    read_resource,
    read_stream,
    text_of,
    wrong,
)
from stackfile_redpanda_connect.simulator.surroundings import Untimely, duration, seconds
from stackfile_redpanda_connect.simulator.values import Unsaid, decoded, merged

_TYPES = ("cache", "input", "output", "processor", "rate_limit")


@dataclass(frozen=True)
class Streams:
    engine: Engine

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("*", "/streams", self._set),
            Endpoint("*", "/streams/{id}", self._one),
            Endpoint("*", "/streams/{id}/stats", self._stats),
            Endpoint("*", "/resources/{type}/{id}", self._resource),
        ]

    async def _set(self, request: Request) -> Answer:
        if request.method == "GET":
            streams = sorted(self.engine.streams.items())
            return as_json({id: self._shown(stream) for id, stream in streams})
        if request.method != "POST":
            wrong("method not supported")
        await self._replace(request)
        return Answer()

    async def _replace(self, request: Request) -> None:
        """Not all or nothing: what can be made is made, whatever else fails."""
        there = set(self.engine.streams)
        nodes = _nodes(node_in(text_of(request)))
        if not is_chilled(request):
            lints = {id: stream_lints(node) for id, node in nodes.items()}
            expect_none([f"stream '{id}': {lint}" for id, found in lints.items() for lint in found])
        reads = {id: _read(nodes[id]) for id in sorted(nodes, key=lambda id: id not in there)}
        calls: list[tuple[str, Awaitable[None]]] = [
            *(("delete", self.engine.delete(id, None)) for id in sorted(there - reads.keys())),
            *(
                ("update", self.engine.update(id, one.raw, one.config, None))
                for id, one in reads.items()
                if id in there
            ),
            *(("create", self._create(id, one)) for id, one in reads.items() if id not in there),
        ]
        outcomes = await asyncio.gather(*(_fault(call) for _, call in calls))
        faults = [
            f"failed to {verb} stream: {fault}" for (verb, _), fault in zip(calls, outcomes, strict=True) if fault
        ]
        if faults:
            wrong("\n".join(faults))

    async def _create(self, id: str, read: Read) -> None:
        self.engine.create(id, read.raw, read.config)

    async def _one(self, request: Request) -> Answer:
        id, timeout = request.at["id"], _timeout(request)
        try:
            match request.method:
                case "GET":
                    return self._read(id)
                case "POST":
                    read = read_stream(self.engine, request)
                    self.engine.create(id, read.raw, read.config)
                case "PUT":
                    read = read_stream(self.engine, request)
                    await self.engine.update(id, read.raw, read.config, timeout)
                case "PATCH":
                    read = _patched(self.engine.stream(id), request)
                    await self.engine.update(id, read.raw, read.config, timeout)
                case "DELETE":
                    await self.engine.delete(id, timeout)
                case _:
                    wrong(f"verb not supported: {request.method}")
        except (Unbuilt, Unsaid) as error:
            failed(str(error))
        return Answer()

    def _read(self, id: str) -> Answer:
        stream = self.engine.stream(id)
        return as_json({**self._shown(stream), "config": stream.raw})

    def _shown(self, stream: Stream) -> dict[str, Any]:
        uptime = stream.uptime(self.engine.now)
        active = stream.is_active(self.engine.now)
        return {"active": active, "uptime": uptime, "uptime_str": duration(uptime)}

    def _stats(self, request: Request) -> Answer:
        if request.method != "GET":
            wrong(f"verb not supported: {request.method}")
        stream = self.engine.stream(request.at["id"])
        uptime = stream.uptime(self.engine.now)
        stats = stream.run.stats(stream.id, uptime)
        return as_json(dict(sorted({**stats, "uptime_ns": round(uptime * 1e9)}.items())))

    def _resource(self, request: Request) -> Answer:
        type, id = request.at["type"], request.at["id"]
        if request.method != "POST":
            wrong(f"verb not supported: {request.method}")
        if type not in _TYPES:
            return said(
                400, f"Var `type` must be set to one of {', '.join(f'`{one}`' for one in _TYPES[:-1])} or `rate_limit`"
            )
        node = read_resource(self.engine, request, type)
        try:
            made = component_of(type, node, f"root.{type}_resources")
        except Misread as error:
            wrong(str(error))
        self.engine.resources[type].pop(id, None)
        try:
            build(made, self.engine.resources)
        except Unbuilt as error:
            failed(str(error))
        self.engine.resources[type][id] = decoded(node)[0]
        return Answer()


async def _fault(call: Awaitable[None]) -> str:
    """Why a call of several failed; nothing where it did not."""
    try:
        await call
    except Unbuilt as error:
        return str(error)
    except Refused as refused:
        return "stream does not exist" if refused.answer.status == 404 else "stream already exists"
    return ""


def _nodes(node: Node) -> dict[str, Node]:
    """The body of a whole set. Raises Refused where it is none."""
    if node.kind in ("scalar", "seq") and node.tag != "!!null":
        shown = f" `{node.value}`" if node.kind == "scalar" else ""
        wrong(
            f"yaml: unmarshal errors:\n  line {node.line}: cannot unmarshal {node.tag}{shown} into map[string]yaml.Node"
        )
    found: dict[str, Node] = {}
    for key, value in node.pairs():
        if key.value in found:
            line = next(one.line for one, _ in node.pairs() if one.value == key.value)
            says = f'line {key.line}: mapping key "{key.value}" already defined at line {line}'
            wrong(f"yaml: unmarshal errors:\n  {says}")
        found[key.value] = value
    return found


def _read(node: Node) -> Read:
    raw, faults = decoded(node)
    _expect_decoded(faults)
    return Read(raw, parsed(node))


def _patched(stream: Stream, request: Request) -> Read:
    patch, faults = decoded(node_in(text_of(request)))
    _expect_decoded(faults)
    raw = merged(stream.raw, patch)
    return Read(raw, parsed(node_of(raw)))


def _expect_decoded(faults: list[str]) -> None:
    if faults:
        wrong("yaml: unmarshal errors:\n  " + "\n  ".join(faults))


def _timeout(request: Request) -> float | None:
    """None where there is none, or one that is no duration."""
    try:
        return seconds(request.query["timeout"]) if request.query.get("timeout") else None
    except Untimely:
        return None
