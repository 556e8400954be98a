"""stack engine top: how everything in an engine fares, live, without a stackfile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from stackfile.cli.command import stack_command
from stackfile.cli.engine import ENGINE, token_of
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.watching import EVERY, Pace, times_option, watched
from stackfile.engine.fare import consumers_of, metrics_of
from stackfile.engine.shelter import sheltered_kind
from stackfile.errors import AuthFailed, DiagnosticError, ProviderError
from stackfile.report.status import ConsumerRow, Status, StatusRow
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Clock, Kind, Live, Provider, Session

NONE: Final = "The engine holds nothing."
_URL: Final = "http://127.0.0.1:7070"


def _http(ctx: click.Context, param: click.Parameter, url: str | None) -> str | None:
    if url is not None and not url.startswith(("http://", "https://")):
        raise click.BadParameter(f"write where it is served, as in {_URL}", ctx, param)
    return url


@stack_command
@click.option("--url", metavar="URL", callback=_http, help=f"A served engine. Default: {_URL}.")
@click.option("--token-file", metavar="FILE", type=click.Path(path_type=Path), help="The token that it asks for.")
@click.option("--data", metavar="DIR", type=click.Path(path_type=Path), help="An engine's folder, run or not.")
@click.option("--every", metavar="SECONDS", type=click.FloatRange(0.1), default=EVERY, help="How often. Default: 2.")
@times_option
def top(
    options: Options, url: str | None, token_file: Path | None, data: Path | None, every: float, times: int | None
) -> Exit:
    """Show how everything in an engine fares, again and again, until Ctrl-C. It needs no stackfile.

    A folder is only read, also while another process runs it. Rates are those since the look before.
    """
    from stackfile.engine.clock import SystemClock

    if data is not None and (url is not None or token_file is not None):
        says = "--data is a folder, which is read without --url and --token-file"
        raise click.UsageError(says, click.get_current_context())
    token = None if token_file is None else token_of(token_file)
    if token is not None:
        options.redactor.add([token])
    clock = SystemClock()
    settings = {"data_dir": str(data)} if data is not None else {"url": url or _URL, "token": token}
    return watched(options, EngineEye(settings, clock), Pace(every, times), clock, NONE)


@dataclass
class EngineEye:
    """Looks at all objects of one engine, whoever declared them."""

    settings: dict[str, Any]
    clock: Clock
    reached: bool = False
    _provider: Provider[Any] | None = field(default=None, init=False)
    _seen: bool = field(default=False, init=False)

    async def look(self) -> Status:
        """Raises DiagnosticError where there is no engine, ProviderError where it does not answer; one that answered
        once may do so again, and until then that is what is told."""
        try:
            found = await self._look()
        except AuthFailed as error:
            raise _no_token(self.settings) from error
        except ProviderError as error:
            if not self._seen:
                raise
            self.reached = False
            return Status((), self.clock.now(), notes=(str(error),))
        self.reached = self._seen = True
        return found

    async def _look(self) -> Status:
        provider = await self._connected()
        rows = [row for kind in provider.kinds for row in await _rows(sheltered_kind(ENGINE, kind), type(kind))]
        consumers = await consumers_of(provider, ENGINE)
        names = {row.metrics.id: row.address for row in rows if row.metrics is not None}
        found = [ConsumerRow(one.group, names.get(one.stream, one.stream), one.values) for one in consumers]
        return Status(rows, self.clock.now(), found)

    async def close(self) -> None:
        if self._provider is not None:
            await self._provider.close()

    async def _connected(self) -> Provider[Any]:
        if self._provider is None:
            from stackfile.registry import Registry

            engine = Registry().provider(ENGINE)
            folder = Path.cwd()
            session = Session(folder, folder, self.clock, ENGINE)
            self._provider = await engine.connect(engine.settings.model_validate(self.settings), session)
            if await self._provider.scope() is None:
                where = self.settings.get("data_dir", "")
                says = f"there is no engine in {where}"
                raise DiagnosticError.of("engine-missing", says, "Its folder holds engine.db; or name one with --url")
        return self._provider


def _no_token(settings: Mapping[str, Any]) -> DiagnosticError:
    does = "asks for a token" if settings["token"] is None else "does not take this token"
    help = "Name the file that holds the engine's token: stack engine top --token-file FILE"
    return DiagnosticError.of("auth-failed", f"the engine at {settings['url']} {does}", help)


async def _rows(kind: Kind[Any], made: type[Kind[Any]]) -> list[StatusRow]:
    lives = sorted(await kind.list_all(), key=_name)
    said = await metrics_of(kind, made, lives)
    return [StatusRow(_name(live), f"{ENGINE} {kind.name}", one) for live, one in _paired(lives, said)]


def _paired(lives: Sequence[Live], said: Sequence[Metrics]) -> Iterator[tuple[Live, Metrics | None]]:
    by_id = {metrics.id: metrics for metrics in said}
    return ((live, by_id.get(live.id)) for live in lives)


def _name(live: Live) -> str:
    return str(live.fields.get("name", live.id))
