"""What takes a workspace over: an export, another stack made of it, and its apply."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from stackfile.engine.apply import Orders
from stackfile.engine.exporter import look_at_everything
from stackfile.engine.operate import Approval, execute
from stackfile.engine.preview import Stack
from stackfile.language.load import load
from stackfile.language.stackfile import Inputs
from stackfile.plan.export import Exporter, addresses
from stackfile.plan.question import Question
from stackfile.registry import Registry
from stackfile.report.export_yaml import Heading, imports_text, stackfile_text
from stackfile.state.format import Origin
from stackfile.testing.bench import quick_store
from stackfile_planasonix.simulator import KEY
from tests.unit.stackfile_planasonix.in_operation import ANA, Operated

WRITTEN = {"PLANASONIX_API_KEY": KEY, "PLANASONIX_BASE_URL": "http://simulator.test"}


async def exported(stack: Stack) -> tuple[str, str]:
    every = addresses(await look_at_everything(stack, ["planasonix"]))
    exporter = Exporter(every)
    written = [exporter.write(address, found) for address, found in every.items()]
    heading = Heading(stack.configuration.stack, {"planasonix": {}}, {}, "planasonix")
    return stackfile_text(heading, written), imports_text(written)


def reloaded(stack: Stack, folder: Path, text: str, imports: str) -> Stack:
    """Another stack, without any state, from what was written; a value for each secret."""
    secrets = re.findall(r"(?m)^  (\w+):\n    type: string", text)
    environ = {**WRITTEN, **{f"STACK_VAR_{name}": f"what-is-there-{name}" for name in secrets}}
    inputs = Inputs(environ=environ, read_file=lambda name: imports.encode(), list_files=lambda pattern: [pattern])
    configuration = load(text.encode(), "stack.yaml", inputs, Registry())
    return replace(stack, configuration=configuration, catalog=Registry(), store=quick_store(folder))


async def applied(stack: Stack) -> None:
    done = await execute(stack, Question(), Approval(lambda planned: True, Orders(), ANA, Origin()))
    assert done is not None
    assert [report.error for report in done.reports.values() if report.error is not None] == []


def changed(at: Operated) -> list[str]:
    """What was asked of the service beside reading."""
    return [f"{call.method} {call.path}" for call in at.service.calls.made if call.method != "GET"]
