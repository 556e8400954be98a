"""The one layout, by example."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackfile.language.fmt.format import Unformattable, formatted

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").rglob("stack.yaml"))

UNTIDY = """\
# yaml-language-server: $schema=./stackfile.schema.json
name: x
version: 1


# where it comes from

# pg is the shop's
sources:

    pg:
        lifecycle: &careful   # never lose it
            # not even in dev
            prevent_destroy: true
        path: 'in.ndjson'
        # what reads it
        connector: file
        provider: local
        config:
            # heartbeat: 10s
        # the rest is theirs
    # no more sources
# and what is done with it
pipelines:
  p:
    operations:
    - filter: a
    -
      # inside
      map: {a: 1,
        b: 'it''s',   # two
        c: [1,
          2]
      }
    - - x
      - y
    text: >-
         folded
           more

         end
    plain: one
      two
    source: sources.pg
x-home: {a: 1}
defaults: {provider: local}
# the end
"""

TIDY = """\
# yaml-language-server: $schema=./stackfile.schema.json
version: 1
name: x
x-home: {a: 1}
defaults: {provider: local}

# where it comes from

# pg is the shop's
sources:
  pg:
    provider: local
    # what reads it
    connector: file
    config:
      # heartbeat: 10s
    path: "in.ndjson"
    lifecycle: &careful  # never lose it
      # not even in dev
      prevent_destroy: true
    # the rest is theirs
  # no more sources

# and what is done with it
pipelines:
  p:
    source: sources.pg
    operations:
      - filter: a
      -
        # inside
        map: {a: 1,
          b: "it's",   # two
          c: [1,
            2]
        }
      - - x
        - y
    text: >-
      folded
        more

      end
    plain: one
      two
# the end
"""


def test_a_whole_file() -> None:
    assert formatted(UNTIDY) == TIDY
    assert formatted(TIDY) == TIDY


CASES = {
    "an anchor stays before what refers to it": (
        "variables: &v {a: 1}\noutputs: *v\nversion: 1\nx-a: *v\n",
        "variables: &v {a: 1}\noutputs: *v\nversion: 1\nx-a: *v\n",
    ),
    "a key in between may go where it belongs": (
        "x-a: &v {a: 1}\noutputs: *v\nversion: 1\n",
        "version: 1\nx-a: &v {a: 1}\noutputs: *v\n",
    ),
    "what is merged goes first": (
        "x-a: &v {path: p}\nsources:\n  a:\n    path: q\n    provider: local\n    <<: *v\n",
        "x-a: &v {path: p}\n\nsources:\n  a:\n    <<: *v\n    provider: local\n    path: q\n",
    ),
    "a key that nobody knows goes last": ("teams: {}\nversion: 1\n", "version: 1\nteams: {}\n"),
    "the user's own maps keep their order": (
        "locals:\n  b: 1\n  a: 2\n",
        "locals:\n  b: 1\n  a: 2\n",
    ),
    "lines end as they did": ("name: x\r\nversion: 1\r\n", "version: 1\r\nname: x\r\n"),
    "a text at the end of a file without a line break has none when it moves": (
        "name: x\nversion: |\n  1",
        "version: |-\n  1\n\nname: x\n",
    ),
    "empty lines that a text keeps are not doubled": (
        "outputs:\n  a: |+\n    x\n\n\nvariables:\n  b: 1\n",
        "variables:\n  b: 1\n\noutputs:\n  a: |+\n    x\n\n\n",
    ),
    "a text that begins with spaces": (
        "locals:\n    a: |3\n          led\n       x\n",
        "locals:\n  a: |2\n       led\n    x\n",
    ),
    "a mark of the document, and what follows it": (
        "---  # ours\nname: x\nversion: 1\n...\n# after\n",
        "---  # ours\nversion: 1\nname: x\n...\n# after\n",
    ),
    "a tag, and a comment on the line of a key": (
        "locals:   # mine\n   a: !raw   # as it is\n      b: '{{ x }}'\n",
        'locals:  # mine\n  a: !raw  # as it is\n    b: "{{ x }}"\n',
    ),
    "a value on a line of its own": (
        "locals:\n  a:\n     long\n  b:\n    # why\n    long\n",
        "locals:\n  a: long\n  b:\n    # why\n    long\n",
    ),
    "quotes that cannot be swapped": ("a: 'say \"x\"'\nb: '\\d'\n", "a: 'say \"x\"'\nb: '\\d'\n"),
    "nothing": ("", ""),
    "only comments": ("# a\n\n\n# b\n", "# a\n\n\n# b\n"),
    "a map in braces": ("{version: 1}", "{version: 1}\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_layout_of(name: str) -> None:
    text, wanted = CASES[name]
    assert formatted(text) == wanted
    assert formatted(wanted) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [\n", "it has a mistake"),
        ("a: 1\na: 2\n", "it has a mistake"),
        ("a: 1\rb: 2\n", "its lines end in different ways"),
        ("a: 1\n? b\n: 2\n", "a key stands behind ?"),
    ],
)
def test_what_stays_as_it_is(text: str, why: str) -> None:
    with pytest.raises(Unformattable) as raised:
        formatted(text)
    assert str(raised.value) == why


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_every_example_has_it(file: Path) -> None:
    assert formatted(file.read_text("utf-8")) == file.read_text("utf-8")
