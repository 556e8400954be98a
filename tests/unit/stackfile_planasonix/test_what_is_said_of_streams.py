"""What a plan and a drift report say of streams, whole."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from stackfile.engine.drift import look_for_drift
from stackfile.plan.plan import Plan
from stackfile.plan.select import Selection
from stackfile.report.drift_text import DriftNotes, drift_text
from stackfile.report.plan_text import plan_text
from tests.unit.stackfile_planasonix.in_operation import Operated, operated, stream

CONFIG = {"publication": "audit_pub", "slot_name": "audit_slot", "tables": ["public.audit", "public.users"]}
AUDIT = stream("prod_audit_cdc", config=CONFIG, status="running")
WIDER = {**AUDIT, "config": {**CONFIG, "tables": ["public.audit", "public.users", "public.audit_detail"]}}

REPLACED = """\
-/+ streams.audit_cdc   planasonix postgres_cdc "prod_audit_cdc" ID
    impact: DATA LOSS
    config.tables:        2 -> 3 entries                  forces replacement: no update in the API
      + public.audit_detail
    status:               running
    id:                   ID -> (known after apply)
    4 unchanged, 2 not readable (connection, config: compared with the state only)
    Deleting the stream drops replication slot audit_slot: changes made until the new stream's
    snapshot are lost. Instead: leave this stream and add a second one for public.audit_detail.
"""


def block(plan: Plan) -> str:
    text = plan_text(plan).split("\n\n")[1]
    return re.sub(r"\bstr_[0-9a-f]{16}\b", "ID", text) + "\n"


def test_a_replacement_says_what_is_lost_and_the_way_without_a_loss(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        await sandbox.bench.apply({"streams.audit_cdc": AUDIT})
        assert block(await sandbox.bench.plan({"streams.audit_cdc": WIDER})) == REPLACED

    operated(tmp_path, story)


PAUSED = """\
changed  streams.audit_cdc  planasonix postgres_cdc "prod_audit_cdc"
           status: "running" -> "paused"            impact of repair: none; WAL grows meanwhile"""


def test_a_stream_that_somebody_paused_says_that_the_log_grows(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        await sandbox.bench.apply({"streams.audit_cdc": AUDIT})
        sandbox.stored("prod_audit_cdc").fields["status"] = "paused"
        drift = await look_for_drift(sandbox.bench.stack({"streams.audit_cdc": AUDIT}), Selection())
        assert drift_text(drift.drift, DriftNotes(datetime(2026, 11, 21, tzinfo=UTC))).split("\n\n")[1] == PAUSED

    operated(tmp_path, story)
