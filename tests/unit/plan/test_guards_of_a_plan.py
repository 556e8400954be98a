"""What a plan may not do without being told to: allowed, refused, and what the refusal says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackfile.address import Address
from stackfile.errors import Diagnostic, Severity
from stackfile.plan.guard import Allowances, answers, refusals, told_missing
from stackfile.plan.plan import Action, Change, FieldChange, Missing, Origin, Plan, Reason
from stackfile.sdk.traits import Impact


def change(key: str, action: Action = Action.DELETE, impact: Impact = Impact.NONE, **rest: object) -> Change:
    address = Address("streams", key)
    return Change(address, action, "cloud", "cloud", "streams", "stream", key, impact=impact, **rest)  # type: ignore[arg-type]


def plan(*changes: Change, unchanged: int = 100, destroy: bool = False) -> Plan:
    return Plan("test", "default", "lineage", 1, changes, unchanged=unchanged, destroy=destroy)


def test_a_harmless_plan_is_refused_nothing() -> None:
    assert refusals(plan(change("a"), change("b", Action.UPDATE, Impact.REPROCESS)), Allowances()) == ()


@pytest.mark.parametrize(("action", "verb"), [(Action.DELETE, "delete"), (Action.REPLACE, "replace")])
def test_prevent_destroy_refuses_and_names_both_ways_out(action: Action, verb: str) -> None:
    assert refusals(plan(change("a", action, prevent_destroy=True)), Allowances()) == (
        Diagnostic(
            "prevent-destroy",
            f"the plan would {verb} it, and its lifecycle has prevent_destroy: true",
            address="streams.a",
            help=(
                "If it must go, set prevent_destroy: false, apply that, and plan again;",
                "to plan without it: --exclude streams.a",
            ),
        ),
    )


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.FORGET])
def test_prevent_destroy_allows_what_takes_nothing_away(action: Action) -> None:
    assert refusals(plan(change("a", action, prevent_destroy=True)), Allowances()) == ()


def test_nothing_answers_prevent_destroy() -> None:
    allowed = Allowances(data_loss=("*",), max_deletes=100)
    assert len(refusals(plan(change("a", prevent_destroy=True)), allowed)) == 1


LOSING = plan(
    change("audit_cdc", Action.REPLACE, Impact.DATA_LOSS, impact_says=("Drops its slot.", "More.")),
    change("b", Action.DELETE, Impact.DATA_LOSS),
)


def test_data_loss_is_refused_with_every_place_and_the_flags_to_add() -> None:
    assert refusals(LOSING, Allowances()) == (
        Diagnostic(
            "data-loss-not-allowed",
            "the plan loses data in 2 places; nothing was applied",
            help=(
                "streams.audit_cdc   replace: Drops its slot.",
                "streams.b           delete",
                "Allow them: --allow data_loss=streams.audit_cdc --allow data_loss=streams.b",
            ),
        ),
    )


def test_what_is_lost_is_said_in_lines_that_can_be_read() -> None:
    says = (
        "Deleting the stream drops replication slot audit_slot: changes made until the new stream's snapshot are lost."
    )
    losing = plan(change("audit_cdc", Action.DELETE, Impact.DATA_LOSS, impact_says=(says,)))
    (refusal,) = refusals(losing, Allowances())
    assert refusal.help[0] == (
        "streams.audit_cdc   delete: Deleting the stream drops replication slot audit_slot: changes made\n"
        "                    until the new stream's snapshot are lost."
    )


def test_data_loss_that_is_left_is_refused_alone() -> None:
    (refusal,) = refusals(LOSING, Allowances(data_loss=("streams.audit_cdc",)))
    assert refusal.message == "the plan loses data in 1 place; nothing was applied"
    assert refusal.help == ("streams.b   delete", "Allow this one: --allow data_loss=streams.b")


@pytest.mark.parametrize("allowed", [("streams.audit_cdc", "streams.b"), ("streams.*",), ("*",)])
def test_data_loss_can_be_allowed(allowed: tuple[str, ...]) -> None:
    assert refusals(LOSING, Allowances(data_loss=allowed)) == ()


def test_an_address_allows_all_its_instances() -> None:
    losing = change("a", Action.DELETE, Impact.DATA_LOSS)
    instance = Change(Address("streams", "a", "eu"), Action.DELETE, *("",) * 5, impact=Impact.DATA_LOSS)
    assert refusals(plan(losing, instance), Allowances(data_loss=("streams.a",))) == ()
    assert len(refusals(plan(losing), Allowances(data_loss=("streams.a[eu]",)))) == 1


FORCED = FieldChange(("partitions",), 5, 3, Origin.DRIFT, 3, forces_replacement=True, because="no update in the API")
BESIDE = FieldChange(("note",), "a", "b")


def replaced(*fields: FieldChange, key: str = "a", reason: Reason = Reason.CANNOT_UPDATE) -> Change:
    return change(key, Action.REPLACE, fields=fields, reason=reason)


def test_a_replacement_that_drift_alone_wants_is_refused_with_the_flag_to_add() -> None:
    other = FieldChange(("path",), "x", "y", Origin.DRIFT, "y", forces_replacement=True)
    assert refusals(plan(replaced(FORCED, BESIDE)), Allowances()) == (
        Diagnostic(
            "drift-replaces",
            "the plan replaces 1 resource only because of changes outside the stackfile; nothing was applied",
            help=(
                "streams.a   partitions: no update in the API",
                "To keep what is live, write it into the stackfile. To replace it: --replace streams.a",
            ),
        ),
    )
    assert refusals(plan(replaced(FORCED, other), replaced(FORCED, key="abc")), Allowances()) == (
        Diagnostic(
            "drift-replaces",
            "the plan replaces 2 resources only because of changes outside the stackfile; nothing was applied",
            help=(
                "streams.a     partitions: no update in the API; path: forces replacement",
                "streams.abc   partitions: no update in the API",
                "To keep what is live of each, write it into the stackfile. To replace them: --replace streams.a"
                " --replace streams.abc",
            ),
        ),
    )


NOT_DRIFT_ALONE = {
    "the stackfile wants it too": replaced(replace(FORCED, origin=Origin.BOTH)),
    "another field of the stackfile wants it": replaced(FORCED, replace(FORCED, path=("x",), origin=Origin.CONFIG)),
    "it was asked for": replaced(FORCED, reason=Reason.REPLACE_REQUEST),
    "what it refers to is replaced": replaced(FORCED, reason=Reason.TRIGGERED),
    "it is of another kind now": replaced(),
    "it is not replaced": change("a", Action.UPDATE, fields=(replace(FORCED, forces_replacement=False),)),
}


@pytest.mark.parametrize("one", NOT_DRIFT_ALONE.values(), ids=NOT_DRIFT_ALONE)
def test_a_replacement_that_somebody_wants_is_not_refused(one: Change) -> None:
    assert refusals(plan(one), Allowances()) == ()


@pytest.mark.parametrize(("allowed", "refused"), [("streams.a", 0), ("streams.*", 0), ("streams.b", 1)])
def test_a_replacement_by_drift_can_be_allowed(allowed: str, refused: int) -> None:
    assert len(refusals(plan(replaced(FORCED)), Allowances(replace=(allowed,)))) == refused


def test_the_answers_are_the_flags_of_all_refusals() -> None:
    losing = [change(f"d{number:02}", impact=Impact.DATA_LOSS) for number in range(2)]
    going = [change(f"g{number:02}") for number in range(10)]
    everything = plan(*losing, *going, replaced(FORCED), unchanged=0)
    assert answers(everything, Allowances()) == (
        "--allow data_loss=streams.d00",
        "--allow data_loss=streams.d01",
        "--replace streams.a",
        "--max-deletes 13",
    )


def deletes(count: int, unchanged: int, replaces: int = 0, creates: int = 0, destroy: bool = False) -> Plan:
    going = [change(f"d{number}") for number in range(count)]
    going += [change(f"r{number}", Action.REPLACE) for number in range(replaces)]
    return plan(*going, *(change(f"c{n}", Action.CREATE) for n in range(creates)), unchanged=unchanged, destroy=destroy)


MANY: dict[str, tuple[Plan, int | None, bool]] = {
    "ten of ten": (deletes(10, 0), None, False),
    "eleven of eleven": (deletes(11, 0), None, True),
    "eleven of twenty-two": (deletes(11, 11), None, False),
    "eleven of twenty-one": (deletes(11, 10), None, True),
    "replaces count": (deletes(6, 0, replaces=6), None, True),
    "creates are no part of the stack yet": (deletes(11, 10, creates=50), None, True),
    "as many as allowed": (deletes(11, 0), 11, False),
    "more than allowed": (deletes(12, 0), 11, True),
    "a limit may be lower than the usual one": (deletes(3, 100), 2, True),
    "none are allowed": (deletes(1, 100), 0, True),
    "destroy is asked for": (deletes(50, 0, destroy=True), None, False),
    "destroy within a limit": (deletes(50, 0, destroy=True), 49, True),
}


@pytest.mark.parametrize(("many", "limit", "refused"), MANY.values(), ids=MANY)
def test_many_deletes_need_a_number(many: Plan, limit: int | None, refused: bool) -> None:
    assert bool(refusals(many, Allowances(max_deletes=limit))) is refused


def test_many_deletes_are_refused_with_the_flag_to_add() -> None:
    assert refusals(deletes(12, 3), Allowances()) == (
        Diagnostic(
            "many-deletes",
            "the plan deletes 12 of 15 resources; nothing was applied",
            help=("If that is meant: --max-deletes 12",),
        ),
    )


GONE = Missing("cloud", "streams", "stream", 12, 15)
MADE_ANEW = change("a", Action.CREATE, reason=Reason.LOST)
FORGOTTEN = change("a", Action.FORGET, reason=Reason.GONE)


def missing(*those: Missing, changes: tuple[Change, ...] = (MADE_ANEW,), refresh_only: bool = False) -> Plan:
    return replace(plan(*changes), missing=those, refresh_only=refresh_only)


@pytest.mark.parametrize(
    ("refresh_only", "one", "follows"), [(False, MADE_ANEW, "made anew"), (True, FORGOTTEN, "forgotten")]
)
def test_what_is_gone_in_a_mass_is_refused_with_the_flag_to_add(refresh_only: bool, one: Change, follows: str) -> None:
    assert refusals(missing(GONE, changes=(one,), refresh_only=refresh_only), Allowances()) == (
        Diagnostic(
            "mass-missing",
            "12 of 15 streams of cloud are gone at once; nothing was applied",
            help=(
                "No listing has them, nor were they found one by one, and nothing says why.",
                f"Look first whether `cloud` is connected to the right place, before all is {follows}.",
                "If they are gone: --allow mass_missing=cloud",
            ),
        ),
    )


ALLOWED = {
    "it is allowed": (missing(GONE), ("cloud",), 0),
    "another provider is allowed": (missing(GONE), ("vault",), 1),
    "the provider says why": (missing(replace(GONE, cause="it restarted")), (), 0),
    "nothing of it is made anew": (missing(GONE, changes=(change("a", Action.UPDATE),)), (), 0),
    "what is made anew is of another kind": (missing(replace(GONE, kind="topic")), (), 0),
    "what is gone is declared no more": (missing(GONE, changes=(change("a", Action.FORGET),)), (), 1),
    "two kinds": (missing(GONE, replace(GONE, section="sources"), changes=(
        MADE_ANEW, replace(MADE_ANEW, section="sources"))), (), 2),
}  # fmt: skip


@pytest.mark.parametrize(("one", "allowed", "refused"), ALLOWED.values(), ids=ALLOWED)
def test_what_is_gone_in_a_mass_can_be_allowed(one: Plan, allowed: tuple[str, ...], refused: int) -> None:
    assert len(refusals(one, Allowances(missing=allowed))) == refused
    assert list(answers(one, Allowances())) == list(dict.fromkeys(answers(one, Allowances())))


def test_a_plan_tells_what_is_gone_in_a_mass() -> None:
    [told] = told_missing(missing(GONE))
    assert told.severity is Severity.WARNING
    assert (told.message, told.help) == (
        "12 of 15 streams of cloud are gone at once",
        ("Nothing says why; apply refuses.",),
    )


CAUSE = "it restarted 12 minutes ago"
LOST_CACHE = replace(MADE_ANEW, section="resources", kind="cache")
EXPLAINED = {
    "of one kind": ((MADE_ANEW,), "1 stream to create again"),
    "of several": ((MADE_ANEW, MADE_ANEW, LOST_CACHE), "2 streams and 1 cache to create again"),
    "of a kind that ends otherwise": (
        (LOST_CACHE, MADE_ANEW, replace(LOST_CACHE, kind="rate_limit"), replace(LOST_CACHE, kind="patch")) * 2,
        "2 caches, 2 streams, 2 rate limits and 2 patches to create again",
    ),
    "and nothing of it is made again": (
        (FORGOTTEN,),
        "12 of 15 streams of cloud are gone at once; 12 of 15 cache objects of cloud are gone at once",
    ),
}


@pytest.mark.parametrize(("changes", "says"), EXPLAINED.values(), ids=EXPLAINED)
def test_what_is_gone_for_a_reason_is_told_in_one_line(changes: tuple[Change, ...], says: str) -> None:
    cache = replace(GONE, section="resources", kind="cache", cause=CAUSE)
    [told] = told_missing(missing(replace(GONE, cause=CAUSE), cache, changes=changes))
    assert (told.message, told.help) == (f"cloud: {CAUSE}: {says}", ())


def test_every_guard_speaks_in_a_stable_order() -> None:
    going = [change(f"d{number:02}", impact=Impact.DATA_LOSS, prevent_destroy=number == 3) for number in range(11)]
    codes = [one.code for one in refusals(plan(*going, replaced(FORCED), unchanged=0), Allowances())]
    assert codes == ["prevent-destroy", "data-loss-not-allowed", "drift-replaces", "many-deletes"]
