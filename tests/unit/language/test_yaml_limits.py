from __future__ import annotations

import tracemalloc

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.findings import Findings
from stackfile.language.source import Raw
from stackfile.language.yamltext import read_document


def read(text: str) -> Raw:
    findings = Findings()
    document = read_document(text.encode(), "stack.yaml", findings)
    findings.raise_if_any()
    return document.root


def bomb(width: int, depth: int) -> str:
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, depth)]
    return "\n".join(lines)


BOMBS = {
    "billion laughs": bomb(9, 9),
    "wide": "a: &a {"
    + ", ".join(f"k{n}: 1" for n in range(2000))
    + "}\n"
    + "".join(f"b{n}: *a\n" for n in range(2000)),
    "by merges": "a: &a {"
    + ", ".join(f"k{n}: 1" for n in range(2000))
    + "}\n"
    + "".join(f"b{n}: {{<<: *a}}\n" for n in range(2000)),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_an_alias_bomb_is_refused_before_it_grows(text: str) -> None:
    tracemalloc.start()
    with pytest.raises(DiagnosticError) as raised:
        read(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [one.code for one in raised.value.diagnostics] == ["yaml-alias-bomb"]
    assert peak < 50_000_000


def test_many_honest_aliases_are_fine() -> None:
    text = (
        "x: &x {"
        + ", ".join(f"k{n}: 1" for n in range(20))
        + "}\n"
        + "".join(f"r{n}: {{<<: *x, a: 1}}\n" for n in range(3000))
    )
    root = read(text)
    assert isinstance(root, dict)
    assert len(root) == 3001


def test_a_scalar_of_a_megabyte_is_fine() -> None:
    root = read(f"a: '{'x' * 1_000_000}'\nb: {'y' * 1_000_000}")
    assert isinstance(root, dict)
    assert [len(str(value)) for value in root.values()] == [1_000_000, 1_000_000]


def test_a_snippet_of_a_line_of_a_megabyte_is_short() -> None:
    with pytest.raises(DiagnosticError) as raised:
        read(f"a: {{a: 1, a: 2, b: '{'x' * 1_000_000}'}}")
    assert len(raised.value.diagnostics[0].source or "") < 300
