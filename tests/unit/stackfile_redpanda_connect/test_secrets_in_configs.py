"""Secrets are found in native configs: those that the engine marks, and those that it does not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackfile.values import Sensitive, Unknown, parse_path
from stackfile_redpanda_connect.secrets import hidden

SECRETS = {
    "a password": ("basic_auth: {enabled: true, username: ada, password: hunter2}", ["basic_auth.password"]),
    "a password that is a number": ("basic_auth: {password: 1234}", ["basic_auth.password"]),
    "secrets of OAuth": (
        "{oauth: {consumer_key: id, consumer_secret: s, access_token: t, access_token_secret: u}, "
        "oauth2: {client_key: id, client_secret: v, token_url: 'https://x'}}",
        ["oauth.consumer_secret", "oauth.access_token", "oauth.access_token_secret", "oauth2.client_secret"],
    ),
    "SASL within a list": (
        "input: {kafka_franz: {sasl: [{username: ada, password: p}, {mechanism: OAUTHBEARER, token: t}]}}",
        ["input.kafka_franz.sasl[0].password", "input.kafka_franz.sasl[1].token"],
    ),
    "certificates and their keys": (
        "tls: {root_cas: pem, client_certs: [{cert: pem, key: pem, password: p, key_file: /k}]}",
        ["tls.root_cas", "tls.client_certs[0].key", "tls.client_certs[0].password"],
    ),
    "keys of clouds": (
        "{credentials: {id: AKIA, secret: s, token: t}, storage_access_key: k, storage_sas_token: t, api_key: k}",
        ["credentials.secret", "credentials.token", "storage_access_key", "storage_sas_token", "api_key"],
    ),
    "camel case": ("{accessKey: k, apiKey: k, clientSecret: s}", ["accessKey", "apiKey", "clientSecret"]),
    "headers that admit somebody": (
        "headers: {Authorization: Bearer abc, X-Api-Key: k, Cookie: s=1, X-Auth-Token: t, Content-Type: text/plain, "
        "Idempotency-Key: k}",
        ["headers.Authorization", "headers.X-Api-Key", "headers.Cookie", "headers.X-Auth-Token"],
    ),
    "addresses with a password": (
        "{url: 'redis://:p@cache:6379', urls: ['https://u:p@a', 'https://u@b', 'https://c'], address: 'a:1'}",
        ["url", "urls[0]"],
    ),
    "an address with a password within a mapping": (
        "mapping: 'root.to = \"amqp://u:p@queue\"'",
        ["mapping"],
    ),
    "DSNs": (
        "[{dsn: 'postgres://u:p@h/d'}, {dsn: 'u:p@tcp(h:3306)/d'}, {dsn: 'host=h user=u password=p'}, "
        "{dsn: 'clickhouse://h:9000?username=u&password=p'}, {dsn: 'file:/tmp/shop.db'}, {dsn: 'postgres://u@h/d'}]",
        ["[0].dsn", "[1].dsn", "[2].dsn", "[3].dsn"],
    ),
    "a connection string": (
        "storage_connection_string: 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k;'",
        ["storage_connection_string"],
    ),
    "an address with a token in its query": ("url: 'https://x/hook?token=t'", ["url"]),
    "a private key wherever it stands": ("signer: '-----BEGIN RSA PRIVATE KEY----- abc'", ["signer"]),
    "a default of a variable": (
        "[{password: '${PASSWORD:hunter2}'}, {password: '${PASSWORD:}'}]",
        ["[0].password"],
    ),
}

NONE = {
    "the engine's environment": "{password: '${PASSWORD}', url: 'https://ada:${PASSWORD}@x', dsn: '${DSN}'}",
    "an escaped one, which the engine gives back": "password: '${{PASSWORD}}'",
    "what is read when it is sent": """headers: {Authorization: 'Bearer ${! env("T") }', Cookie: '${! file("c") }'}""",
    "a password in an address, read when it is needed": """url: 'https://ada:${! env("PASSWORD") }@x'""",
    "keys that are none": "{dedupe: {key: id, cache: c}, partition_key: k, key_file: /k, token_uri: x, max_tokens: 5}",
    "nothing at all": "{password: '', token: null, secret: false}",
    "a mapping that speaks of passwords": "mapping: 'root.password = this.password=='",
}


@pytest.mark.parametrize(("text", "expected"), SECRETS.values(), ids=SECRETS.keys())
def test_secrets_are_found(text: str, expected: list[str]) -> None:
    assert list(hidden(yaml.safe_load(text))) == [parse_path(one) for one in expected]


@pytest.mark.parametrize("text", NONE.values(), ids=NONE.keys())
def test_what_is_none_is_told(text: str) -> None:
    assert list(hidden(yaml.safe_load(text))) == []


def test_what_is_hidden_already_is_left_alone() -> None:
    config: Any = {"password": Sensitive("hunter2"), "token": Unknown(("sources.a.id",))}
    assert list(hidden(config)) == []
