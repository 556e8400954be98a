"""Requests as `-v` tells them."""

from __future__ import annotations

import pytest

from stackfile.report.requests import exchange_line
from stackfile.sdk.rest import Exchange


@pytest.mark.parametrize(
    ("exchange", "line"),
    [
        (Exchange("GET", "/sources", 200, 0.21, 1), "streamkap  GET /sources  200  0.2 s"),
        (Exchange("PUT", "/sources/6", 503, 1.4, 3), "streamkap  PUT /sources/6  503  1.4 s, try 3"),
        (Exchange("POST", "/a\x1b[2J", None, 30.0, 1), "streamkap  POST /a\\x1b[2J  no answer  30.0 s"),
    ],
)
def test_a_request_is_one_line_that_cannot_act_on_the_terminal(exchange: Exchange, line: str) -> None:
    assert exchange_line("streamkap", exchange) == line
