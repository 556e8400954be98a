"""Addresses: how they are printed, what is read as one, and how they sort."""

from __future__ import annotations

import random

import pytest

from stackfile.address import Address

PRINTED: dict[str, Address] = {
    "streams.clicks": Address("streams", "clicks"),
    "streams.clicks[eu]": Address("streams", "clicks", "eu"),
    "streams.clicks[eu-1.b]": Address("streams", "clicks", "eu-1.b"),
    'streams.clicks["eu west"]': Address("streams", "clicks", "eu west"),
    'streams.clicks["a/b"]': Address("streams", "clicks", "a/b"),
    'streams.clicks["a\\"b"]': Address("streams", "clicks", 'a"b'),
    'streams.clicks["]"]': Address("streams", "clicks", "]"),
    'streams.clicks[""]': Address("streams", "clicks", ""),
    'streams.clicks["a\\nb"]': Address("streams", "clicks", "a\nb"),
    'streams.clicks["\\u001b"]': Address("streams", "clicks", "\x1b"),
    "streams.clicks[ü]": Address("streams", "clicks", "ü"),
    'streams.clicks["a ü"]': Address("streams", "clicks", "a ü"),
    'streams.clicks["\\u202e"]': Address("streams", "clicks", "\u202e"),
    'streams.clicks["\\ud800"]': Address("streams", "clicks", "\ud800"),
    "modules.billing.pipelines.orders": Address("pipelines", "orders", None, (("billing", None),)),
    "modules.a[x].modules.b.sources.s[y]": Address("sources", "s", "y", (("a", "x"), ("b", None))),
}


@pytest.mark.parametrize(("text", "address"), PRINTED.items())
def test_an_address_is_printed_and_read_back(text: str, address: Address) -> None:
    assert str(address) == text
    assert Address.parse(text) == address


READ_TOO = {
    'streams.clicks["eu"]': Address("streams", "clicks", "eu"),
    "streams.clicks/eu": Address("streams", "clicks", "eu"),
    "modules.a/x.sources.s/y": Address("sources", "s", "y", (("a", "x"),)),
}


@pytest.mark.parametrize(("text", "address"), READ_TOO.items())
def test_other_ways_to_write_an_address_are_read(text: str, address: Address) -> None:
    assert Address.parse(text) == address


REFUSED = {
    "": "write section.key",
    "streams": "write section.key",
    "streams.": "does not start with a key",
    "streams.1a": "does not start with a key",
    "streams.a.b": "'.b' is too much",
    "streams.a[b": "'[b' is too much",
    "streams.a[b]c": "'c' is too much",
    "streams.a/b/c": "'/c' is too much",
    "streams.a\n": "is too much",
    "tables.a": "there is no section 'tables'",
    "modules.a": "names a module, not a resource",
    "modules.a.streams": "write section.key",
    'streams.a["\\q"]': "no instance key",
    'streams.a["a\tb"]': "no instance key",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items())
def test_what_is_no_address_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Address.parse(text)
    assert why in str(caught.value)


def test_a_declaration_is_the_address_without_its_instance() -> None:
    instance = Address("streams", "a", "eu", (("m", "x"),))
    assert instance.declaration == Address("streams", "a", None, (("m", "x"),))
    assert instance.declaration.declaration == instance.declaration


SORTED = [
    "sources.z",
    "destinations.a",
    "pipelines.a",
    "streams.a",
    'streams.a[""]',
    "streams.a[eu]",
    "streams.a[us]",
    "streams.b",
    "resources.a",
    "modules.m.sources.a",
    "modules.m[x].sources.a",
    "modules.n.sources.a",
]


def test_addresses_sort_as_reports_print_them_with_and_without_an_instance() -> None:
    shuffled = [Address.parse(text) for text in SORTED]
    random.Random(1).shuffle(shuffled)
    assert [str(address) for address in sorted(shuffled)] == SORTED
    assert [str(address) for address in sorted(shuffled, key=lambda address: address.rank)] == SORTED
    assert max(shuffled) >= min(shuffled)
