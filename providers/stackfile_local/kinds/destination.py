"""Destinations: files, SQLite tables and stdout that take events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from stackfile.sdk.provider import Body
from stackfile.sdk.traits import Changes, Effect, Flow, Impact, KindTraits, OnRemove, Reference, Trait
from stackfile_local.kinds.fields import CreatedAt, DeadLetters, FilePath, Name
from stackfile_local.kinds.source import refused, told_format
from stackfile_local.kinds.stored import Place, StoredKind

_AGAIN_SAYS = "Everything is written again, from the start; what was written before stays where it is."
_AGAIN = Changes(Effect(Impact.REPROCESS, _AGAIN_SAYS))
_PATH = "A relative path starts at the stackfile's folder; missing folders are made."


class Destination(Body):
    """What every connector has. With `stream` the destination drains that stream by itself, beside any pipelines."""

    name: Name
    connector: Annotated[str, Trait.IMMUTABLE, _AGAIN]
    stream: Annotated[
        str | None,
        Reference(("streams",), Flow.IN),
        Trait.IMMUTABLE,
        Trait.PINS,
        _AGAIN,
        Field(description="The stream that the destination drains by itself."),
    ] = None
    dead_letter: Annotated[
        str | None,
        Reference(("streams",)),
        Trait.PINS,
        OnRemove.OMIT,
        Field(description="Where events go that cannot be written, for a destination with `stream`."),
    ] = None
    created_at: CreatedAt = None
    dead_letters: DeadLetters = None


class FileDestination(Destination):
    """A file to which the values of events are added as lines of NDJSON or CSV.

    Exactly once, a kill included: the engine knows how much of the file is its own, and cuts off what a killed run left
    behind that. A file that is there already is added to. CSV columns are those named in `columns`, else those of a
    file that is there, else the fields of the first events; without `columns`, an event with another field fails.
    """

    connector: Annotated[Literal["file"], Trait.IMMUTABLE, _AGAIN]
    path: Annotated[FilePath, Trait.IMMUTABLE, Trait.UNIQUE, _AGAIN, Field(description=_PATH)]
    format: Annotated[
        Literal["ndjson", "csv"] | None,
        Trait.IMMUTABLE,
        _AGAIN,
        OnRemove.KEEP,
        Field(description="Told from the file's suffix when it is not written: .ndjson, .jsonl, .csv."),
    ] = None
    columns: Annotated[
        list[str] | None,
        Trait.IMMUTABLE,
        _AGAIN,
        Field(min_length=1, description="The columns of a CSV file, in order."),
    ] = None


class SqliteDestination(Destination):
    """A table of a SQLite database. It is made when it is missing, and gets columns as events bring them.

    Exactly once, with and without `key`: the position is kept in the table `_stackfile_positions` of the same database
    and committed with the rows. With `key`, an event takes the place of the row that has the same key. Columns have no
    type; objects and lists are stored as JSON text, true and false as 1 and 0.
    """

    connector: Annotated[Literal["sqlite"], Trait.IMMUTABLE, _AGAIN]
    path: Annotated[FilePath, Trait.IMMUTABLE, _AGAIN, Field(description=f"The database file. {_PATH}")]
    table: Annotated[str, Trait.IMMUTABLE, _AGAIN, Field(pattern=r"^[^\x00]{1,200}$", description="The table's name.")]
    key: Annotated[
        list[str] | None, Trait.IMMUTABLE, _AGAIN, Field(min_length=1, description="The columns that tell rows apart.")
    ] = None


class StdoutDestination(Destination):
    """The stdout of `stack run`, or of a served engine: the values of events as lines of NDJSON or CSV.

    At least once: a batch is written before its position is saved, so a run that is killed in between writes it again.
    CSV begins with its columns once in a run: those in `columns`, else the fields of the first events.
    """

    connector: Annotated[Literal["stdout"], Trait.IMMUTABLE, _AGAIN]
    format: Annotated[
        Literal["ndjson", "csv"], Trait.IMMUTABLE, _AGAIN, OnRemove.DEFAULT, Field(description="How lines are written.")
    ] = "ndjson"
    columns: Annotated[
        list[str] | None, Trait.IMMUTABLE, _AGAIN, Field(min_length=1, description="The columns of CSV, in order.")
    ] = None


class Destinations(StoredKind[Destination]):
    section = "destinations"
    name = "destination"
    prefix = "dst"
    model = Destination
    variants: ClassVar[Mapping[str, type[Body]]] = {
        "file": FileDestination,
        "sqlite": SqliteDestination,
        "stdout": StdoutDestination,
    }
    traits = KindTraits(
        settle=0.0,
        replace=Effect(Impact.REPROCESS, _AGAIN_SAYS),
        delete=Effect(says="What was written stays."),
    )

    @classmethod
    def slot(cls, body: Mapping[str, Any], place: Place) -> str | None:
        return str((place.base / body["path"]).resolve()) if body["connector"] == "file" else None

    @classmethod
    def complete(cls, body: dict[str, Any], place: Place) -> dict[str, Any]:
        if "dead_letter" in body and "stream" not in body:
            says = "without `stream`, the pipeline that writes to the destination has one"
            raise refused("destination", body, "dead_letter", says)
        if body["connector"] == "stdout":
            return _with_columns(body, body["format"])
        if (place.base / body["path"]).resolve() == place.database.resolve():
            raise refused("destination", body, "path", "this is the engine's own database")
        if body["connector"] == "sqlite":
            from stackfile_local.engine.sinks.sqlite import POSITIONS

            if body["table"].lower().startswith(("sqlite_", POSITIONS)):
                raise refused("destination", body, "table", f"tables named {body['table']} are not for events")
            return body
        told = body.get("format") or told_format("destination", body)
        return {**_with_columns(body, told), "format": told}


def _with_columns(body: dict[str, Any], format: str) -> dict[str, Any]:
    if format != "csv" and "columns" in body:
        raise refused("destination", body, "columns", f"only CSV has columns, and this is {format}")
    return body
