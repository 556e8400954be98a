"""What an engine's answers mean, in its own words or a gateway's; and settings that lead to it, or do not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import httpx
import pytest

from stackfile.errors import Ambiguous, AuthFailed, ProviderError, Rejected, Unreachable
from stackfile.testing.cases import NoJournal
from stackfile_redpanda_connect import RedpandaConnect
from tests.unit.stackfile_redpanda_connect.engine_room import asking, stream, streams_of

Answer: TypeAlias = Callable[[httpx.Request], httpx.Response]
Do: TypeAlias = Callable[[RedpandaConnect], Awaitable[object]]


def fixed(status: int, text: str = "", json: object = None) -> Answer:
    return lambda request: httpx.Response(status, json=json) if json is not None else httpx.Response(status, text=text)


def scope(provider: RedpandaConnect) -> Awaitable[object]:
    return provider.scope()


def listed(provider: RedpandaConnect) -> Awaitable[object]:
    return streams_of(provider).list_all()


def posted(provider: RedpandaConnect) -> Awaitable[object]:
    return streams_of(provider).create(stream("a"), NoJournal())


AT = "http://127.0.0.1:4195"
SAID: dict[str, tuple[Answer, Do, type[ProviderError], str]] = {
    "a wrong password": (fixed(401, "Unauthorized"), scope, AuthFailed,
        "401 on GET /version: Unauthorized; are username and password those of the engine's http.basic_auth? "
        "They stand under `providers:`"),
    "another service": (fixed(200, "<html>"), scope, Rejected,
        f"what answers at {AT} is no engine; url and root_path say where it is"),
    "another path": (fixed(404, "404 page not found"), scope, Rejected,
        f"what answers at {AT} is no engine; url and root_path say where it is"),
    "no API": (fixed(404, "404 page not found"), listed, Rejected,
        f"there is no /streams at {AT}: an engine has it in streams mode, without --no-api"),
    "the documented key for lints": (fixed(400, json={"linting_errors": ["(3,1) field a not recognised"]}), posted,
        Rejected,
        "field a not recognised"),
    "lints without a place": (fixed(400, json={"lint_errors": ["something", "(x) else"]}), posted, Rejected,
        "something; (x) else"),
    "an id that is taken": (fixed(400, "Stream already exists"), posted, ProviderError,
        "POST /streams/a: there is a stream of this id already"),
    "a gateway": (fixed(502, "<html>Bad Gateway"), posted, Ambiguous,
        "502 on POST /streams/a; it may have happened"),
    "a constructor": (fixed(502, "Error: failed to init"), posted, Rejected, "failed to init"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "do", "kind", "says"), SAID.values(), ids=SAID)
def test_what_answers_mean(
    answer: Answer,
    do: Do,
    kind: type[ProviderError],
    says: str,
) -> None:
    with pytest.raises(kind) as raised:
        asking(answer, do)
    assert raised.value.message == says


def test_an_engine_that_is_not_there_is_named() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    with pytest.raises(Unreachable, match=f"^{AT} did not answer"):
        asking(refuse, scope)


def test_settings_lead_to_the_engine() -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), request.headers.get("authorization", "")))
        return httpx.Response(200, json={"version": "4.76.0"})

    said = asking(
        answer, scope, url="https://engine.example/", root_path="/benthos/", username="ada", password="hunter22"
    )
    assert asked == [("https://engine.example/benthos/version", "Basic YWRhOmh1bnRlcjIy")]
    assert str(said) == "redpanda_connect:engine.example/benthos"


NO_FILE = "ca_file, cert_file or key_file cannot be used: "
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "half of basic auth": (
        {"username": "ada"},
        "basic auth takes both, `username` and `password`; one of them is not set",
    ),
    "a file that is not there": ({"ca_file": "no.pem"}, f"{NO_FILE}No such file or directory"),
    "a file that is no certificate": ({"cert_file": "pyproject.toml"}, NO_FILE),
}


@pytest.mark.parametrize(("settings", "says"), WRONG.values(), ids=WRONG)
def test_settings_that_do_not_go_together_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ProviderError) as raised:
        asking(fixed(200), scope, **settings)
    assert raised.value.message.startswith(says)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, {"active": True, "uptime": 3.5, "config": None}), (502, None)],
    ids=["null", "no JSON can show it"],
)
def test_a_config_that_cannot_be_read_is_told_from_a_stream_that_is_gone(status: int, body: object) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/streams":
            return httpx.Response(200, json={"a": {"active": True, "uptime": 3.5}})
        if body is not None:
            return httpx.Response(status, json=body)
        return httpx.Response(status, text="Error: json: unsupported value: NaN")

    live = asking(answer, lambda provider: streams_of(provider).read("a"))
    assert live is not None
    assert live.fields == {"name": "a", "status": "unreadable"}
