from __future__ import annotations

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.findings import Findings
from stackfile.language.load import read_structure
from stackfile.language.requires import refuse_other_version, satisfies
from stackfile.language.yamltext import read_document
from tests.unit.language.fakes import diagnostics_of, wrong

MEANT = {
    ">=0.1,<2": ("0.1.0", True),
    ">=0.2": ("0.1.9", False),
    ">0.1": ("0.1.0", False),
    "> 0.1 , <= 0.2": ("0.2.0", True),
    "<2": ("2.0.0", False),
    "==1.2": ("1.2.0", True),
    "==1.2.1": ("1.2.0", False),
    "!=1.2": ("1.2.0", False),
    "~=1.4": ("1.9.3", True),
    "~=1.4.2": ("1.5.0", False),
    "~=1.4 ": ("2.0", False),
    ">=1.10": ("1.9", False),
    "<1.10": ("1.9.99", True),
    "==3.0": ("3.0.0rc1", True),
}


@pytest.mark.parametrize(("wanted", "case"), MEANT.items(), ids=MEANT)
def test_what_a_specifier_means(wanted: str, case: tuple[str, bool]) -> None:
    version, expected = case
    assert satisfies(version, wanted) is expected


UNMET = """\
version: 2
name: my shop
nonsense: {}
requires: {stackfile: ">=7"}
streams: {a: {partitions: "{{ nope }}"}}
"""


def test_a_stackfile_for_another_version_is_refused_before_anything_else_is_said() -> None:
    said = "requires-unmet: this file needs stackfile >=7, and this is 0.1.0"
    assert [f"{one.code}: {one.message}" for one in diagnostics_of(UNMET.encode())] == [said]
    with pytest.raises(DiagnosticError) as caught:
        read_structure(UNMET.encode(), "stack.yaml")
    (one,) = caught.value.diagnostics
    assert (str(one.span), one.help) == (
        "stack.yaml:4:23",
        ('install one that it is written for:  pip install "stackfile>=7"',),
    )


def test_the_version_in_force_is_what_counts() -> None:
    document = read_document(UNMET.encode(), "stack.yaml", Findings())
    refuse_other_version(document, "7.0")
    with pytest.raises(DiagnosticError, match=r"this is 6\.9"):
        refuse_other_version(document, "6.9")


WRONG = {
    "a version it is written for": ('requires: {stackfile: ">=0.1,<2"}', []),
    "nothing": ("requires: {}", []),
    "no map": ("requires: '>=1'", ["1:11 type-wrong: `requires` takes a map, not text"]),
    "another program": (
        "requires: {stackfil: 1}",
        ["1:12 field-unknown: no field `stackfil` here | did you mean `stackfile`?"],
    ),
    "a number": ("requires: {stackfile: 1}", ["1:23 type-wrong: `stackfile` takes text, not a number"]),
    "a template": (
        "requires: {stackfile: '{{ var.x }}'}",
        ["1:23 template-misplaced: `stackfile` must be known without a template"],
    ),
    "a version alone": (
        'requires: {stackfile: "0.1"}',
        [
            "1:23 requires-wrong: `0.1` says no version: it takes >=, >, <=, <, ==, != or ~= and numbers "
            '| write:  requires: {stackfile: ">=0.1,<2"}'
        ],
    ),
    "a comma too many": (
        'requires: {stackfile: ">=0.1,"}',
        [
            "1:23 requires-wrong: `nothing` says no version: it takes >=, >, <=, <, ==, != or ~= and numbers "
            '| write:  requires: {stackfile: ">=0.1,<2"}'
        ],
    ),
    "one bad clause of two, the other not met": (
        'requires: {stackfile: ">=7,<x"}',
        [
            "1:23 requires-wrong: `<x` says no version: it takes >=, >, <=, <, ==, != or ~= and numbers "
            '| write:  requires: {stackfile: ">=0.1,<2"}'
        ],
    ),
    "~= with one number": (
        'requires: {stackfile: "~=1"}',
        [
            "1:23 requires-wrong: `~=1` leaves nothing open: ~= takes two numbers or more, such as ~=1.4 "
            '| write:  requires: {stackfile: ">=0.1,<2"}'
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_requires(body: str, expected: list[str]) -> None:
    assert wrong(body) == expected
