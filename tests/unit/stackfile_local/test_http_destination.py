from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stackfile.errors import ProviderError, Rejected
from stackfile.sdk.provider import Live
from stackfile_local.engine import stride
from stackfile_local.engine.sinks.http import HttpSink
from tests.unit.stackfile_local.receiver import Receiver, Reply, Request, receiving
from tests.unit.stackfile_local.world import World

TOKEN = "hunter2-of-the-token"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def declare(world: World, receiver: Receiver, *values: Any, **body: Any) -> Live:
    """A destination that drains the stream `s`, with these events in it."""
    stream = world.stream_of("s", *values)
    return world.make(
        "destinations", **{"name": "out", "connector": "http", "url": receiver.url, **body}, stream=stream.id
    )


def reasons(world: World) -> list[str]:
    return [value["reason"] for value in world.values("out.destination.dead_letter")]


def numbers(count: int) -> list[dict[str, int]]:
    return [{"n": n} for n in range(count)]


@pytest.mark.parametrize(
    ("form", "content", "bodies"),
    [
        pytest.param("json", "application/json", [b'[{"n":0},{"n":1}]', b'[{"n":2}]'], id="an array"),
        pytest.param("ndjson", "application/x-ndjson", [b'{"n":0}\n{"n":1}\n', b'{"n":2}\n'], id="lines"),
        pytest.param("single", "application/json", [b'{"n":0}', b'{"n":1}', b'{"n":2}'], id="one by one"),
    ],
)
def test_what_is_sent(world: World, receiver: Receiver, form: str, content: str, bodies: list[bytes]) -> None:
    settings: dict[str, Any] = {"body": form, "batch": {"max_events": 2}, "method": "PUT"}
    settings |= {"headers": {"X-Team": "orders"}, "secret_headers": {"Authorization": f"Bearer {TOKEN}"}}
    declare(world, receiver, *numbers(3), url=f"{receiver.url}/in?team=7", **settings)
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (3, 3, 0)
    assert [request.body for request in receiver.requests] == bodies
    assert {(each.method, each.path) for each in receiver.requests} == {("PUT", "/in?team=7")}
    first = receiver.requests[0].headers
    assert (first["Content-Type"], first["Authorization"], first["X-Team"]) == (content, f"Bearer {TOKEN}", "orders")
    assert len({request.key for request in receiver.requests}) == len(bodies)
    world.run()
    assert len(receiver.requests) == len(bodies)


def test_requests_are_cut_by_size_and_a_larger_event_goes_alone(world: World, receiver: Receiver) -> None:
    texts = [400, 400, 300, 2000, 10, 10]
    declare(world, receiver, *({"t": "x" * size} for size in texts), batch={"max_bytes": "1KiB"})
    world.run()
    assert [[len(value["t"]) for value in each.values] for each in receiver.requests] == [
        [400, 400],
        [300],
        [2000],
        [10, 10],
    ]


def test_lingering_waits_for_others_until_the_first_is_old_enough_or_enough_are_there(
    world: World, receiver: Receiver
) -> None:
    declare(world, receiver, *numbers(2), batch={"linger": "5s", "max_events": 4})
    began = world.clock.seconds
    world.clock.naps = [lambda: world.append("s", {"n": 2})]
    (done,) = world.run()
    assert [request.values for request in receiver.requests] == [numbers(3)]
    assert 5 <= world.clock.seconds - began < 5.5
    assert done.written == 3
    world.append("s", *numbers(9))
    before = world.clock.seconds
    world.run()
    assert [len(request.values) for request in receiver.requests] == [3, 4, 4, 1]
    assert world.clock.seconds - before < 1


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(503, "busy"), id="unavailable"),
        pytest.param(Reply(429), id="too many"),
        pytest.param(Reply(408), id="too slow"),
        pytest.param(Reply(500), id="broken"),
        pytest.param(Reply(None), id="no answer"),
    ],
)
def test_what_passes_is_sent_again_with_the_same_key(world: World, receiver: Receiver, reply: Reply) -> None:
    replies = [reply, reply, Reply(), reply]
    receiver.answer = lambda request: replies.pop(0) if replies else Reply(201)
    declare(world, receiver, *numbers(4), batch={"max_events": 2})
    (done,) = world.run()
    assert (done.written, done.failed) == (4, 0)
    assert [request.values for request in receiver.requests] == [numbers(4)[:2]] * 3 + [numbers(4)[2:]] * 2
    assert len({request.key for request in receiver.requests}) == 2
    assert world.metrics("destinations", world.all("destinations")[0]).says == ()


@pytest.mark.parametrize("after", ["120", "Fri, 15 Jan 2027 08:02:00 GMT"], ids=["seconds", "a date"])
def test_a_receiver_is_left_alone_as_long_as_it_asks_for(world: World, receiver: Receiver, after: str) -> None:
    replies = [Reply(429, headers={"Retry-After": after})]
    receiver.answer = lambda request: replies.pop() if replies else Reply()
    declare(world, receiver, {"n": 1})
    began = world.clock.seconds
    world.run()
    assert len(receiver.requests) == 2
    assert 120 <= world.clock.seconds - began < 121


def test_others_go_on_while_one_waits(world: World, receiver: Receiver) -> None:
    replies = [Reply(503, headers={"Retry-After": "60"})]
    receiver.answer = lambda request: replies.pop() if replies else Reply()
    declare(world, receiver, *numbers(3))
    stream = next(live for live in world.all("streams") if live.fields["name"] == "s")
    world.file("copy.ndjson", stream=stream.id)
    seen: list[int] = []
    world.clock.naps = [lambda: seen.append(len(world.ndjson("copy.ndjson")))]
    world.run()
    assert seen == [3]
    assert receiver.values == numbers(3)


def test_a_receiver_that_stays_away_is_told_after_so_many_tries_and_nothing_is_lost(
    world: World, receiver: Receiver
) -> None:
    receiver.answer = lambda request: Reply(503, "down for repair")
    declare(world, receiver, *numbers(3), retry={"max_attempts": 3})
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert str(caught.value) == f"destination out: 503 from POST {receiver.url}: down for repair; 3 tries"
    assert len(receiver.requests) == 3
    receiver.answer = lambda request: Reply()
    world.run()
    assert receiver.values == numbers(3)


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405])
def test_an_answer_that_says_nothing_of_the_events_stops_the_destination(
    world: World, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda request: Reply(status, headers={"Location": "/elsewhere"})
    declare(world, receiver, *numbers(3))
    with pytest.raises(ProviderError, match=f"destination out: {status} from POST"):
        world.run()
    assert len(receiver.requests) == 1
    assert all("dead_letter" not in live.fields["name"] for live in world.all("streams"))


def test_events_that_the_receiver_does_not_take_are_found_and_the_rest_is_taken(
    world: World, receiver: Receiver
) -> None:
    def picky(request: Request) -> Reply:
        bad = [value["n"] for value in request.values if value["n"] in (3, 70, 71)]
        return Reply(422, f'{{"error": "cannot take\n{bad}"}}') if bad else Reply(204)

    receiver.answer = picky
    declare(world, receiver, *numbers(100))
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (100, 97, 3)
    assert [value["n"] for value in receiver.values] == [n for n in range(100) if n not in (3, 70, 71)]
    says = f"422 from POST {receiver.url}: " + '{"error": "cannot take '
    assert reasons(world) == [f'{says}[{n}]"}}' for n in (3, 70, 71)]
    assert len(receiver.requests) < 40


def test_what_was_taken_of_a_batch_is_not_sent_again_in_the_same_run(world: World, receiver: Receiver) -> None:
    answers = {3: [Reply(503)], 5: [Reply(400)] * 3}

    def once(request: Request) -> Reply:
        for value in request.values:
            if answers.get(value["n"]):
                return answers[value["n"]].pop()
        return Reply()

    receiver.answer = once
    declare(world, receiver, *numbers(8), batch={"max_events": 2})
    world.run()
    assert [[value["n"] for value in each.values] for each in receiver.requests] == [
        *([0, 1], [2, 3], [2, 3], [4, 5], [4], [5], [6, 7])
    ]
    assert len(reasons(world)) == 1


def test_a_batch_of_many_requests_gives_others_their_turn_and_ends_with_the_run(
    world: World, receiver: Receiver
) -> None:
    """Each request takes a second, and one event is refused."""
    copied: list[int] = []

    def slowly(request: Request) -> Reply:
        world.clock.seconds += 1
        copied.append(len((world.base / "paper.ndjson").read_bytes().splitlines()))
        return Reply(400 if request.values == [{"n": 1}] else 200)

    receiver.answer = slowly
    live = declare(world, receiver, *numbers(8), body="single")
    stream = next(live for live in world.all("streams") if live.fields["name"] == "s")
    world.file("paper.ndjson", stream=stream.id)
    (world.base / "paper.ndjson").touch()
    world.run(until_idle=False, stop=lambda: len(receiver.requests) >= 5)
    assert 5 <= len(receiver.requests) < 8
    assert (copied[0], copied[-1]) == (0, 8)
    assert world.measured("destinations", live)["written"] == 0
    (done, *_) = world.run(live.id)
    assert (done.read, done.written, done.failed) == (8, 7, 1)
    assert [value["n"] for each in receiver.requests for value in each.values] == list(range(8))


def die(*arguments: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("partitions", [1, 3])
def test_after_a_kill_with_more_events_there_the_requests_and_their_keys_are_as_they_were(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, partitions: int
) -> None:
    stream = world.stream("s", partitions=partitions)
    world.append("s", *numbers(20))
    settings = {"name": "out", "connector": "http", "url": receiver.url, "batch": {"max_events": 6}}
    world.make("destinations", **settings, stream=stream.id)
    with monkeypatch.context() as patch:
        patch.setattr(HttpSink, "apply", die)
        patch.setattr(HttpSink, "close", lambda sink: sink.client.close())  # a kill leaves nothing in order
        with pytest.raises(KeyboardInterrupt):
            world.run()
    world.append("s", *numbers(27)[20:])
    again = World(world.base, clock=world.clock)
    again.run()
    again.close()
    before, after = receiver.requests[:4], receiver.requests[4:8]
    assert [(each.key, each.body) for each in before] == [(each.key, each.body) for each in after]
    assert [len(request.values) for request in receiver.requests] == [6, 6, 6, 2, 6, 6, 6, 2, 6, 1]
    assert sorted(value["n"] for value in receiver.values) == list(range(27))


def test_results_of_windows_are_cut_as_they_were_and_sent_with_the_same_keys(world: World, receiver: Receiver) -> None:
    replies = [Reply(503), Reply(), Reply(503)]
    receiver.answer = lambda request: replies.pop() if replies else Reply()
    stream = world.stream_of("s", *({"k": f"k{n}"} for n in range(5)))
    out = world.make("destinations", name="out", connector="http", url=receiver.url, batch={"max_events": 3})
    counts = [{"aggregate": {"by": ["k"], "set": {"c": "count()"}}}]
    world.pipeline("counts", stream, out, operations=counts)
    world.run()
    sent = [[value["k"] for value in each.values] for each in receiver.requests]
    first, second = ["k0", "k1", "k2"], ["k3", "k4"]
    assert sent == [first, first, second, second]
    assert len({request.key for request in receiver.requests}) == 2


def test_pipelines_that_share_a_destination_have_keys_of_their_own(world: World, receiver: Receiver) -> None:
    stream = world.stream_of("s", *numbers(3))
    out = world.make("destinations", name="out", connector="http", url=receiver.url)
    for name in ("one", "two"):
        world.pipeline(name, stream, out, operations=[{"filter": "value.n > 0"}])
    world.run()
    assert [request.values for request in receiver.requests] == [numbers(3)[1:]] * 2
    assert len({request.key for request in receiver.requests}) == 2


def test_the_order_within_a_partition_is_kept_through_failures(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST", "MOST"):
        monkeypatch.setattr(stride, name, 10)
    turn = iter(range(1000))
    receiver.answer = lambda request: Reply(503) if next(turn) % 3 else Reply()
    world.stream("s", partitions=3)
    world.append("s", *numbers(60), keys=[f"k{n % 7}" for n in range(60)])
    stream = world.all("streams")[0]
    settings = {"name": "out", "connector": "http", "url": receiver.url, "batch": {"max_events": 4}}
    world.make("destinations", **settings, stream=stream.id)
    world.run()
    taken = [value["n"] for value in receiver.values]
    assert sorted(taken) == list(range(60))
    for key in range(7):
        mine = [n for n in taken if n % 7 == key]
        assert mine == sorted(mine)


def test_secrets_are_in_no_file_and_in_no_message(world: World, receiver: Receiver) -> None:
    url = f"{receiver.url}/hooks/hunter2-of-the-hook?key=hunter2-of-the-query"
    receiver.answer = lambda request: Reply(400, f"{request.path} {request.headers['Authorization']} no")
    live = declare(world, receiver, {"n": 1}, url=url, secret_headers={"Authorization": f"Bearer {TOKEN}"})
    world.run()
    assert live.fields.keys() & {"url", "secret_headers"} == set()
    assert live.fields["endpoint"] == receiver.url
    assert reasons(world) == [f"400 from POST {receiver.url}: (sensitive)?(sensitive) (sensitive) no"]
    files = [path.read_bytes() for path in world.base.rglob("*") if path.is_file()]
    assert len(files) >= 2
    assert not any(b"hunter2" in data for data in files)


def test_a_server_that_is_not_there_is_named(world: World) -> None:
    stream = world.stream_of("s", {"n": 1})
    url = "http://127.0.0.1:1/hooks/hunter2-of-the-hook"
    world.make("destinations", name="out", connector="http", url=url, stream=stream.id, retry={"max_attempts": 2})
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert str(caught.value).startswith("destination out: no answer from http://127.0.0.1:1: ")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({"body": "single", "batch": {"linger": "1s"}}, "batch.linger: a request for every", id="linger"),
        pytest.param(
            {"headers": {"A": "1"}, "secret_headers": {"a": "2"}}, "a is among secret_headers too", id="twice"
        ),
    ],
)
def test_fields_that_do_not_go_together_are_refused(world: World, body: dict[str, Any], says: str) -> None:
    with pytest.raises(Rejected, match=says):
        world.make("destinations", name="out", connector="http", url="http://127.0.0.1:1", **body)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        pytest.param({"a b": "x"}, "a header's name is letters, digits and - or _", id="name"),
        pytest.param({"Idempotency-Key": "x"}, "Idempotency-Key is set by the destination itself", id="ours"),
        pytest.param({"X-Api-Key": "hunter2"}, "X-Api-Key holds a secret: write it under secret_headers", id="secret"),
        pytest.param({"X": "hunter2\nX-More: y"}, "the value of X has characters that no header can have", id="value"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_without_their_values(
    world: World, headers: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        world.make("destinations", name="out", connector="http", url="http://127.0.0.1:1", headers=headers)
    assert "hunter2" not in str(caught.value)
