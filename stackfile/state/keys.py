"""Changes the key of a local state's secrets, under its lease."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stackfile.errors import StateError
from stackfile.state.folder import StateFolder
from stackfile.state.grip import Grip
from stackfile.state.machine import Machine
from stackfile.state.secrets import KEY_BYTES, Seal


@dataclass(frozen=True, slots=True)
class Keys:
    """`configured` gives the key that comes from outside and is not ours to change, where there is one."""

    folder: StateFolder
    grip: Grip
    machine: Machine
    configured: Callable[[], bytes] | None

    def begin(self) -> tuple[Seal, Seal]:
        """The key that the state is under, and the one that it is to be under."""
        old = self.folder.read_key()
        if self.configured is not None:
            if old is None:
                says = "the secret key of this state is configured, not kept beside it"
                raise StateError.of("rekey-configured", says, "Change it where it comes from: state.secret_key")
            return self._seal(old), self._seal(self.configured())
        key = self.machine.random(KEY_BYTES)
        with self.grip.held():
            self.folder.begin_key(key)
        return self._seal(old or key), self._seal(key)

    def _seal(self, key: bytes) -> Seal:
        return Seal.of(key, lambda: self.machine.random(16).hex())

    def keep(self) -> None:
        with self.grip.held():
            if self.configured is None:
                self.folder.keep_key()
            else:
                self.folder.drop_key()
