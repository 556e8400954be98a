"""Streams: a native config, which the stackfile owns to the last key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.sdk.provider import Body
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import Names, SecretsIn, Trait
from stackfile.values import Path, Tree
from stackfile_redpanda_connect.advice import secrets_in_clear
from stackfile_redpanda_connect.kinds.running import StreamKind
from stackfile_redpanda_connect.labels import KINDS, named
from stackfile_redpanda_connect.secrets import hidden

Name = Annotated[
    str,
    Trait.IDENTITY,
    Trait.IMMUTABLE,
    Field(
        pattern=r"^[a-z0-9_-]+$",
        max_length=255,
        description="The id of the stream, of a-z, 0-9, _ and -: it stands in paths and metrics.",
    ),
]
Chilled = Annotated[
    bool | None, Trait.LOCAL, Field(description="Whether lints are passed over. Unwritten: as the provider has it.")
]
Status = Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="running, finished, or unreadable.")]
Trouble = Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="What is not connected, and why.")]


class Stream(Body):
    """An input, an output, and what is between them, as the engine's own documentation has it."""

    name: Name
    config: Annotated[
        dict[str, Any],
        Trait.WHOLE,
        SecretsIn(hidden),
        Names(KINDS, named),
        Field(description="input, buffer, pipeline and output. Sent as it is written; ${VAR} is the engine's to fill."),
    ]
    chilled: Chilled = None
    status: Status = None
    trouble: Trouble = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return secrets_in_clear("config", tree.get("config"))


class Streams(StreamKind[Stream]):
    section, name = "streams", "stream"
    model: ClassVar[type[Body]] = Stream

    def config_of(self, desired: Stream) -> dict[str, Any]:
        return desired.config

    @classmethod
    def fields_of(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        return {"config": config}

    @classmethod
    def field_at(cls, path: Path) -> tuple[Path, str]:
        return ("config", *path), ""

    @classmethod
    def buffer_of(cls, fields: Mapping[str, Any]) -> Any:
        config = fields.get("config")
        return config.get("buffer") if isinstance(config, Mapping) else None
