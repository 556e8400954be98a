"""Edits of the stackfile, of the live world behind its back, failures and deaths, in any order: apply converges.

What is asked for is there once and as asked for, what somebody else made is untouched, and no secret is at rest.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stackfile.address import Address
from stackfile.engine.apply import Applied
from stackfile.testing.bench import Bench
from stackfile.testing.faults import Fuse, Killed, Side
from stackfile.testing.simulator import Fault
from stackfile.values import Tree, drop
from tests.conformance.peer_world import PeerWorld
from tests.peer.service import RULES, Stored

T = TypeVar("T")
MEMORY = "/dev/shm"

KEYS = st.sampled_from(["a", "b", "c"])
NUMBERS = st.integers(min_value=1, max_value=4)
COLLECTIONS = {"sources": "sources", "destinations": "sinks", "pipelines": "pipes"}
MOST_APPLIES = 4
PLAIN: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "sources": st.fixed_dictionaries(
        {"connector": st.sampled_from(["postgres", "mysql"]), "host": st.sampled_from(["db", "db2"])},
        optional={
            "port": st.sampled_from([6000, 6001]),
            "heartbeat": st.booleans(),
            "password": st.sampled_from(["a-secret-of-ours-1", "a-secret-of-ours-2"]),
            "tables": st.lists(st.sampled_from(["x", "y", "z"]), unique=True, min_size=1),
            "comment": st.sampled_from(["one", "two"]),
        },
    ),
    "destinations": st.fixed_dictionaries(
        {"bucket": st.sampled_from(["s3://x", "s3://y"])},
        optional={
            "format": st.sampled_from(["csv", "avro"]),
            "options": st.dictionaries(st.sampled_from("pqr"), st.sampled_from("12"), max_size=2),
        },
    ),
    "pipelines": st.fixed_dictionaries(
        {}, optional={"filter": st.sampled_from(["n > 1", "n > 2"]), "max_rate": st.sampled_from([5, 6])}
    ),
}
DRIFTS: Mapping[str, Mapping[str, Any]] = {
    "sources": {"host": "drifted", "port": 9999, "heartbeat": None, "comment": "drifted", "tables": ["drifted"]},
    "destinations": {"bucket": "s3://drifted", "format": "drifted"},
    "pipelines": {"filter": "drifted", "max_rate": 9999},
}
FIRST: Mapping[str, Tree] = {
    "sources": {"connector": "postgres", "host": "db", "password": "a-secret-of-ours-1", "port": 6000},
    "destinations": {"bucket": "s3://x", "options": {"p": "1"}},
    "pipelines": {"source": "sources.a", "sink": "destinations.a", "filter": "n > 1"},
}
SECTIONS = st.sampled_from(sorted(PLAIN))
REQUESTS = st.sampled_from(["POST /v1/s", "POST /v1/pipes", "PUT", "PATCH", "DELETE", "GET /v1/s"])


class Inline(ThreadPoolExecutor):
    """Does at once what others leave to a thread, so that a story goes the same way each time it is told."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:
            done.set_exception(error)
        return done


class Convergence(RuleBasedStateMachine):
    """`wanted` is the stackfile; `foreign` what others made, as it was then."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
        self.runner = asyncio.Runner()
        self.runner.get_loop().set_default_executor(Inline())
        self.peer = PeerWorld(self.folder)
        self.service = self.peer.service
        self.bench = Bench.over(self.peer.world)
        self.wanted: dict[str, Tree] = {}
        self.foreign: dict[str, dict[str, Any]] = {}
        for section, body in FIRST.items():
            self.wanted |= {f"{section}.a": body, f"{section}.b": body}
        self.apply()

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            try:
                self.converge()
            finally:
                self.runner.run(self.bench.close())
                self.runner.close()
                shutil.rmtree(self.folder)

    # The stackfile

    @rule(section=SECTIONS, key=KEYS, data=st.data())
    def declare(self, section: str, key: str, data: st.DataObject) -> None:
        body = {**data.draw(PLAIN[section])}
        if section == "pipelines":
            sources, sinks = self._declared("sources"), self._declared("destinations")
            if not (sources and sinks):
                return
            body |= {"source": data.draw(st.sampled_from(sources)), "sink": data.draw(st.sampled_from(sinks))}
        self.wanted[f"{section}.{key}"] = body

    @rule(section=SECTIONS, key=KEYS, number=NUMBERS)
    def rename(self, section: str, key: str, number: int) -> None:
        address = f"{section}.{key}"
        if address in self.wanted:
            self.wanted[address] = {**self.wanted[address], "name": f"{key}-{number}"}

    @rule(section=SECTIONS, key=KEYS, data=st.data())
    def unset(self, section: str, key: str, data: st.DataObject) -> None:
        body = self.wanted.get(f"{section}.{key}", {})
        required = {*RULES[COLLECTIONS[section]].required}
        loose = sorted(body.keys() - required)
        if loose:
            self.wanted[f"{section}.{key}"] = drop(body, (data.draw(st.sampled_from(loose)),))

    @rule(section=SECTIONS, key=KEYS)
    def take_out(self, section: str, key: str) -> None:
        address = f"{section}.{key}"
        self.wanted = {
            at: body
            for at, body in self.wanted.items()
            if at != address and address not in (body.get("source"), body.get("sink"))
        }

    def _declared(self, section: str) -> list[str]:
        return sorted(address for address in self.wanted if address.startswith(f"{section}."))

    # The world

    @rule(section=SECTIONS, data=st.data())
    def drift(self, section: str, data: st.DataObject) -> None:
        """Of fields that the file sets, since the others are the service's own; and of objects that are surely ours:
        one that no record knows and that is not as it was sent is for a person to judge."""
        for address in self._declared(section):
            record = self.bench.record(Address.parse(address))
            live = self.service.objects[COLLECTIONS[section]].get(record.id) if record is not None else None
            fields = sorted(self.wanted[address].keys() & DRIFTS[section].keys())
            if live is not None and fields:
                field = data.draw(st.sampled_from(fields))
                now = DRIFTS[section][field]
                live.fields = {**live.fields, field: not live.fields[field] if now is None else now}
                return

    @rule(section=SECTIONS)
    def lose(self, section: str) -> None:
        for live in self._ours(section)[:1]:
            self.service.objects[COLLECTIONS[section]].remove(live.id)

    @rule(section=st.sampled_from(["sources", "destinations"]), number=NUMBERS)
    def somebody_makes_one(self, section: str, number: int) -> None:
        name, collection = f"foreign-{number}", COLLECTIONS[section]
        if any(live.fields["name"] == name for live in self.service.live(collection)):
            return
        fields = {"connector": "mysql", "host": "theirs"} if section == "sources" else {"bucket": "s3://theirs"}
        fields = {"name": name, **RULES[collection].defaults, **fields}
        id = f"theirs-{section}-{number}"
        self.service.objects[collection].put(id, Stored(id, fields, self.peer.clock.now(), 0.0))
        self.foreign[id] = dict(fields)

    def _ours(self, section: str) -> list[Stored]:
        return [live for live in self.service.live(COLLECTIONS[section]) if live.id not in self.foreign]

    # Runs

    @rule(request=REQUESTS, faults=st.lists(st.sampled_from(Fault), min_size=1, max_size=6), data=st.data())
    def apply_in_trouble(self, request: str, faults: list[Fault], data: st.DataObject) -> None:
        self.declare(data.draw(SECTIONS), data.draw(KEYS), data)
        self.service.faults.order(request, *faults)
        self._attempt(None)

    @rule()
    def apply(self) -> None:
        self._attempt(None)

    @rule(at=st.integers(min_value=1, max_value=15), side=st.sampled_from(Side), data=st.data())
    def apply_and_die(self, at: int, side: Side, data: st.DataObject) -> None:
        self.declare(data.draw(SECTIONS), data.draw(KEYS), data)
        try:
            self._attempt(Fuse(at, side))
        except Killed:
            return

    @precondition(lambda self: self.wanted)
    @rule()
    def converge(self) -> None:
        """The service works again: a few applies, and all is as the file says."""
        self.service.faults.ordered.clear()
        for _ in range(MOST_APPLIES):
            applied = self._attempt(None)
            if applied.complete:
                break
        else:
            raise AssertionError(f"not done after {MOST_APPLIES} applies: {applied.reports}")
        plan = self.runner.run(self.bench.plan(self.wanted))
        assert not plan.changes, [(c.action.name, str(c.address), [f.path for f in c.fields]) for c in plan.changes]
        assert not plan.pending
        in_use = [id for id in self.foreign if self._declared(id.split("-")[1])]
        assert sum(plan.unmanaged.values()) == len(in_use)
        for section in COLLECTIONS:
            live = {one.fields["name"]: one.fields for one in self._ours(section)}
            assert len(live) == len(self._ours(section))
            expected = {self._name(at): self._expected(at) for at in self._declared(section)}
            assert live == expected, f"{live} is not {expected}"

    def _attempt(self, fuse: Fuse | None) -> Applied:
        return self.runner.run(self.bench.attempt(self.wanted, fuse))

    def _name(self, address: str) -> str:
        """As written; else as it was when it was last written or made from the address."""
        record = self.bench.record(Address.parse(address))
        kept = record.name if record is not None else address.split(".")[1]
        return str(self.wanted[address].get("name", kept))

    def _expected(self, address: str) -> Mapping[str, Any]:
        """What the service has of an object: defaults where the file says nothing, ids for references."""
        section = address.split(".")[0]
        body: dict[str, Any] = {"name": self._name(address), **self.wanted[address]}
        for field in ("source", "sink"):
            if field in body:
                target = self._name(body[field])
                collection = COLLECTIONS[body[field].split(".")[0]]
                body[field] = next(one.id for one in self.service.live(collection) if one.fields["name"] == target)
        return {**RULES[COLLECTIONS[section]].defaults, **body}

    @invariant()
    def what_others_made_is_untouched(self) -> None:
        if hasattr(self, "service"):
            there = {one.id: one.fields for name in self.service.objects for one in self.service.live(name)}
            assert {id: there.get(id) for id in self.foreign} == self.foreign

    @invariant()
    def no_secret_is_at_rest(self) -> None:
        if hasattr(self, "peer"):
            assert b"a-secret-of-ours" not in self.peer.world.kept()


TestConvergence = Convergence.TestCase
TestConvergence.settings = settings(settings.default, stateful_step_count=25)
