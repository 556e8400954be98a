from __future__ import annotations

import pytest

from tests.unit.language.fakes import loaded, resolved, wrong

ELSEWHERE = "unset-misplaced: !unset takes away what `defaults` say of a resource, and here is none | remove it"
WRONG = {
    "without a default": (
        "streams: {a: {retention: !unset }}",
        ["1:26 unset-misplaced: `retention` has no default to take away | remove it"],
    ),
    "deeper than the default": (
        "defaults: {provider: local, streams: {config: {a: 1}}}\nstreams: {s: {config: {a: {b: !unset }, c: !unset }}}",
        [
            "2:31 unset-misplaced: `b` has no default to take away | remove it",
            "2:44 unset-misplaced: `c` has no default to take away | remove it",
        ],
    ),
    "in a section's defaults, over no general one": (
        "defaults:\n  provider: local\n  streams: {retention: !unset }\nstreams: {a: }",
        ["3:24 unset-misplaced: `retention` has no default to take away | remove it"],
    ),
    "in the general defaults": (
        "defaults: {provider: local, name: !unset }",
        [f"1:35 {ELSEWHERE}"],
    ),
    "in lists": (
        "defaults: {provider: local, streams: {config: {a: [1]}}}\n"
        "streams: {s: {config: {a: [!unset ]}}, t: {config: {a: [{b: [!unset ]}]}}}",
        [
            f"2:{column} unset-misplaced: !unset takes away a key of a map, not an item of a list"
            for column in (24, 53)
        ],
    ),
    "elsewhere": (
        "locals: {a: !unset , b: [{c: !unset }]}\nvariables: {v: {default: !unset }}\n"
        "environments: {dev: {default: true, variables: {v: !unset }}}\noutputs: {o: {value: !unset }}\n"
        "x-mine: !unset",
        [f"{place} {ELSEWHERE}" for place in ("1:13", "1:30", "2:26", "3:52", "4:22")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_where_unset_makes_no_sense(body: str, expected: list[str]) -> None:
    found = wrong(body)
    assert [line for line in found if "unset-misplaced" in line] == expected


def test_unset_clears_what_defaults_say_however_deep() -> None:
    body = """
defaults:
  provider: local
  name: "x-{{ self.slug }}"
  lifecycle: {prevent_destroy: true}
  streams: {retention: 7d, labels: {a: b, c: d}, name: !unset }
streams:
  a: {retention: !unset , labels: {a: !unset }, lifecycle: {prevent_destroy: !unset }}
  b: {}
"""
    configuration = loaded(body)
    a, b = configuration.resources.values()
    assert (a.lifecycle.prevent_destroy, b.lifecycle.prevent_destroy) == (False, True)
    assert [resolved(configuration, f"streams.{key}") for key in "ab"] == [
        {"name": "a", "labels": {"c": "d"}},
        {"name": "b", "retention": "7d", "labels": {"a": "b", "c": "d"}},
    ]
