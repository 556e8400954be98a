"""What an answer that is no good becomes: class, message, fields; and that no secret is in it."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    NotFound,
    ProviderError,
    RateLimited,
    Refusal,
    Rejected,
    Unreachable,
)
from stackfile.redact import NOT_SECRET, SHORTEST
from stackfile.sdk.rest.answer import Lost, Response
from stackfile.sdk.rest.failure import Asked, Miss, by_status, error_for, judged, words
from stackfile.sdk.rest.mask import Mask

ASKED = Asked("POST", "/sources", "https://api.example/v1")

STATUSES: dict[int, type[ProviderError] | None] = {
    200: None,
    204: None,
    301: Rejected,
    400: Rejected,
    401: AuthFailed,
    403: AuthFailed,
    404: NotFound,
    408: Ambiguous,
    409: Conflict,
    410: NotFound,
    418: Rejected,
    422: Rejected,
    429: RateLimited,
    500: Ambiguous,
    501: Rejected,
    502: Ambiguous,
    503: Ambiguous,
    504: Ambiguous,
    505: Rejected,
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_means_one_kind_of_error(status: int) -> None:
    assert by_status(Response(status)) is STATUSES[status]


def test_a_lost_answer_is_in_doubt_and_a_request_that_was_never_sent_is_not() -> None:
    lost, unsent = Lost("connection reset by peer", sent=True), Lost("connection refused", sent=False)
    assert judged(lost, by_status) == Miss(lost, Ambiguous)
    assert judged(unsent, by_status) == Miss(unsent, Unreachable)


def _error(outcome: Response | Lost, asked: Asked = ASKED, mask: Mask | None = None) -> ProviderError:
    miss = judged(outcome, by_status)
    assert isinstance(miss, Miss)
    return error_for(asked, miss, mask or Mask())


MESSAGES: dict[str, tuple[Response | Lost, Asked, type[ProviderError], str]] = {
    "an answer with words and a request id": (
        Response(409, json={"detail": "name is taken"}, request_id="7f3a-19c2"),
        ASKED,
        Conflict,
        "409 on POST /sources, request 7f3a-19c2: name is taken",
    ),
    "an answer without either": (Response(403), ASKED, AuthFailed, "403 on POST /sources"),
    "a create that may have happened": (
        Response(500, json={"message": "internal error"}),
        ASKED,
        Ambiguous,
        "500 on POST /sources: internal error; it may have happened",
    ),
    "a create whose answer was lost": (
        Lost("connection reset by peer", sent=True),
        ASKED,
        Ambiguous,
        "no answer to POST /sources: connection reset by peer; it may have happened",
    ),
    "a read that failed after several tries": (
        Response(503),
        Asked("GET", "/sources", "https://api.example/v1", 5, 14.6),
        Unreachable,
        "503 on GET /sources, 5 tries in 15 s",
    ),
    "no connection": (
        Lost("connection refused", sent=False),
        Asked("GET", "/streams", "http://connect.ap:4195", 3, 6.1),
        Unreachable,
        "http://connect.ap:4195 did not answer: connection refused, 3 tries in 6 s",
    ),
    "an answer that points elsewhere": (
        Response(301, {"location": "https://user.example/login?token=abc"}),
        ASKED,
        Rejected,
        "301 on POST /sources: it points to https://user.example/login; is the url right?",
    ),
    "an answer that points to no place": (
        Response(302, {"location": "http://[bad"}),
        ASKED,
        Rejected,
        "302 on POST /sources: it points to nowhere; is the url right?",
    ),
    "words that would move the terminal's cursor": (
        Response(400, text="bad\x1b[2J\r\n  thing\n"),
        ASKED,
        Rejected,
        "400 on POST /sources: bad?[2J thing",
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_the_message_is_one_line_that_says_what_was_asked_and_what_came(case: str) -> None:
    outcome, asked, kind, message = MESSAGES[case]
    error = _error(outcome, asked)
    assert (type(error), str(error)) == (kind, message)


def test_the_error_carries_its_parts() -> None:
    outcome = Response(422, json={"detail": [{"loc": ["body", "port"], "msg": "too big"}]}, request_id="r-1")
    error = _error(outcome)
    assert (error.method, error.path, error.status, error.request_id) == ("POST", "/sources", 422, "r-1")
    assert error.fields == (Refusal("port", "too big"),)


def test_a_web_page_of_thousands_of_lines_is_no_message() -> None:
    assert str(_error(Response(404, text="<!doctype html>" + "<p>no</p>" * 9000))) == "404 on POST /sources"


def test_a_long_message_is_cut() -> None:
    message = str(_error(Response(400, text="word " * 1000)))
    assert (len(message), message[-9:]) == (300, " word ...")


WORDS: dict[str, tuple[Any, str, list[tuple[str, str]]]] = {
    "a text under detail": ({"detail": "already exists"}, "already exists", []),
    "places under detail": (
        {"detail": [{"loc": ["body", "config", "slot.name"], "msg": "is taken", "input": "x"}]},
        'config["slot.name"]: is taken',
        [('config["slot.name"]', "is taken")],
    ),
    "an error map with fields": (
        {
            "error": {
                "code": "invalid_request",
                "message": "not valid",
                "details": [{"field": "name", "issue": "blank"}],
            }
        },
        "not valid",
        [("name", "blank")],
    ),
    "an error text": ({"error": "nope"}, "nope", []),
    "a code with a description": ({"error": {"code": 1001, "message": "STREAM_NOT_FOUND"}}, "STREAM_NOT_FOUND", []),
    "a problem document": (
        {"title": "Invalid", "detail": "two fields", "errors": [{"pointer": "#/a/b", "detail": "no"}]},
        "two fields",
        [("a.b", "no")],
    ),
    "a text as JSON": ("Stream not found", "Stream not found", []),
    "a map that says nothing": ({"ok": False, "password": "hunter2"}, "", []),
    "a list": (["hunter2"], "", []),
    "items that are no maps": ({"errors": ["hunter2", 3, None]}, "", []),
    "nothing": (None, "", []),
}


@pytest.mark.parametrize("case", WORDS)
def test_the_words_are_found_in_the_shapes_that_services_use(case: str) -> None:
    body, says, fields = WORDS[case]
    assert words(Response(400, json=body), str) == (says, tuple(Refusal(*one) for one in fields))


SECRET = 'p@ss w\u00f6rd/1+"x'


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        'p@ss w\\u00f6rd/1+\\"x',
    ],
)
def test_an_echoed_secret_is_masked_in_message_fields_and_path(echo: str) -> None:
    mask = Mask()
    mask.hide(SECRET)
    body = {"message": f"login {echo} failed", "errors": [{"field": echo, "message": f"bad {echo}"}]}
    error = _error(Response(400, json=body), Asked("PUT", f"/sources/{echo}", "https://api.example"), mask)
    assert str(error) == "400 on PUT /sources/(sensitive): login (sensitive) failed"
    assert error.path == "/sources/(sensitive)"
    assert error.fields == (Refusal("(sensitive)", "bad (sensitive)"),)


def _is_looked_for(text: str) -> bool:
    return len(text.strip()) >= SHORTEST and text.strip().lower() not in NOT_SECRET


SECRETS = st.text(min_size=SHORTEST).filter(_is_looked_for)


@given(SECRETS, st.text(), st.text())
def test_no_message_holds_a_secret(secret: str, before: str, after: str) -> None:
    mask = Mask()
    mask.hide(secret)
    error = _error(Response(400, json={"message": before + secret + after}), Asked("GET", "/q", "http://h"), mask)
    said = str(error).removeprefix("400 on GET /q: ").replace("(sensitive)", "")
    assert secret not in said
