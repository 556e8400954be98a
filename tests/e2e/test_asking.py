"""What a plan can be asked, and what it asks back, as whole transcripts."""

from __future__ import annotations

from tests.e2e.shell import Folder, Transcript, plain, steady
from tests.e2e.shop import keep_elsewhere, remove_elsewhere, spread_elsewhere


def test_a_replacement_by_drift_alone_waits_for_somebody_who_wants_it(running: Folder) -> None:
    walk = Transcript(running)
    walk.note("somebody gives streams.large 4 partitions, and no service takes partitions away")
    spread_elsewhere(running.path, "large", 4)
    walk.say("plan")
    loss = ("--allow", "data_loss=streams.large")
    walk.say("apply", "--yes", "--parallelism", "1", *loss)
    walk.say("apply", "--yes", "--parallelism", "1", *loss, "--replace", "streams.large")
    walk.say("plan")
    walk.compare("drift_replaces.txt")


def test_a_person_allows_a_replacement_by_its_address(running: Folder) -> None:
    spread_elsewhere(running.path, "large", 4)
    asked = "change outside the stackfile. To allow it type its address: "
    said = running.dialogue("apply", "--allow", "data_loss=streams.large", answers=[(asked, "yes")])
    assert said.code == 3
    told = steady(plain(said.out))
    assert "error[drift-replaces]: the plan replaces 1 resource only because" in told
    answers = [("loses data. To allow it type its address: ", "streams.large"), (asked, "streams.large")]
    said = running.dialogue("apply", answers=[*answers, ("Only `yes` is a yes: ", "yes")])
    assert said.code == 0
    assert "No changes." in running.done("plan").out


def test_resources_are_replaced_and_sent_again_on_request(running: Folder) -> None:
    walk = Transcript(running)
    walk.say("plan", "--replace", "destinations.file", "--resend", "streams.orders")
    walk.say("apply", "--yes", "--parallelism", "1", "--replace", "destinations.file", "--resend", "streams.orders")
    walk.say("plan", "--replace", "destinations.fil", "--resend", "sources.orders")
    walk.say("plan", "--destroy", "--replace", "destinations.file")
    walk.say("plan")
    walk.compare("on_request.txt")


def test_a_refresh_takes_what_is_live_into_the_state_and_changes_nothing_live(running: Folder) -> None:
    walk = Transcript(running)
    walk.note("somebody sets the retention of streams.orders to 90d, and deletes the pipeline")
    keep_elsewhere(running.path, "orders", "90d")
    remove_elsewhere(running.path, "pipelines", "large")
    walk.say("plan", "--refresh-only", "--detailed-exitcode")
    walk.say("refresh")
    walk.say("refresh", "--yes")
    walk.say("apply", "--refresh-only", "--yes")
    walk.say("plan")
    walk.say("plan", "--refresh-only", "--replace", "streams.large")
    walk.compare("refresh.txt")


def test_a_plan_without_a_refresh_says_what_it_is_compared_with(running: Folder) -> None:
    walk = Transcript(running)
    walk.note("somebody sets the retention of streams.orders to 90d")
    keep_elsewhere(running.path, "orders", "90d")
    walk.say("plan", "--no-refresh")
    running.replace("partitions: 2", "partitions: 3")
    walk.note("streams.large gets another partition")
    walk.say("plan", "--no-refresh")
    walk.say("apply", "--no-refresh", "--yes")
    walk.say("refresh", "--yes")
    walk.say("plan", "--no-refresh")
    walk.compare("no_refresh.txt")


def test_what_is_gone_in_a_mass_is_made_anew_only_when_somebody_says_so(stack: Folder) -> None:
    walk = Transcript(stack)
    names = ", ".join(f"s{number:02}" for number in range(12))
    stack.write("stack.yaml", f"version: 1\nname: many\nstreams:\n  s: {{provider: local, for_each: [{names}]}}\n")
    stack.done("apply", "--yes")
    walk.note("somebody deletes 11 of 12 streams")
    for number in range(11):
        remove_elsewhere(stack.path, "streams", f"s-s{number:02}")
    for command in ("plan", "apply --yes", "refresh --yes"):
        said = walk.say(*command.split())
        assert "11 of 12 streams of local are gone at once" in said.both
    walk.say("apply", "--yes", "--json", "--allow", "mass_missing=local")
    plan, apply, refresh, allowed = walk.text.split("$ stack ")[1:]
    assert "warning[mass-missing]" in plan
    assert "To apply: stack apply --allow mass_missing=local\n" in plan
    for refused, follows in ((apply, "made anew"), (refresh, "forgotten")):
        assert refused.endswith(
            "--- stderr\nerror[mass-missing]: 11 of 12 streams of local are gone at once; nothing was applied\n"
            "  No listing has them, nor were they found one by one, and nothing says why.\n"
            f"  Look first whether `local` is connected to the right place, before all is {follows}.\n"
            "  If they are gone: --allow mass_missing=local\n--- exit 3\n\n"
        )
    assert allowed.count('"type": "apply_complete"') == 11


def test_a_renamed_key_is_told_with_the_text_to_paste(running: Folder) -> None:
    walk = Transcript(running)
    walk.note("the key of streams.large becomes big, everywhere")
    running.write(
        "stack.yaml",
        running.read("stack.yaml").replace("  large: {p", "  big: {p").replace("streams.large", "streams.big"),
    )
    walk.say("plan")
    walk.compare("renamed.txt")


def test_a_provider_that_does_not_answer_is_left_out_and_the_rest_is_planned(running: Folder) -> None:
    walk = Transcript(running)
    running.replace(
        "defaults: {provider: local}",
        "providers: {local: {}, other: {type: local, data_dir: other}}\n\ndefaults: {provider: local}",
    )
    running.replace("  large: {partitions: 2}", "  large: {partitions: 3}\n  far: {provider: other}")
    running.write("other/engine.db", "no database, but long enough to be read as the page of one that it is not")
    walk.say("plan")
    walk.say("plan", "--exclude", "provider:other")
    walk.say("apply", "--yes")
    walk.compare("silent.txt")
