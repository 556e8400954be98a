"""Laws of export: what is exported and imported leaves nothing to plan; its text says what it was made of."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stackfile.address import Address
from stackfile.engine.apply import Orders
from stackfile.engine.exporter import look_at_everything
from stackfile.engine.operate import Approval, execute
from stackfile.engine.preview import Stack, preview
from stackfile.language.load import load, read_values
from stackfile.language.stackfile import Inputs
from stackfile.plan.export import Exported, Exporter, addresses, identifier
from stackfile.plan.plan import Action, Plan
from stackfile.plan.question import Question
from stackfile.report.export_yaml import IMPORTS, Heading, imports_text, resources_text, stackfile_text
from stackfile.sdk.provider import Session
from stackfile.state.format import Origin
from stackfile.state.store import Holder
from stackfile.testing.bench import STACK, Bench, FakeClock, OneProvider, World, quick_store
from stackfile.values import Tree
from stackfile_local import Local

NAMES = st.text("abAB01._-", min_size=1, max_size=6).filter(lambda name: name not in (".", ".."))
TEXTS = st.text(
    st.sampled_from("ab 0:#-{}[]!&*'\"%@`|>?,\\~=\t\n\u00e9\u2028\U0001f600")
    | st.characters(exclude_categories=["Cs"]),
    min_size=1,
    max_size=12,
)
PATHS = TEXTS.map(lambda text: "in/" + text.replace("\0", "").replace("/", "") + "x")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
STREAM = st.fixed_dictionaries(
    {},
    optional={
        "partitions": st.integers(1, 3),
        "retention": st.sampled_from(["7d", "12h", "forever"]),
        "compression": st.sampled_from(["none", "gzip"]),
    },
)
OPERATIONS = st.lists(
    st.sampled_from([{"filter": "value.a > 1"}, {"map": {"b": "lower(value.b)"}}, {"filter": "value.c == '{{ x }}'"}]),
    max_size=2,
)


@st.composite
def stacks(draw: st.DrawFn) -> dict[str, Tree]:
    """Resources of the local engine by address, under names that make keys which collide."""
    found: dict[str, dict[str, Any]] = {}
    streams = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    for at, name in enumerate(streams):
        found[f"streams.s{at}"] = {"name": name, **draw(STREAM)}
    keys = st.sampled_from([f"streams.s{at}" for at in range(len(streams))])
    for at, name in enumerate(draw(st.lists(NAMES, max_size=2, unique=True))):
        body: dict[str, Any] = {"name": name, "connector": "file", "path": draw(PATHS), "format": "csv"}
        if draw(st.booleans()):
            body["stream"] = draw(keys)
        found[f"sources.q{at}"] = body
    for at, name in enumerate(draw(st.lists(NAMES, max_size=2, unique=True))):
        found[f"destinations.d{at}"] = {
            "name": name,
            "connector": "sqlite",
            "path": draw(PATHS),
            "table": "t",
            "stream": draw(keys),
        }
    if len(streams) > 1:
        for at, name in enumerate(draw(st.lists(NAMES, max_size=2, unique=True))):
            found[f"pipelines.p{at}"] = {
                "name": name,
                "source": "streams.s0",
                "destination": "streams.s1",
                "operations": draw(OPERATIONS),
                "status": draw(st.sampled_from(["running", "paused"])),
            }
    return {address: _raw(body) for address, body in found.items()}


def _raw(body: Mapping[str, Any]) -> Tree:
    """The body with a template wherever braces would be one."""

    def escaped(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{{", "{{ '{{' }}")
        if isinstance(value, Mapping):
            return {key: escaped(inner) for key, inner in value.items()}
        return [escaped(inner) for inner in value] if isinstance(value, list) else value

    return {key: escaped(value) for key, value in body.items()}


@settings(max_examples=40, deadline=None)
@given(stacks())
def test_after_an_exported_import_nothing_is_left_to_plan(resources: dict[str, Tree]) -> None:
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(_story(resources, Path(name)))


async def _story(resources: Mapping[str, Tree], root: Path) -> None:
    clock = FakeClock()

    def session(instance: str) -> Session:
        return Session(root / "data", root, clock, instance)

    bench = Bench.over(World(Local, {}, session, quick_store(root / "before"), lambda: b""))
    await bench.apply(resources)
    await bench.close()
    catalog = OneProvider(Local)
    empty = load(b"version: 1\nname: bench\nproviders: {local: {}}\n", "stack.yaml", Inputs(), catalog)
    stack = Stack(empty, catalog, quick_store(root / "after"), clock, session, lambda event: None, lambda: "lineage")
    every = addresses(await look_at_everything(stack, ["local"]))
    exporter = Exporter(every)
    exported = [exporter.write(address, found) for address, found in every.items()]
    assert len(exported) == len(resources)
    text, imports = stackfile_text(Heading(STACK, default="local"), exported), imports_text(exported)
    inputs = Inputs(read_file=lambda name: {IMPORTS: imports.encode()}[name])
    stack = replace(stack, configuration=load(text.encode(), "stack.yaml", inputs, catalog))
    approved: list[Plan] = []

    def approve(planned: Any) -> bool:
        approved.append(planned.plan)
        return True

    await execute(stack, Question(), Approval(approve, Orders(), Holder("t", "t", "t"), Origin()))
    assert {change.action for plan in approved for change in plan.changes} == {Action.NO_OP}
    assert all(change.importing is not None for change in approved[0].changes)
    after = (await preview(stack, Question())).plan
    assert after.empty, [(change.action, change.address, change.fields) for change in after.changes]
    assert after.unmanaged == {}


@given(st.lists(st.tuples(NAMES, st.dictionaries(TEXTS, VALUES, max_size=4)), max_size=3))
def test_a_text_is_read_as_what_it_was_made_of(bodies: list[tuple[str, dict[str, Any]]]) -> None:
    exported = [
        Exported(Address("streams", f"k{at}"), "local", "id", name, body) for at, (name, body) in enumerate(bodies)
    ]
    text = resources_text(exported, "local") or "{}"
    read = read_values(text.encode(), "x.yaml")
    assert read == ({"streams": {f"k{at}": body for at, (_, body) in enumerate(bodies)}} if bodies else {})


@given(st.text())
def test_a_name_becomes_a_key(name: str) -> None:
    key = identifier(name)
    assert str(Address.parse(f"streams.{key}")) == f"streams.{key}"
