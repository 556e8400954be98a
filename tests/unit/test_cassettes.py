"""No cassette of any provider has a secret, and what is recorded is scrubbed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tests.unit.taped import HEADERS, SCRUBBED, scrub_request, scrub_response, scrubbed

TESTS = Path(__file__).parents[1]
CASSETTES = sorted(TESTS.rglob("cassettes/*.yaml"))


@pytest.mark.parametrize("file", CASSETTES, ids=lambda file: f"{file.parents[1].name}-{file.stem}")
def test_no_cassette_has_a_secret(file: Path) -> None:
    for one in yaml.safe_load(file.read_text())["interactions"]:
        assert not {name.lower() for name in one["request"]["headers"]} & set(HEADERS)
        for body in (one["request"]["body"], one["response"]["body"]["string"]):
            said = json.loads(body) if body else None
            assert scrubbed(said) == said
    assert not re.search(r"eyJ|Bearer |-----BEGIN|AKIA|plnx_|plx_|[A-Za-z0-9+/-]{40}", file.read_text())


def test_there_are_cassettes_of_each_service_that_documents_exchanges() -> None:
    assert {file.parents[1].name for file in CASSETTES} == {"stackfile_planasonix", "stackfile_streamkap"}


def test_secrets_of_a_body_are_scrubbed_wherever_they_stand() -> None:
    body = json.dumps({"config": {"signing_secret": "s3", "auth": [{"api_key": "k"}], "topic": "orders"}})
    clean = {"config": {"signing_secret": SCRUBBED, "auth": [{"api_key": SCRUBBED}], "topic": "orders"}}
    assert json.loads(scrub_request(SimpleNamespace(body=body)).body) == clean
    assert json.loads(scrub_response({"body": {"string": body}})["body"]["string"]) == clean
