"""What a failed apply of streams says, whole: refused fields, names that are taken, streams that do not come to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from stackfile.values import Tree
from tests.unit.stackfile_planasonix.in_operation import Operated, operated, stream

AUDIT = stream("audit", config={"slot_name": "audit_slot", "tables": ["public.audit"]})
BROKEN = stream("audit", config={"slot_name": "audit_slot", "tables": ["public.users"], "broken": "no pub"})


class Case(NamedTuple):
    """A stack that is there before, what is done to the workspace then, and the stack that is applied."""

    before: Mapping[str, Tree]
    meanwhile: Callable[[Operated], object]
    after: Mapping[str, Tree]
    says: str = ""


def nothing(sandbox: Operated) -> None:
    pass


CASES: dict[str, Case] = {
    "a pipeline that does not exist": Case(
        {},
        lambda sandbox: sandbox.workspace.add("pipelines", "pl", {"name": "another"}),
        {"streams.audit": AUDIT},
        """\
Apply failed: 0 done, 1 failed, 0 skipped (of 1), TIME. The state is saved, serial 0.

FAILED   streams.audit   not created
           Planasonix refused: 400 on POST /api/streams, request req-N
           pipeline: pipeline pl_1 does not exist (unknown)
           stack.yaml:14:7   id: pl_1

Next:
  stack apply        try the 1 open change again, after a fresh check
  stack plan         or see everything anew; nothing is created twice
""",
    ),
    "a stream that goes into error as it starts": Case(
        {},
        nothing,
        {"streams.audit": {**AUDIT, "config": {"broken": "publication audit_pub not found"}}},
        """\
Apply failed: 0 done, 1 failed, 0 skipped (of 1), TIME. The state is saved, serial 2.

FAILED   streams.audit   HALF DONE: created as str_629f6fbed82c07cd, not running
           Planasonix: status error; last: "publication audit_pub not found"

Most urgent: streams.audit is half done. Next:
  stack status streams.audit        what the service says now
  stack apply                       try the 1 open change again, after a fresh check
  stack plan                        or see everything anew; nothing is created twice
""",
    ),
    "a stream that goes on starting": Case(
        {},
        nothing,
        {"streams.audit": {**AUDIT, "config": {"slow": True}}},
        """\
Apply failed: 0 done, 1 failed, 0 skipped (of 1), 10 m. The state is saved, serial 2.

FAILED   streams.audit   HALF DONE: created as str_629f6fbed82c07cd, not running
           Planasonix: not ready after TIME; last: starting

Most urgent: streams.audit is half done. Next:
  stack status streams.audit        what the service says now
  stack apply                       try the 1 open change again, after a fresh check
  stack plan                        or see everything anew; nothing is created twice
""",
    ),
    "a replacement that does not come to run": Case(
        {"streams.audit": AUDIT},
        nothing,
        {"streams.audit": BROKEN},
        """\
Apply failed: 0 done, 1 failed, 0 skipped (of 1), TIME. The state is saved, serial 3.

FAILED   streams.audit   HALF DONE: old stream deleted, new one str_e3e70682c2094cac is there, not
                         running
           Planasonix: status error; last: "no pub"
           No changes of its tables are captured since AT UTC.

Most urgent: streams.audit is half done. Next:
  stack status streams.audit        what the service says now
  stack apply                       try the 1 open change again, after a fresh check
  stack plan                        or see everything anew; nothing is created twice
""",
    ),
    "a replacement of a stream that was paused": Case(
        {"streams.audit": {**AUDIT, "status": "paused"}},
        nothing,
        {"streams.audit": {**BROKEN, "status": "running"}},
        """\
Apply failed: 0 done, 1 failed, 0 skipped (of 1), TIME. The state is saved, serial 3.

FAILED   streams.audit   HALF DONE: old stream deleted, new one str_e3e70682c2094cac is there, not
                         running
           Planasonix: status error; last: "no pub"

Most urgent: streams.audit is half done. Next:
  stack status streams.audit        what the service says now
  stack apply                       try the 1 open change again, after a fresh check
  stack plan                        or see everything anew; nothing is created twice
""",
    ),
    "a replacement that is refused": Case(
        {"streams.audit": AUDIT},
        lambda sandbox: sandbox.workspace.add("pipelines", "pl", {"name": "another"}),
        {"streams.audit": {**AUDIT, "pipeline": {"id": "pl_2"}}},
        """\
Apply failed: 0 done, 1 failed, 0 skipped (of 1), TIME. The state is saved, serial 3.

FAILED   streams.audit   HALF DONE: old stream deleted, the new one is not there
           Planasonix refused: 400 on POST /api/streams, request req-N
           pipeline: pipeline pl_2 does not exist (unknown)
           stack.yaml:14:7   id: pl_2
           No changes of its tables are captured since AT UTC.

Most urgent: streams.audit is half done. Next:
  stack status streams.audit        what the service says now
  stack apply                       try the 1 open change again, after a fresh check
  stack plan                        or see everything anew; nothing is created twice
""",
    ),
    "active consumers": Case(
        {"streams.audit": {**AUDIT, "config": {"consumers": 2}}},
        nothing,
        {"streams.audit": AUDIT},
        """\
Apply failed: 0 done, 1 failed, 0 skipped (of 1), TIME. The state is saved, serial 2.

FAILED   streams.audit   not replaced
           Planasonix refused: 409 on DELETE /api/streams/str_629f6fbed82c07cd, request req-N: the
           stream has active consumers; to delete it all the same, apply it with force_destroy: true
           first

Next:
  stack status streams.audit        what the service says now
  stack apply                       try the 1 open change again, after a fresh check
  stack plan                        or see everything anew; nothing is created twice
""",
    ),
    "active consumers, and force_destroy": Case(
        {"streams.audit": {**AUDIT, "config": {"consumers": 2}}},
        nothing,
        {"streams.audit": {**AUDIT, "force_destroy": True}},
        "Apply complete! Resources: 1 added, 0 changed, 1 destroyed. TIME, serial 3.\n",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_a_failed_apply_says_what_became_of_each_stream(what: str, tmp_path: Path) -> None:
    case = CASES[what]

    async def story(sandbox: Operated) -> None:
        if case.before:
            await sandbox.bench.apply(case.before)
        case.meanwhile(sandbox)
        assert await sandbox.told(case.after) == case.says

    operated(tmp_path, story)
