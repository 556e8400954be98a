"""Secrets of sources and destinations at rest: sealed in the catalog, by a key that lies beside it.

The key is a file that only its owner can read, made with the first secret. So a copy of the database tells no secret; a
copy of the whole folder does.
"""

from __future__ import annotations

import base64
import hashlib
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from stackfile.errors import ProviderError
from stackfile_local.engine.store import sync_folder

FILE = "secret.key"

_KEY = 32
_NONCE = 12
_MARK = "$sealed"
_AGAIN = "give the secrets again with stack apply --resend ADDRESS"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals with AES-256-GCM. `folder` is the engine's."""

    folder: Path

    def seal(self, value: Any) -> dict[str, str]:
        """What may be kept of a JSON value: `{"$sealed": "<key id>:<base64>"}`."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key, nonce = self._key() or self._new_key(), os.urandom(_NONCE)
        data = nonce + AESGCM(key).encrypt(nonce, _encode(value), None)
        return {_MARK: f"{_id(key)}:{base64.b64encode(data).decode()}"}

    def open(self, sealed: Any) -> Any:
        """The value again. Raises ProviderError where the key is missing or another one, and for what was damaged."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        id, _, text = sealed[_MARK].partition(":")
        key = self._key()
        if key is None or _id(key) != id:
            what = "is missing," if key is None else "is not the one"
            raise ProviderError(f"{self.folder / FILE} {what} by which secrets were sealed: bring it back, or {_AGAIN}")
        try:
            data = base64.b64decode(text)
            return _decode(AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], None))
        except (ValueError, InvalidTag):
            raise ProviderError(f"a sealed secret in {self.folder} is damaged: {_AGAIN}") from None

    def opened(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body with what is sealed in it."""
        return {name: self.opened_value(value) for name, value in body.items()}

    def opened_value(self, value: Any) -> Any:
        """As `open`; what is not sealed, as it is."""
        return self.open(value) if is_sealed(value) else value

    def _key(self) -> bytes | None:
        try:
            key = (self.folder / FILE).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ProviderError(f"cannot read {self.folder / FILE}: {error.strerror or error}") from error
        if len(key) != _KEY:
            raise ProviderError(f"{self.folder / FILE} is damaged: it has {len(key)} bytes, and a key has {_KEY}")
        return key

    def _new_key(self) -> bytes:
        """Linked to its place whole; of two processes that make one at once, both use the first."""
        draft = self.folder / f"{FILE}.{uuid.uuid4().hex}.new"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(handle, os.urandom(_KEY))
                os.fsync(handle)
            finally:
                os.close(handle)
            with suppress(FileExistsError):
                os.link(draft, self.folder / FILE)
            sync_folder(self.folder)
        except OSError as error:
            raise ProviderError(f"the engine cannot use {self.folder}: {error.strerror or error}") from error
        finally:
            draft.unlink(missing_ok=True)
        return self._key() or b""


def is_sealed(value: Any) -> bool:
    """Whether it stands in the place of a secret. No field of a catalog's body can look so otherwise: what a stackfile
    says there is sealed as a whole."""
    return isinstance(value, dict) and value.keys() == {_MARK}


def _id(key: bytes) -> str:
    return hashlib.sha256(b"stackfile key id" + key).hexdigest()[:8]
