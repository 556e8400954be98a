"""Consumer groups of a served engine, sent elsewhere from the command line, behind their guard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.shell import Folder
from tests.served.serving import Serving, serving

STACK = """\
version: 1
name: shop
providers:
  local: {url: "{{ env.ENGINE_URL }}"}
streams:
  orders: {provider: local}
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("served") / "data") as engine:
        yield engine


def test_a_group_reads_again_once_that_is_allowed(engine: Serving, tmp_path: Path) -> None:
    shop = Folder(tmp_path, {"ENGINE_URL": engine.url})
    shop.write("stack.yaml", STACK)
    shop.done("apply", "--yes")
    (stream,) = (one["name"] for one in engine.ask("GET", "/api/v1/streams")[1]["streams"])
    engine.produced(stream, *[{"value": {"n": n}} for n in range(5)])
    page = engine.consumed(stream, "billing")
    engine.ask("POST", "/api/v1/consumers/billing/commit", {"offsets": page["metadata"]["nextOffsets"]})

    refused = shop("offsets", "reset", "billing", "--to", "earliest")
    assert (refused.code, refused.out, refused.err) == (
        3,
        "",
        "error[data-loss-not-allowed]: billing would go on at earliest: it reads again what it has read; "
        "nothing was changed\n"
        "  If that is what you want: stack offsets reset billing --to earliest --allow data_loss=billing\n",
    )
    named = shop("offsets", "reset", "billing", "--to", "latest", "--provider", "local")
    assert "--to latest --provider local --allow data_loss=billing" in named.err
    assert engine.consumed(stream, "billing")["events"] == []

    allowed = ("--allow", "data_loss=billing")
    assert shop.done("offsets", "reset", "billing", "--to", "earliest", *allowed).out == (
        f"billing goes on at earliest.\n{stream}/0   5 -> 0\n"
    )
    assert len(engine.consumed(stream, "billing")["events"]) == 5
    moved = shop.done("offsets", "reset", "billing", "--to", "3", "--json", *allowed).json
    offsets = [{"topic": stream, "partition": 0, "before": 0, "after": 3}]
    assert moved == {"format_version": "1.0", "group": "billing", "offsets": offsets}

    for arguments, says in {
        ("nobody", "--to", "latest", "--allow", "data_loss=nobody"): "nobody",
        ("billing", "--to", "2026-11-20T00:00Z", *allowed): "an engine finds no offset by time",
        ("billing", "--to", "latest", "--provider", "eu", *allowed): "no provider `eu` in this stackfile",
    }.items():
        said = shop("offsets", "reset", *arguments)
        assert said.code == 1
        assert says in said.err
    assert shop("offsets", "reset", "billing", "--to", "noon", *allowed).code == 64


def test_a_group_of_which_nobody_can_tell_whose_it_is_is_asked_for(engine: Serving, tmp_path: Path) -> None:
    shop = Folder(tmp_path, {"ENGINE_URL": engine.url})
    both = STACK.replace("streams:", '  second: {type: local, url: "{{ env.ENGINE_URL }}"}\nstreams:')
    shop.write("stack.yaml", both)
    said = shop("offsets", "reset", "billing", "--to", "latest", "--allow", "data_loss=billing")
    assert (said.code, said.err) == (
        1,
        "error[provider-ambiguous]: 2 providers of this stack have consumer groups: local, second\n"
        "  Say which: --provider local\n",
    )
