"""Every endpoint that Streamkap's API quickstart names is asked by some command or kind, and the page says which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from stackfile.cli.faring import Faring
from stackfile.sdk.operations import OffsetsReset, SnapshotRequest
from stackfile.values import Tree
from stackfile_streamkap.kinds.source import Sources
from tests.conformance.streamkap_cases import ENDS, POSTGRES
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

PAGE = Path(__file__).parents[3] / "docs" / "providers" / "streamkap.md"
QUICKSTART = (
    "POST /auth/access-token",
    "POST /auth/access-token/refresh",
    "GET /sources",
    "POST /sources",
    "GET /sources/{id}",
    "PUT /sources/{id}",
    "GET /sources/{id}/metrics",
    "POST /sources/execute_incremental_snapshot",
    "POST /sources/stop_incremental_snapshot",
    "POST /destinations",
    "POST /pipelines",
    "GET /pipelines/{id}",
    "GET /pipelines/{id}/metrics",
    "GET /consumer-groups",
    "GET /consumer-groups/{id}",
)
STACK: Mapping[str, Tree] = {
    **ENDS,
    "pipelines.orders": {"source": "sources.orders_pg", "destination": "destinations.warehouse"},
}
MORE = {**POSTGRES, "config": {**POSTGRES["config"], "table.include.list.user.defined": ["public.orders"]}}  # type: ignore[dict-item]


def test_every_endpoint_of_the_quickstart_is_asked(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(STACK)
        await sandbox.bench.apply({**STACK, "sources.orders_pg": MORE})
        faring = Faring(sandbox.bench.stack(STACK), ())
        await faring.look()
        await faring.close()
        provider = await sandbox.connect()
        sources = next(kind for kind in provider.kinds if isinstance(kind, Sources))
        (live,) = await sources.list_all()
        await sources.snapshot(live, SnapshotRequest())
        await sources.stop_snapshot(live)
        await sandbox.service.clock.sleep(3590)
        await provider.reset_offsets(OffsetsReset("connect-warehouse", "earliest"))
        await provider.close()
        await sandbox.bench.apply({})
        asked = {f"{call.method} {_shape(call.path)}" for call in sandbox.service.calls.made if call.status == 200}
        assert sorted(set(QUICKSTART) - asked) == []

    in_sandbox(tmp_path, story)


def test_the_page_names_each_endpoint_and_what_uses_it() -> None:
    rows = dict(re.findall(r"(?m)^\| `((?:GET|POST|PUT|DELETE) [^`]+)` \| (.+) \|$", PAGE.read_text("utf-8")))
    assert set(rows) == set(QUICKSTART)
    assert [endpoint for endpoint, use in rows.items() if "yet" in use or not use.strip()] == []


def _shape(path: str) -> str:
    path = re.sub(r"(?<=/)[0-9a-f]{24}", "{id}", path)
    return re.sub(r"^/consumer-groups/[^/]+", "/consumer-groups/{id}", path)
