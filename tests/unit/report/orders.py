"""The stack of which the expected texts tell: `orders` in `prod`: two tables added, a drift, a stream replaced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any

from stackfile.address import Address
from stackfile.plan.plan import Action, Change, FieldChange, Origin, Plan, ReadSummary, Reason
from stackfile.report.change_text import Notes
from stackfile.sdk.traits import Impact
from stackfile.state.format import Hold
from stackfile.state.format import Origin as AppliedBy
from stackfile.values import Path, Ref, Sensitive, Unknown, Value

OLD_SECRET, NEW_SECRET = "hunter2-old", "hunter2-new"

REFUNDS = Address("pipelines", "refunds")
WAREHOUSE = Address("destinations", "warehouse")
LAKE = Address("destinations", "lake")
ORDERS_PG = Address("sources", "orders_pg")
AUDIT = Address("streams", "audit_cdc")
CLICKS = Address("streams", "clicks_cdc")

TABLES = tuple(f"public.table_{number}" for number in range(38))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def expected(name: str) -> str:
    """The text of a file in `expected/`, which stands beside the tests so that it is reviewed as text."""
    return (FilePath(__file__).parent / "expected" / name).read_text("utf-8")


def change(address: Address, action: Action, **rest: Any) -> Change:
    """A change with what every test would have to say again."""
    kind = address.section.removesuffix("s")
    named: dict[str, Any] = {"provider": "streamkap", "service": "streamkap", "kind": kind, "name": address.key}
    return Change(address=address, action=action, section=address.section, **(named | rest))


def field(path: Path, before: Value, after: Value, **rest: Any) -> FieldChange:
    return FieldChange(path, before, after, **rest)


def plan_of(*changes: Change, **rest: Any) -> Plan:
    plan: dict[str, Any] = {"stack": "orders", "env": "default", "lineage": "l-1", "serial": 3}
    return Plan(**(plan | {"changes": changes} | rest))


def _refunds() -> Change:
    desired: Mapping[str, Value] = {
        "name": "prod-refunds",
        "source": Ref(ORDERS_PG, "64f0b7aa"),
        "destination": Ref(LAKE, "64f0c1ff"),
        "topics": ["public.refunds", "public.refund_items"],
        "snapshot_new_tables": True,
    }
    return change(REFUNDS, Action.CREATE, name="prod-refunds", desired=desired, depends_on=(LAKE, ORDERS_PG))


def _warehouse() -> Change:
    drifted = field(("config", "hard.delete"), False, True, origin=Origin.DRIFT, applied=True)
    return change(
        WAREHOUSE,
        Action.UPDATE,
        name="prod-warehouse",
        id="64f0c1d2",
        fields=(drifted,),
        unchanged=11,
        desired={"name": "prod-warehouse", "connector": "snowflake", "config": {"hard.delete": True}},
        live={
            "name": "prod-warehouse",
            "connector": "snowflake",
            "config": {"hard.delete": False},
            "status": "running",
        },
        impact=Impact.RESTART,
        impact_says=(
            "The connector restarts.",
            "Rows deleted at the source since the drift stay in Snowflake.",
        ),
    )


def _orders_pg() -> Change:
    tables = [*TABLES, "public.refunds", "public.refund_items"]
    key = "table.include.list.user.defined"
    return change(
        ORDERS_PG,
        Action.UPDATE,
        name="prod-orders-pg",
        id="64f0b7aa",
        fields=(
            field(("config", "database.password"), Sensitive(OLD_SECRET), Sensitive(NEW_SECRET)),
            field(("config", key), list(TABLES), list(tables)),
        ),
        unchanged=14,
        desired={
            "name": "prod-orders-pg",
            "connector": "postgresql",
            "config": {"database.password": Sensitive(NEW_SECRET), key: list(tables)},
        },
        live={"name": "prod-orders-pg", "connector": "postgresql", "config": {key: list(TABLES)}},
        impact=Impact.RESTART,
        impact_says=(
            "The connector restarts and goes on from its slot; no change is lost.",
            "The 2 new tables are snapshotted (pipelines.orders has snapshot_new_tables: true); the other 38 are not "
            "read again.",
        ),
    )


def _audit() -> Change:
    before, after = ["public.audit", "public.audit_log"], ["public.audit", "public.audit_log", "public.audit_detail"]
    tables = field(("config", "tables"), before, after, forces_replacement=True, because="no update in the API")
    return change(
        AUDIT,
        Action.REPLACE,
        provider="planasonix",
        service="planasonix",
        kind="postgres_cdc",
        name="prod_audit_cdc",
        id="str_01j9k9z0",
        reason=Reason.CANNOT_UPDATE,
        fields=(tables,),
        unchanged=2,
        unread=("connection",),
        desired={"name": "prod_audit_cdc", "config": {"tables": after}, "connection": Unknown(("connections.pg.id",))},
        live={"name": "prod_audit_cdc", "config": {"tables": before}, "status": "running"},
        impact=Impact.DATA_LOSS,
        impact_says=(
            "Deleting the stream drops replication slot audit_slot: changes made until the new stream's snapshot are "
            "lost.",
            "Instead: leave this stream and add a second one for public.audit_detail.",
        ),
    )


def orders_plan() -> Plan:
    """Section by section what examples of output begin with: one create, two updates, one replace."""
    return Plan(
        stack="orders",
        env="prod",
        lineage="5f2c",
        serial=212,
        changes=(_refunds(), _warehouse(), _orders_pg(), _audit()),
        unchanged=93,
        unmanaged={"streamkap": 8},
        read=ReadSummary((("streamkap", 91), ("planasonix", 13)), 4, 1.2),
        applied_by=AppliedBy(by="ana", commit="3f9c2d1e0a", at=at("2026-11-20T14:02:31")),
        backend="postgres",
        made_at=at("2026-11-20T16:40:00"),
        holds={CLICKS: Hold("paused", "INC-4312", "ana", at("2026-11-21T09:00:00"))},
    )


def orders_notes() -> Notes:
    return Notes(
        apply="stack apply plan.json",
        saved_to="plan.json",
        list_unmanaged="stack drift --unmanaged",
    )
