"""What changed between two catalogues, as text and as JSON."""

from __future__ import annotations

from typing import Any

from stackfile.report.catalogues import changes_json, changes_text, compared

BEFORE: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "sources": {
        "pg": {
            "mode": {"type": "text", "enum": ["a", "b"], "about": "as it was"},
            "port": {"type": "integer", "default": 5432, "max": 9},
            "old": {"type": "boolean", "default": True},
            "said": {"type": "text", "about": "one thing"},
        },
        "same": {"key": {"type": "text"}},
    },
    "destinations": {"gone": {"a": {"type": "text"}, "b": {"type": "text"}}},
}
AFTER: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "destinations": {},
    "sources": {
        "new": {"token": {"type": "text", "required": True, "secret": True}},
        "pg": {
            "mode": {"type": "text", "enum": ["a", "b", "c"], "required": True, "about": "as it is"},
            "port": {"type": "text"},
            "key": {"about": "what it opens", "type": "list", "replaces": True, "when": {"ssl": True, "mode": "a"}},
            "said": {"type": "text", "about": "another"},
        },
        "same": {"key": {"type": "text"}},
    },
}
SAID = """\
streamkap: 3 connectors differ: 1 added, 1 removed, 1 changed.
- destinations.gone   2 keys
+ sources.new         1 key
~ sources.pg
  + key               list, replaces, when: ssl is true and mode is a, what it opens
  ~ mode              enum: a|b -> a|b|c, required: none -> true
  - old               boolean, default: true
  ~ port              type: integer -> text, default: 5432 -> none, max: 9 -> none"""


def test_what_came_went_and_changed_is_listed() -> None:
    assert changes_text("streamkap", compared(BEFORE, AFTER)) == SAID


def test_other_words_for_a_key_are_no_change() -> None:
    other = {"sources": {"pg": {"said": {"type": "text", "about": "another"}}}}
    before = {"sources": {"pg": {"said": BEFORE["sources"]["pg"]["said"]}}}
    assert changes_text("streamkap", compared(before, other)) == "streamkap: nothing changed."
    assert changes_json("streamkap", compared(before, other)) == {"provider": "streamkap", "changes": []}


def test_one_connector_is_counted_as_one() -> None:
    text = changes_text("streamkap", compared({}, {"sources": {"new": {}}}))
    assert text == "streamkap: 1 connector differs: 1 added.\n+ sources.new   0 keys"


def test_json_has_the_facts_before_and_after() -> None:
    told = changes_json("streamkap", compared(BEFORE, AFTER))
    assert [(one["section"], one["connector"], one["change"]) for one in told["changes"]] == [
        ("destinations", "gone", "removed"),
        ("sources", "new", "added"),
        ("sources", "pg", "changed"),
    ]
    assert told["changes"][2]["keys"][3] == {
        "key": "port",
        "before": {"type": "integer", "default": 5432, "max": 9},
        "after": {"type": "text"},
    }
