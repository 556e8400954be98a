"""A secret in plain text is told at plan, with what to write instead at that very place."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackfile.errors import Severity
from stackfile.values import Sensitive, print_path
from stackfile_redpanda_connect import RedpandaConnect
from stackfile_redpanda_connect.advice import secrets_in_clear

KINDS = RedpandaConnect.kind_types
STILL = "it is in no file then, but the engine still shows it"
VARIABLE = f"or take it from a variable that is `sensitive: true`: {STILL}"
SENDS = "it reads it when it sends, and never shows it"

CASES = {
    "a header": (
        "output: {http_client: {url: u, headers: {Authorization: Bearer abc}}}",
        "config.output.http_client.headers.Authorization",
        f'write Bearer ${{! env("AUTHORIZATION") }} and set AUTHORIZATION for the engine: {SENDS}',
    ),
    "a header without a scheme": (
        "input: {http_client: {url: u, headers: {X-Api-Key: abc}}}",
        "config.input.http_client.headers.X-Api-Key",
        f'write ${{! env("X_API_KEY") }} and set X_API_KEY for the engine: {SENDS}',
    ),
    "the address that is called": (
        "output: {http_client: {url: 'https://ada:pw@x'}}",
        "config.output.http_client.url",
        f'write ${{! env("PASSWORD") }} and set PASSWORD for the engine: {SENDS}',
    ),
    "any other address": (
        "redis: {url: 'redis://:pw@cache'}",
        "config.redis.url",
        f"write ${{PASSWORD}} and set PASSWORD for the engine: {STILL}",
    ),
    "a DSN": (
        "sql_insert: {dsn: 'u:p@tcp(h)/d'}",
        "config.sql_insert.dsn",
        f"write ${{DSN}} and set DSN for the engine: {STILL}",
    ),
    "a password": (
        "kafka: {sasl: [{password: p}]}",
        "config.kafka.sasl[0].password",
        f"write ${{PASSWORD}} and set PASSWORD for the engine: {STILL}",
    ),
    "a certificate's key": (
        "tls: {client_certs: [{cert: pem, key: pem}]}",
        "config.tls.client_certs[0].key",
        "name a file on the engine's machine in `key_file` instead: the engine shows no more than its path",
    ),
}


@pytest.mark.parametrize(("text", "path", "instead"), CASES.values(), ids=CASES.keys())
def test_what_to_write_instead(text: str, path: str, instead: str) -> None:
    [problem] = secrets_in_clear("config", yaml.safe_load(text))
    assert (print_path(problem.path), problem.help) == (path, (instead, VARIABLE))
    assert (problem.code, problem.severity) == ("secret-in-clear", Severity.WARNING)


@pytest.mark.parametrize(
    "config",
    [{"password": Sensitive("p")}, {"password": "${PASSWORD}"}, {"tls": {"root_cas": "a certificate"}}, None],
    ids=["from a variable", "the engine's environment", "what anybody may see", "no config"],
)
def test_nothing_is_said_of(config: Any) -> None:
    assert list(secrets_in_clear("config", config)) == []


def test_every_kind_that_takes_a_config_says_it() -> None:
    fields = {kind.name: "processors" if kind.section == "pipelines" else "config" for kind in KINDS}
    said = {
        kind.name: [
            print_path(one.path) for one in kind.model.review({fields[kind.name]: {"kafka": {"password": "p"}}})
        ]
        for kind in KINDS
    }
    assert said == {name: [f"{field}.kafka.password"] for name, field in fields.items()}
