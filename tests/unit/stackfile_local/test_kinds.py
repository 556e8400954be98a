"""The verbs of the four kinds, against an engine in a folder."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from stackfile.errors import Conflict, NotFound, Rejected
from stackfile.portable.operations import normalise_operations
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Effect, Impact, Trait
from stackfile_local import Local
from stackfile_local.kinds.source import FileSource
from stackfile_local.kinds.stream import Stream, Streams
from tests.unit.stackfile_local.world import World, done

WHEN = "2027-01-15T08:00:00+00:00"


def plain(live: Live | None) -> dict[str, Any]:
    assert live is not None
    return dict(live.fields)


def test_a_stream_reports_every_setting_with_its_default(world: World) -> None:
    live = world.stream("clicks")
    assert live.id == "stream:clicks" == Streams.stable_id({"name": "clicks"})
    assert plain(live) == {
        "name": "clicks",
        "partitions": 1,
        "retention": "7d",
        "max_message_size": "1MiB",
        "compression": "none",
        "created_at": WHEN,
        "events": 0,
        "bytes": 0,
    }
    assert live.created_at == world.clock.now()


@pytest.mark.parametrize("section", ["streams", "sources", "destinations", "pipelines"])
def test_what_is_made_is_listed_and_read_the_same_and_told_to_the_journal(world: World, section: str) -> None:
    stream, source = world.stream("clicks"), world.source("a.csv", types="text")
    made = {
        "streams": stream,
        "sources": source,
        "destinations": world.table("a.db", key=["id"]),
        "pipelines": world.pipeline("p", source, stream, operations=[{"filter": "value.a > 1"}], status="paused"),
    }[section]
    assert made in world.all(section)
    assert world.read(section, made) == made
    assert made.id in world.step.ids
    assert len(set(world.step.ids)) == 4


def test_ids_are_of_their_kind_and_never_given_twice(world: World) -> None:
    first = world.source("a.csv")
    world.delete("sources", first)
    second = world.source("a.csv")
    assert first.id != second.id
    assert first.id.startswith("src_")
    assert world.table("x.db").id.startswith("dst_")


def test_what_is_deleted_is_gone_and_deleting_it_again_is_fine(world: World) -> None:
    live = world.stream("clicks")
    world.delete("streams", live)
    world.delete("streams", live)
    assert world.read("streams", live) is None
    assert world.all("streams") == []


def test_times_and_sizes_are_reported_in_one_form(world: World) -> None:
    fields = plain(world.stream("clicks", retention="36h", max_message_size="2048KiB"))
    assert (fields["retention"], fields["max_message_size"]) == ("1d12h", "2MiB")


def test_a_format_is_told_from_the_suffix(world: World) -> None:
    assert plain(world.source("a.CSV"))["format"] == "csv"
    assert plain(world.source("b.jsonl"))["format"] == "ndjson"
    assert plain(world.source("c.txt", format="csv"))["format"] == "csv"
    with pytest.raises(
        Rejected, match=r"source d: format: the name d\.txt tells none: write format: ndjson or format: csv"
    ):
        world.source("d.txt")


REFUSED_BY_THE_MODEL: dict[str, tuple[dict[str, Any], str]] = {
    "a name with a space": ({"name": "my clicks"}, "String should match pattern"),
    "a name that is a folder": ({"name": ".."}, "`.` and `..` are no names"),
    "no partitions": ({"partitions": 0}, "greater than or equal to 1"),
    "a fraction of a partition": ({"partitions": 1.5}, "valid integer"),
    "a retention without a unit": ({"retention": 7}, "write a number with its unit, as in 7d, or `forever`"),
    "a retention that is no duration": ({"retention": "a week"}, "'a week' is no duration"),
    "a size that is no size": ({"max_message_size": "big"}, "'big' is no size"),
    "a size that takes no event": ({"max_message_size": "1B"}, "from 1KiB to 256MiB"),
    "a size that no batch holds": ({"max_message_size": "1GiB"}, "from 1KiB to 256MiB"),
    "a codec that is not there": ({"compression": "lz4"}, "lz4 is not installed: write one of none, gzip"),
    "a field that is none": ({"replicas": 3}, "Extra inputs"),
}


@pytest.mark.parametrize("case", REFUSED_BY_THE_MODEL)
def test_a_stream_is_refused_for(case: str) -> None:
    body, says = REFUSED_BY_THE_MODEL[case]
    with pytest.raises(ValidationError, match=says):
        Stream.model_validate({"name": "clicks", **body})


def test_operations_are_kept_in_normal_form(world: World) -> None:
    source, stream = world.source("a.csv"), world.stream("s")
    operations: list[dict[str, Any]] = [{"filter": "value.a>1 && not value.b"}, {"drop": ["c"]}]
    kept = plain(world.pipeline("p", source, stream, operations=operations))["operations"]
    assert kept == normalise_operations(operations)
    assert kept != operations
    assert plain(world.pipeline("q", source, stream, operations=kept))["operations"] == kept


def test_a_name_is_given_once_in_a_kind(world: World) -> None:
    world.stream("clicks")
    world.source("clicks.csv")
    with pytest.raises(Conflict, match=r"a stream named clicks exists already \(stream:clicks\)") as caught:
        world.stream("clicks")
    assert (caught.value.status, caught.value.details) == (409, {"code": "1101"})
    with pytest.raises(Conflict, match="a source named clicks exists already"):
        world.source("clicks.csv")


def test_two_destinations_cannot_write_one_file(world: World) -> None:
    world.file("out/a.ndjson")
    with pytest.raises(Conflict, match=r"/out/a.ndjson is what destination a writes to already"):
        world.file("out/../out/a.ndjson", name="b")


def test_a_link_leads_to_something_of_the_right_kind(world: World) -> None:
    source, stream = world.source("a.csv"), world.stream("s")
    with pytest.raises(NotFound, match="pipeline p: source is src_0, which does not exist"):
        world.make("pipelines", name="p", source="src_0", destination=stream.id)
    with pytest.raises(Rejected, match="pipeline p: destination cannot be a source"):
        world.pipeline("p", stream, source)
    with pytest.raises(Rejected, match="pipeline p: destination: a pipeline cannot write to what it reads"):
        world.pipeline("p", stream, stream)
    assert world.all("pipelines") == []


IN_USE = {
    "a pipeline's source": ("sources", "source a is in use: it is the source of pipeline p"),
    "a pipeline's destination": ("destinations", "destination d is in use: it is the destination of pipeline p"),
    "a stream that a source feeds": ("streams", "stream s is in use: it is the stream of source fed"),
}


@pytest.mark.parametrize("case", IN_USE)
def test_what_is_in_use_cannot_be_deleted(world: World, case: str) -> None:
    section, says = IN_USE[case]
    stream, source, destination = world.stream("s"), world.source("a.csv"), world.file("d.csv")
    pipeline = world.pipeline("p", source, destination)
    fed = world.source("fed.csv", stream=stream.id)
    live = {"sources": source, "destinations": destination, "streams": stream}[section]
    with pytest.raises(Conflict) as caught:
        world.delete(section, live)
    assert (str(caught.value), caught.value.details) == (says, {"code": "1104"})
    world.delete("pipelines", pipeline)
    world.delete("sources", fed)
    world.delete(section, live)


UPDATES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a stream gets more partitions": ("streams", {"partitions": 4}, {"partitions": 4}),
    "a stream keeps for ever": ("streams", {"retention": "forever"}, {"retention": "forever"}),
    "an unset retention is the default again": ("streams", {"retention": None}, {"retention": "7d"}),
    "a source gets another name": ("sources", {"name": "other"}, {"name": "other"}),
    "a source follows and has a key": ("sources", {"follow": True, "key": "id"}, {"follow": True, "key": "id"}),
    "a pipeline is paused": ("pipelines", {"status": "paused"}, {"status": "paused"}),
    "a pipeline gets operations": ("pipelines", {"operations": [{"drop": ["a"]}]}, {"operations": [{"drop": ["a"]}]}),
    "a pipeline's operations are unset": ("pipelines", {"operations": None}, {"operations": []}),
}


@pytest.mark.parametrize("case", UPDATES)
def test_an_update_changes_what_it_names_and_nothing_else(world: World, case: str) -> None:
    section, change, expected = UPDATES[case]
    stream = world.stream("s", retention="1d")
    source = world.source("a.csv")
    pipeline = world.pipeline("p", source, stream, operations=[{"filter": "value.a"}])
    live = {"streams": stream, "sources": source, "pipelines": pipeline}[section]
    after = world.update(section, live, **change)
    assert plain(after) == {**live.fields, **expected}
    assert world.read(section, live) == after


CANNOT: dict[str, tuple[str, dict[str, Any], str]] = {
    "fewer partitions": ("streams", {"partitions": 1}, "stream s: no update: a stream cannot have fewer partitions"),
    "another name of a stream": ("streams", {"name": "t"}, "stream s: name cannot be changed in place"),
    "another path": ("sources", {"path": "b.csv"}, "source a: path cannot be changed in place"),
    "another source": ("pipelines", {"source": "stream:s"}, "pipeline p: source cannot be changed in place"),
}


@pytest.mark.parametrize("case", CANNOT)
def test_no_update_does(world: World, case: str) -> None:
    section, change, says = CANNOT[case]
    stream, source = world.stream("s", partitions=2), world.source("a.csv")
    pipeline = world.pipeline("p", source, world.stream("t2"))
    live = {"streams": stream, "sources": source, "pipelines": pipeline}[section]
    with pytest.raises(Rejected) as caught:
        world.update(section, live, **change)
    assert str(caught.value) == says
    assert world.read(section, live) == live


def test_an_update_of_what_is_gone_says_so(world: World) -> None:
    live = world.stream("s")
    world.delete("streams", live)
    with pytest.raises(NotFound, match="stream stream:s is gone"):
        world.update("streams", live, partitions=2)


def test_an_update_keeps_what_somebody_else_changed(world: World) -> None:
    stale = world.stream("s")
    world.update("streams", stale, compression="gzip")
    assert plain(world.update("streams", stale, partitions=2))["compression"] == "gzip"


def test_pausing_and_resuming_is_idempotent(world: World) -> None:
    kind: Any = world.kind("pipelines")
    live = world.pipeline("p", world.source("a.csv"), world.stream("s"))
    for verb, expected in ((kind.pause, "paused"), (kind.pause, "paused"), (kind.resume, "running")):
        assert plain(done(verb(live)))["status"] == expected


EFFECTS: dict[str, tuple[str, int, dict[Any, Any], Effect | None]] = {
    "deleting a stream with events": (
        "delete",
        1234,
        {},
        Effect(Impact.DATA_LOSS, "1,234 events would be deleted."),
    ),
    "deleting an empty stream": ("delete", 0, {}, Effect()),
    "replacing a stream with one event": ("replace", 1, {}, Effect(Impact.DATA_LOSS, "1 event would be deleted.")),
    "keeping for a shorter time": (
        "update",
        12,
        {("retention",): ("7d", "1h")},
        Effect(Impact.DATA_LOSS, "Events older than 1h would be deleted, of 12 events."),
    ),
    "keeping no longer for ever": (
        "update",
        12,
        {("retention",): ("forever", "365d")},
        Effect(Impact.DATA_LOSS, "Events older than 365d would be deleted, of 12 events."),
    ),
    "keeping for longer": ("update", 12, {("retention",): ("7d", "forever")}, None),
    "keeping an empty stream for a shorter time": ("update", 0, {("retention",): ("7d", "1h")}, None),
    "another compression": ("update", 12, {("compression",): ("none", "gzip")}, None),
}


@pytest.mark.parametrize("case", EFFECTS)
def test_the_impact_on_a_stream_of(case: str) -> None:
    verb, events, changed, expected = EFFECTS[case]
    assert Streams.effect(verb, Live("stream:s", {"name": "s", "events": events}), changed) == expected


def test_fewer_partitions_are_declared_to_lose_data_and_to_replace() -> None:
    changes = schema_of(Stream).fields["partitions"].changes
    assert changes is not None
    assert changes.removed is not None
    assert (changes.removed.impact, changes.removed.replaces) == (Impact.DATA_LOSS, True)
    assert changes.added is not None
    assert (changes.added.impact, changes.added.replaces) == (Impact.NONE, False)


def test_computed_fields_are_never_required_nor_compared() -> None:
    for name in ("created_at", "dead_letters"):
        assert schema_of(FileSource).fields[name].has(Trait.COMPUTED)
        assert not schema_of(FileSource).fields[name].required


def test_fields_that_mean_nothing_together_are_refused(world: World) -> None:
    stream = world.stream("bad")
    with pytest.raises(Rejected, match="source a: dead_letter: without `stream`, the pipeline that reads"):
        world.source("a.csv", dead_letter=stream.id)
    with pytest.raises(Rejected, match="source a: nulls: only a CSV file has cells, and this is ndjson"):
        world.source("a.ndjson", nulls=["NA"])
    with pytest.raises(Rejected, match="destination a: dead_letter: without `stream`"):
        world.file("a.csv", dead_letter=stream.id)
    with pytest.raises(Rejected, match="destination a: columns: only CSV has columns, and this is ndjson"):
        world.file("a.ndjson", columns=["x"])
    with pytest.raises(Rejected, match="destination engine: path: this is the engine's own database"):
        world.table(".stack/engine/engine.db")
    with pytest.raises(Rejected, match="destination a: table: tables named _stackfile_positions are not for events"):
        world.table("a.db", table="_stackfile_positions")


def test_the_provider_is_told_by_its_scope_and_counts_its_calls(world: World) -> None:
    store, before = world.local.store, world.local.requests
    assert done(world.local.scope()) is None
    live = world.stream("s")
    assert str(done(world.local.scope())) == f"local:{store.engine_id}"
    world.all("streams")
    world.delete("streams", live)
    assert world.local.requests == before + 3


def test_nothing_is_made_on_disk_before_something_is_made(world: World) -> None:
    assert not (world.base / ".stack").exists()
    assert world.all("streams") == []
    assert not (world.base / ".stack").exists()
    world.stream("clicks")
    assert (world.base / ".stack" / "engine" / "engine.db").exists()


def test_the_kinds_are_of_the_provider_in_their_sections() -> None:
    assert sorted((kind.section, kind.name) for kind in Local.kind_types) == [
        ("destinations", "destination"),
        ("pipelines", "pipeline"),
        ("sources", "source"),
        ("streams", "stream"),
    ]
