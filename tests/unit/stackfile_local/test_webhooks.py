"""Requests that bring events: who is believed, what is taken, and what the sender is told."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from stackfile_local.engine.doors import Door
from stackfile_local.engine.inbox import Arrived, Inbox
from stackfile_local.engine.signatures import Signature
from stackfile_local.server.webhooks import WebhookApp

NOW = 1_800_000_000.0
KEY = b"it is a secret"
DOOR = Door("hooks", "127.0.0.1", 8080, "/hooks", 1024)


@dataclass
class Receiver:
    """A door, and an engine behind it that saves at once."""

    door: Door = DOOR
    saves: bool = True
    got: list[Arrived] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox = Inbox(self._save)

    def _save(self) -> None:
        if self.saves:
            found = self.inbox.look(100)
            self.inbox.take_away(found)
            for one in found:
                self.got += one.events
                one.tell(0)

    def send(self, body: bytes | str = b"{}", path: str = "/hooks", method: str = "POST", **headers: str) -> Any:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        app = WebhookApp(lambda at: (self.door, self.inbox) if at == self.door.path else None, lambda: NOW, 0.01)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
                return await client.request(method, path, content=body, headers=named)

        return asyncio.run(ask())


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["description"]


def sign(text: bytes, algorithm: str = "sha256", key: bytes = KEY) -> bytes:
    return hmac.new(key, text, algorithm).digest()


@pytest.mark.parametrize(
    ("body", "kind", "values"),
    [
        ('{"a": 1}', "application/json", [{"a": 1}]),
        ('[{"a": 1}, 2, [3]]', "application/json", [{"a": 1}, 2, [3]]),
        ("[]", "", []),
        ('{"a": 1}\n\n2\r\n', "application/x-ndjson; charset=utf-8", [{"a": 1}, 2]),
        ('{"a": 1}\n', "text/plain", [{"a": 1}]),
    ],
)
def test_a_body_is_one_event_or_several(body: str, kind: str, values: list[Any]) -> None:
    receiver = Receiver()
    answer = receiver.send(body, content_type=kind)
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "accepted", "events": len(values), "duplicates": 0},
    )
    assert [one.value for one in receiver.got] == values


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        ('{"a": ', "application/json", "Input data was truncated"),
        ("", "application/json", "the body is empty, and JSON is wanted"),
        ("1 2", "application/json", "JSON is malformed: trailing characters (byte 3)"),
        ('1\n{"a"\n', "application/x-ndjson", "line 2: Input data was truncated"),
        ("[" * 900, "application/json", "the JSON is nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_whole_with_the_reason(body: str, kind: str, says: str) -> None:
    receiver = Receiver()
    assert told(receiver.send(body, content_type=kind)) == (400, says)
    assert receiver.got == []


def test_what_is_too_large_or_elsewhere_or_no_post_is_refused() -> None:
    receiver = Receiver()
    assert told(receiver.send("x" * 1025)) == (413, "the body is larger than 1024 bytes")
    assert told(receiver.send(path="/other")) == (404, "no source receives at this path")
    answer = receiver.send(method="GET")
    assert (told(answer), answer.headers["allow"]) == ((405, "events are sent by POST"), "POST")


def test_keys_headers_and_ids_come_from_where_the_source_says() -> None:
    receiver = Receiver(replace(DOOR, key="user.id", headers=("x-kind", "x-none"), id_header="x-id"))
    receiver.send('[{"user": {"id": 7}}, {}]', x_kind="push", x_id="abc")
    assert receiver.got == [
        Arrived(7, {"user": {"id": 7}}, {"x-kind": "push"}, "abc#0"),
        Arrived(None, {}, {"x-kind": "push"}, "abc#1"),
    ]
    receiver = Receiver(replace(DOOR, id_field="data.id"))
    receiver.send('[{"data": {"id": 5}}, {"data": {"id": "5"}}, {}]')
    assert [one.id for one in receiver.got] == ["5", '"5"', None]


def test_only_with_the_token_where_there_is_one() -> None:
    receiver = Receiver(replace(DOOR, token=b"open sesame"))
    wanted = "a bearer token is wanted: Authorization: Bearer <token>"
    assert told(receiver.send()) == (401, wanted)
    assert told(receiver.send(authorization="Bearer open")) == (401, wanted)
    assert receiver.send(authorization="Bearer open sesame", origin="https://elsewhere.example").status_code == 200


@pytest.mark.parametrize("headers", [{"host": "elsewhere.example"}, {"origin": "https://elsewhere.example"}])
def test_without_a_secret_no_page_of_a_browser_may_send(headers: Mapping[str, str]) -> None:
    assert Receiver().send(**headers).status_code == 403


BODY = b'{"amount": 5}'
GITHUB = Signature(KEY, "x-hub-signature-256", prefix="sha256=")
STRIPE = Signature(KEY, "stripe-signature", form="stripe")
SLACK = Signature(KEY, "x-slack-signature", form="slack")


def at(moment: float) -> str:
    return f"{moment:.0f}"


@pytest.mark.parametrize(
    ("signature", "headers"),
    [
        pytest.param(GITHUB, {"x-hub-signature-256": f"sha256={sign(BODY).hex()}"}, id="GitHub"),
        pytest.param(GITHUB, {"x-hub-signature-256": f"sha256={sign(BODY).hex().upper()}"}, id="hex in capitals"),
        pytest.param(
            Signature(KEY, "x-shop", encoding="base64"), {"x-shop": base64.b64encode(sign(BODY)).decode()}, id="Shopify"
        ),
        pytest.param(
            Signature(KEY, "x-s", algorithm="sha1"), {"x-s": sign(BODY, "sha1").hex()}, id="another algorithm"
        ),
        pytest.param(
            STRIPE,
            {"stripe-signature": f"t={at(NOW)},v1=00,v1={sign(f'{at(NOW)}.'.encode() + BODY).hex()},v0=11"},
            id="Stripe",
        ),
        pytest.param(
            SLACK,
            {
                "x-slack-signature": f"v0={sign(f'v0:{at(NOW - 200)}:'.encode() + BODY).hex()}",
                "x-slack-request-timestamp": at(NOW - 200),
            },
            id="Slack",
        ),
    ],
)
def test_a_signature_as_it_is_made_is_believed_and_none_other(signature: Signature, headers: dict[str, str]) -> None:
    receiver = Receiver(replace(DOOR, signature=signature))
    assert receiver.send(BODY, **headers).status_code == 200
    assert told(receiver.send(BODY + b" ", **headers)) == (401, "the signature does not fit")
    other = Receiver(replace(DOOR, signature=replace(signature, secret=b"another")))
    assert told(other.send(BODY, **headers)) == (401, "the signature does not fit")
    assert told(receiver.send(BODY)) == (401, f"the header {signature.header} is missing")
    assert [one.value for one in receiver.got] == [{"amount": 5}]


def test_a_signature_of_another_time_is_not_believed() -> None:
    receiver = Receiver(replace(DOOR, signature=STRIPE))
    for moment in (NOW - 301, NOW + 301):
        header = f"t={at(moment)},v1={sign(f'{at(moment)}.'.encode() + BODY).hex()}"
        assert told(receiver.send(BODY, stripe_signature=header)) == (401, "the signature is of another time")
    for header in ("v1=00", "t=,v1=00", "t=1e9,v1=00"):
        answer = receiver.send(BODY, stripe_signature=header)
        assert told(answer) == (401, "the time of the signature is missing")


def test_a_sender_is_asked_to_come_again_where_nothing_could_be_saved() -> None:
    receiver = Receiver(saves=False)
    answer = receiver.send()
    assert (told(answer), answer.headers["retry-after"]) == ((503, "the events could not be saved in time"), "5")
    assert receiver.inbox.look(10) == []
    receiver.inbox.close()
    assert told(receiver.send()) == (503, "the engine is stopping")


def test_what_is_wrong_holds_nothing_of_a_secret() -> None:
    receiver = Receiver(replace(DOOR, signature=GITHUB, token=b"open sesame"))
    answers = [receiver.send(), receiver.send(authorization="Bearer open sesame")]
    said = json.dumps([repr(receiver.door), *(answer.text for answer in answers)])
    assert "open sesame" not in said
    assert KEY.decode() not in said
