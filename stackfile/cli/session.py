"""Opens what a command works on: the stackfile, its variables, the state's store, and the providers' sessions."""

from __future__ import annotations

import functools
import glob
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from stackfile.cli.command_output import command_output
from stackfile.cli.lock_file import registry_of
from stackfile.cli.options import Options
from stackfile.cli.origin import holder, new_run
from stackfile.engine.clock import SystemClock
from stackfile.engine.connections import Connections
from stackfile.engine.delivery import Deliver, Delivery
from stackfile.engine.preview import Stack
from stackfile.errors import DiagnosticError
from stackfile.events import Emit, Event
from stackfile.language.load import environment_of, load, load_providers, read_structure, read_values
from stackfile.language.stackfile import Configuration, Inputs, KeySource
from stackfile.language.state_key import key_text
from stackfile.language.structure import Structure
from stackfile.report.requests import exchange_line
from stackfile.sdk.provider import Session
from stackfile.state.local import LocalStore
from stackfile.state.secrets import key_of_text
from stackfile.state.store import Holder
from stackfile.values import Tree, Unknown, Value, contains, reveal

DATA: Final = ".stack"
"""The folder beside the stackfile that holds the state and the local engine, by environment."""

COMMAND_SECONDS: Final = 30.0
"""How long a variable's `from: {command: ...}` may take."""


def nobody(event: Event) -> None:
    """Whoever does not listen to events."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One stack on the desk of one command. `base` is the stackfile's folder."""

    options: Options
    stack: Stack
    base: Path
    run: str

    @property
    def folder(self) -> Path:
        """Where this stack and environment keep what is theirs on this machine."""
        return self.base / DATA / self.configuration.env

    @property
    def configuration(self) -> Configuration:
        return self.stack.configuration

    def hush(self) -> None:
        """Tells the redactor every secret that is known by now."""
        self.options.redactor.add(self.configuration.secrets)


def open_desk(options: Options, emit: Emit = nobody) -> Desk:
    """Raises DiagnosticError with everything that is wrong with the stackfile."""
    return desk_of(options, _read(options.file), emit)


def desk_of(options: Options, text: bytes, emit: Emit = nobody) -> Desk:
    """The same for a stackfile that need not be in its place yet."""
    clock = SystemClock()
    run = new_run(clock.now())
    registry = registry_of(options)
    base = options.file.parent
    configuration = load(text, str(options.file), _inputs(options, base, run), registry)
    options.redactor.add(configuration.secrets)
    folder = base / DATA / configuration.env
    stack = Stack(
        configuration=configuration,
        catalog=registry,
        store=LocalStore(folder, configuration.stack, configuration.env, _key(configuration.secret_key, options)),
        clock=clock,
        session=_sessions(options, folder, clock),
        emit=emit,
        new_lineage=lambda: str(uuid.uuid4()),
        counted=_count(options) if options.verbose else None,
        deliver=_deliver_from(base, options),
    )
    return Desk(options, stack, base, run)


def _sessions(options: Options, folder: Path, clock: SystemClock) -> Callable[[str], Session]:
    base, shared = options.file.parent, dict[str, Any]()
    return lambda instance: Session(folder, base, clock, instance, _for_providers(options, instance, shared))


def _for_providers(options: Options, instance: str, shared: dict[str, Any]) -> Mapping[str, Any]:
    """What every session has: the run's redactor, what all of them share and, with -v, a line for each request."""
    found: dict[str, Any] = {"redact": options.redactor.mask, "shared": shared}
    if options.verbose:
        found["trace"] = lambda exchange: options.say(exchange_line(instance, exchange))
    return found


def _deliver_from(base: Path, options: Options) -> Deliver:
    async def deliver_once(delivery: Delivery) -> None:
        from stackfile.cli.delivering import deliver

        await deliver(delivery, base, options.redactor.add)

    return deliver_once


def _count(options: Options) -> Callable[[str, int], None]:
    return lambda instance, number: options.say(f"requests: {instance} {number:,}")


def open_store(options: Options) -> LocalStore:
    """The state's store alone: to look at it needs no values of variables, and no stackfile without mistakes.

    Raises DiagnosticError where not even the stack's name can be read.
    """
    outline = open_outline(options)
    env = environment_of(outline, options.env).name
    return LocalStore(options.file.parent / DATA / env, outline.name, env, _key(outline.secret_key, options))


def _key(source: KeySource | None, options: Options) -> Callable[[], bytes] | None:
    """The configured key of the state's secrets. A command that gives it runs when a digest is to be made."""
    if source is None:
        return None
    outside = _outside(options.file.parent)

    @functools.cache
    def key() -> bytes:
        text = key_text(source, outside)
        options.redactor.add([text.strip()])
        return key_of_text(text)

    if source.is_cheap:
        with suppress(DiagnosticError):  # told by whoever needs the key
            key()
    return key


def open_providers(options: Options, wanted: str | None) -> Connections:
    """To the providers of the stackfile, whatever else is wrong with it; `wanted` may be one that needs no entry.

    Only the secrets that they need must have values. Raises DiagnosticError.
    """
    clock, base = SystemClock(), options.file.parent
    registry, text = registry_of(options), _read(options.file)
    inputs = _inputs(options, base, new_run(clock.now()))
    found = load_providers(text, str(options.file), replace(inputs, no_secrets=True), registry, wanted)
    if any(contains(reveal(use.settings), Unknown) for use in found.uses.values()):
        found = load_providers(text, str(options.file), inputs, registry, wanted)
    options.redactor.add(found.secrets)
    sessions = _sessions(options, base / DATA / found.env, clock)
    return Connections(found.uses, registry, sessions, _count(options) if options.verbose else None)


def open_outline(options: Options) -> Structure:
    """The stackfile's sections as written. Raises DiagnosticError where they cannot be told."""
    return read_structure(_read(options.file), str(options.file))


def state_holder(command: str) -> Holder:
    """Who holds the lease for a command of `stack state`."""
    return holder(f"stack state {command}", new_run(SystemClock().now()))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        says = f"there is no {file} here"
        raise DiagnosticError.of(
            "stackfile-missing", says, "Name another one with -f, or begin with: stack init"
        ) from None
    except IsADirectoryError:
        raise DiagnosticError.of("stackfile-missing", f"{file} is a folder", f"Try: -C {file}") from None


def _inputs(options: Options, base: Path, run: str) -> Inputs:
    return replace(
        _outside(base),
        var=dict(options.variables),
        var_file=_var_files(options.var_files),
        env=options.env,
        run=run,
        no_secrets=options.no_secrets,
    )


def _outside(base: Path) -> Inputs:
    """What a stackfile may look at on this machine."""

    def read_file(name: str) -> bytes:
        return (base / name).read_bytes()

    def list_files(pattern: str) -> Sequence[str]:
        found = glob.iglob(pattern, root_dir=base, recursive=True)
        return [name for name in found if (base / name).is_file()]

    def run_command(command: Sequence[str]) -> bytes:
        return command_output(command, base, COMMAND_SECONDS)

    return Inputs(environ=os.environ, read_file=read_file, list_files=list_files, run_command=run_command)


def _var_files(files: Sequence[Path]) -> Tree:
    """The variables of all files, a later one over an earlier one."""
    merged: dict[str, Value] = {}
    for file in files:
        try:
            merged.update(read_values(file.read_bytes(), str(file)))
        except OSError as error:
            help = "Check the path of --var-file."
            raise DiagnosticError.of("var-file-missing", f"{file}: {error.strerror}", help) from None
    return merged
