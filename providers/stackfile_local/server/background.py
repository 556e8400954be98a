"""What a served engine does by itself: it runs what is declared, and drops what is old."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stackfile.errors import ProviderError
from stackfile.sdk.operations import RunProgress, RunRequest
from stackfile_local.engine.retention import expire_all
from stackfile_local.engine.run import Runner
from stackfile_local.engine.store import Store
from stackfile_local.server.appending import forget_old_ids

_AGAIN_AFTER = 1.0
_log = logging.getLogger("stackfile.server")


@dataclass
class Background:
    """Moves events in a thread of its own, a small transaction at a time, until it is stopped."""

    open_store: Callable[[], Store]
    base: Path
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _runner: Runner | None = field(default=None, init=False)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="runner")
        self._thread.start()

    def stop(self) -> None:
        """Returns after the batch that is under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def tried(self) -> int:
        """The version of the catalog of which everything was asked to move; -1 before there is one."""
        runner = self._runner
        return -1 if runner is None else runner.tried

    def _run(self) -> None:
        request = RunRequest((), until_idle=False, stop=self._stop.is_set)
        while not self._stop.is_set():
            store = self.open_store()
            try:
                self._runner = Runner(store, self.base, request, _nobody)
                asyncio.run(self._runner.move())
            except ProviderError as error:
                _log.warning("what is declared cannot run: %s", error)
            except Exception as error:
                _log.error("running what is declared failed", exc_info=error)
            finally:
                store.close()
            self._stop.wait(_AGAIN_AFTER)


def _nobody(progress: RunProgress) -> None:
    pass


def keep_house(store: Store) -> None:
    """Retention of streams that nothing is appended to, and ids whose time is over."""
    with store.transaction() as transaction:
        now = store.append_time(transaction)
        expire_all(transaction, now)
        forget_old_ids(transaction, now)
