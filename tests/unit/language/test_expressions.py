from __future__ import annotations

import json

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Inputs
from stackfile.values import Sensitive, Value
from tests.unit.language.fakes import diagnostics, loaded, marked, nothing, value_of

VARIABLES = """
variables:
  s: {default: abc}
  big: {default: X}
  n: {default: 7}
  l: {default: [a, b, c]}
  m: {default: {k: v, a.b: 1, items: 2, empty: null}}
  b: {default: true}
  half: {default: 0.5}
  code: {default: "00123"}
  t: {sensitive: true, default: hush-hush}
"""
FILES = {"teams.json": b'{"a": [1]}', "teams.yaml": b"a: '{{ x }}'", "latin.txt": b"\xff"}


def read_file(path: str) -> bytes:
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return FILES[path]


INPUTS = Inputs(environ={"X": "1"}, read_file=read_file, run="r1")

VALUES: dict[str, Value] = {
    # exactly one expression keeps its type
    "{{ var.s }}": "abc",
    "  {{ var.n }}  ": 7,
    "{{ var.code }}": "00123",
    "{{ var.l }}": ["a", "b", "c"],
    "{{ none }}": None,
    "{{ var.m.empty }}": None,
    # others are inserted as YAML text
    "a-{{ var.n }}-{{ var.b }}-{{ var.half }}": "a-7-true-0.5",
    "{{ var.code }}!": "00123!",
    "{{ var.s ~ 1 ~ true }}": "abc1true",
    "{{ true | string }}": "true",
    # items, never attributes
    "{{ var.l[1] }}": "b",
    "{{ var.l[var.n - 6] }}": "b",
    "{{ var.l[0:2] }}": ["a", "b"],
    "{{ (var.l)[0] }}": "a",
    "{{ var.m.items }}": 2,
    "{{ var.m['a.b'] }}": 1,
    '{{ var.m["a.b"] }}': 1,
    "{{ var.m[var.s ~ 'x'] | default('none') }}": "none",
    "{{ stack['name'] }}": "shop",
    "{{ var['n'] }}": 7,
    "{{ env[var.big] }}": "1",
    # only {{ }} is a delimiter
    "{% if x %}{{ var.s }}{# c #}": "{% if x %}abc{# c #}",
    "${HOME} %s {0} }} {{ var.s }}": "${HOME} %s {0} }} abc",
    '{{ "}}" }}': "}}",
    "{{ '{{' }}": "{{",
    "{{ {'a': {'b': {}}} }}": {"a": {"b": {}}},
    " a {{- var.s -}} b": " aabcb",
    # operators and tests
    "{{ var.n + 1 }}": 8,
    "{{ -var.n }}": -7,
    "{{ 10 / 4 }}": 2.5,
    "{{ 7 // 2 }} {{ 7 % 2 }} {{ 2 ** 10 }}": "3 1 1024",
    "{{ var.s + 'd' }}": "abcd",
    "{{ var.l + ['d'] }}": ["a", "b", "c", "d"],
    "{{ 'a' if var.b else 'b' }}": "a",
    "{{ var.n > 3 and not var.b }}": False,
    "{{ 'a' in var.l }}": True,
    "{{ var.s is defined }} {{ env.NO is defined }}": "true false",
    # filters
    "{{ var.l | join(',') }}": "a,b,c",
    "{{ var.l | map('upper') }}": ["A", "B", "C"],
    "{{ var.l | select('equalto', 'a') | list }}": ["a"],
    "{{ [var.m] | map(attribute='k') | list }}": ["v"],
    "{{ var.m | tojson }}": '{"a.b": 1, "empty": null, "items": 2, "k": "v"}',
    "{{ var.m | items | first }}": ["k", "v"],
    "{{ [[1, 2], [3]] | sum(start=[]) }}": [1, 2, 3],
    "{{ '%03d' | format(var.n) }}": "007",
    "{{ 'a b' | replace(' ', '_') }}": "a_b",
    "{{ 'a\nb' | indent(2) }}": "a\n  b",
    "{{ 2.345 | round(1) }}": 2.3,
    "{{ range(3) }}": [0, 1, 2],
    # functions
    "{{ json(file('teams.json')).a }}": [1],
    "{{ yaml(file('teams.yaml')) }}": {"a": "{{ x }}"},
    "{{ b64encode('abc') }}": "YWJj",
    "{{ sha256('abc') }}": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "{{ try(var.m.x.y, 'other') }}": "other",
    "{{ try(1 / 0, env.Y, 'z') }}": "z",
    "{{ try(var.l[0], env.Y) }}": "a",
    "{{ key_by([{'n': 'a', 'v': 1}, {'n': 'b'}], 'n') }}": {"a": {"n": "a", "v": 1}, "b": {"n": "b"}},
    "{{ product(['a', 'b'], [1, 2]) }}": [["a", 1], ["a", 2], ["b", 1], ["b", 2]],
    "{{ product(r=['eu', 'us'], t=['x']) }}": [
        {"name": "eu-x", "r": "eu", "t": "x"},
        {"name": "us-x", "r": "us", "t": "x"},
    ],
    # names
    "{{ stack.name }}/{{ stack.env }}/{{ stack.run }}": "shop/default/r1",
    "{{ path.root }} {{ path.file }}": ". stack.yaml",
    "{{ env.X }}": "1",
    "{{ env.Y | default('q') }}": "q",
}


@pytest.mark.parametrize(("text", "value"), VALUES.items(), ids=VALUES)
def test_a_scalar_comes_to(text: str, value: Value) -> None:
    found = value_of(text, VARIABLES, INPUTS)
    assert found == value
    assert type(found) is type(value)


FAULTS = {
    # names
    "{{ s }}": "name-unknown: no name `s` | did you mean `var.s`?",
    "{{ vars.s }}": "name-unknown: no name `vars` | did you mean `var`?",
    "{{ cycler }}": "name-unknown: no name `cycler`",
    "{{ var }}": "name-wrong: `var` is no value itself: write var.<name>",
    "{{ var.q }}": "variable-unknown: no variable `q`",
    "{{ var.q | default(1) }}": "variable-unknown: no variable `q`",
    "{{ 1 if true else var.q }}": "variable-unknown: no variable `q`",
    "{{ stack.nme }}": "field-unknown: no field `stack.nme` | did you mean `name`?",
    "{{ modules.x.y }}": "module-unknown: no module `x`",
    "{{ env.Y }}": "template-failed: the environment variable Y is not set",
    # values
    "x{{ var.l }}": "template-insert: a list cannot be inserted in a text",
    "x{{ var.m }}": "template-insert: a map cannot be inserted in a text",
    "x{{ none }}": "template-insert: nothing cannot be inserted in a text",
    "{{ var.m.kk }}": "template-failed: no `kk` here | did you mean `k`?",
    "{{ var.l[7] }}": "template-failed: no `7` in a list",
    "{{ var[var.l] }}": "template-failed: a list is no key",
    "{{ env[var.m] }}": "template-failed: a map is no key",
    "{{ local[var.s] }}": "name-wrong: write local.<name>, the name as it is in the file",
    "{{ providers[var.s].url }}": "name-wrong: write providers.<name>, the name as it is in the file",
    "{{ var.n + 'a' }}": (
        "template-failed: this fails: + takes two numbers, not a number and text; to join texts write ~"
    ),
    "{{ -'a' }}": "template-failed: this fails: - takes a number, not text",
    "{{ 1 / 0 }}": "template-failed: this fails: division by zero",
    "{{ {1: 2} }}": "template-failed: the key of a map is text, not a number",
    "{{ (-1) ** 0.5 }}": "template-failed: this result is not a value",
    "{{ 12345678901234567890123 }}": "number-wrong: the result is too large for a number",
    "{{ 1e400 }}": "number-wrong: a number must be finite",
    # no attribute, method or internal is reachable
    "{{ var.s.upper }}": "template-failed: no `upper` in text",
    "{{ var.s.upper() }}": "function-unknown: only functions can be called",
    "{{ var.s.__class__ }}": "template-failed: no `__class__` in text",
    "{{ ''.__class__.__mro__ }}": "template-failed: this fails: no `__class__` in text",
    "{{ var.s | attr('__class__') }}": "filter-unknown: no filter `attr`",
    "{{ var.l | map('attr', '__class__') | list }}": "template-failed: this fails: No filter named 'attr'.",
    "{{ [var.m] | map(attribute='__class__') | list }}": "template-failed: this fails: no `__class__` here",
    "{{ lipsum() }}": "function-unknown: no function `lipsum`",
    "{{ file.__globals__ }}": "name-unknown: no name `file`",
    # functions, filters, tests
    "{{ uppr(var.s) }}": "function-unknown: no function `uppr`",
    "{{ sha265('a') }}": "function-unknown: no function `sha265` | did you mean `sha256`?",
    "{{ var.s | uper }}": "filter-unknown: no filter `uper` | did you mean `upper`?",
    "{{ var.s is strin }}": "test-unknown: no test `strin` | did you mean `string`?",
    "{{ file('nope') }}": "template-failed: this fails: cannot read nope: No such file or directory",
    "{{ file('latin.txt') }}": "template-failed: this fails: latin.txt is not UTF-8 text",
    "{{ json('{') }}": (
        "template-failed: this fails: not JSON: Expecting property name enclosed in double quotes in line 1, column 2"
    ),
    "{{ json('[NaN]') }}": "template-failed: this fails: not JSON: NaN",
    "{{ json(var.m) }}": (
        "template-failed: this fails: json takes text, not a map; for the text of a value use | tojson"
    ),
    "{{ yaml('a: 1\na: 2') }}": "template-failed: this fails: `a` is there twice",
    "{{ key_by(var.l, 'n') }}": "template-failed: this fails: key_by takes a list of maps and the name of a field",
    "{{ key_by([{'n': 'a'}, {'n': 'a'}], 'n') }}": (
        "template-failed: this fails: key_by: two items whose `n` is the same"
    ),
    "{{ product('ab', var.l) }}": "template-failed: this fails: product takes lists, not text",
    "{{ product(name=var.l) }}": "template-failed: this fails: product makes `name` itself: choose another name",
    "{{ b64encode(7) }}": (
        "template-failed: this fails: b64encode takes text, not a number; for the text of a value use | tojson"
    ),
    "{{ sha256(var.l) }}": (
        "template-failed: this fails: sha256 takes text, not a list; for the text of a value use | tojson"
    ),
    "{{ yaml(true) }}": (
        "template-failed: this fails: yaml takes text, not true; for the text of a value use | tojson"
    ),
    "{{ file(3) }}": (
        "template-failed: this fails: file takes text, not a number; for the text of a value use | tojson"
    ),
    "{{ key_by([{'m': 'a'}], 'n') }}": (
        "template-failed: this fails: key_by: an item whose `n` is nothing, where text is wanted"
    ),
    "{{ product() }}": (
        "template-failed: this fails: product takes lists, or named lists: "
        "product(region=['eu', 'us'], tier=['a', 'b'])"
    ),
    "{{ try(1 / 0) }}": "template-failed: this fails: division by zero",
    "{{ try() }}": "template-syntax: try() takes values, each tried in turn",
    "{{ nonsensitive(1, 2) }}": "template-syntax: nonsensitive() takes one value",
    # what is no expression
    "{{ }}": "template-syntax: there is nothing between {{ and }}",
    "{{ var.s[0:1, 2] }}": "template-syntax: this cannot be read: only one range may stand in [ ]",
    "{{ 'abc'[0, 1:2] }}": "template-syntax: this cannot be read: only one range may stand in [ ]",
    "{{ var..s }}": "template-syntax: this cannot be read: expected name or number",
    "{{ 1 2 }}": "template-syntax: this cannot be read: did not expect '2'",
    "{{ var.s": "template-unclosed: {{ without }}",
    "{{ var.s }": "template-unclosed: {{ without }}",
    # hostile
    "{{ 9**9**9 }}": "template-failed: this fails: the result of ** is too large",
    "{{ 2**-(9**9) }}": "template-failed: this fails: the result of ** is too large",
    "{{ 'a'*10**10 }}": "template-failed: this fails: * takes two numbers, not text and a number",
    "{{ [1]*10**10 }}": "template-failed: this fails: * takes two numbers, not a list and a number",
    "{{ range(10**9) | list }}": "template-failed: this fails: the result is too large",
    "{{ 'x' | center(10**9) }}": "filter-unknown: no filter `center`",
    "{{ 'x' | indent(10**9) }}": "template-failed: this fails: the result is too large",
    "{{ '%2000000000d' | format(7) }}": "template-failed: this fails: format takes widths below 1000",
    "{{ 1.5 | round(10**9) }}": "template-failed: this fails: round takes a precision from -15 to 15",
    "{{ range(2000) | join('x' | indent(9999, true)) }}": "template-failed: this fails: the result is too large",
    "{{ range(2000) | map('string') | map('replace', '1', 'x' | indent(9999, true)) | list }}": (
        "template-failed: this fails: the result is too large"
    ),
    "{{ 'ab' | replace('', 'x' | indent(9999999, true)) }}": "template-failed: this fails: the result is too large",
    "{{ product(range(200), range(200)) }}": ("template-failed: this fails: product of more than 10,000 combinations"),
}


def fault(text: str) -> tuple[str, str]:
    (found,) = diagnostics(f"outputs: {{it: {{value: {json.dumps(text)}}}}}\n{VARIABLES}", INPUTS)
    message = found.message.removeprefix("outputs.it: ")
    return " | ".join(part for part in (f"{found.code}: {message}", found.label) if part), marked(found)


@pytest.mark.parametrize(("text", "told"), FAULTS.items(), ids=FAULTS)
def test_what_is_wrong_with_an_expression(text: str, told: str) -> None:
    assert fault(text)[0] == told


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 10_000 + "1" + ")" * 10_000 + " }}",
        "{{ " + "[" * 60 + "]" * 60 + " }}",
        "{{ " + "-" * 3_000 + "1 }}",
        "{{ " + "not " * 900 + "1 }}",
        "{{ " + "1 + " * 900 + "1 }}",
        "{{ " + "1 and " * 600 + "1 }}",
        "{{ 1" + " | abs" * 600 + " }}",
        "{{ " + "1 if 1 else " * 300 + "1 }}",
        "{{ " + "try(" * 100 + "1" + ")" * 100 + " }}",
        "{{ " + "var.l[" * 100 + "0" + "]" * 100 + " }}",
    ],
    ids=lambda text: text[3:12],
)
def test_an_expression_too_deep_is_told_and_does_no_harm(text: str) -> None:
    assert fault(text)[0].startswith("template-too-deep: ")


@pytest.mark.parametrize("depth", [150, 900, 100_000])
def test_data_nested_too_deep_is_told(depth: int) -> None:
    def read(path: str) -> bytes:
        return b"[" * depth + b"]" * depth

    for function in ("json", "yaml"):
        body = f"outputs: {{it: {{value: \"{{{{ {function}(file('x')) }}}}\"}}}}"
        (found,) = diagnostics(body, Inputs(read_file=read))
        assert found.code in ("template-too-deep", "template-failed")


@pytest.mark.parametrize("text", ["{{ " + "x" * 5_000 + " }}", "{{ var.s }}" * 1_001, "{{ '" + "x" * 5_000 + "' }}"])
def test_an_expression_too_long_is_told(text: str) -> None:
    assert fault(text)[0].startswith("template-too-long: ")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ " + "(" * 40 + "1" + ")" * 40 + " }}", 1),
        ("{{ " + "1 + " * 50 + "1 }}", 51),
        ("{{ " + "'a' ~ " * 500 + "'a' }}", "a" * 501),
        ("{{ 1" + " | abs" * 50 + " }}", 1),
    ],
)
def test_what_people_write_is_not_too_deep(text: str, value: Value) -> None:
    assert value_of(text) == value


def test_the_caret_stands_under_the_expression_that_is_meant() -> None:
    assert fault("a {{ var.s }} b {{ var.q }} c")[1] == "{{ var.q }}"


def test_a_large_text_with_a_template_is_fine() -> None:
    text = "x" * 1_000_000
    assert value_of(f"{text} {{{{ var.s }}}}", VARIABLES) == f"{text} abc"


SENSITIVE = (
    "{{ var.t }}",
    "a {{ var.t }}",
    "{{ sha256(var.t) }}",
    "{{ [1, var.t] }}",
    "{{ var.t | length }}",
    "{{ 'a' if var.t else 'b' }}",
    "{{ sensitive(var.s) }}",
    "{{ nonsensitive(var.t) ~ var.t }}",
    "{{ try(var.t, 1) }}",
    "{{ local.made }}",
    "{{ local.tree.deep[0] }}",
    "{{ local.tree }}",
)
OPEN = ("{{ nonsensitive(var.t) }}", "{{ 'a' if true else var.t }}", "{{ var.s }}", "{{ local.tree.open }}")
LOCALS = "locals: {made: 'x{{ var.t }}', tree: {deep: ['{{ var.t }}'], open: 1}}"


@pytest.mark.parametrize("text", SENSITIVE)
def test_what_touches_a_secret_is_sensitive_as_a_whole(text: str) -> None:
    configuration = loaded(f'outputs: {{it: {{value: "{text}", sensitive: true}}}}\n{LOCALS}\n{VARIABLES}')
    found = configuration.resolve_output(configuration.outputs["it"], nothing)
    assert isinstance(found, Sensitive)
    assert "hush" not in repr(found)


@pytest.mark.parametrize("text", OPEN)
def test_what_reaches_no_secret_is_not_sensitive(text: str) -> None:
    configuration = loaded(f'outputs: {{it: {{value: "{text}"}}}}\n{LOCALS}\n{VARIABLES}')
    assert not isinstance(configuration.resolve_output(configuration.outputs["it"], nothing), Sensitive)


@pytest.mark.parametrize(
    "text", ["{{ var.t + 1 }}", "{{ var.t.x }}", "{{ json(var.t) }}", "{{ nonsensitive(var.t) + 1 }}"]
)
def test_no_diagnostic_tells_a_secret(text: str) -> None:
    with pytest.raises(DiagnosticError) as raised:
        loaded(f'outputs: {{it: {{value: "{text}", sensitive: true}}}}\n{VARIABLES}')
    assert "hush" not in repr(raised.value.diagnostics)


@pytest.mark.parametrize("start", [*"0123456789+-.~nNtTfF", "-x", "no ", "true", "7d-"])
def test_a_text_without_quotes_is_evaluated_whatever_it_begins_with(start: str) -> None:
    """A number, null and a flag begin so too, and are read in another way."""
    body = f"outputs:\n  it:\n    value: {start}{{{{ 1 + 1 }}}}\n"
    configuration = loaded(body)
    assert configuration.resolve_output(configuration.outputs["it"], nothing) == f"{start}2"
