"""A whole account of Streamkap comes under a stackfile by an export."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stackfile.address import Address
from stackfile.engine.apply import Applied, Orders
from stackfile.engine.exporter import look_at_everything
from stackfile.engine.operate import Approval, execute
from stackfile.engine.preview import Stack, preview
from stackfile.language.load import load
from stackfile.language.stackfile import Inputs
from stackfile.plan.export import Exporter, addresses
from stackfile.plan.plan import Action
from stackfile.plan.question import Question
from stackfile.registry import Registry
from stackfile.report.export_yaml import Heading, imports_text, stackfile_text
from stackfile.state.format import Origin
from stackfile.state.store import Holder
from stackfile.testing.bench import quick_store
from stackfile.values import Sealed, Tree, Value, leaves
from stackfile_streamkap.simulator import CLIENT_ID, SECRET
from tests.conformance.streamkap_cases import CLICKHOUSE, MONGO, POSTGRES, SNOWFLAKE
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

WRITTEN = {"STREAMKAP_CLIENT_ID": CLIENT_ID, "STREAMKAP_SECRET": SECRET, "STREAMKAP_HOST": "http://simulator.test"}
SECRETS = ("hunter22-first", "hunter22-mongo", "snow-key-first", "click-password-1", "kafka-password-1", SECRET)


def account() -> Mapping[str, Tree]:
    """200 objects: 60 sources, 30 destinations, 90 pipelines, 8 transforms, 6 tags, 5 users and a credential."""
    found: dict[str, Tree] = {
        f"resources.tag_{n}": {"type": "tag", "name": f"team-{n}", "types": ["sources", "pipelines"]} for n in range(6)
    }
    for n in range(60):
        found[f"sources.s{n}"] = {**(POSTGRES if n % 3 else MONGO), "name": f"source-{n}", "tags": ["Production"]}
    for n in range(30):
        found[f"destinations.d{n}"] = {**(SNOWFLAKE if n % 2 else CLICKHOUSE), "name": f"destination-{n}"}
    for n in range(90):
        ends = {"source": f"sources.s{n % 60}", "destination": f"destinations.d{n % 30}"}
        found[f"pipelines.p{n}"] = {"name": f"pipeline-{n}", **ends, "snapshot_new_tables": bool(n % 2)}
    for n in range(8):
        config = {"transforms.input.topic.pattern": "public.orders", "transforms.output.topic.pattern": f"public.t{n}"}
        body: Tree = {"name": f"transform-{n}", "transform": "map_filter", "config": config}
        found[f"resources.t{n}"] = {"type": "transform", **body, "implementation": {"value_transform": "return 1"}}
    for n in range(5):
        found[f"resources.u{n}"] = {"type": "kafka_user", "name": f"user-{n}", "password": "kafka-password-1"}
    found["resources.ci"] = {"type": "client_credential", "roles": ["Admin"], "description": "for CI"}
    return found


async def exported(stack: Stack, **left_out: str) -> tuple[str, str]:
    """The stackfile and the imports of all but the sections that are left out."""
    every = addresses(await look_at_everything(stack, ["streamkap"]))
    chosen = {address: found for address, found in every.items() if address.section not in left_out.values()}
    rest = {address: found for address, found in every.items() if address not in chosen}
    exporter = Exporter(chosen, stack.configuration.secrets, rest)
    written = [exporter.write(address, found) for address, found in chosen.items()]
    heading = Heading(stack.configuration.stack, {"streamkap": {}}, {}, "streamkap")
    return stackfile_text(heading, [*written, *exporter.lookups()]), imports_text(written)


def reloaded(stack: Stack, folder: Path, text: str, imports: str) -> Stack:
    """Another stack, without any state, from what was written; a value for each secret."""
    given = {
        f"STACK_VAR_{name}": f"what-is-there-{name}" for name in re.findall(r"(?m)^  (\w+):\n    type: string", text)
    }
    inputs = Inputs(environ={**WRITTEN, **given}, read_file=lambda name: {"imports.yaml": imports.encode()}[name],
                    list_files=lambda pattern: [pattern])  # fmt: skip
    configuration = load(text.encode(), "stack.yaml", inputs, Registry())
    return replace(stack, configuration=configuration, catalog=Registry(), store=quick_store(folder))


async def applied(stack: Stack) -> Applied:
    holder = Holder("test", "stack apply", "token")
    done = await execute(stack, Question(), Approval(lambda planned: True, Orders(), holder, Origin()))
    assert done is not None
    assert [report.error for report in done.reports.values() if report.error is not None] == []
    return done


def test_an_account_of_200_objects_is_exported_imported_and_nothing_is_left_to_plan(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        wanted = account()
        assert len(wanted) == 200
        await sandbox.bench.apply(wanted)
        stack = sandbox.bench.stack(wanted)
        sandbox.service.calls.made.clear()
        text, imports = await exported(stack)
        # sources 1, destinations 1, pipelines 1, transforms 1, tags 1 and once for names, users, credentials, a token
        assert len(sandbox.service.calls.made) <= 12
        assert "source: sources.source_7\n" in text
        assert text.count("{{ var.") == 60 + 30 + 5
        assert not any(secret in text + imports for secret in SECRETS)
        assert imports.count("- ") == 200

        everything = reloaded(stack, tmp_path / "new", text, imports)
        sandbox.service.calls.made.clear()
        planned = await preview(everything, Question())
        assert (
            len(planned.plan.imports),
            [str(one.address) for one in planned.plan.changes if one.action is not Action.NO_OP],
        ) == (200, [])
        done = await applied(everything)
        assert [
            call for call in sandbox.service.calls.made if call.method not in ("GET",) and "auth" not in call.path
        ] == []
        assert len(sandbox.service.calls.made) <= 40
        record = done.state.records[Address.parse("sources.source_7")]
        sealed = [leaf for _, leaf in leaves(record.applied) if isinstance(leaf, Sealed)]
        assert [one.assumed for one in sealed] == [True]
        assert (await preview(everything, Question())).plan.empty

    in_sandbox(tmp_path, story)


def test_what_is_left_out_of_an_export_is_looked_up_where_something_refers_to_it(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        names = ("sources.s1", "destinations.d1", "destinations.d2", "resources.t1")
        wanted = {name: body for name, body in account().items() if name in names}
        masked: Value = [{"transform": "resources.t1", "topics": ["public.t1"]}]
        ends: Tree = {"source": "sources.s1", "destination": "destinations.d1", "transforms": masked}
        await sandbox.bench.apply({**wanted, "pipelines.p": ends})
        stack = sandbox.bench.stack({**wanted, "pipelines.p": ends})
        text, imports = await exported(stack, but="destinations", nor="resources")
        assert text.partition("\ndestinations:")[2] == (
            """
  destination_1:
    existing: {name: destination-1}

pipelines:
  p:
    source: sources.source_1
    destination: destinations.destination_1
    topics: []
    transforms: [{transform: resources.transform_1, topics: [public.t1]}]
    tags: []

resources:
  transform_1:
    type: transform
    existing: {name: transform-1}
"""
        )
        assert re.findall(r"to: ([\w.]+)", imports) == ["sources.source_1", "pipelines.p"]
        others = reloaded(stack, tmp_path / "new", text, imports)
        await applied(others)
        assert (await preview(others, Question())).plan.empty

    in_sandbox(tmp_path, story)
