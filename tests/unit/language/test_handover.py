"""The sections moved, removed and imports: what they say, and what is wrong with it."""

from __future__ import annotations

import pytest

from stackfile.address import Address
from stackfile.language.moved import Moved, Spot
from stackfile.language.stackfile import Inputs
from tests.unit.language.fakes import loaded, wrong

STREAMS = "streams: {b: {}, i: {for_each: [eu, us]}, off: {enabled: false}}\n"

WRONG = {
    "a map for a list": ("moved: {a: b}", ["2:8 type-wrong: `moved` takes a list, not a map"]),
    "text for an entry": ("removed: [streams.x]", ["2:11 type-wrong: an entry of `removed` is a map, not text"]),
    "an unknown key": (
        "moved: [{from: streams.a, two: streams.b, to: streams.b}]",
        ["2:27 field-unknown: no field `two` here | did you mean `to`?"],
    ),
    "a missing key": (
        "moved: [{from: streams.a}]",
        ["2:9 field-missing: `to` is required | add:  to: sources.name"],
    ),
    "no address": (
        "moved: [{from: a, to: streams.b}]",
        [
            "2:16 address-wrong: 'a' is no address: write section.key "
            "| An address is section.key, and for an instance section.key/instance."
        ],
    ),
    "a source that is still declared": (
        "moved: [{from: streams.i, to: streams.b}]",
        [
            "2:16 moved-declared: streams.i is still declared, and `moved` says that it is streams.b now "
            "| Take the declaration away, or this entry."
        ],
    ),
    "an instance that is still declared": (
        "moved: [{from: streams.i/eu, to: streams.b}]",
        [
            "2:16 moved-declared: streams.i[eu] is still declared, and `moved` says that it is streams.b now "
            "| Take the declaration away, or this entry."
        ],
    ),
    "a target that is not declared": (
        "moved: [{from: streams.a, to: streams.bb}]",
        [
            "2:31 moved-unknown: there is no streams.bb in this stackfile | did you mean `streams.b`? "
            "| Declare it, or take this entry away."
        ],
    ),
    "an instance that for_each does not have": (
        "moved: [{from: streams.a, to: streams.i/ap}]",
        [
            "2:31 moved-unknown: there is no streams.i[ap] in this stackfile | did you mean `streams.i[us]`? "
            "| Declare it, or take this entry away."
        ],
    ),
    "a circle, told once": (
        "moved: [{from: streams.x, to: streams.y}, {from: streams.y, to: streams.x}]",
        [
            "2:16 moved-cycle: these moves lead back to their start: streams.x -> streams.y -> streams.x "
            "| Take one of these entries away."
        ],
    ),
    "two moves to one address": (
        "moved: [{from: streams.x, to: streams.b}, {from: streams.y, to: streams.b}]",
        [
            "2:65 moved-twice: streams.b is where two addresses move to; the other entry is at stack.yaml:5:16 "
            "| Take one of the two entries away."
        ],
    ),
    "two moves of one address": (
        "moved: [{from: streams.x, to: streams.b}, {from: streams.x, to: streams.off}]",
        [
            "2:50 moved-twice: streams.x moves twice; the other entry is at stack.yaml:5:16 "
            "| Take one of the two entries away."
        ],
    ),
    "a move to itself": (
        "moved: [{from: streams.x, to: streams.x}]",
        ["2:31 moved-wrong: streams.x moves to itself"],
    ),
    "a move into another section": (
        "moved: [{from: sources.x, to: streams.b}]",
        ["2:31 moved-wrong: sources.x cannot become streams.b: an object stays in its section"],
    ),
    "a resource that is to be a module": (
        "moved: [{from: streams.x, to: modules.m}]",
        ["2:31 moved-wrong: streams.x cannot become modules.m: one of them is a module, the other is not"],
    ),
    "a removed one that is still declared": (
        "removed: [{address: streams.b}]",
        [
            "2:21 removed-declared: streams.b is still declared, and `removed` says that it is not "
            "| Take the declaration away, or this entry."
        ],
    ),
    "a word for a flag": (
        "removed: [{address: streams.x, destroy: no}]",
        ["2:41 type-wrong: `destroy` takes true or false, not text"],
    ),
    "an import without a way to find the object": (
        "imports: [{to: streams.b}]",
        [
            "2:11 import-form: an import takes either `id` or `name`: how to find the object "
            "| write:  {to: streams.b, id: ...}"
        ],
    ),
    "an import with two ways to find the object": (
        "imports: [{to: streams.b, id: x, name: y}]",
        [
            "2:11 import-form: an import takes either `id` or `name`: how to find the object "
            "| write:  {to: streams.b, id: ...}"
        ],
    ),
    "an import to what is not declared": (
        "imports: [{to: streams.bb, id: x}]",
        [
            "2:16 import-unknown: there is no streams.bb in this stackfile | did you mean `streams.b`? "
            "| Declare it, or take this entry away."
        ],
    ),
    "an import to all instances": (
        "imports: [{to: streams.i, id: x}]",
        ["2:16 import-unknown: streams.i has instances; an import is of one of them | write:  streams.i/KEY"],
    ),
    "an import to a disabled resource": (
        "imports: [{to: streams.off, id: x}]",
        ["2:16 import-unknown: streams.off is disabled | Enable it, or take this entry away."],
    ),
    "two imports to one address": (
        "imports: [{to: streams.b, id: x}, {to: streams.b, name: y}]",
        [
            "2:40 import-twice: streams.b is imported twice: also as x at stack.yaml:5:31 "
            "| Take one of the two entries away."
        ],
    ),
    "a map for an id": (
        "imports: [{to: streams.b, id: {a: b}}]",
        ["2:31 type-wrong: `id` takes text, not a map"],
    ),
    "an id that only apply can tell": (
        "imports: [{to: streams.b, id: \"{{ streams.i['eu'].id }}\"}]",
        None,
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_them(body: str, expected: list[str] | None) -> None:
    said = wrong(STREAMS + body)
    if expected is None:
        assert said
    else:
        assert said == expected


def test_ids_may_come_of_variables_and_may_be_written_as_numbers() -> None:
    body = "variables: {x: {default: src_1}}\n" + STREAMS
    body += 'imports: [{to: streams.b, id: "{{ var.x }}"}, {to: streams.i/eu, id: 7}, {to: streams.i/us, name: n}]'
    found = loaded(body, Inputs()).handover.imports
    assert [(str(one.to), one.wanted) for one in found] == [
        ("streams.b", "src_1"),
        ("streams.i[eu]", "7"),
        ("streams.i[us]", "name:n"),
    ]


def test_a_resource_may_become_an_instance_of_itself_and_the_other_way_round() -> None:
    moved = loaded(STREAMS + "moved: [{from: streams.i, to: streams.i/eu}, {from: streams.b/x, to: streams.b}]")
    assert len(moved.handover.moved) == 2


TAKEN = {
    "a resource": ("streams.a", "streams.b", "streams.a", "streams.b"),
    "every instance of a declaration": ("streams.a", "streams.b", "streams.a[eu]", "streams.b[eu]"),
    "to an instance": ("streams.a", "streams.a[eu]", "streams.a", "streams.a[eu]"),
    "to an instance, not from one": ("streams.a", "streams.a[eu]", "streams.a[us]", None),
    "from an instance": ("streams.a[eu]", "streams.b", "streams.a[eu]", "streams.b"),
    "not from another instance": ("streams.a[eu]", "streams.b", "streams.a[us]", None),
    "into a module": ("streams.a", "modules.m.streams.a", "streams.a", "modules.m.streams.a"),
    "a module": ("modules.m", "modules.n", "modules.m.streams.a[eu]", "modules.n.streams.a[eu]"),
    "every instance of a module": ("modules.m", "modules.n", "modules.m[eu].streams.a", "modules.n[eu].streams.a"),
    "a module to an instance": ("modules.m", "modules.m[eu]", "modules.m.streams.a", "modules.m[eu].streams.a"),
    "one instance of a module": ("modules.m[eu]", "modules.n", "modules.m[eu].streams.a", "modules.n.streams.a"),
    "not another module": ("modules.m", "modules.n", "modules.o.streams.a", None),
    "a module within one": (
        "modules.m.modules.n",
        "modules.o",
        "modules.m.modules.n[eu].streams.a",
        "modules.o[eu].streams.a",
    ),
}


@pytest.mark.parametrize(("before", "after", "address", "expected"), TAKEN.values(), ids=TAKEN)
def test_what_a_move_takes_where(before: str, after: str, address: str, expected: str | None) -> None:
    taken = Moved(Spot.parse(before), Spot.parse(after)).takes(Address.parse(address))
    assert (str(taken) if taken is not None else None) == expected
