"""The life of streams and resources on a real engine, by the installed `stack`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shell import Folder, Said
from tests.live.redpanda_engine import Engine, Engines

pytestmark = pytest.mark.live_redpanda_connect

TOKEN = "not-a-secret-1234"
STACK = """\
version: 1
name: shop
providers:
  redpanda_connect: {url: %s, timeout: 2}
defaults: {provider: redpanda_connect}
resources:
  seen:
    type: cache
    config: {memory: {default_ttl: 5m}}
streams:
  fresh:
    config:
      input:
        generate: {mapping: 'root.id = counter()', interval: 200ms}
      pipeline:
        processors:
          - dedupe: {cache: seen, key: '${! json("id") }'}
      output:
        %s
"""
DROP = "drop: {}"
SLOW = "http_client: {url: 'http://127.0.0.1:9/', headers: {Authorization: 'Bearer ${TOKEN}'}}"


def shop(folder: Path, engine: Engine, output: str = DROP) -> Folder:
    stack = Folder(folder / "shop")
    stack.write("stack.yaml", STACK % (engine.url, output))
    return stack


def stream(engine: Engine) -> Any:
    with engine.client() as client:
        return client.get("/streams/fresh").json()


def interval(engine: Engine) -> str:
    return str(stream(engine)["config"]["input"]["generate"]["interval"])


def expect(said: Said, code: int, *texts: str) -> None:
    assert said.code == code, said.both
    assert [text for text in texts if text not in " ".join(said.both.split())] == [], said.both


def test_a_stream_and_its_cache_live_and_go(redpanda_connect: Engines, tmp_path: Path) -> None:
    engine = redpanda_connect.started()
    stack = shop(tmp_path, engine)
    stack.done("apply", "--yes")
    before = stream(engine)
    expect(stack("plan", "--detailed-exitcode"), 0, "No changes. 2 resources match the stackfile.")
    stack.done("apply", "--yes")
    assert stream(engine)["uptime"] > before["uptime"]
    stack.replace("200ms", "100ms")
    expect(stack("apply", "--yes"), 0, "done streams.fresh update")
    assert interval(engine) == "100ms"
    stack.replace("5m", "1h")
    expect(stack("apply", "--yes"), 0, "resources.seen", "a dedupe lets through what it had seen")
    expect(stack("status"), 0, "active", "not readable")
    stack.done("destroy", "--yes")
    with engine.client() as client:
        assert client.get("/streams").json() == {}


def test_an_update_that_the_engine_rejects_leaves_the_old_stream_running(
    redpanda_connect: Engines, tmp_path: Path
) -> None:
    engine = redpanda_connect.started()
    stack = shop(tmp_path, engine)
    stack.done("apply", "--yes")
    stack.replace("interval: 200ms", "interval: soon")
    expect(
        stack("apply", "--yes"), 1, "502 on PUT /streams/fresh", "the old stream was started again and runs as before"
    )
    now = stream(engine)
    assert (now["active"], interval(engine)) == (True, "200ms")
    stack.replace("interval: soon", "interval: 300ms")
    stack.done("apply", "--yes")
    assert interval(engine) == "300ms"


def test_a_lint_is_told_at_plan_at_its_line(redpanda_connect: Engines, tmp_path: Path) -> None:
    engine = redpanda_connect.started()
    stack = shop(tmp_path, engine)
    stack.replace("interval: 200ms", "interval: 200ms, intervall: 1s")
    expect(stack("plan"), 1, "field intervall not recognised", "stack.yaml:14:")
    with engine.client() as client:
        assert client.get("/streams").json() == {}


def test_an_engine_that_was_restarted_gets_all_again(redpanda_connect: Engines, tmp_path: Path) -> None:
    engine = redpanda_connect.started()
    stack = shop(tmp_path, engine)
    stack.done("apply", "--yes")
    engine.restart()
    expect(stack("plan"), 0, "the engine", "restarted", "2 to create")
    stack.done("apply", "--yes")
    assert stream(engine)["active"]
    expect(stack("plan"), 0, "No changes.")


def test_an_engine_that_is_killed_in_an_update_is_made_good_by_the_next_apply(
    redpanda_connect: Engines, tmp_path: Path
) -> None:
    engine = redpanda_connect.started({"TOKEN": TOKEN})
    stack = shop(tmp_path, engine, SLOW)
    stack.done("apply", "--yes")
    stack.replace("200ms", "100ms")
    running = stack.start("apply", "--yes")
    assert running.stdout is not None
    for line in running.stdout:
        if "start" in line and "streams.fresh" in line:
            engine.kill()
            break
    out, err = running.communicate(timeout=60)
    assert running.returncode == 1, out + err
    engine.restart()
    stack.done("apply", "--yes")
    assert interval(engine) == "100ms"
    expect(stack("plan"), 0, "No changes.")


def test_of_two_appliers_one_waits_for_the_other_or_is_told(redpanda_connect: Engines, tmp_path: Path) -> None:
    engine = redpanda_connect.started({"TOKEN": TOKEN})
    stack = shop(tmp_path, engine, SLOW)
    stack.done("apply", "--yes")
    stack.replace("200ms", "100ms")
    both = [stack.start("apply", "--yes") for _ in range(2)]
    told = [one.communicate(timeout=60) for one in both]
    assert 0 in [one.returncode for one in both], told
    assert interval(engine) == "100ms"
    expect(stack("plan"), 0, "No changes.")


def test_a_secret_of_the_engines_environment_comes_nowhere(redpanda_connect: Engines, tmp_path: Path) -> None:
    engine = redpanda_connect.started({"TOKEN": TOKEN})
    stack = shop(tmp_path, engine, SLOW)
    said = [stack.done("apply", "--yes"), stack("plan", "--json"), stack("status")]
    assert TOKEN in str(stream(engine))
    stack.replace("Bearer ${TOKEN}", "Basic ${TOKEN}")
    said += [stack("plan"), stack("plan", "--out", "plan.json"), stack("apply", "--yes"), stack("drift", "--json")]
    assert TOKEN not in "".join(one.both for one in said)
    assert TOKEN.encode() not in b"".join(stack.files().values())
    expect(stack("plan"), 0, "No changes.")
