"""The settings of the local provider: an engine in a folder, or one that is served."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from stackfile.errors import DiagnosticError
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

    def check(self, instance: str) -> None:
        """Raises DiagnosticError for settings that do not go together."""
        if self.url is not None and self.data_dir is not None:
            says = "an engine is in a folder or served: `data_dir` and `url` exclude each other"
            raise DiagnosticError.of("provider-settings", f"providers.{instance}: {says}", "Take one of the two away.")
        if self.token is not None and self.url is None:
            says = "only a served engine asks for a `token`, and there is no `url`"
            write = "Write where it is served:  url: http://127.0.0.1:7070"
            raise DiagnosticError.of("provider-settings", f"providers.{instance}: {says}", write)
