"""A catalogue of the service's own: what its answers are taken to mean, and what a plan makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stackfile.errors import AuthFailed, DiagnosticError, ProviderError
from stackfile.language.load import load
from stackfile.language.lockfile import Lock, lock_text, read_lock
from stackfile.language.stackfile import Inputs
from stackfile.plan.plan import Action
from stackfile.registry import Registry
from stackfile.report.catalogues import changes_text, compared
from stackfile.sdk.catalogue import CatalogueWrong, KeepsCatalogue
from stackfile.testing.bench import Bench
from stackfile.testing.simulated import simulated
from stackfile.values import Tree
from stackfile_streamkap import Streamkap
from stackfile_streamkap.catalogue.described import Undescribed, connectors_in
from stackfile_streamkap.catalogue.entries import BuiltIn
from stackfile_streamkap.catalogue.locked import Locked, built_in
from stackfile_streamkap.kinds.source import Sources
from stackfile_streamkap.simulator.definitions import later
from tests.conformance.streamkap_cases import POSTGRES
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

LATER = """\
streamkap: 3 connectors differ: 1 added, 1 removed, 1 changed.
+ sources.new_ledger        4 keys
~ sources.postgresql
  ~ database.sslmode        enum: require|disable -> require|disable|verify-full
  - post.processors         text, enum: reselector
  + snapshot.chunk.rows     integer, default: 1000, max: 5000, min: 1, rows that are read at once
- destinations.motherduck   42 keys"""


def test_the_provider_keeps_a_catalogue() -> None:
    assert issubclass(Streamkap, KeepsCatalogue)


def test_a_service_that_is_no_newer_describes_what_the_provider_comes_with(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        provider = await sandbox.connect()
        assert await provider.catalogue() == built_in() == Streamkap.known()
        assert sandbox.asked("GET /sources/connectors") == sandbox.asked("GET /destinations/connectors") == 1

    in_sandbox(tmp_path, story)


def test_what_a_later_service_has_is_told_and_kept(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        provider = await sandbox.connect(client_id="sandbox-later")
        found = await provider.catalogue()
        assert changes_text("streamkap", compared(Streamkap.known(), found)) == LATER
        kept = read_lock(lock_text({"streamkap": found}).encode(), "stack.lock").catalogues["streamkap"]
        assert compared(Streamkap.with_catalogue(kept).known(), await provider.catalogue()) == ()

    in_sandbox(tmp_path, story)


def test_wrong_credentials_are_told_as_everywhere(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        provider = await sandbox.connect(secret="not-the-one")
        with pytest.raises(AuthFailed, match="STREAMKAP_CLIENT_ID and STREAMKAP_SECRET"):
            await provider.catalogue()

    in_sandbox(tmp_path, story)


def _described(**said: Any) -> dict[str, Any]:
    value = said.pop("value", {})
    return {"name": "k", "user_defined": True, "value": {"control": "string", **value}, **said}


MEANT: Mapping[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "text": (_described(), {"type": "text"}),
    "no value at all": ({"name": "k", "value": None}, {"type": "text"}),
    "a number in its range": (
        _described(value={"control": "number", "default": "5", "min": 1.0, "max": "9"}),
        {"type": "integer", "default": 5, "min": 1, "max": 9},
    ),
    "a slider without a default": (_described(value={"control": "slider", "default": ""}), {"type": "integer"}),
    "a toggle": (_described(value={"control": "toggle", "default": "False"}), {"type": "boolean", "default": False}),
    "one of several": (
        _described(value={"control": "one-select", "default": "a", "raw_values": ["a", {"value": "b", "label": "B"}]}),
        {"type": "text", "default": "a", "enum": ["a", "b"]},
    ),
    "one of several that the service looks up": (
        _described(value={"control": "one-select", "type": "dynamic", "raw_values": ["a"], "default": "a"}),
        {"type": "text"},
    ),
    "several": (_described(value={"control": "multi-select", "raw_values": ["a", "b"]}), {"type": "list"}),
    "JSON": (_described(value={"control": "json"}), {"type": "json"}),
    "a secret": (_described(encrypt=True, required=True), {"type": "text", "secret": True, "required": True}),
    "a password": (_described(value={"control": "password"}), {"type": "text", "secret": True}),
    "set once": (_described(set_once=True), {"type": "text", "replaces": True}),
    "made by the service": (
        _described(required=True, value={"default": "<SSH.PUBLIC.KEY>"}),
        {"type": "text", "server": True},
    ),
    "read only": (_described(user_defined=False, value={"readonly": True}), {"type": "text", "server": True}),
    "required under a condition": (
        _described(required=True, conditions=[{"operator": "EQ", "config": "ssl", "value": "true"}]),
        {"type": "text", "when": {"ssl": True}},
    ),
    "required under a condition that is not known here": (
        _described(required=True, conditions=[{"operator": "NE", "config": "ssl", "value": "true"}]),
        {"type": "text"},
    ),
    "required, with a default that fills it": (
        _described(required=True, value={"control": "number", "default": "5432"}),
        {"type": "integer", "default": 5432},
    ),
    "said what it is for": (_described(description="what  it\nis for"), {"type": "text", "about": "what it is for"}),
    "not for users": (_described(user_defined=False), None),
    "gone": (_described(is_deleted=True), None),
}


@pytest.mark.parametrize("case", MEANT)
def test_a_key_as_the_service_describes_it(case: str) -> None:
    described, meant = MEANT[case]
    found = connectors_in("sources", [{"connector_code": "new_one", "config": [described, "?"]}])
    assert found == {"new_one": {} if meant is None else {"k": meant}}
    Locked({"sources": found}).connector("sources", "new_one")


def test_of_a_key_that_is_described_twice_only_what_surely_holds_is_checked() -> None:
    twice = [
        _described(required=True, value={"control": "one-select", "raw_values": ["a"]}, encrypt=True),
        _described(value={"control": "number", "max": 3}, set_once=True),
    ]
    found = connectors_in("sources", [{"connector_code": "new_one", "config": twice}])
    assert found == {"new_one": {"k": {"type": "text", "secret": True, "replaces": True}}}


def test_what_only_people_know_of_a_key_stays() -> None:
    """The service does not tell a list with commas from a text, and has no Terraform names."""
    described = [{"name": "table.include.list.user.defined", "required": True, "value": {"control": "textarea"}}]
    found = connectors_in("sources", {"result": [{"connector_code": "postgresql", "config": described}]})
    assert found == {"postgresql": {"table.include.list.user.defined": {"type": "commas", "required": True}}}
    key = Locked({"sources": found}).connector("sources", "postgresql").keys["table.include.list.user.defined"]
    assert (key.terraform, key.about) == ("table_include_list", "tables to capture, comma separated")


def test_a_key_that_was_a_secret_stays_one_whatever_the_service_says() -> None:
    described = [{"name": "database.password", "required": True, "value": {"control": "string"}}]
    found = connectors_in("sources", [{"connector_code": "postgresql", "config": described}])
    assert found["postgresql"]["database.password"]["secret"] is True
    edited = Locked({"sources": {"postgresql": {"database.password": {"type": "text"}}}})
    assert edited.connector("sources", "postgresql").keys["database.password"].secret


def test_a_connector_that_is_only_announced_is_left_out() -> None:
    listed = [{"connector_code": name, "config": [], "coming_soon": name == "b"} for name in "cab"]
    assert connectors_in("sources", listed) == {"a": {}, "c": {}}


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, "<html>", ["x"], [{"connector_code": "a"}], [{"config": []}], {"result": []}],
    ids=str,
)
def test_an_answer_that_describes_nothing_is_refused(answer: object) -> None:
    with pytest.raises(Undescribed):
        connectors_in("sources", answer)


class _Nothing(BuiltIn):
    def names(self, section: str) -> tuple[str, ...]:
        return ()


def test_a_host_that_is_another_service_is_told(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        provider = await sandbox.connect()
        sandbox.project.offers = _Nothing()
        with pytest.raises(ProviderError, match="GET /sources/connectors: an answer without connectors; is the host"):
            await provider.catalogue()

    in_sandbox(tmp_path, story)


WRONG: Mapping[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "no type": ({}, (), "it has no `type`"),
    "a type that is none": ({"type": "txt"}, ("type",), "it should be one of text, integer, boolean, "),
    "a fact that is none": ({"type": "text", "requird": True}, ("requird",), "there is no such fact; known: type, "),
    "a flag that is false": ({"type": "text", "secret": False}, ("secret",), "it should be true, or not there"),
    "a bound that is text": ({"type": "integer", "max": "9"}, ("max",), "it should be a whole number"),
    "values that are none": ({"type": "text", "enum": []}, ("enum",), "it should be a list of texts"),
    "a default that is a map": ({"type": "text", "default": {}}, ("default",), "it should be text, a number"),
    "a condition that is text": ({"type": "text", "when": "x"}, ("when",), "it should be a map of keys with values"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_lock_that_somebody_has_edited_is_refused_where_it_is_wrong(case: str) -> None:
    facts, path, says = WRONG[case]
    with pytest.raises(CatalogueWrong) as raised:
        Streamkap.with_catalogue({"sources": {"pg": {"k": facts}}})
    assert raised.value.path == ("sources", "pg", "k", *path)
    assert raised.value.says.startswith(says)


def test_a_section_that_the_provider_has_not_is_refused() -> None:
    with pytest.raises(CatalogueWrong, match="streams: it has sources and destinations only"):
        Streamkap.with_catalogue({"streams": {}})


_HEAD = """version: 1
name: shop
providers: {streamkap: {client_id: id, secret: s3cret-of-the-token}}
"""
_PG = """sources:
  pg:
    connector: postgresql
    config:
      database.hostname.user.defined: db
      database.user: cdc
      database.password: hunter22-secret
      database.dbname: shop
      schema.include.list: public
      table.include.list.user.defined: [public.orders]
"""


def _lock() -> Lock:
    return read_lock(lock_text({"streamkap": later().catalogue}).encode(), "stack.lock")


def _told(text: str, lock: Lock | None) -> list[str]:
    try:
        found = load(f"{_HEAD}{text}".encode(), "stack.yaml", Inputs(), Registry(lambda: lock)).warnings
    except DiagnosticError as error:
        found = error.diagnostics
    return [f"{one.code}: {one.message.removeprefix('sources.pg: ')}" for one in found]


_UNLISTED = (
    'config-key-unlisted: `config["{}"]` is no key of postgresql that is known here: it is sent as it is written'
)
PLANNED = {
    "a key that is new": (
        f"{_PG}      snapshot.chunk.rows: 9000\n",
        [_UNLISTED.format("snapshot.chunk.rows")],
        ['type-wrong: `config["snapshot.chunk.rows"]` should be less than or equal to 5000'],
    ),
    "a slip in a key that is new": (
        f"{_PG}      snapshot.chunk.row: 90\n",
        [_UNLISTED.format("snapshot.chunk.row")],
        ["config-key-unknown: streamkap postgresql has no key `snapshot.chunk.row`"],
    ),
    "a value that is new": (
        f"{_PG}      database.sslmode: verify-full\n",
        ["type-wrong: `config[\"database.sslmode\"]` should be 'require' or 'disable'"],
        [],
    ),
    "a key that is gone": (
        f"{_PG}      post.processors: reselector\n",
        [],
        [_UNLISTED.format("post.processors")],
    ),
    "a connector that is new": (
        "sources: {pg: {connector: new_ledger, config: {ledger.url: u}}}\n",
        [
            "connector-unlisted: `new_ledger` is no streamkap source connector that is known here: "
            "its keys are not checked"
        ],
        ['field-missing: `config["ledger.token"]` is required'],
    ),
    "Terraform's name, still": (
        f"{_PG}      database_sslmode: disable\n",
        ["config-key-unknown: streamkap postgresql has no key `database_sslmode`"],
        ["config-key-unknown: streamkap postgresql has no key `database_sslmode`"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PLANNED)
def test_a_lock_counts_when_a_stackfile_is_checked(case: str) -> None:
    text, without, beside = PLANNED[case]
    assert (_told(text, None), _told(text, _lock())) == (without, beside)


def test_a_lock_is_read_only_where_a_provider_keeps_a_catalogue() -> None:
    asked: list[str] = []
    registry = Registry(lambda: asked.append("read"))
    assert registry.provider("local").name == "local"
    assert asked == []
    assert registry.provider("streamkap") is Streamkap
    assert asked == ["read"]


def test_a_connector_of_the_lock_is_applied_and_the_next_plan_is_empty(tmp_path: Path) -> None:
    """Numbers come back as text, the secret not at all, the list with commas or as JSON."""
    config: Tree = {"ledger.url": "u", "ledger.token": "hunter22-ledger", "ledger.books": ["a", "b"]}
    wanted: Mapping[str, Tree] = {
        "sources.ledger": {"connector": "new_ledger", "config": config},
        "sources.pg": {**POSTGRES, "config": {**_config(POSTGRES), "snapshot.chunk.rows": 900}},
    }

    async def story(sandbox: Sandbox) -> None:
        sandbox.project.offers = later()
        locked = Streamkap.with_catalogue(later().catalogue)
        bench = Bench.over(simulated(tmp_path, locked, sandbox.service))
        await bench.apply(wanted)
        assert (await bench.plan(wanted)).changes == ()
        other: Tree = {"connector": "new_ledger", "config": {**config, "ledger.format": "blocks"}}
        (change,) = (await bench.plan({**wanted, "sources.ledger": other})).changes
        assert change.action is Action.REPLACE
        await bench.close()

    in_sandbox(tmp_path, story)


def _config(body: Tree) -> Tree:
    config = body["config"]
    assert isinstance(config, dict)
    return config


def test_a_section_that_a_lock_does_not_have_is_as_it_comes() -> None:
    locked = Locked({"sources": {"new_ledger": {}}, "destinations": {}})
    assert locked.names("sources") == ("new_ledger",)
    assert locked.names("destinations") == BuiltIn().names("destinations")
    assert locked.connector("destinations", "s3") is BuiltIn().connector("destinations", "s3")


def test_what_is_made_of_a_lock_is_made_when_it_is_used_and_once() -> None:
    made = Streamkap.with_catalogue(later().catalogue)
    sources = next(kind for kind in made.kind_types if kind.section == "sources")
    assert issubclass(sources, Sources)
    assert "new_ledger" in sources.variants
    assert "new_ledger" not in Sources.variants
    assert sources.variants["new_ledger"] is sources.variants["new_ledger"]
    assert sources.entry("quantumdb") is None
