"""Keyed digests of secrets, and the keys."""

from __future__ import annotations

from itertools import count

import pytest

from stackfile.address import Address
from stackfile.errors import StateError
from stackfile.state.secrets import Match, Seal, key_of_text, parse_key, print_key
from stackfile.values import Ref, Sealed, Sensitive, Unknown


def seal_of(key: bytes = b"k" * 32) -> Seal:
    numbers = count()
    return Seal.of(key, lambda: f"{next(numbers):04x}")


def test_a_digest_tells_whether_the_value_is_the_same() -> None:
    seal = seal_of()
    sealed = seal.seal(Sensitive("hunter22"))
    assert seal.matches(sealed, "hunter22") is Match.SAME
    assert seal.matches(sealed, Sensitive("hunter22")) is Match.SAME
    assert seal.matches(sealed, "hunter23") is Match.DIFFERENT


def test_a_digest_of_another_key_tells_nothing() -> None:
    assert seal_of(b"a" * 32).matches(seal_of(b"b" * 32).seal("hunter22"), "hunter22") is Match.UNVERIFIABLE


def test_two_folders_with_one_key_agree_on_its_name() -> None:
    assert seal_of().kid == seal_of().kid != seal_of(b"b" * 32).kid


def test_equal_secrets_have_different_digests() -> None:
    seal = seal_of()
    assert seal.seal("hunter22") != seal.seal("hunter22")


def test_a_secret_may_be_a_tree() -> None:
    seal = seal_of()
    sealed = seal.seal({"user": "ana", "keys": [1, 2]})
    assert seal.matches(sealed, {"keys": [1, 2], "user": "ana"}) is Match.SAME
    assert seal.matches(sealed, {"keys": [2, 1], "user": "ana"}) is Match.DIFFERENT


def test_a_tree_has_its_secrets_sealed_and_nothing_else_changed() -> None:
    seal, ref = seal_of(), Ref(Address("sources", "pg"), "id1")
    tree = seal.seal_tree({"a": 1, "ref": ref, "list": [Sensitive("x"), {"b": Sensitive("y")}]})
    one, two = seal_of(), tree["list"]
    assert tree == {"a": 1, "ref": ref, "list": [one.seal("x"), {"b": one.seal("y")}]}
    assert two == [Sealed(seal.kid, "0000", one_mac(0, "x")), {"b": Sealed(seal.kid, "0001", one_mac(1, "y"))}]


def one_mac(number: int, value: str) -> str:
    import hashlib
    import hmac

    return hmac.new(b"k" * 32, f'{number:04x}\0"{value}"'.encode(), hashlib.sha256).hexdigest()


def test_a_digest_of_a_tree_looks_through_wrappers_and_is_keyed() -> None:
    seal = seal_of()
    plain = seal.digest({"b": "x", "a": ["id1"]})
    assert seal.digest({"a": [Ref(Address("sources", "pg"), "id1")], "b": Sensitive("x")}) == plain
    assert seal.digest({"a": ["id1"], "b": "y"}) != plain
    assert seal_of(b"b" * 32).digest({"b": "x", "a": ["id1"]}) != plain


def test_a_digest_of_a_tree_that_is_not_known_yet_is_a_fault_of_the_program() -> None:
    with pytest.raises(TypeError):
        seal_of().digest({"a": Unknown()})


def test_a_secret_number_that_is_too_large_is_a_diagnostic() -> None:
    with pytest.raises(StateError, match="state-value"):
        seal_of().seal(Sensitive(2**70))


def test_the_key_is_in_no_text_of_the_seal() -> None:
    seal = seal_of(b"very secret key of thirty-two by")
    assert "very secret" not in repr(seal)


def test_a_key_file_is_read_back() -> None:
    assert parse_key(print_key(b"k" * 32), "secret.key") == b"k" * 32


@pytest.mark.parametrize("content", [b"", b"6b6b\n", b"nonsense", b"\xff\xfe", b"6b" * 33])
def test_a_key_file_that_holds_no_key_is_refused(content: bytes) -> None:
    with pytest.raises(StateError, match=r"secret-key-damaged: \.stack/prod/secret\.key does not hold a key"):
        parse_key(content, ".stack/prod/secret.key")


def test_a_configured_key_that_could_be_guessed_is_refused() -> None:
    assert len(key_of_text(" " + "ab" * 32 + "\n")) == 32
    with pytest.raises(StateError, match="secret-key-short: the secret key of the state has 6 bytes; it takes 32"):
        key_of_text("secret")
    with pytest.raises(StateError, match="has 16 bytes"):
        key_of_text("ab" * 16)
