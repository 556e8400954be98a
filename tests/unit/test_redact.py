"""Secrets in text: masked in every spelling that an encoder gives them."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stackfile.redact import MASK, NOT_SECRET, Redactor
from stackfile.values import Sealed, Sensitive, Tree

SECRET = "p@ss/w+zq é\"x'"


def basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


SPELLINGS = {
    "as it is": SECRET,
    "in JSON": json.dumps({"password": SECRET}),
    "in JSON without escapes": json.dumps({"password": SECRET}, ensure_ascii=False),
    "in a traceback": f"ValueError: {SECRET!r}",
    "in HTML": f"<td>{html.escape(SECRET)}</td>",
    "in a URL": f"postgres://u:{quote(SECRET, safe='')}@db/x",
    "in a URL's path": f"https://h/{quote(SECRET)}",
    "in a URL with small hex digits": f"https://h/{quote(SECRET, safe='').lower()}",
    "in a query": urlencode({"token": SECRET}),
    "as hex": SECRET.encode().hex(),
    "as large hex": SECRET.encode().hex().upper(),
    "as base64": base64.b64encode(SECRET.encode()).decode(),
    "as URL-safe base64": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "as base64 without padding": base64.b64encode(SECRET.encode()).decode().rstrip("="),
    "in a login header, first place": basic("joe", SECRET),
    "in a login header, second place": basic("ana", SECRET)[1:],
    "in a login header, third place": basic("carla", SECRET),
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_secret_is_masked(text: str) -> None:
    masked = Redactor([SECRET]).mask(text)
    assert MASK in masked
    assert "zq" not in masked
    assert SECRET.encode().hex()[8:16] not in masked.lower()
    assert base64.b64encode(SECRET.encode()).decode()[4:12] not in masked


def test_text_around_a_secret_stays() -> None:
    assert Redactor(["hunter22"]).mask("user=ana password=hunter22, done") == "user=ana password=(sensitive), done"


def test_the_longest_of_two_secrets_is_masked_whole() -> None:
    assert Redactor(["hunter22", "hunter22-and-more"]).mask("x hunter22-and-more") == "x (sensitive)"


def test_a_secret_that_overlaps_another_does_not_survive() -> None:
    assert Redactor(["abcdef", "defghi"]).mask("abcdefghi") == "(sensitive)ghi"


def test_without_secrets_text_is_returned_as_it_is() -> None:
    text = "a" * 1000
    assert Redactor().mask(text) is text


def test_texts_too_short_or_too_common_are_left_alone() -> None:
    assert Redactor(["1", "db", "true", ""]).mask("1 db is true") == "1 db is true"


def test_a_secret_that_becomes_known_later_is_masked_from_then_on() -> None:
    redactor = Redactor(["hunter22"])
    assert redactor.mask("hunter22 swordfish") == "(sensitive) swordfish"
    redactor.add(["swordfish"])
    assert redactor.mask("hunter22 swordfish") == "(sensitive) (sensitive)"


def test_masking_twice_is_masking_once() -> None:
    redactor = Redactor(["sensitive", "hunter22"])
    once = redactor.mask("a sensitive thing: hunter22")
    assert once == "a (sensitive) thing: (sensitive)"
    assert redactor.mask(once) == once


def test_lines_of_a_key_file_are_masked_one_by_one() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"
    printed = "\n".join(f"    {line}" for line in key.splitlines())
    assert Redactor([key]).mask(printed).split() == ["-----BEGIN", "KEY-----", MASK, MASK, "-----END", "KEY-----"]


def test_a_tree_is_masked_in_keys_texts_and_secret_leaves() -> None:
    tree: Tree = {
        "hunter22": ["x hunter22", 1, None],
        "wrapped": Sensitive("short"),
        "sealed": Sealed("kid", "salt", "mac"),
        "nested": {"a": True},
    }
    assert Redactor(["hunter22"]).mask_tree(tree) == {
        MASK: ["x (sensitive)", 1, None],
        "wrapped": MASK,
        "sealed": MASK,
        "nested": {"a": True},
    }


def spelled(text: str) -> list[str]:
    data = text.encode()
    return [
        text,
        json.dumps(text)[1:-1],
        repr(text)[1:-1],
        html.escape(text),
        quote(text, safe=""),
        quote_plus(text),
        data.hex(),
        base64.b64encode(data).decode(),
        base64.urlsafe_b64encode(data).decode().rstrip("="),
    ]


@given(
    secrets=st.lists(st.text(st.characters(codec="utf-8"), min_size=4, max_size=40), min_size=1, max_size=5),
    around=st.text(max_size=10),
)
def test_no_spelling_of_a_secret_survives(secrets: list[str], around: str) -> None:
    assume(all(len(secret.strip()) >= 4 and secret.lower() not in NOT_SECRET for secret in secrets))
    # A secret that shares text with the mask is in every masked text.
    assume(not any(form in MASK or MASK in form for secret in secrets for form in spelled(secret)))
    redactor = Redactor(secrets)
    for secret in secrets:
        for form in spelled(secret):
            assert form not in redactor.mask(f"<{around}\n{form}\n{around}>")


@given(before=st.binary(max_size=7), after=st.binary(max_size=7), secret=st.text("abXY01/+é", min_size=6, max_size=30))
def test_a_secret_within_something_in_base64_is_masked_but_for_its_edges(
    before: bytes, after: bytes, secret: str
) -> None:
    data = secret.encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(before + data + after).decode()
        left = Redactor([secret]).mask(whole).replace(MASK, "")
        assert len(left) <= len(whole) - (8 * len(data) // 6 - 1)
