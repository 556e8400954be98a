"""What a change does to the data, by direction, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import pytest

from stackfile.address import Address
from stackfile.plan.impact import field_effects, impact_of
from stackfile.plan.plan import UNSET, Action, FieldChange
from stackfile.sdk.provider import Body, Kind, Live
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Changes, Effect, Impact, Keyed, KindTraits
from stackfile.values import Path, Ref, Sealed, Sensitive, Unknown, Value, parse_path

_BY_DIRECTION = Changes(
    any=Effect(Impact.NONE, "moved"),
    added=Effect(Impact.REPROCESS, "added {items}"),
    removed=Effect(Impact.DATA_LOSS, "removed {items}"),
)
_ONLY_REMOVED = Changes(
    any=Effect(Impact.NONE, "{before} to {after}"),
    removed=Effect(Impact.DATA_LOSS, "less", replaces=True),
)


class Inner(Body):
    size: Annotated[int | None, _BY_DIRECTION] = None


class Column(Body):
    name: str
    type: str | None = None


class Model(Body):
    number: Annotated[int, _BY_DIRECTION] = 10
    number_without_default: Annotated[int | None, _BY_DIRECTION] = None
    text: Annotated[str | None, _BY_DIRECTION] = None
    flag: Annotated[bool, _BY_DIRECTION] = False
    items: Annotated[list[Any] | None, _BY_DIRECTION] = None
    columns: Annotated[list[Column] | None, Keyed("name"), _BY_DIRECTION] = None
    labels: Annotated[dict[str, Any] | None, _BY_DIRECTION] = None
    inner: Inner | None = None
    entries: Annotated[dict[str, Inner] | None, _BY_DIRECTION] = None
    silent: int | None = None
    quiet: Annotated[int | None, Changes(Effect(Impact.RESTART))] = None
    only_removed: Annotated[Any, _ONLY_REMOVED] = None


SCHEMA = schema_of(Model)

DIRECTIONS: dict[str, tuple[str, Value, Value, list[str]]] = {
    "a number grows": ("number", 1, 2, ["reprocess added 2"]),
    "a number shrinks": ("number", 2, 1, ["data_loss removed 1"]),
    "a number grows from its default": ("number", UNSET, 11, ["reprocess added 11"]),
    "a number shrinks to its default": ("number", 11, UNSET, ["data_loss removed 10"]),
    "nobody knows what an unset number was": ("number_without_default", UNSET, 5, ["data_loss removed "]),
    "nobody knows what a number will be": ("number", 1, Unknown(("a.b",)), ["data_loss removed "]),
    "text has no direction, so the worst is expected": ("text", "a", "b", ["data_loss removed "]),
    "a boolean has none either": ("flag", False, True, ["data_loss removed "]),
    "an item is added": ("items", ["a"], ["a", "b"], ["reprocess added b"]),
    "an item is removed": ("items", ["a", "b"], ["a"], ["data_loss removed b"]),
    "items come and go": ("items", ["a", "b"], ["b", "c", "d"], ["reprocess added c, d", "data_loss removed a"]),
    "items change places": ("items", ["a", "b"], ["b", "a"], ["none moved"]),
    "a list comes": ("items", UNSET, ["a", "b"], ["reprocess added a, b"]),
    "a list goes": ("items", ["a", "b"], UNSET, ["data_loss removed a, b"]),
    "items that are maps": ("items", [{"a": 1}], [{"a": 1}, {"b": True}], ["reprocess added {b: true}"]),
    "a reference is added": ("items", [], [Ref(Address("streams", "s"), "s-1")], ["reprocess added streams.s"]),
    "a keyed element is added": ("columns", [{"name": "a"}], [{"name": "b"}, {"name": "a"}], ["reprocess added b"]),
    "a keyed element changes": ("columns", [{"name": "a"}], [{"name": "a", "type": "int"}], ["none moved"]),
    "a key is added": ("labels.a", UNSET, "x", ["reprocess added a"]),
    "a key is removed": ("labels.a", "x", UNSET, ["data_loss removed a"]),
    "a key deep in JSON is added": ("labels.a.b", UNSET, "x", ["reprocess added b"]),
    "the value of a key grows": ("labels.a", 1, 2, ["reprocess added 2"]),
    "an entry is added": ("entries.e", UNSET, {"size": 1}, ["reprocess added e"]),
    "a field of an entry has its own": ("entries.e.size", 2, 1, ["data_loss removed 1"]),
    "a field of a model has its own": ("inner.size", 1, 2, ["reprocess added 2"]),
    "a field without an effect": ("silent", 1, 2, []),
    "the undeclared direction counts as any": ("only_removed", 1, 2, ["none 1 to 2"]),
    "the declared direction replaces": ("only_removed", 2, 1, ["data_loss less, replaces"]),
    "text for which one direction is declared": ("only_removed", "2d", "1d", ["data_loss less, replaces"]),
    "what was not there": ("only_removed", UNSET, ["a"], ["none nothing to [a]"]),
    "text becomes a list": ("items", "a", ["a"], ["data_loss removed "]),
    "a list becomes text": ("items", ["a"], "a", ["data_loss removed "]),
    "nothing": ("only_removed", ["a"], ["b", "a"], ["none [a] to [b, a]"]),
}  # fmt: skip


def said(effect: Effect) -> str:
    return f"{effect.impact} {effect.says}" + (", replaces" if effect.replaces else "")


@pytest.mark.parametrize(("path", "before", "after", "effects"), DIRECTIONS.values(), ids=DIRECTIONS)
def test_the_direction_of_a_change_counts(path: str, before: Value, after: Value, effects: list[str]) -> None:
    assert [said(one) for one in field_effects(SCHEMA, FieldChange(parse_path(path), before, after))] == effects


SECRETS: dict[str, tuple[Value, Value]] = {
    "both": (Sensitive(["hunter2"]), Sensitive(["hunter2", "hunter3"])),
    "the one that goes": (Sensitive(["hunter2"]), UNSET),
    "the one that comes": (UNSET, Sensitive(["hunter2"])),
    "one item": (["a"], ["a", Sensitive("hunter2")]),
    "a digest": (Sealed("kid", "salt", "hunter2"), UNSET),
}


@pytest.mark.parametrize("field", ["items", "only_removed"])
@pytest.mark.parametrize(("before", "after"), SECRETS.values(), ids=SECRETS)
def test_no_sentence_tells_a_secret(field: str, before: Value, after: Value) -> None:
    effects = field_effects(SCHEMA, FieldChange((field,), before, after))
    assert effects
    assert "hunter" not in repr(effects)
    assert "{" not in repr(effects)


class Things(Kind[Model]):
    section, name, model = "streams", "thing", Model
    traits: ClassVar = KindTraits(
        create=Effect(Impact.NONE, "created"),
        replace=Effect(Impact.REPROCESS, "replaced"),
        delete=Effect(Impact.RESTART, "deleted"),
    )

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        if "own" not in live.fields:
            return None
        return Effect(Impact.DATA_LOSS, f"{verb} of {', '.join(f'{p[0]} {b}-{a}' for p, (b, a) in changed.items())}")


GROWS = FieldChange(("items",), ["a"], ["a", "b"])
SHRINKS = FieldChange(("number",), 2, 1)
FORCES = FieldChange(("number",), 1, 2, forces_replacement=True)
LIVE, OWN = Live("1", {}), Live("1", {"own": True})

IMPACTS: dict[str, tuple[Action, tuple[FieldChange, ...], Live | None, Impact, tuple[str, ...]]] = {
    "a create": (Action.CREATE, (), None, Impact.NONE, ("created",)),
    "a delete": (Action.DELETE, (), LIVE, Impact.RESTART, ("deleted",)),
    "a delete of which the kind knows more": (Action.DELETE, (), OWN, Impact.DATA_LOSS, ("delete of ",)),
    "a forget": (Action.FORGET, (), None, Impact.NONE, ()),
    "an effect without a sentence": (
        Action.UPDATE, (FieldChange(("quiet",), 1, 2), GROWS), LIVE, Impact.REPROCESS, ("added b",),
    ),
    "an update": (Action.UPDATE, (GROWS,), LIVE, Impact.REPROCESS, ("added b",)),
    "the worst of an update counts and comes first": (
        Action.UPDATE, (GROWS, SHRINKS, GROWS), LIVE, Impact.DATA_LOSS, ("removed 1", "added b"),
    ),
    "an update of which the kind knows more": (
        Action.UPDATE, (SHRINKS,), OWN, Impact.DATA_LOSS, ("update of number 2-1", "removed 1"),
    ),
    "a replace, by what forces it": (
        Action.REPLACE, (FORCES, SHRINKS), LIVE, Impact.REPROCESS, ("replaced", "added 2"),
    ),
    "a replace of which the kind knows more": (
        Action.REPLACE, (FORCES,), OWN, Impact.DATA_LOSS, ("replace of number 1-2",),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("action", "fields", "live", "worst", "says"), IMPACTS.values(), ids=IMPACTS)
def test_the_worst_impact_counts_and_every_sentence_is_said_once(
    action: Action, fields: tuple[FieldChange, ...], live: Live | None, worst: Impact, says: tuple[str, ...]
) -> None:
    assert impact_of(action, Things, SCHEMA, fields, live) == (worst, says)
