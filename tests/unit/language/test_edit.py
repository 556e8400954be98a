"""Edits of a stackfile's text, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.language.edit.edit import GONE, Uneditable, edited
from stackfile.values import Path, parse_path

TEXT = """\
# what we own
version: 1   # of the format
x-common: &common {retries: 3, labels: {team: web}}
x-tables: &tables
  - public.orders

sources:
  # the shop
  pg:
    provider: cloud      # the first one
    config:
      host: 'db.example.com'   # moved in May
      "hard.delete": true
      note: |
        two
        lines
      # port: 5432
    tables:
      - public.orders    # all of it
      # refunds come later
      - public.items
    labels: {team: web, tier: gold}
    list: [a, b]   # both
    empty:
  twin:
    <<: *common
    tables: *tables
    name: "{{ stack.name }}-twin"
"""

CASES: dict[str, tuple[str, Any, str, str]] = {
    "a quoted text keeps its quotes, and the line its comment": (
        "sources.pg.config.host", "db2.example.com",
        "      host: 'db.example.com'   # moved in May\n", "      host: 'db2.example.com'   # moved in May\n",
    ),
    "a flag": ('sources.pg.config["hard.delete"]', False, '"hard.delete": true', '"hard.delete": false'),
    "a text that reads as a number is quoted": (
        "sources.pg.provider", "5", "provider: cloud      #", 'provider: "5"      #'
    ),
    "a block of text stays one": ("sources.pg.config.note", "three\nmore\nlines\n",
        "        two\n        lines\n", "        three\n        more\n        lines\n"),
    "a block of text by one line": ("sources.pg.config.note", "one",
        "note: |\n        two\n        lines\n", "note: one\n"),
    "an item is added with a line of its own": ("sources.pg.tables", ["public.orders", "public.items", "public.new"],
        "      - public.items\n", "      - public.items\n      - public.new\n"),
    "an item goes with its line": ("sources.pg.tables", ["public.items"], "      - public.orders    # all of it\n", ""),
    "an item in braces is added": ("sources.pg.list", ["a", "b", "c"], "list: [a, b]   #", "list: [a, b, c]   #"),
    "a list that becomes empty": ("sources.pg.tables", [],
        "    tables:\n      - public.orders    # all of it\n      # refunds come later\n      - public.items\n",
        "    tables: []\n"),
    "an entry in braces": ("sources.pg.labels.tier", "tin", "tier: gold}", "tier: tin}"),
    "an entry in braces goes": ("sources.pg.labels.team", GONE, "{team: web, tier: gold}", "{tier: gold}"),
    "an entry in braces comes": ("sources.pg.labels.zone", "eu", "tier: gold}", "tier: gold, zone: eu}"),
    "an entry in lines comes behind the last one": ("sources.pg.config.port", 5432,
        "        lines\n", "        lines\n      port: 5432\n"),
    "an entry in lines goes, and the comments around it stay": ("sources.pg.config.note", GONE,
        "      note: |\n        two\n        lines\n", ""),
    "maps on the way are made": ("sources.pg.more.deep", ["x"],
        "    empty:\n", "    empty:\n    more: {deep: [x]}\n"),
    "nothing becomes something": ("sources.pg.empty", "full", "    empty:\n", "    empty: full\n"),
    "a text with braces is no template": ("sources.pg.provider", "{{ x }}", "cloud      #", '!raw "{{ x }}"      #'),
    "an own entry beside merged ones": ("sources.twin.extra", 1,
        '-twin"\n', '-twin"\n    extra: 1\n'),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_edit_changes_these_lines_alone(name: str) -> None:
    path, value, old, new = CASES[name]
    assert TEXT.count(old) == 1
    assert edited(TEXT, [(parse_path(path), value)]) == TEXT.replace(old, new)


REFUSED: dict[str, tuple[str, Any, str]] = {
    "what an alias stands for": ("sources.twin.tables", ["x"], r"it stands there through \*tables"),
    "an item of what an alias stands for": ("sources.twin.tables[0]", "x", r"it stands there through \*tables"),
    "what others share": ('["x-tables"][0]', "x", r"other places share it, through \*tables"),
    "what is merged": ("sources.twin.retries", 4, "it comes through <<"),
    "what is merged, taken away": ("sources.twin.retries", GONE, "it comes through <<"),
    "what a template makes": ("sources.twin.name", "x", "a template makes it"),
    "a part of a text": ("sources.pg.provider.part", "x", "what is around it is no map as written"),
    "an item that is not there": ("sources.pg.tables[7]", "x", "there is no item 7"),
    "half a character": ("sources.pg.provider", "\ud800", "YAML has no way to write the value"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_edited_is_refused_with_the_reason(name: str) -> None:
    path, value, reason = REFUSED[name]
    with pytest.raises(Uneditable, match=reason):
        edited(TEXT, [(parse_path(path), value)])


def test_several_changes_are_one_edit() -> None:
    changes: list[tuple[Path, Any]] = [
        (("sources", "pg", "provider"), "other"),
        (("sources", "pg", "config", "host"), GONE),
        (("sources", "pg", "config", "port"), 1),
    ]
    wanted = (
        TEXT.replace("cloud      #", "other      #")
        .replace("      host: 'db.example.com'   # moved in May\n", "")
        .replace("        lines\n", "        lines\n      port: 1\n")
    )
    assert edited(TEXT, changes) == wanted


def test_what_is_so_already_changes_nothing() -> None:
    assert edited(TEXT, [(("sources", "twin", "retries"), 3), (("sources", "none"), GONE)]) == TEXT


def test_a_text_with_a_mistake_is_not_touched() -> None:
    with pytest.raises(Uneditable, match="the file has a mistake"):
        edited("a: 1\na: 2\n", [(("a",), 3)])
    with pytest.raises(Uneditable, match="the file has a mistake"):
        edited("a: [\n", [(("a",), 3)])


def test_lines_end_as_they_did() -> None:
    assert edited("a: 1\r\nb: 2\r\n", [(("c",), 3), (("a",), GONE)]) == "b: 2\r\nc: 3\r\n"
