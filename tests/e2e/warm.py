"""A `stack` whose modules are loaded: each command is a fork of it, a process of its own without the wait for imports.

It answers at a socket: a command with its folder, environment and streams in, its exit code out. Who leaves before that
has the command killed.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import threading
import traceback
from dataclasses import dataclass, field
from typing import Any, NoReturn

LARGEST = 1 << 17
STREAMS = 3
OTHERS = (
    *("deepdiff", "httpx", "jinja2.sandbox", "sqlite3", "uuid"),
    *("rich.console", "rich.live", "rich.table", "rich.text"),
)
"""What commands import when they need it."""


def _load() -> None:
    import stackfile
    import stackfile_local

    for package in (stackfile, stackfile_local):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(("stackfile.testing", "stackfile_local.server", "stackfile.__main__")):
                with contextlib.suppress(ModuleNotFoundError):  # what an extra brings
                    importlib.import_module(module.name)
    for name in OTHERS:
        importlib.import_module(name)


@dataclass
class Mother:
    """`running` are commands by their process's handle: its number and who waits for it."""

    listener: socket.socket
    life: int
    """Readable when whoever started this is gone."""
    running: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)

    def serve(self) -> None:
        while self.life not in (ready := self._ready(None)):
            if self.listener.fileno() in ready:
                self._settle(self._ready(0))  # who was killed before another command was given ends before it begins
                self._begin()
            else:
                self._settle(ready)
        for number, _ in self.running.values():
            os.kill(number, signal.SIGKILL)

    def _settle(self, ready: list[int]) -> None:
        for handle, (number, waiting) in list(self.running.items()):
            if handle in ready:
                self._end(handle, number, waiting)
            elif waiting.fileno() in ready:
                os.kill(number, signal.SIGKILL)
                self._end(handle, number, waiting)

    def _ready(self, seconds: float | None) -> list[int]:
        watched = [self.listener.fileno(), self.life, *self.running]
        watched += [waiting.fileno() for _, waiting in self.running.values()]
        return select.select(watched, [], [], seconds)[0]

    def _end(self, handle: int, number: int, waiting: socket.socket) -> None:
        _, status = os.waitpid(number, 0)
        with contextlib.suppress(OSError):
            waiting.send(str(os.waitstatus_to_exitcode(status)).encode())
        os.close(handle)
        waiting.close()
        del self.running[handle]

    def _begin(self) -> None:
        waiting, _ = self.listener.accept()
        body, streams, _, _ = socket.recv_fds(waiting, LARGEST, STREAMS)
        number = os.fork()
        if number == 0:
            _answer(json.loads(body), streams)
        for one in streams:
            os.close(one)
        self.running[os.pidfd_open(number)] = (number, waiting)


def _answer(asked: dict[str, Any], streams: list[int]) -> NoReturn:
    """The child's life."""
    code = 1
    try:
        for number, one in enumerate(streams):
            os.dup2(one, number)
        os.closerange(STREAMS, 1024)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["env"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = asked["command"]
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the process ends with them
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8", write_through=False)
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        from stackfile.cli.main import run

        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def main(place: str, life: str) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(place)
    _load()
    gc.collect()
    gc.freeze()
    listener.listen(16)
    os.write(1, b"ready\n")
    Mother(listener, int(life)).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
