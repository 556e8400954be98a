"""Blocks of single changes: every form that a field can take."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.address import Address
from stackfile.plan.plan import UNSET, Action, Change, Origin, Reason
from stackfile.report.change_text import Notes, change_lines
from stackfile.report.text import WIDTH
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value
from tests.unit.report.orders import LAKE, ORDERS_PG, REFUNDS, change, field

CLICKS = Address("streams", "clicks")
SECRET = "hunter2"


def block(one: Change, notes: Notes | None = None) -> list[str]:
    return change_lines(one, notes or Notes())


def updated(before: Value, after: Value, **rest: Any) -> list[str]:
    """The field's lines of an update, without the title."""
    path = rest.pop("path", ("setting",))
    return block(change(CLICKS, Action.UPDATE, id="7", fields=(field(path, before, after, **rest),)))[1:]


LONG = "x" * 200
FIELDS: dict[str, tuple[list[str], list[str]]] = {
    "a scalar": (updated(1, 2), ["    setting:              1 -> 2"]),
    "text in quotes": (updated("a", 'b"c'), ['    setting:              "a" -> "b\\"c"']),
    "text that looks like a number": (updated(1, "1"), ['    setting:              1 -> "1"']),
    "null, true and floats": (updated(None, 1.5), ["    setting:              null -> 1.5"]),
    "a field that is new": (updated(UNSET, True), ["    setting:              (unset) -> true"]),
    "a field that goes": (updated("a", UNSET), ['    setting:              "a" -> (unset)']),
    "what only apply can tell": (updated("a", Unknown()), ['    setting:              "a" -> (known after apply)']),
    "a secret": (updated(Sensitive("a"), Sensitive(SECRET)), ["    setting:              (sensitive, changed)"]),
    "a secret that is new": (updated(UNSET, Sensitive(SECRET)), ["    setting:              (unset) -> (sensitive)"]),
    "a secret that goes": (updated(Sealed("k", "a", "b"), UNSET), ["    setting:              (sensitive) -> (unset)"]),
    "a field that has become a secret": (
        updated(SECRET, Sensitive("a")),
        ["    setting:              (sensitive, changed)"],
    ),
    "a secret that apply will know": (
        updated(Sensitive(SECRET), Sensitive(Unknown())),
        ["    setting:              (sensitive, changed)"],
    ),
    "a list by its items": (
        updated(["a", "b", "b"], ["b", "c", "1"]),
        ["    setting:              3 -> 3 entries", "      - a", "      - b", "      + c", '      + "1"'],
    ),
    "a list in another order": (updated(["a", "b"], ["b", "a"]), ["    setting:              [a, b] -> [b, a]"]),
    "a list with secrets": (
        updated([Sensitive("a")], [Sensitive(SECRET)]),
        ["    setting:              (sensitive, changed)"],
    ),
    "a list of maps": (
        updated([{"filter": "a > 1"}], [{"filter": "a > 2"}]),
        ["    setting:              1 -> 1 entry", '      - {filter: "a > 1"}', '      + {filter: "a > 2"}'],
    ),
    "a list that is new": (updated(UNSET, ["a", "b"]), ["    setting:              (unset) -> [a, b]"]),
    "an empty list": (updated(["a"], []), ["    setting:              1 -> 0 entries", "      - a"]),
    "a map by its leaves": (
        updated({"a": {"b": 1}, "c": 2, "s": Sensitive("a")}, {"a": {"b": 3}, "d": 4, "s": Sensitive(SECRET)}),
        [
            "    setting:              4 changes",
            "      - c: 2",
            "      ~ a.b: 1 -> 3",
            "      ~ s: (sensitive, changed)",
            "      + d: 4",
        ],
    ),
    "text of several lines": (
        updated("one\ntwo\n", "one\nthree\n"),
        ["    setting:              2 -> 2 lines", "      - two", "      + three"],
    ),
    "a newline at the end": (updated("a", "a\n"), ['    setting:              "a" -> "a\\n"']),
    "long text, cut where it begins to differ": (
        updated(LONG + "a", LONG + "b"),
        [
            f'    setting:              ..."{"x" * 23}a"',
            f'                          -> ..."{"x" * 23}b"',
        ],
    ),
    "a path with a dot in a key": (
        updated(1, 2, path=("config", "heartbeat.enabled")),
        ["    config.heartbeat.enabled:  1 -> 2"],
    ),
    "a path that dots cannot say": (
        updated(1, 2, path=("config", "a b", 0, "c")),
        ['    config["a b"][0].c:   1 -> 2'],
    ),
    "control characters": (
        updated("\x1b[31m", "\u202e\n"),
        ['    setting:              "\\x1b[31m" -> "\\u202e\\n"'],
    ),
    "drift": (
        updated(1, 2, origin=Origin.DRIFT, applied=2),
        ["    setting:              1 -> 2              [drift: changed from 2 outside the stackfile]"],
    ),
    "drift of a secret": (
        updated(Sensitive("a"), Sensitive(SECRET), origin=Origin.DRIFT, applied=Sealed("k", "a", "b")),
        ["    setting:              (sensitive, changed)            [drift: changed outside the stackfile]"],
    ),
    "removed outside": (
        updated(UNSET, 2, origin=Origin.DRIFT, applied=2),
        ["    setting:              (unset) -> 2                    [drift: removed outside the stackfile]"],
    ),
    "both": (
        updated(1, 2, origin=Origin.BOTH, applied=3),
        ["    setting:              1 -> 2     [both: 3 when last applied, changed here and outside]"],
    ),
    "a mark that does not fit": (
        updated("a" * 30, "b" * 30, origin=Origin.DRIFT, applied="b" * 30),
        [
            f'    setting:              "{"a" * 30}" -> "{"b" * 30}"',
            f'      [drift: changed from "{"b" * 26}... outside the stackfile]',
        ],
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_is_told_by_what_it_was_and_will_be(case: str) -> None:
    got, want = FIELDS[case]
    assert [" ".join(line.split()) for line in got] == [" ".join(line.split()) for line in want]


@pytest.mark.parametrize("case", FIELDS)
def test_no_field_shows_its_secret_or_leaves_the_width(case: str) -> None:
    got, _ = FIELDS[case]
    assert SECRET not in "\n".join(got)
    assert all(len(line) <= WIDTH for line in got)


def test_fields_stand_in_one_column() -> None:
    fields = (field(("a_rather_long_name_of_a_field",), 1, 2), field(("b",), 3, 4))
    lines = block(change(CLICKS, Action.UPDATE, fields=fields))[1:]
    assert [line.index(" -> ") for line in lines] == [37, 37]


def test_two_fields_that_would_read_alike_are_told_apart() -> None:
    fields = (field(("config", "a.b"), 1, 2), field(("config", "a", "b"), 3, 4))
    lines = block(change(CLICKS, Action.UPDATE, fields=fields))[1:]
    assert [line.split(":")[0].strip() for line in lines] == ['config["a.b"]', "config.a.b"]


def test_a_live_id_is_told_as_the_address_that_it_belongs_to() -> None:
    notes = Notes(names={"64f0": ORDERS_PG, "64f1": LAKE})
    fields = (
        field(("source",), "64f0", Ref(LAKE, "64f1")),
        field(("inputs",), ["64f0"], [Ref(ORDERS_PG, "64f0"), Ref(LAKE, "64f1")]),
        field(("label",), "64f0", "64f1"),
    )
    assert block(change(REFUNDS, Action.UPDATE, fields=fields), notes)[1:] == [
        "    source:               sources.orders_pg -> destinations.lake",
        "    inputs:               1 -> 2 entries",
        "      + destinations.lake",
        '    label:                "64f0" -> "64f1"',
    ]


def test_a_delete_tells_what_goes_and_why() -> None:
    live = {"name": "old", "connector": "file", "source": "64f0", "path": "in.csv", "tags": ["a"], "empty": None}
    gone = change(REFUNDS, Action.DELETE, id="64f9", name="old", reason=Reason.NOT_IN_FILE, live=live)
    assert block(gone, Notes(names={"64f0": ORDERS_PG})) == [
        '- pipelines.refunds   streamkap file "old" 64f9                                 impact: none',
        "    source:               sources.orders_pg",
        '    path:                 "in.csv"',
        "    tags:                 [a]",
        "    Not in the stackfile any more.",
    ]


def test_a_delete_of_a_large_object_tells_its_beginning() -> None:
    live: dict[str, Value] = {f"field_{number}": number for number in range(40)}
    lines = block(change(CLICKS, Action.DELETE, live=live))
    assert len(lines) == 14
    assert lines[-1] == "    ...:                  28 more fields"


def test_what_one_side_hides_the_other_does_not_show() -> None:
    gone = change(
        CLICKS,
        Action.DELETE,
        live={"config": {"password": SECRET, "tokens": [SECRET]}},
        applied={"config": {"password": Sealed("k", "a", "b"), "tokens": [Sealed("k", "a", "b")]}},
    )
    assert block(gone)[1:] == [
        "    config.password:      (sensitive)",
        "    config.tokens:        (sensitive)",
    ]


def test_a_create_tells_every_field_and_an_id_that_only_apply_knows() -> None:
    desired: dict[str, Value] = {
        "name": "clicks",
        "connector": "file",
        "config": {"path": "in.csv", "options": {}},
        "password": Sensitive(SECRET),
        "query": "select 1\nfrom t\n",
        "tables": [f"public.table_{number}" for number in range(30)],
    }
    assert block(change(CLICKS, Action.CREATE, desired=desired)) == [
        "+ streams.clicks   streamkap file                                               impact: none",
        '    name:                 "clicks"',
        '    config.path:          "in.csv"',
        "    config.options:       {}",
        "    password:             (sensitive)",
        "    query:                2 lines",
        "      | select 1",
        "      | from t",
        "    tables:               30 entries",
        *(f"        public.table_{number}" for number in range(20)),
        "      ... 10 more",
        "    id:                   (known after apply)",
    ]


def test_a_long_list_of_changes_is_cut() -> None:
    lines = updated([], [f"t{number}" for number in range(80)])
    assert len(lines) == 52
    assert lines[-1] == "      ... 30 more"


REASONS = {
    "disabled": (Action.DELETE, Reason.DISABLED, "", "Disabled: `enabled` is false."),
    "its key is gone": (Action.DELETE, Reason.EACH_KEY, "", "Its key is not in `for_each` any more."),
    "gone live already": (
        Action.FORGET,
        Reason.NOT_IN_FILE,
        "gone already",
        "Gone already: only the state forgets it.",
    ),
    "left alive": (Action.FORGET, Reason.NONE, "", "It stays alive; only the state forgets it."),
    "of another kind": (
        Action.REPLACE,
        Reason.CANNOT_UPDATE,
        "was local stream",
        "Must be replaced: was local stream.",
    ),
    "triggered": (
        Action.REPLACE,
        Reason.TRIGGERED,
        "source: sources.x is replaced",
        "Must be replaced: source: sources.x is replaced.",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_reason_is_a_sentence_below_the_fields(case: str) -> None:
    action, reason, says, want = REASONS[case]
    one = change(CLICKS, action, reason=reason, reason_says=says, live={} if action is Action.DELETE else None)
    assert block(one)[-1] == f"    {want}"


def test_a_reason_that_a_field_tells_is_not_told_twice() -> None:
    moved = field(("source",), "a", "b", forces_replacement=True, because="sources.x is replaced")
    one = change(
        CLICKS, Action.REPLACE, reason=Reason.TRIGGERED, reason_says="source: sources.x is replaced", fields=(moved,)
    )
    assert "\n".join(block(one)).count("sources.x is replaced") == 1


def test_a_protected_resource_says_that_apply_refuses() -> None:
    lines = block(change(CLICKS, Action.DELETE, live={}, prevent_destroy=True))
    assert lines[-1] == "    Its lifecycle has prevent_destroy: apply refuses."


def test_a_title_that_is_too_wide_puts_the_impact_below() -> None:
    lines = block(change(Address("streams", "c" * 80), Action.UPDATE, name="n" * 20, id="1"))
    assert lines[1] == "    impact: none"


def test_a_name_cannot_act_on_the_terminal() -> None:
    one = change(Address("streams", "s", "\x1b[2J"), Action.UPDATE, name="\x1b]0;owned\x07", id="a\nb")
    assert all(line.isprintable() for line in block(one))


def test_a_delete_tells_references_by_address_where_their_fields_are_known() -> None:
    live = {
        "name": "old",
        "into": "64f0",
        "all": ["64f0", "64f1"],
        "label": "64f0",
        "parts": [{"of": "64f1", "x": "64f0"}],
    }
    gone = change(REFUNDS, Action.DELETE, id="64f9", name="old", live=live)
    notes = Notes(
        names={"64f0": ORDERS_PG, "64f1": LAKE}, references={REFUNDS: ("into", "all", "absent", "parts.of", "label.of")}
    )
    assert block(gone, notes)[1:] == [
        "    into:                 sources.orders_pg",
        "    all:                  [sources.orders_pg, destinations.lake]",
        '    label:                "64f0"',
        '    parts:                [{of: destinations.lake, x: "64f0"}]',
    ]


def test_a_live_id_in_a_map_of_a_list_is_told_as_the_other_side_tells_it() -> None:
    before: Value = [{"of": "64f1", "n": 1}]
    after: Value = [{"of": Ref(LAKE, "64f1"), "n": 2}]
    one = change(CLICKS, Action.UPDATE, id="7", fields=(field(("parts",), before, after),))
    assert block(one, Notes(names={"64f1": LAKE}))[1:] == [
        "    parts:                1 -> 1 entry",
        "      - {of: destinations.lake, n: 1}",
        "      + {of: destinations.lake, n: 2}",
    ]
