"""What is said of a stackfile for Streamkap before any service is asked: misspelt keys, types, conditions."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from jsonschema import Draft7Validator

from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.json_schema import Chosen, json_schema
from stackfile.language.load import load
from stackfile.language.stackfile import Configuration, Inputs
from stackfile.registry import Registry

_HEAD = """version: 1
name: shop
providers: {streamkap: {client_id: id, secret: s3cret-of-the-token}}
"""
_GOOD = {
    "database.hostname.user.defined": "db",
    "database.user": "cdc",
    "database.password": "hunter22-secret",
    "database.dbname": "shop",
    "schema.include.list": "public",
    "table.include.list.user.defined": "[public.orders]",
}


def loaded(text: str, **environ: str) -> Configuration:
    return load(text.encode(), "stack.yaml", Inputs(environ=environ), Registry())


def source(connector: str = "postgresql", without: tuple[str, ...] = (), more: Mapping[str, str] | None = None) -> str:
    keys = {name: value for name, value in _GOOD.items() if name not in without}
    lines = [f"      {name}: {value}" for name, value in {**keys, **(more or {})}.items()]
    return "\n".join([f"{_HEAD}sources:", "  pg:", f"    connector: {connector}", "    config:", *lines, ""])


def told(text: str) -> list[str]:
    """Errors, or else warnings: `code: message | label | last help`."""
    try:
        found = loaded(text).warnings
    except DiagnosticError as error:
        found = error.diagnostics
    return [_line(one) for one in found]


def _line(one: Diagnostic) -> str:
    message = one.message.removeprefix("sources.pg: ")
    return " | ".join(part for part in (f"{one.code}: {message}", one.label, *one.help[-1:]) if part)


_ALL = "all keys: stack providers show streamkap postgresql"
_NO_KEY = "config-key-unknown: streamkap postgresql has no key"
SAID = {
    "a good one": (source(), []),
    "the quickstart's short name": (
        source(without=("database.hostname.user.defined",), more={"database.hostname": "db"}),
        [
            f"{_NO_KEY} `database.hostname` | "
            f"did you mean `database.hostname.user.defined` (required, missing)? | {_ALL}"
        ],
    ),
    "the other short name": (
        source(without=("table.include.list.user.defined",), more={"table.include.list": "a.b"}),
        [
            f"{_NO_KEY} `table.include.list` | "
            f"did you mean `table.include.list.user.defined` (required, missing)? | {_ALL}"
        ],
    ),
    "a name with too much behind it": (
        source(without=("database.user",), more={"database.user.user.defined": "cdc"}),
        [f"{_NO_KEY} `database.user.user.defined` | did you mean `database.user` (required, missing)? | {_ALL}"],
    ),
    "Terraform's name": (
        source(more={"database_sslmode": "disable"}),
        [f"{_NO_KEY} `database_sslmode` | did you mean `database.sslmode`? | {_ALL}"],
    ),
    "Terraform's name of before": (
        source(more={"insert_static_key_field_1": "a"}),
        [f"{_NO_KEY} `insert_static_key_field_1` | did you mean `transforms.InsertStaticKey1.static.field`? | {_ALL}"],
    ),
    "a slip": (
        source(more={"heartbaet.enabled": "true"}),
        [f"{_NO_KEY} `heartbaet.enabled` | did you mean `heartbeat.enabled`? | {_ALL}"],
    ),
    "letters of another size": (
        source(more={"Slot.Name": "x"}),
        [f"{_NO_KEY} `Slot.Name` | did you mean `slot.name`? | {_ALL}"],
    ),
    "a key that only the service may know": (
        source(more={"brand.new.key": "x"}),
        [
            'config-key-unlisted: `config["brand.new.key"]` is no key of postgresql that is known here: '
            "it is sent as it is written | all keys: stack providers show streamkap sources.postgresql"
        ],
    ),
    "another number in a key is no slip": (
        source(more={"transforms.InsertStaticKey3.static.field": "x"}),
        [
            'config-key-unlisted: `config["transforms.InsertStaticKey3.static.field"]` is no key of postgresql that is '
            "known here: it is sent as it is written | all keys: stack providers show streamkap sources.postgresql"
        ],
    ),
    "another word in a key is no slip": (
        source(more={"ssh.private.key.user.displayed": "x"}),
        [
            'config-key-unlisted: `config["ssh.private.key.user.displayed"]` is no key of postgresql that is known '
            "here: it is sent as it is written | all keys: stack providers show streamkap sources.postgresql"
        ],
    ),
    "missing": (
        source(without=("database.user",)),
        ['field-missing: `config["database.user"]` is required | add:  database.user: ...'],
    ),
    "missing under a condition": (
        source(more={"ssh.enabled": "true"}),
        ['field-missing: `config["ssh.host"]` is required | It is required where ssh.enabled is true.'],
    ),
    "a condition that does not hold": (source(more={"ssh.enabled": "'false'"}), []),
    "a wrong type": (
        source(more={"database.port.user.defined": "many"}),
        [
            'type-wrong: `config["database.port.user.defined"]` should be a valid integer | '
            "database.port.user.defined: database port"
        ],
    ),
    "not one of the values": (
        source(more={"database.sslmode": "perhaps"}),
        [
            "type-wrong: `config[\"database.sslmode\"]` should be 'require' or 'disable' | "
            "database.sslmode: TLS mode of the database link"
        ],
    ),
    "too much": (
        source(more={"streamkap.snapshot.parallelism": "11"}),
        [
            'type-wrong: `config["streamkap.snapshot.parallelism"]` should be less than or equal to 10 | '
            "streamkap.snapshot.parallelism: parallel snapshot chunks"
        ],
    ),
    "the service's own": (
        source(more={"ssh.public.key.user.displayed": "x"}),
        ["field-computed: `ssh.public.key.user.displayed` is set by the service | remove it"],
    ),
    "a connector that is misspelt": (
        source(connector="postgres"),
        ["connector-unknown: no streamkap source connector `postgres` | did you mean `postgresql`?"],
    ),
    "a connector that only the service may know": (
        source(connector="quantumdb"),
        [
            "connector-unlisted: `quantumdb` is no streamkap source connector that is known here: "
            "its keys are not checked"
        ],
    ),
}


@pytest.mark.parametrize(("text", "says"), SAID.values(), ids=SAID)
def test_a_stackfile_is_checked_before_any_service_is_asked(text: str, says: list[str]) -> None:
    found = told(text)
    assert [one.partition(" | connectors: ")[0].partition(" | known: ")[0] for one in found] == says


def test_a_connector_that_takes_none_of_the_common_keys_refuses_them() -> None:
    config = {"topic.prefix": "a", "topic.include.list.user.defined": "[a]", "preserve.null.values": "true"}
    lines = [f"      {name}: {value}" for name, value in config.items()]
    text = "\n".join([f"{_HEAD}sources:", "  pg:", "    connector: kafkadirect", "    config:", *lines, ""])
    (line,) = told(text)
    assert line.startswith("config-key-unknown: streamkap kafkadirect has no key `preserve.null.values`")


def test_the_credentials_may_come_from_the_environment() -> None:
    text = source().replace("{client_id: id, secret: s3cret-of-the-token}", "{}")
    environ = {"STREAMKAP_CLIENT_ID": "from-env", "STREAMKAP_SECRET": "secret-from-env", "STREAMKAP_HOST": "http://h"}
    configuration = loaded(text, **environ)
    settings = configuration.providers["streamkap"].settings
    assert (settings["client_id"], str(settings["secret"]), settings["host"]) == ("from-env", "(sensitive)", "http://h")
    assert "secret-from-env" in configuration.secrets


def test_a_provider_whose_settings_are_all_in_the_environment_needs_no_entry() -> None:
    text = source().replace("providers: {streamkap: {client_id: id, secret: s3cret-of-the-token}}", "")
    text = text.replace("    connector", "    provider: streamkap\n    connector")
    environ = {"STREAMKAP_CLIENT_ID": "from-env", "STREAMKAP_SECRET": "secret-from-env"}
    assert loaded(text, **environ).providers["streamkap"].settings["client_id"] == "from-env"


def test_a_missing_credential_names_the_variable() -> None:
    text = source().replace("{client_id: id, secret: s3cret-of-the-token}", "{client_id: id}")
    assert told(text) == [
        "field-missing: providers.streamkap: `secret` is required | or set STREAMKAP_SECRET in the environment"
    ]


def test_a_transform_is_checked_by_its_type() -> None:
    text = f"""{_HEAD}resources:
  pg:
    type: transform
    transform: topic_router
    config: {{transforms.input.job.parallelism: 101, transforms.langauge: SQL}}
"""
    found = [line.replace("resources.pg: ", "") for line in told(text)]
    assert [line.partition(" | ")[0] for line in found] == [
        'field-missing: `config["transforms.input.topic.pattern"]` is required',
        'field-missing: `config["transforms.output.topic.pattern"]` is required',
        'type-wrong: `config["transforms.input.job.parallelism"]` should be less than or equal to 100',
    ]


def test_the_schema_for_editors_takes_what_the_plan_takes() -> None:
    written = {"defaults": {"provider": "streamkap"}, "variables": {"pw": {"sensitive": True}}}
    keys = {**_GOOD, "table.include.list.user.defined": ["public.orders"], "database.password": "{{ var.pw }}"}
    config = {**keys, "ssh.port": 22, "slot.name": 7, "a.new.key": [1], "heartbeat.enabled": False}
    sources = {"pg": {"connector": "postgresql", "config": config}, "odd": {"connector": "quantumdb", "config": {}}}
    known = json_schema(Registry(), Chosen({"streamkap": ("streamkap",)}, "streamkap"))
    document = {"version": 1, "name": "shop", "providers": {"streamkap": {"client_id": "a", "secret": "b"}}, **written}
    checked = Draft7Validator(known)
    assert [error.message for error in checked.iter_errors({**document, "sources": sources})] == []
    wrong = {"pg": {"connector": "postgresql", "config": {**config, "ssh.port": "many"}}}
    assert len(list(checked.iter_errors({**document, "sources": wrong}))) == 1
