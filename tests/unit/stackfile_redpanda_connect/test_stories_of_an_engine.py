"""The provider's own stories again, with what a real engine answered: the same requests in the same order."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest
import yaml

from tests.unit.stackfile_redpanda_connect.engine_room import asking
from tests.unit.stackfile_redpanda_connect.recorded import NAMES, RECORDINGS, Exchange, exchanges
from tests.unit.stackfile_redpanda_connect.stories import STORIES, At, lints, put_back

_UNUSED = re.compile(r"(?<=/streams/stackfile-lint-)[0-9a-f]{16}(?=\?)")
"""A lint is asked for with an id that nobody has, another one each time."""


class Played:
    """Answers as recorded, and fails for a request that is not the next one."""

    def __init__(self, recorded: list[Exchange]) -> None:
        self.left = recorded

    def __call__(self, request: httpx.Request) -> httpx.Response:
        said = (request.method, _UNUSED.sub("ID", request.url.raw_path.decode()), request.content)
        recorded = [(one.method, _UNUSED.sub("ID", one.path), one.body) for one in self.left[:1]]
        assert [said] == recorded, f"recorded: {recorded}, asked: {said}"
        answer = self.left.pop(0)
        return httpx.Response(answer.seen.status, headers=answer.seen.headers, content=answer.text)


@pytest.mark.parametrize("name", STORIES)
def test_what_was_recorded_is_asked_in_order_and_concluded_from_in(name: str) -> None:
    played = Played(exchanges(name))
    asking(played, lambda provider: STORIES[name](At(provider)))
    assert played.left == []


def test_another_request_than_the_recorded_one_fails() -> None:
    with pytest.raises(AssertionError, match=r"recorded: .*PUT.*, asked: .*POST"):
        asking(Played(exchanges("provider_lints_at_plan")), lambda provider: put_back(At(provider)))


def test_another_answer_than_the_recorded_one_is_noticed() -> None:
    one, *others = exchanges("provider_lints_at_plan")
    forged = replace(one, text=one.text.replace("field one", "field ten"))
    played = Played([forged, *others])
    with pytest.raises(AssertionError):
        asking(played, lambda provider: lints(At(provider)))
    assert played.left == others


def test_each_recording_of_the_provider_has_its_story() -> None:
    assert {name for name in NAMES if name.startswith("provider_")} == set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_a_recording_of_the_provider_tells_nothing_of_where_it_was_made(name: str) -> None:
    text = (RECORDINGS / f"{name}.yaml").read_text()
    for one in yaml.safe_load(text)["interactions"]:
        assert set(one["request"]["headers"]) <= {"content-type"}
        assert set(one["response"]["headers"]) <= {"content-type", "content-length", "date", "x-content-type-options"}
        assert one["request"]["uri"].startswith("http://127.0.0.1:4195/")
    assert not re.search(r"user-agent|authorization|password|secret|token|/(tmp|root|home|work)/", text, re.IGNORECASE)
