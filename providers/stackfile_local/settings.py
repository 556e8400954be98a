"""The settings of the local provider: an engine in a folder, or one that is served."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator

from stackfile.sdk.provider import Settings
from stackfile.sdk.traits import Trait

SERVICE: Final = "local"


class LocalSettings(Settings):
    """An engine embedded in this process, or with `url` one that `stack engine serve` serves."""

    data_dir: Annotated[
        str | None,
        Field(
            min_length=1,
            description="The engine's folder; a relative path starts at the stackfile's folder. "
            "Unwritten: `engine` in the stack's data folder.",
        ),
    ] = None
    url: Annotated[
        str | None,
        Field(pattern=r"^https?://", description="Where an engine is served, as in http://127.0.0.1:7070."),
    ] = None
    token: Annotated[
        str | None,
        Trait.SENSITIVE,
        Field(min_length=1, description="What the served engine's --token-file holds."),
    ] = None

    @field_validator("url")
    @classmethod
    def _one_engine(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("data_dir") is not None:
            raise ValueError("an engine is in a folder (data_dir) or served (url): write one of the two")
        return value

    @field_validator("token")
    @classmethod
    def _of_a_url(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "url" in info.data and info.data["url"] is None:
            raise ValueError("only a served engine asks for one: write url too")
        return value
