"""Destinations that are tables of a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from stackfile.sdk.traits import Changes, Effect, Impact, OnRemove, Trait
from stackfile_local.kinds.destination_body import AGAIN, FROM_NOW, Destination
from stackfile_local.kinds.endpoint import database_of
from stackfile_local.kinds.fields import Period
from stackfile_local.kinds.source import refused

_LONGEST_NAME = 63
_ELSEWHERE = Changes(
    Effect(
        Impact.REPROCESS,
        "It connects anew. Another database gets everything from the start; the same one goes on where it was.",
    )
)
_ANEW = Changes(Effect(Impact.RESTART, "It connects anew, and goes on where it was."))
_ONE_SERVER = ("host", "port", "database", "user")
_TYPE = (
    r"^[A-Za-z][A-Za-z0-9_]*( [A-Za-z]+)*(\.[A-Za-z_][A-Za-z0-9_]*)?"
    r"( ?\([0-9]{1,4}(, ?[0-9]{1,4})?\))?( with(out)? time zone)?(\[\])?$"
)


def _identifier(name: str) -> str:
    if "\0" in name:
        raise ValueError("a name has no NUL in it")
    if len(name.encode()) > _LONGEST_NAME:
        raise ValueError(f"longer than the {_LONGEST_NAME} bytes that PostgreSQL has for a name")
    return name


Identifier = Annotated[str, Field(min_length=1), AfterValidator(_identifier)]


class PostgresDestination(Destination):
    """A table of a PostgreSQL database. It is made when it is missing, and gets columns as events bring them.

    Exactly once, with and without `key`: the position is kept in the table `_stackfile_positions` of the same schema
    and committed with the rows. With `key`, an event changes the row that has the same key. Needs
    `pip install 'stackfile[postgres]'`. Where nothing else is said, libpq's own settings count: PGPASSWORD, ~/.pgpass.
    """

    connector: Annotated[Literal["postgres"], Trait.IMMUTABLE, AGAIN]
    url: Annotated[
        str | None,
        Trait.WRITE_ONLY,
        _ELSEWHERE,
        Field(
            pattern=r"^postgres(ql)?://\S+$",
            description="As in postgresql://user:password@host:5432/database?sslmode=require. Instead of host, port, "
            "database and user.",
        ),
    ] = None
    host: Annotated[
        str | None, _ELSEWHERE, Field(min_length=1, description="A name, an address, or a socket's folder.")
    ] = None
    port: Annotated[int | None, _ELSEWHERE, Field(ge=1, le=65535, strict=True, description="Unwritten: 5432.")] = None
    database: Annotated[str | None, _ELSEWHERE, Field(min_length=1, description="The database's name.")] = None
    user: Annotated[str | None, _ANEW, Field(min_length=1, description="Who writes: the owner of what is made.")] = None
    password: Annotated[str | None, Trait.WRITE_ONLY, _ANEW, Field(min_length=1, description="The user's.")] = None
    sslmode: Annotated[
        Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None,
        _ANEW,
        Field(description="As libpq knows it. Unwritten: prefer."),
    ] = None
    schema_: Annotated[Identifier, Trait.IMMUTABLE, OnRemove.DEFAULT, AGAIN] = Field(
        "public", alias="schema", description="Made when it is missing."
    )
    table: Annotated[Identifier, Trait.IMMUTABLE, AGAIN, Field(description="The table's name.")]
    key: Annotated[
        list[Identifier] | None,
        Trait.IMMUTABLE,
        AGAIN,
        Field(min_length=1, description="The columns that tell rows apart. Unwritten, rows are added."),
    ] = None
    delete: Annotated[
        bool,
        OnRemove.DEFAULT,
        FROM_NOW,
        Field(description="An event without a value deletes the row of its key; unwritten, it fails."),
    ] = False
    columns: Annotated[
        dict[Identifier, Annotated[str, Field(pattern=_TYPE)]] | None,
        Trait.WHOLE,
        Changes(Effect(says="It counts for columns that are still to be made.")),
        Field(description='Types of columns to be made, as in {at: timestamptz, price: "numeric(12, 2)"}.'),
    ] = None
    timeout: Annotated[
        Period,
        OnRemove.DEFAULT,
        FROM_NOW,
        Field(description="How long one statement may take; then it is tried again."),
    ] = "30s"
    endpoint: Annotated[
        str | None, Trait.COMPUTED, Field(description="The server and database, as far as they are no secret.")
    ] = None


def complete_postgres(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with its endpoint. Raises Rejected for fields that do not go together."""
    from stackfile_local.engine.sinks.positions import POSITIONS

    beside = [name for name in _ONE_SERVER if name in body]
    if "url" in body and beside:
        raise refused("destination", body, beside[0], "the url says that already: write one of the two")
    if "url" not in body and "host" not in body:
        raise refused("destination", body, "host", "write where the server is: host, or url")
    if "url" not in body and "database" not in body:
        raise refused("destination", body, "database", "write which database of the server it is")
    if body["table"] == POSITIONS:
        raise refused("destination", body, "table", f"the table {POSITIONS} is not for events")
    if body.get("delete") and "key" not in body:
        raise refused("destination", body, "delete", "without `key` nobody can tell which row is to be deleted")
    if "url" in body:
        return {**body, "endpoint": database_of(body["url"])}
    return {**body, "endpoint": f"{body['host']}:{body.get('port', 5432)}/{body['database']}"}
