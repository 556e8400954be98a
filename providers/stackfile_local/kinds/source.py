"""Sources: files whose lines become events, events that are made up, and events that are sent by HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from stackfile.errors import Refusal, Rejected
from stackfile.sdk.normal import Problem
from stackfile.sdk.provider import Body
from stackfile.sdk.traits import Changes, Effect, Impact, KindTraits, OnRemove, Trait
from stackfile.values import Tree
from stackfile_local.kinds.feeding import AGAIN, AGAIN_SAYS, Source
from stackfile_local.kinds.fields import FilePath
from stackfile_local.kinds.generated import GenerateSource
from stackfile_local.kinds.reviewing import review_csv
from stackfile_local.kinds.stored import Place, StoredKind
from stackfile_local.kinds.webhook import HttpSource, split_address

_FROM_NOW = Changes(Effect(says="From the next line on; events of earlier lines stay as they are."))


class FileSource(Source):
    """A file of NDJSON or CSV, read once to its end in every run, or followed while it grows and is rotated.

    Exactly once: the position moves in the transaction that saves the events. A file that begins otherwise than before
    is another file, and is read from its start, when it is followed after the rest of the one before and those that
    were rotated away since; one that is shorter but begins as before stops the source. In CSV the
    first line names the columns. With `types: auto` a cell that is written as a JSON number is that number, an empty
    one and those in `nulls` are null; all else is text, `00123` and `true` too. With `types: text` all cells but
    those in `nulls` are text.
    A line that cannot be read goes to the dead letters with its number and the reason.
    """

    connector: Annotated[Literal["file"], Trait.IMMUTABLE, AGAIN]
    path: Annotated[
        FilePath,
        Trait.IMMUTABLE,
        AGAIN,
        Field(description="The file; a relative path starts at the stackfile's folder."),
    ]
    format: Annotated[
        Literal["ndjson", "csv"] | None,
        Trait.IMMUTABLE,
        AGAIN,
        OnRemove.KEEP,
        Field(description="Told from the file's suffix when it is not written: .ndjson, .jsonl, .csv."),
    ] = None
    follow: Annotated[
        bool,
        OnRemove.DEFAULT,
        Field(description="Follow the file as it grows and is rotated; a last line without its end waits."),
    ] = False
    key: Annotated[
        str | None,
        _FROM_NOW,
        Field(min_length=1, description="The field of the value, dotted, or the CSV column that is the event's key."),
    ] = None
    types: Annotated[
        Literal["auto", "text"], OnRemove.DEFAULT, _FROM_NOW, Field(description="What CSV cells become.")
    ] = "auto"
    nulls: Annotated[list[str] | None, _FROM_NOW, Field(description="CSV cells that mean null, as in [NA].")] = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        yield from super().review(tree)
        yield from review_csv(tree, "nulls", "cells")


class Sources(StoredKind[Source]):
    section = "sources"
    name = "source"
    prefix = "src"
    model = Source
    variants: ClassVar[Mapping[str, type[Body]]] = {"file": FileSource, "generate": GenerateSource, "http": HttpSource}
    traits = KindTraits(
        settle=0.0,
        replace=Effect(Impact.REPROCESS, AGAIN_SAYS),
        delete=Effect(says="The file stays, and so do the events that it gave."),
    )

    @classmethod
    def slot(cls, body: Mapping[str, Any], place: Place) -> str | None:
        """Two sources cannot receive at one address and path."""
        if body["connector"] != "http":
            return None
        host, port = split_address(body["listen"])
        return f"http://{host}:{port}{body['path']}"

    @classmethod
    def complete(cls, body: dict[str, Any], place: Place) -> dict[str, Any]:
        if "dead_letter" in body and "stream" not in body:
            raise refused("source", body, "dead_letter", "without `stream`, the pipeline that reads the source has one")
        if body["connector"] != "file":
            return body
        told = body.get("format") or told_format("source", body)
        if "nulls" in body and told != "csv":
            raise refused("source", body, "nulls", f"only a CSV file has cells, and this is {told}")
        return {**body, "format": told}


def refused(kind: str, body: Mapping[str, Any], field: str, says: str) -> Rejected:
    return Rejected(f"{kind} {body['name']}: {field}: {says}", fields=(Refusal(field, says),))


def told_format(kind: str, body: Mapping[str, Any]) -> str:
    """The format that a file's suffix tells. Raises Rejected where it tells none."""
    path = str(body["path"]).lower()
    if path.endswith((".ndjson", ".jsonl")):
        return "ndjson"
    if path.endswith(".csv"):
        return "csv"
    says = f"the name {body['path']} tells none: write format: ndjson or format: csv"
    raise refused(kind, body, "format", says)
