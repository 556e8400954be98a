"""What a person at a terminal is asked, what their answers do, and what colour adds."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.shell import Folder, plain, steady

APPLY = "Apply these changes? Only `yes` is a yes: "


def test_a_yes_applies_and_the_live_view_leaves_a_log_behind(shop: Folder) -> None:
    said = shop.dialogue("apply", "--parallelism", "1", answers=[(APPLY, "yes")])
    assert said.code == 0
    after = steady(plain(said.out)).partition(f"{APPLY}yes\n")[2]
    left = [line for line in after.splitlines() if "done" in line or "complete" in line or "Run" in line]
    assert left == [
        "Run RUN. Lock taken by ana. 5 changes, at most 1 at once.",
        "TIME  done   streams.large      create SECONDS",
        "TIME  done   streams.orders     create SECONDS",
        "TIME  done   destinations.file  create SECONDS",
        "TIME  done   sources.orders     create SECONDS",
        "TIME  done   pipelines.large    create SECONDS",
        "Apply complete! Resources: 5 added, 0 changed, 0 destroyed. SECONDS, serial 2.",
    ]


@pytest.mark.parametrize("answer", ["no", "y", "YES", ""])
def test_anything_but_yes_changes_nothing(shop: Folder, answer: str) -> None:
    said = shop.dialogue("apply", answers=[(APPLY, answer)])
    assert said.code == 1
    assert said.out.endswith(f"{APPLY}{answer}\nNothing was changed.\n")
    assert shop("state", "list").out == "The state holds no resource.\n"


def test_ctrl_c_at_the_question_is_an_interruption(shop: Folder) -> None:
    said = shop.dialogue("apply", answers=[(APPLY, signal.SIGINT)])
    assert (said.code, said.out.splitlines()[-1]) == (130, f"{APPLY}Interrupted.")
    assert shop("lock", "show").out == "Nobody holds the lock.\n"


def test_a_yes_to_data_loss_names_the_resource(running: Folder) -> None:
    running.replace("partitions: 2", "partitions: 1")
    question = "streams.large loses data. To allow it type its address: "
    refused = running.dialogue("apply", answers=[(question, "yes")])
    assert refused.code == 3
    assert plain(refused.out).endswith(
        f"{question}yes\n"
        "error[data-loss-not-allowed]: the plan loses data in 1 place; nothing was applied\n"
        "  streams.large   replace: 2 events would be deleted.\n"
        "  Allow this one: --allow data_loss=streams.large\n"
    )
    allowed = running.dialogue("apply", answers=[(question, "streams.large"), (APPLY, "yes")])
    assert (allowed.code, "3 added, 0 changed, 3 destroyed" in allowed.out) == (0, True)


def test_after_the_first_no_nothing_more_is_asked(running: Folder) -> None:
    said = running.dialogue("destroy", answers=[("streams.large loses data. To allow it type its address: ", "no")])
    assert said.code == 3
    assert said.out.count("type its address") == 1


def test_a_guard_that_no_answer_opens_is_told_before_any_question(running: Folder) -> None:
    running.replace("large: {partitions: 2}", "large: {partitions: 2, lifecycle: {prevent_destroy: true}}")
    said = running.dialogue("destroy")
    assert (said.code, "type its address" in said.out) == (3, False)
    assert "error[prevent-destroy]: streams.large: " in plain(said.out)


def test_no_input_means_no_question_on_a_terminal_either(shop: Folder) -> None:
    said = shop.dialogue("apply", "--no-input")
    assert said.code == 3
    assert "nobody is there to say yes" in said.out


@pytest.mark.parametrize(
    ("arguments", "env", "coloured"),
    [
        (["plan"], {}, True),
        (["plan"], {"NO_COLOR": "1"}, False),
        (["plan", "--no-color"], {}, False),
        (["--no-color", "plan"], {}, False),
        (["plan"], {"TERM": "dumb"}, False),
        (["state", "show", "streams.none"], {}, True),
        (["state", "show", "streams.none"], {"NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    shop: Folder, arguments: list[str], env: dict[str, str], coloured: bool
) -> None:
    assert ("\x1b[" in shop.dialogue(*arguments, env=env).out) == coloured
    assert "\x1b[" not in shop(*arguments, env=env).both


def test_colour_adds_nothing_that_the_text_does_not_say(shop: Folder) -> None:
    assert steady(plain(shop.dialogue("plan").out)) == steady(shop("plan").out)


def test_a_run_goes_on_until_ctrl_c_and_ends_in_good_order(shop: Folder) -> None:
    shop.done("apply", "--yes")
    said = shop.dialogue("run", answers=[("Running until Ctrl-C.", ""), ("destinations.file", signal.SIGINT)])
    assert said.code == 0
    assert steady(plain(said.out)).endswith(
        "ADDRESS            READ  WRITTEN  FAILED  EVENTS/S  TIME\n"
        "sources.orders        3        3       0 RATE SECONDS\n"
        "pipelines.large       3        2       0 RATE SECONDS\n"
        "destinations.file     2        2       0 RATE SECONDS\n"
    )
    assert shop.read("large.ndjson") == '{"order":1,"amount":120}\n{"order":3,"amount":310}\n'
