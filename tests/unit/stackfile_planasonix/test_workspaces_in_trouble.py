"""A workspace that is odd, wrong or hard-pressed: settings, limits, lists, refusals, objects that others changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackfile.errors import ProviderError
from stackfile_planasonix.simulator.workspace import FREE_KEY
from tests.unit.stackfile_planasonix.in_operation import Operated, operated, stream

MISSING = "write path_prefix: /v1 where the workspace's paths have a version"
TOO_MUCH = "neither in base_url nor in path_prefix, unless the workspace's paths have it"
SETTINGS: dict[str, tuple[dict[str, str], str, str]] = {
    "a key that is not valid": (
        {"api_key": "plnx_live_no"},
        "",
        "401 on GET /api/streams, request req-1: the API key is not valid; is api_key a key of this workspace? It "
        "stands under `providers:`, or in PLANASONIX_API_KEY",
    ),
    "a plan without streams": (
        {"api_key": FREE_KEY},
        "",
        "403 on GET /api/streams, request req-1: streaming needs the Premium plan; what the key may do depends on its "
        "scopes, the workspace's plan, and the addresses that it lets in",
    ),
    "a prefix that is missing": (
        {"base_url": "http://simulator.test"},
        "/v1",
        f"404 on GET /api/streams, request req-1: there is no /api/streams at http://simulator.test: {MISSING}",
    ),
    "a prefix where there is none": (
        {"path_prefix": "/v1"},
        "",
        "404 on GET /api/streams, request req-1: there is no /api/streams at http://simulator.test/v1: "
        f"write /v1 {TOO_MUCH}",
    ),
    "a prefix that stands there twice": (
        {"base_url": "http://simulator.test/v1/v1"},
        "/v1",
        "404 on GET /api/streams, request req-1: there is no /api/streams at http://simulator.test/v1/v1: "
        f"write /v1/v1 {TOO_MUCH}",
    ),
    "a url that is of the website": (
        {"base_url": "http://simulator.test/login"},
        "",
        "404 on GET /api/streams, request req-1: there is no /api/streams at http://simulator.test/login: "
        f"write /login {TOO_MUCH}",
    ),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_settings_that_lead_nowhere_say_what_to_write(what: str, tmp_path: Path) -> None:
    settings, prefix, says = SETTINGS[what]

    async def story(sandbox: Operated) -> None:
        planasonix = await sandbox.connect(**settings)
        with pytest.raises(ProviderError) as raised:
            await planasonix.scope()
        assert str(raised.value) == says

    operated(tmp_path, story, prefix)


@pytest.mark.parametrize(
    ("base", "prefix"),
    [
        ("http://simulator.test/v1", ""),
        ("http://simulator.test", "v1"),
        ("http://simulator.test/", "/v1/"),
        ("http://simulator.test/v1/", "/v1"),
        ("http://simulator.test/v1/api", ""),
    ],
)
def test_a_version_in_the_paths_counts_once_however_it_is_written(base: str, prefix: str, tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        planasonix = await sandbox.connect(base_url=base, path_prefix=prefix)
        assert str(await planasonix.scope()) == "planasonix:simulator.test"

    operated(tmp_path, story, "/v1")


def test_an_organization_is_sent_along_and_tells_one_workspace_from_another(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        sandbox.workspace.front.organization = "org_7"
        planasonix = await sandbox.connect(organization_id="org_7")
        assert str(await planasonix.scope()) == "planasonix:org_7"
        with pytest.raises(ProviderError, match=r"403 .* req-2: the key is of organization org_7"):
            await (await sandbox.connect()).scope()

    operated(tmp_path, story)


def test_a_limit_is_kept_to_and_not_run_into(tmp_path: Path) -> None:
    """But by what was under way already when it was told."""

    async def story(sandbox: Operated) -> None:
        planasonix = await sandbox.connect()
        sandbox.workspace.front.allowance = 6
        for _ in range(20):
            await planasonix.scope()
        assert {call.status for call in sandbox.service.calls.made} == {200}
        assert sandbox.workspace.now > 120
        sandbox.workspace.front.allowance = 2
        await sandbox.bench.apply({f"streams.s{n}": stream(f"s{n}") for n in range(5)})
        assert {call.status for call in sandbox.service.calls.made} <= {200, 201, 429}

    operated(tmp_path, story)


CIRCLE = "GET /api/streams: the list cannot be read to its end: two pages are the same"
REPEATED = {
    "an envelope without meta": ("no-meta", 2, ""),
    "an envelope without meta, and more than a page": ("no-meta", 101, ""),
    "no envelope at all": ("bare", 2, ""),
    "a last page that leads to itself": ("itself", 2, ""),
    "a last page that leads to the first": (
        "circle",
        2,
        "GET /api/streams: the list cannot be read to its end: two pages are the same",
    ),
}


@pytest.mark.parametrize("what", REPEATED)
def test_a_list_that_is_odd_is_read_or_refused_and_never_cut_short(what: str, tmp_path: Path) -> None:
    lists, count, says = REPEATED[what]

    async def story(sandbox: Operated) -> None:
        ours = {f"streams.s{n}": stream(f"s{n}") for n in range(count)}
        await sandbox.bench.apply(ours)
        sandbox.workspace.front.lists = lists  # type: ignore[assignment]
        plan = await sandbox.bench.plan(ours)
        assert [one.says for one in plan.skipped] == ([says] if says else [])
        assert not plan.changes

    operated(tmp_path, story)


def test_errors_that_are_no_json_are_told_as_they_are(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        sandbox.workspace.front.plain_errors = True
        planasonix = await sandbox.connect()
        with pytest.raises(ProviderError, match="400 on POST /api/streams, request req-1: name is required"):
            await planasonix.client.request("POST", "/api/streams", json={})

    operated(tmp_path, story)
