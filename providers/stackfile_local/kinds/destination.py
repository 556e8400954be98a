"""Destinations: what takes events. Files, SQLite tables and stdout are here, others in a file each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from stackfile.sdk.normal import Problem
from stackfile.sdk.provider import Body
from stackfile.sdk.traits import Effect, Impact, KindTraits, OnRemove, Trait
from stackfile.values import Tree
from stackfile_local.kinds.destination_body import AGAIN, AGAIN_SAYS, Destination
from stackfile_local.kinds.destination_http import HttpDestination, complete_http
from stackfile_local.kinds.destination_postgres import PostgresDestination, complete_postgres
from stackfile_local.kinds.fields import FilePath
from stackfile_local.kinds.reviewing import review_csv
from stackfile_local.kinds.source import refused, told_format
from stackfile_local.kinds.stored import Place, StoredKind

_PATH = "A relative path starts at the stackfile's folder; missing folders are made."


class FileDestination(Destination):
    """A file to which the values of events are added as lines of NDJSON or CSV.

    Exactly once, a kill included: the engine knows how much of the file is its own, and cuts off what a killed run left
    behind that. A file that is there already is added to. CSV columns are those named in `columns`, else those of a
    file that is there, else the fields of the first events; without `columns`, an event with another field fails.
    """

    connector: Annotated[Literal["file"], Trait.IMMUTABLE, AGAIN]
    path: Annotated[FilePath, Trait.IMMUTABLE, Trait.UNIQUE, AGAIN, Field(description=_PATH)]
    format: Annotated[
        Literal["ndjson", "csv"] | None,
        Trait.IMMUTABLE,
        AGAIN,
        OnRemove.KEEP,
        Field(description="Told from the file's suffix when it is not written: .ndjson, .jsonl, .csv."),
    ] = None
    columns: Annotated[
        list[str] | None,
        Trait.IMMUTABLE,
        AGAIN,
        Field(min_length=1, description="The columns of a CSV file, in order."),
    ] = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        yield from super().review(tree)
        yield from review_csv(tree, "columns", "columns")


class SqliteDestination(Destination):
    """A table of a SQLite database. It is made when it is missing, and gets columns as events bring them.

    Exactly once, with and without `key`: the position is kept in the table `_stackfile_positions` of the same database
    and committed with the rows. With `key`, an event changes, of the row that has the same key, the columns that it
    has. Columns have no type; objects and lists are stored as JSON text, true and false as 1 and 0.
    """

    connector: Annotated[Literal["sqlite"], Trait.IMMUTABLE, AGAIN]
    path: Annotated[FilePath, Trait.IMMUTABLE, AGAIN, Field(description=f"The database file. {_PATH}")]
    table: Annotated[str, Trait.IMMUTABLE, AGAIN, Field(pattern=r"^[^\x00]{1,200}$", description="The table's name.")]
    key: Annotated[
        list[str] | None, Trait.IMMUTABLE, AGAIN, Field(min_length=1, description="The columns that tell rows apart.")
    ] = None


class StdoutDestination(Destination):
    """The stdout of `stack run`, or of a served engine: the values of events as lines of NDJSON or CSV.

    At least once: a batch is written before its position is saved, so a run that is killed in between writes it again.
    CSV begins with its columns once in a run: those in `columns`, else the fields of the first events.
    """

    connector: Annotated[Literal["stdout"], Trait.IMMUTABLE, AGAIN]
    format: Annotated[
        Literal["ndjson", "csv"], Trait.IMMUTABLE, AGAIN, OnRemove.DEFAULT, Field(description="How lines are written.")
    ] = "ndjson"
    columns: Annotated[
        list[str] | None, Trait.IMMUTABLE, AGAIN, Field(min_length=1, description="The columns of CSV, in order.")
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
        "postgres": PostgresDestination,
        "http": HttpDestination,
    }
    traits = KindTraits(
        settle=0.0,
        replace=Effect(Impact.REPROCESS, AGAIN_SAYS),
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
        if body["connector"] == "postgres":
            return complete_postgres(body)
        if body["connector"] == "http":
            return complete_http(body)
        if body["connector"] == "stdout":
            return _with_columns(body, body["format"])
        if (place.base / body["path"]).resolve() == place.database.resolve():
            raise refused("destination", body, "path", "this is the engine's own database")
        if body["connector"] == "sqlite":
            from stackfile_local.engine.sinks.positions import POSITIONS

            if body["table"].lower().startswith(("sqlite_", POSITIONS)):
                raise refused("destination", body, "table", f"tables named {body['table']} are not for events")
            return body
        told = body.get("format") or told_format("destination", body)
        return {**_with_columns(body, told), "format": told}


def _with_columns(body: dict[str, Any], format: str) -> dict[str, Any]:
    if format != "csv" and "columns" in body:
        raise refused("destination", body, "columns", f"only CSV has columns, and this is {format}")
    return body
