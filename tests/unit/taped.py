"""Cassettes: exchanges as a service documents them, answered to a provider, with no secret in any of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import vcr  # type: ignore[import-untyped]

SCRUBBED = "SCRUBBED"
SECRET = re.compile(r"secret|token|password|private\.key|api.?key", re.IGNORECASE)
HEADERS = ("authorization", "user-agent", "x-planasonix-api-key", "x-planasonix-key", "x-organization-id")
"""Headers that are never kept."""


def scrubbed(value: Any, name: str = "") -> Any:
    """The same without what stands under a secret's name."""
    if isinstance(value, Mapping):
        return {key: scrubbed(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [scrubbed(one, name) for one in value]
    return SCRUBBED if isinstance(value, str) and SECRET.search(name) else value


def scrub_request(request: Any) -> Any:
    if request.body:
        request.body = json.dumps(scrubbed(json.loads(request.body)))
    return request


def scrub_response(response: Any) -> Any:
    body = json.loads(response["body"]["string"])
    return {**response, "body": {"string": json.dumps(scrubbed(body)).encode()}}


def holds(sent: Any, documented: Any) -> bool:
    """Whether all that is documented was sent. More may be; an empty list need not be."""
    if isinstance(documented, Mapping):
        return isinstance(sent, Mapping) and all(
            one == [] or holds(sent.get(name), one) for name, one in documented.items()
        )
    return bool(sent == documented)


def same_body(sent: Any, documented: Any) -> None:
    """A matcher raises where two requests are not the same."""
    assert holds(*(json.loads(one.body) if one.body else None for one in (sent, documented)))


def tape(cassettes: Path) -> Any:
    """What answers from the cassettes of a folder, and fails for a request that they do not have."""
    replay = vcr.VCR(
        cassette_library_dir=str(cassettes),
        record_mode=vcr.mode.NONE,
        match_on=("method", "scheme", "host", "path", "query", "documented"),
        filter_headers=HEADERS,
        before_record_request=scrub_request,
        before_record_response=scrub_response,
    )
    replay.register_matcher("documented", same_body)
    return replay
