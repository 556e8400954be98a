"""Sources that receive by HTTP, in whole runs with real requests: what is in the stream when the sender is answered."""

from __future__ import annotations

import errno
import json
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest

from stackfile.errors import Conflict, ProviderError
from stackfile.sdk.schema import schema_for
from stackfile_local.engine.vault import Vault
from stackfile_local.kinds.declared import Declared
from stackfile_local.kinds.source import Sources
from tests.unit.stackfile_local.world import World


@pytest.fixture
def port() -> int:
    """One that was free a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def receive(world: World, port: int, name: str = "hooks", **body: Any) -> Any:
    named = {"name": name, "connector": "http", "listen": f"127.0.0.1:{port}", "path": f"/{name}", "stream": "stream:s"}
    return world.make("sources", **{**named, **body})


def while_running(world: World, client: Callable[[httpx.Client], None]) -> None:
    """Runs the engine until the client, in a thread of its own, has what it wants."""
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=30) as http:
                client(http)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    world.run(until_idle=False, stop=lambda: not thread.is_alive())
    thread.join()
    if failed:
        raise failed[0]


def test_what_is_answered_is_in_the_stream_and_a_repeat_is_left_out_also_after_a_restart(
    world: World, port: int
) -> None:
    world.stream("s")
    receive(world, port, event_id={"header": "X-Id"}, key="n", headers=["X-Kind"])
    url, answers = f"http://127.0.0.1:{port}/hooks", list[dict[str, Any]]()

    def send(*sent: tuple[Any, str]) -> Callable[[httpx.Client], None]:
        def client(http: httpx.Client) -> None:
            for body, id in sent:
                answer = http.post(url, json=body, headers={"X-Id": id, "X-Kind": "push"})
                answers.append(answer.raise_for_status().json())

        return client

    while_running(world, send(([{"n": 1}, {"n": 2}], "a"), ({"n": 3}, "b"), ([{"n": 1}, {"n": 2}], "a")))
    while_running(world, send(({"n": 3}, "b"), ({"n": 4}, "c")))
    assert [(answer["events"], answer["duplicates"]) for answer in answers] == [(2, 0), (1, 0), (0, 2), (0, 1), (1, 0)]
    assert [(event[0], event[1], event[2]) for event in world.events("s")] == [
        (n, {"n": n}, {"x-kind": "push"}) for n in (1, 2, 3, 4)
    ]
    world.clock.seconds += 25 * 3600
    while_running(world, send(({"n": 3}, "b")))
    assert world.values("s")[-1] == {"n": 3}


def test_two_sources_share_a_port_and_one_can_come_while_the_run_goes_on(world: World, port: int) -> None:
    world.stream("s")
    receive(world, port, "a", event_id={"field": "id"})
    answers: list[int] = []

    def client(http: httpx.Client) -> None:
        base = f"http://127.0.0.1:{port}"
        answers.append(http.post(f"{base}/a", json=[{"id": 1}, {"id": 1}, {"id": 2}, {}, {}]).status_code)
        answers.append(http.post(f"{base}/b", json={}).status_code)
        other = World(world.base, clock=world.clock)
        receive(other, port, "b")
        other.close()
        while (status := http.post(f"{base}/b", json={"b": 1}).status_code) == 404:
            pass
        answers.append(status)

    while_running(world, client)
    assert answers == [200, 404, 200]
    assert world.values("s") == [{"id": 1}, {"id": 2}, {}, {}, {"b": 1}]


def test_a_source_that_moves_while_the_run_goes_on_leaves_its_old_port(world: World, port: int) -> None:
    world.stream("s")
    live = receive(world, port)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])

    def client(http: httpx.Client) -> None:
        http.post(f"http://127.0.0.1:{port}/hooks", json=1).raise_for_status()
        other = World(world.base, clock=world.clock)
        other.update("sources", live, listen=f"127.0.0.1:{free}")
        other.close()
        http.post(f"http://127.0.0.1:{free}/hooks", json=2).raise_for_status()
        with closing(socket.socket()) as again:
            assert again.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED

    while_running(world, client)
    assert world.values("s") == [1, 2]


def test_a_port_that_is_taken_is_named_and_all_others_go_on(world: World, port: int) -> None:
    world.stream_of("s", 1)
    world.file("out.ndjson", stream="stream:s")
    source = receive(world, port)
    turns = iter(range(6))
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(ProviderError) as caught:
            world.run(until_idle=False, stop=lambda: next(turns, None) is None)
    says = f"cannot listen at 127.0.0.1:{port}: Address already in use. Free it, or choose another for `listen`"
    assert str(caught.value) == f"source hooks: {says}"
    assert world.metrics("sources", source).says == (says,)
    assert world.ndjson("out.ndjson") == [1]


def test_a_run_until_idle_does_not_listen(world: World, port: int) -> None:
    world.stream("s")
    receive(world, port)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        (done,) = world.run()
    assert (done.read, done.done) == (0, True)


def test_events_that_the_stream_cannot_take_are_dead_letters(world: World, port: int) -> None:
    world.stream("s", max_message_size="1KiB")
    receive(world, port)

    def client(http: httpx.Client) -> None:
        assert http.post(f"http://127.0.0.1:{port}/hooks", json=[1, "x" * 2000, 2]).status_code == 200

    while_running(world, client)
    assert world.values("s") == [1, 2]
    (dead,) = world.values("hooks.source.dead_letter")
    assert (dead["source"], dead["number"], dead["value"]) == ("hooks", 1, "x" * 2000)


def test_secrets_are_sealed_and_stay_when_something_beside_them_changes(world: World, port: int) -> None:
    world.stream("s")
    live = receive(world, port, token="open sesame", hmac={"secret": "hidden key", "header": "X-S"})
    seen = {"form": "body", "header": "X-S", "algorithm": "sha256", "encoding": "hex", "prefix": "", "tolerance": "5m"}
    assert (live.fields["hmac"], live.fields.get("token")) == (seen, None)
    Declared(world.local.store, world.base).change(Sources, live.id, {"hmac": {**seen, "header": "X-Other"}})
    ((text,),) = world.local.store.rows("SELECT body FROM objects WHERE kind = 'source'")
    assert "open sesame" not in text
    assert "hidden key" not in text
    body, vault = json.loads(text), Vault(world.local.store.folder)
    assert (vault.open(body["token"]), vault.open(body["hmac"]["secret"])) == ("open sesame", "hidden key")
    assert body["hmac"]["header"] == "X-Other"


def test_a_pipeline_cannot_read_what_is_sent_only_once(world: World, port: int) -> None:
    kept = world.stream("kept")
    world.stream("s")
    world.pipeline("p", receive(world, port), kept)
    with pytest.raises(ProviderError, match="its source receives by HTTP: let the pipeline read the stream which"):
        world.run()


def test_an_address_and_a_path_have_one_source(world: World, port: int) -> None:
    world.stream("s")
    receive(world, port)
    with pytest.raises(Conflict, match="/hooks is what source hooks receives at already"):
        receive(world, port, "again", path="/hooks")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"listen": "0.0.0.0:80"}, "listen: anybody could send there: give the source a `token` or an `hmac`, or"),
        ({"listen": "8080"}, "write an address and a port, as in 127.0.0.1:8080"),
        ({"path": "hooks"}, "should match pattern"),
        ({"hmac": {"secret": "hidden key"}}, "hmac.header: write the name of the header, as in X-Hub-Signature-256"),
        ({"hmac": {"header": "X-S"}}, "`secret` is required"),
        ({"event_id": {}}, "event_id: write one of header and field"),
        ({"headers": ["X Y"]}, "write the name of a header, as in X-Request-Id"),
        ({"stream": None}, "`stream` is required"),
    ],
)
def test_what_cannot_be_is_said_when_it_is_planned(wrong: dict[str, Any], says: str) -> None:
    body: dict[str, Any] = {"name": "a", "connector": "http", "listen": "127.0.0.1:80", "stream": "stream:s", **wrong}
    schema = schema_for(Sources, body)
    _, problems = schema.normalise({name: value for name, value in body.items() if value is not None})
    said = " ".join(problem.message for problem in problems)
    assert says in said
    assert "hidden key" not in said


def test_a_run_that_goes_on_says_at_once_what_is_amiss_and_says_it_once(world: World, port: int) -> None:
    world.stream("s")
    receive(world, port)
    turns = iter(range(40))
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(ProviderError):
            world.run(until_idle=False, stop=lambda: next(turns, None) is None)
    assert [one.problem.partition(":")[0] for one in world.told if one.problem] == ["cannot listen at 127.0.0.1"]
