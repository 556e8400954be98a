"""Trees at rest: byte for byte, since digests are made over them and readers of later versions meet them."""

from __future__ import annotations

from types import MappingProxyType

import orjson
import pytest

from stackfile.address import Address
from stackfile.errors import StateError
from stackfile.state.leaves import NotStorable, canonical, from_json, refuse
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value

SEALED = Sealed("k1", "5a17", "d1ce")
SECRET = '{"$secret":{"kid":"k1","mac":"d1ce","salt":"5a17","v":1}}'
REF = Ref(Address("sources", "pg"), "id1")

WRITTEN: dict[str, tuple[Value, str]] = {
    "a plain tree is written as it is, keys sorted": ({"b": [1, 2.5, None], "a": True}, '{"a":true,"b":[1,2.5,null]}'),
    "a secret is its digest": ({"a": SEALED}, '{"$leaves":{"a":' + SECRET + "}}"),
    "an assumed digest says so": (
        Sealed("k1", "5a17", "d1ce", assumed=True),
        '{"$leaves":{"$secret":{"assumed":true,"kid":"k1","mac":"d1ce","salt":"5a17","v":1}}}',
    ),
    "a reference is its address and id": (
        {"a": [REF]},
        '{"$leaves":{"a":[{"$ref":{"address":"sources.pg","id":"id1"}}]}}',
    ),
    "a user's own $secret is escaped": ({"$secret": {"v": 1}}, '{"$leaves":{"$$secret":{"v":1}}}'),
    "a user's own $ref is escaped beside a secret": (
        {"$ref": 1, "b": SEALED},
        '{"$leaves":{"$$ref":1,"b":' + SECRET + "}}",
    ),
    "a user's own escape is escaped": ({"$$secret": 1}, '{"$leaves":{"$$$secret":1}}'),
    "a user's own $leaves is escaped": ({"$leaves": {"a": 1}}, '{"$leaves":{"$$leaves":{"a":1}}}'),
    "a text that begins with $ needs nothing in the end": ({"a": "$secret"}, '{"$leaves":{"a":"$secret"}}'),
    "a map that is not a dict is a map": (MappingProxyType({"a": (1, 2)}), '{"a":[1,2]}'),
}


@pytest.mark.parametrize(("value", "written"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_value_is_written(value: Value, written: str) -> None:
    assert canonical(value).decode() == written
    assert canonical(from_json(orjson.loads(written))).decode() == written


REFUSED: dict[str, Value] = {
    "not a number": {"a": [float("nan")]},
    "without end": {"a": {"b": float("-inf")}, "c": None},
    "beyond 64 bits": 2**64,
    "below 64 bits": -(2**63) - 1,
    "beyond 64 bits beside a secret": [SEALED, 2**64],
    "broken text": {"a": "\ud800"},
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_a_value_without_a_json_form_is_refused(value: Value) -> None:
    with pytest.raises(NotStorable):
        canonical(value)


NEVER: dict[str, Value] = {
    "a secret that is not sealed": {"a": [Sensitive("hunter22")]},
    "an unknown": {"a": Unknown(("sources.pg.id",))},
    "a reference to what has no id yet": Ref(Address("sources", "pg"), Unknown()),
}


@pytest.mark.parametrize("value", NEVER.values(), ids=NEVER.keys())
def test_what_must_not_be_stored_is_a_fault_of_the_program(value: Value) -> None:
    with pytest.raises(TypeError) as caught:
        canonical(value)
    assert not isinstance(caught.value, NotStorable)
    assert "hunter22" not in str(caught.value)


def test_a_refusal_names_the_place_and_not_the_value() -> None:
    error = refuse("sources.pg, applied", {"a": 1, "config": {"x.y": [1, 2**70]}})
    assert isinstance(error, StateError)
    assert error.diagnostics[0].message == (
        'sources.pg, applied, config["x.y"][1]: this value cannot be stored: integer exceeds 64-bit range'
    )


@pytest.mark.parametrize("plain", [{"$leaves": {"$new": 1}}, {"$leaves": {"$secret": {"v": 2}}}])
def test_leaves_of_a_later_version_are_not_taken_for_user_data(plain: object) -> None:
    with pytest.raises(ValueError, match=r"unknown key|version"):
        from_json(plain)
