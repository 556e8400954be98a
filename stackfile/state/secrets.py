"""Secrets at rest: keyed digests, which tell that a secret changed and never what it is."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from stackfile.errors import StateError
from stackfile.state.leaves import NotStorable, canonical, refusal
from stackfile.values import Sealed, Sensitive, Tree, Value, reveal, rewrite

KEY_BYTES = 32


class Match(Enum):
    """What a digest says of a value. `UNVERIFIABLE`: it was made with another key, so nothing can be told."""

    SAME = auto()
    DIFFERENT = auto()
    UNVERIFIABLE = auto()


@dataclass(frozen=True, slots=True)
class Seal:
    """Makes and checks digests under one key. `salts` gives a fresh random text for each digest."""

    kid: str
    key: bytes = field(repr=False)
    salts: Callable[[], str] = field(repr=False)

    @classmethod
    def of(cls, key: bytes, salts: Callable[[], str]) -> Seal:
        """Names the key by a digest of itself, so that two folders with one key agree on the name."""
        return cls(key_id(key), key, salts)

    def seal(self, value: Value, *, assumed: bool = False) -> Sealed:
        """The digest of a value, be it wrapped as `Sensitive` or not."""
        salt = self.salts()
        return Sealed(self.kid, salt, self._mac(salt, value), assumed)

    def matches(self, sealed: Sealed, value: Value) -> Match:
        if sealed.kid != self.kid:
            return Match.UNVERIFIABLE
        same = hmac.compare_digest(sealed.mac, self._mac(sealed.salt, value))
        return Match.SAME if same else Match.DIFFERENT

    def seal_tree(self, tree: Tree) -> dict[str, Value]:
        """The tree with each `Sensitive` leaf sealed; all else stays."""
        return {key: self._sealed(value) for key, value in tree.items()}

    def _sealed(self, value: Value) -> Value:
        return rewrite(value, lambda leaf: self.seal(leaf) if isinstance(leaf, Sensitive) else leaf)

    def digest(self, tree: Value) -> str:
        """A keyed digest of a tree, in hex. A secret counts by its value, a reference by its id."""
        return hmac.new(self.key, b"tree\0" + _bytes_of(tree), hashlib.sha256).hexdigest()

    def _mac(self, salt: str, value: Value) -> str:
        return hmac.new(self.key, salt.encode() + b"\0" + _bytes_of(value), hashlib.sha256).hexdigest()


def _bytes_of(value: Value) -> bytes:
    try:
        return canonical(reveal(value))
    except NotStorable as error:
        raise refusal("the stackfile", error) from None


def key_id(key: bytes) -> str:
    """What digests call the key that made them."""
    return hashlib.sha256(b"stackfile key id\0" + key).hexdigest()[:8]


def key_of_text(text: str) -> bytes:
    """The key that a person configured, from the text of a variable, a file or a command's output.

    Raises StateError for a text that is too short to keep secrets from anybody who can guess.
    """
    key = _bytes_of_key(text.strip())
    if len(key) < KEY_BYTES:
        raise StateError.of(
            "secret-key-short",
            f"the secret key of the state has {len(key)} bytes; it takes {KEY_BYTES} or more",
            "Make one: openssl rand -hex 32",
        )
    return hashlib.sha256(key).digest()


def _bytes_of_key(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.encode()


def print_key(key: bytes) -> bytes:
    """The content of the key file that is made beside a state."""
    return key.hex().encode() + b"\n"


def parse_key(content: bytes, where: str) -> bytes:
    """The inverse of `print_key`. Raises StateError, naming `where`."""
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StateError.of(
            "secret-key-damaged",
            f"{where} does not hold a key",
            "Put the file back from a copy. Without it secrets that did not change cannot be told from those that did;",
            f"to go on so, and have the next apply make a new key: mv {where} {where}.damaged",
        )
    return key
