from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.portable.quantities import parse_duration, parse_size, print_duration, print_size

LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("500ms", 500), ("10s", 10_000), ("1m", 60_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("0s", 0), ("0ms", 0)],
)
def test_a_duration_is_milliseconds(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("100B", 100),
        ("512KiB", 524_288),
        ("1MiB", 1_048_576),
        ("10MB", 10_000_000),
        ("1kB", 1000),
        ("1KB", 1000),
        ("2GiB", 2**31),
        ("1TB", 10**12),
        ("0B", 0),
    ],
)
def test_a_size_is_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0s"), (1, "1ms"), (1500, "1s500ms"), (90_000, "1m30s"), (5_400_000, "1h30m"), (604_800_000, "7d")],
)
def test_a_duration_prints_from_large_to_small_units(milliseconds: int, text: str) -> None:
    assert print_duration(milliseconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (1, "1B"), (1000, "1kB"), (1024, "1KiB"), (1_048_576, "1MiB"), (10_000_000, "10MB"), (1234, "1234B")],
)
def test_a_size_prints_in_the_unit_with_the_fewest_digits(size: int, text: str) -> None:
    assert print_size(size) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "write a number and a unit"),
        ("10", "write a number and a unit (ms, s, m, h, d), as in 500ms or 1h30m"),
        ("s", "write a number and a unit"),
        ("1.5h", "write a number and a unit"),
        ("-1s", "write a number and a unit"),
        ("1 h", "write a number and a unit"),
        ("1h ", "write a number and a unit"),
        ("1w", "write a number and a unit"),
        ("30m1h", "from large to small, each once"),
        ("1m1m", "from large to small, each once"),
        ("9223372036854775808ms", "is too long a duration: at most 106751991167d7h12m55s807ms"),
        ("9" * 19 + "d", "is too long a duration"),
        ("9" * 20 + "d", "write a number and a unit"),
    ],
)
def test_what_is_no_duration_is_refused_with_what_to_write(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="is") as refused:
        parse_duration(text)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "write a whole number and a unit"),
        ("10", "write a whole number and a unit (B, KiB, MiB, GiB, kB, MB), as in 1MiB"),
        ("1.5MiB", "write a whole number and a unit"),
        ("-1B", "write a whole number and a unit"),
        ("1mb", "write a whole number and a unit"),
        ("1 MiB", "write a whole number and a unit"),
        ("9999999999TiB", "is too large a size: at most 9223372036854775807B"),
    ],
)
def test_what_is_no_size_is_refused_with_what_to_write(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="is") as refused:
        parse_size(text)
    assert reason in str(refused.value)


def test_nothing_below_zero_prints() -> None:
    with pytest.raises(ValueError, match="a duration is not negative: -1"):
        print_duration(-1)
    with pytest.raises(ValueError, match="a size is not negative: -1"):
        print_size(-1)


@given(st.integers(0, LARGEST))
def test_a_duration_printed_and_parsed_is_the_same(milliseconds: int) -> None:
    assert parse_duration(print_duration(milliseconds)) == milliseconds


@given(
    st.integers(0, LARGEST) | st.builds(lambda n, unit: n * unit, st.integers(0, 9999), st.sampled_from([1000, 1024]))
)
def test_a_size_printed_and_parsed_is_the_same(size: int) -> None:
    assert parse_size(print_size(size)) == size


@given(st.text(alphabet="0123456789hmsdKMGTiB. -", max_size=12))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    for parse in (parse_duration, parse_size):
        try:
            assert parse(text) >= 0
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017 - there may be none
