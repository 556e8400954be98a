"""The open connections of a run: one provider object for each instance that is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from stackfile.engine.shelter import sheltered, sheltered_kind
from stackfile.errors import Diagnostic, DiagnosticError, ProviderError
from stackfile.language.stackfile import Catalog, ProviderUse
from stackfile.sdk.provider import Kind, Provider, Session
from stackfile.values import reveal


@dataclass
class Connections:
    """Connects a provider instance when it is first asked for, and closes them all in the end.

    `counted` is told how many requests each instance made, when it is closed.
    """

    uses: Mapping[str, ProviderUse]
    catalog: Catalog
    session: Callable[[str], Session]
    counted: Callable[[str, int], None] | None = None
    open: dict[str, Provider[Any]] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    bound: dict[tuple[str, str, str], Kind[Any]] = field(default_factory=dict)

    async def provider(self, instance: str) -> Provider[Any]:
        """Raises DiagnosticError for settings that do not fit, ProviderError where the service cannot be used."""
        if instance not in self.open:
            use = self.uses.get(instance)
            if use is None:
                raise ProviderError(f"`{instance}` is no provider of the stackfile")
            made = self.catalog.provider(use.service)
            try:
                settings = made.settings.model_validate(reveal(use.settings))
            except ValidationError as error:
                raise DiagnosticError(_settings_wrong(use, error)) from None
            with sheltered(instance, "connect"):
                self.open[instance] = await made.connect(settings, self.session(instance))
        return self.open[instance]

    async def kind(self, instance: str, section: str, name: str) -> Kind[Any]:
        """A kind bound to its connection. Raises as `provider` does, and ProviderError for one that is not there."""
        if (known := self.bound.get((instance, section, name))) is not None:
            return known
        provider = await self.provider(instance)
        for kind in provider.kinds:
            if kind.section == section and kind.name == name:
                return self.bound.setdefault((instance, section, name), sheltered_kind(instance, kind))
        raise ProviderError(f"`{instance}` has no {section} of kind {name}: was it an older version of the provider?")

    async def scope(self, instance: str) -> str:
        """What an instance is connected to, as text; empty as long as nothing is there. It is asked for until then."""
        if not self.scopes.get(instance):
            provider = await self.provider(instance)
            with sheltered(instance, "scope"):
                self.scopes[instance] = str(await provider.scope() or "")
        return self.scopes[instance]

    async def cause_of_loss(self, instance: str) -> str:
        """Why objects may be gone at once, in the provider's words; empty where it knows nothing of that."""
        provider = await self.provider(instance)
        with sheltered(instance, "cause_of_loss"):
            return await provider.cause_of_loss() or ""

    @property
    def requests(self) -> int:
        return sum(provider.requests for provider in self.open.values())

    async def close(self) -> None:
        """Closes all; what could not be given back is gone with the connection."""
        self.bound.clear()
        while self.open:
            instance, provider = self.open.popitem()
            if self.counted is not None:
                self.counted(instance, provider.requests)
            try:
                with sheltered(instance, "close"):
                    await provider.close()
            except ProviderError:
                continue


def _settings_wrong(use: ProviderUse, error: ValidationError) -> list[Diagnostic]:
    return [
        Diagnostic(
            "provider-settings",
            f"providers.{use.name}: {'.'.join(map(str, one['loc']))}: {one['msg']}",
            span=use.span,
        )
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
