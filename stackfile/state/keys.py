"""Changes the key of a local state's secrets, under its lease."""

from __future__ import annotations

from dataclasses import dataclass

from stackfile.errors import StateError
from stackfile.state.folder import StateFolder
from stackfile.state.grip import Grip
from stackfile.state.machine import Machine
from stackfile.state.secrets import KEY_BYTES, Seal


@dataclass(frozen=True, slots=True)
class Keys:
    """`configured`: the key comes from outside and is not ours to change."""

    folder: StateFolder
    grip: Grip
    machine: Machine
    configured: bool

    def begin(self) -> Seal:
        if self.configured:
            says = "the secret key of this state is configured, not kept beside it"
            raise StateError.of("rekey-configured", says, "Change it where it comes from: state.secret_key")
        key = self.machine.random(KEY_BYTES)
        with self.grip.held():
            self.folder.begin_key(key)
        return Seal.of(key, lambda: self.machine.random(16).hex())

    def keep(self) -> None:
        with self.grip.held():
            self.folder.keep_key()
