"""What providers offer can be looked up: kinds, connectors, and their fields."""

from __future__ import annotations

from tests.e2e.shell import Folder

OFFERED = """\
PROVIDER  SECTION       KIND
local     sources       file
local     destinations  file
local     destinations  sqlite
local     pipelines     pipeline
local     streams       stream
"""

STREAM = """\
streams: local stream
  A log of events in partitions. Events of one key are in one partition, in the order of their
  arrival.

  name   (text; a change replaces)
      Letters, digits, `.`, `_` and `-`, up to 249: the names that Kafka takes too.
  partitions   (integer from 1 to 256; unwritten: 1)
      How many. Events go by the murmur2 hash of their key.
  retention   (text; unwritten: 7d)
      How long events are kept, as in `12h` or `7d`, or `forever`.
"""


def test_the_kinds_of_a_provider_are_listed(stack: Folder) -> None:
    lines = stack.done("providers", "list", "local").out.splitlines()
    named = [" ".join(line.split()[:3]) for line in lines]
    assert set(named) >= {" ".join(line.split()) for line in OFFERED.splitlines()}
    assert max(map(len, lines)) <= 100


def test_the_fields_of_a_kind_are_shown_those_of_the_service_last(stack: Folder) -> None:
    said = stack.done("providers", "show", "local", "stream").out
    assert said.startswith(STREAM)
    assert said.index("created_at   (text; the service's own)") > said.index("compression")


def test_a_connector_of_two_sections_is_shown_for_both_or_for_the_one_that_is_named(stack: Folder) -> None:
    both = stack.done("providers", "show", "local", "file", "--json").json
    one = stack.done("providers", "show", "local", "sources.file", "--json").json
    assert [offer["section"] for offer in both] == ["sources", "destinations"]
    assert one == both[:1]
    path = next(field for field in one[0]["fields"] if field["name"] == "path")
    assert (path["required"], path["immutable"], path["computed"]) == (True, True, False)


def test_what_nobody_offers_is_told_with_the_nearest(stack: Folder) -> None:
    said = stack("providers", "show", "local", "fil")
    assert (said.code, said.err) == (1, "error[kind-unknown]: no kind `fil`\n  did you mean file?\n")
    said = stack("providers", "list", "lokal")
    assert (said.code, said.err) == (1, "error[provider-unknown]: no provider `lokal`\n  did you mean local?\n")
