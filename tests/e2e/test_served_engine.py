"""A stack on an engine that is served: the same commands as with a folder, while the engine runs what they declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shell import Folder
from tests.served.serving import Serving, serving

TOKEN = "t0ken-of-this-engine"
STACK = """\
version: 1
name: served
providers:
  local: {url: "{{ env.ENGINE_URL }}", token: "{{ env.ENGINE_TOKEN }}"}
defaults: {provider: local, name: "NAMED-{{ self.slug }}"}
streams:
  orders: {retention: 7d}
  large: {partitions: 2}
pipelines:
  large:
    source: streams.orders
    operations: [{filter: value.amount >= 100}]
    destination: streams.large
destinations:
  file: {connector: file, path: "FOLDER/NAMED.ndjson", stream: streams.large}
"""


def token_file(folder: Path) -> Path:
    file = folder / "token"
    file.touch(0o600)
    file.write_text(TOKEN)
    return file


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("served")
    with serving(folder / "data", "--token-file", str(token_file(folder)), token=TOKEN) as engine:
        yield engine


def stack_of(folder: Path, engine: Serving, name: str) -> Folder:
    folder.mkdir(exist_ok=True)
    stack = Folder(folder, {"ENGINE_URL": engine.url, "ENGINE_TOKEN": TOKEN})
    stack.write("stack.yaml", STACK.replace("NAMED", name).replace("FOLDER", str(folder)))
    return stack


def changes(stack: Folder, *arguments: str) -> dict[str, Any]:
    """What a plan would do to each resource that it changes."""
    planned = stack("plan", "--json", *arguments).json
    found = {one["address"]: one["change"]["actions"] for one in planned["resource_changes"]}
    return {address: actions for address, actions in found.items() if actions != ["no-op"]}


def test_a_stack_is_planned_applied_drifts_and_goes_while_its_engine_moves_events(
    engine: Serving, tmp_path: Path
) -> None:
    shop = stack_of(tmp_path, engine, "shop")
    assert list(changes(shop).values()) == [["create"]] * 4
    shop.done("apply", "--yes")
    assert changes(shop) == {}
    engine.produced("shop-orders", *[{"value": {"amount": amount}} for amount in (120, 45, 310)])
    out = tmp_path / "shop.ndjson"
    engine.until(lambda: out.exists() and out.read_text().count("\n") == 2)
    assert sorted(out.read_text().splitlines()) == ['{"amount":120}', '{"amount":310}']
    assert changes(shop) == {}
    said = shop.done("status")
    assert "pipelines.large  running" in said.out

    run = shop("run", "--until-idle")
    assert (run.code, run.out, run.err) == (
        1,
        "",
        f"error[runs-itself]: the engine at {engine.url} runs what is declared by itself\n"
        "  How it fares: stack status\n",
    )
    path = "/api/v1/streams/shop-orders"
    assert engine.ask("PUT", path, {"config": {"retentionMs": 86_400_000}})[0] == 200
    drift = shop("drift")
    assert drift.code == 2
    assert 'retention: "7d" -> "1d"' in " ".join(drift.out.split())
    assert changes(shop) == {"streams.orders": ["update"]}
    shop.done("apply", "--yes")
    assert engine.ask("GET", path)[1]["config"]["retentionMs"] == 604_800_000

    shop.done("pause", "pipelines.large", "--hold", "for a look")
    assert changes(shop) == {}
    listed = engine.ask("GET", "/api/v1/processors")[1]["processors"]
    assert [one["status"] for one in listed if one["name"] == "shop-large"] == ["paused"]
    shop.done("release", "pipelines.large")
    shop.done("resume", "pipelines.large")
    refused = shop("destroy", "--yes")
    assert refused.code == 3
    assert "3 events would be deleted" in " ".join(refused.both.split())
    shop.done("destroy", "--yes", "--allow", "data_loss=streams.orders", "--allow", "data_loss=streams.large")
    assert engine.ask("GET", path)[0] == 404
    assert out.exists()
    assert TOKEN.encode() not in b"".join(shop.files().values())


FAILING = """\
version: 1
name: failing
providers:
  local: {url: "{{ env.ENGINE_URL }}", token: "{{ env.ENGINE_TOKEN }}"}
defaults: {provider: local, name: "failing-{{ self.slug }}"}
streams:
  lines: {}
sources:
  gone: {connector: file, path: FOLDER/gone.ndjson, stream: streams.lines}
  there: {connector: file, path: FOLDER/there.ndjson, stream: streams.lines}
"""


def test_apply_tells_what_the_engine_cannot_run(engine: Serving, tmp_path: Path) -> None:
    stack = Folder(tmp_path, {"ENGINE_URL": engine.url, "ENGINE_TOKEN": TOKEN})
    stack.write("stack.yaml", FAILING.replace("FOLDER", str(tmp_path)))
    stack.write("there.ndjson", "{}\n")
    applied = stack("apply", "--yes")
    assert applied.code == 1
    said = " ".join(applied.both.split())
    assert "FAILED sources.gone HALF DONE: created as" in said
    assert f"not running Local: there is no file {tmp_path}/gone.ndjson" in said
    assert "done sources.there created" in said
    assert changes(stack) == {}, "what was made is there, and the next apply makes no twin"
    stack.write("gone.ndjson", "{}\n")
    stack.replace("gone.ndjson,", "gone.ndjson, key: id,")
    assert "1 changed" in stack.done("apply", "--yes").both
    stack.done("destroy", "--yes", "--allow", "data_loss=streams.lines")


def test_two_stacks_change_one_engine_at_once(engine: Serving, tmp_path: Path) -> None:
    stacks = [stack_of(tmp_path / name, engine, name) for name in ("one", "two")]
    runs = [stack.start("apply", "--yes") for stack in stacks]
    said = [run.communicate(timeout=90) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert [changes(stack) for stack in stacks] == [{}, {}]
    other = stack_of(tmp_path / "other", engine, "one")
    taken = other("apply", "--yes")
    assert taken.code == 1
    assert "one-orders" in taken.both
    for stack in stacks:
        stack.done("destroy", "--yes")


def test_what_keeps_a_stack_from_its_engine_is_said_with_the_setting(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, "--token-file", str(token_file(tmp_path)), token=TOKEN) as engine:
        stack = stack_of(tmp_path / "stack", engine, "shop")
        stack.done("apply", "--yes")
        wrong = stack("plan", env={"ENGINE_TOKEN": "an0ther-token"})
        says = f"the engine at {engine.url} does not take this token: providers.local.token is what its --token-file"
        assert wrong.code == 1
        assert says in " ".join(wrong.both.split())
        assert "an0ther-token" not in wrong.both

        stack.replace(', token: "{{ env.ENGINE_TOKEN }}"', "")
        none = stack("plan")
        assert none.code == 1
        assert "asks for a token: providers.local.token" in " ".join(none.both.split())

        stack.replace('url: "{{ env.ENGINE_URL }}"', f"data_dir: {data}")
        assert changes(stack) == {}, "the folder is the same engine"
        run = stack("run", "--until-idle")
        assert run.code == 1
        held = f"process {engine.process.pid} on "
        assert held in run.err
        assert f"serves this engine at {engine.url}" in " ".join(run.err.split())
    stack.replace(f"data_dir: {data}", 'url: "{{ env.ENGINE_URL }}"')
    down = stack("plan")
    assert down.code == 1
    assert f"{engine.url} did not answer: connection refused" in " ".join(down.both.split())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            "url: 'http://127.0.0.1:1', data_dir: data",
            "error[provider-settings]: providers.local: an engine is in a folder",
        ),
        ("token: secret-token", "error[provider-settings]: providers.local: only a served engine asks for a `token`"),
        ("url: '127.0.0.1:7070'", "error[type-wrong]: providers.local: `url` should match pattern '^https?://'"),
    ],
    ids=["a folder and a url", "a token without a url", "a url that is none"],
)
def test_settings_that_do_not_go_together_are_refused(stack: Folder, settings: str, says: str) -> None:
    stack.write("stack.yaml", f"version: 1\nname: s\nproviders: {{local: {{{settings}}}}}\nstreams: {{a: {{}}}}\n")
    said = stack("plan")
    assert said.code == 1
    assert said.err.startswith(says)
    assert "secret-token" not in said.both
