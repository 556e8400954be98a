"""Resources that look as if somebody had renamed them."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from stackfile.errors import Diagnostic, DiagnosticError, Severity, Span
from stackfile.plan import renames
from tests.unit.plan.world import World, asked

RENAMED: dict[str, tuple[str, str, list[str]]] = {
    "one goes and one comes": (
        "sources: {a: {host: h, tables: [x]}}", "sources: {b: {host: h, tables: [x]}}", ["sources.a, sources.b"],
    ),
    "secrets are compared": (
        "sources: {a: {host: h, password: one}, c: {host: h, password: two}}",
        "sources: {b: {host: h, password: one}}",
        [],
    ),
    "the same secret": (
        "sources: {a: {host: h, password: one}}", "sources: {b: {host: h, password: one}}", ["sources.a, sources.b"],
    ),
    "another secret": ("sources: {a: {host: h, password: one}}", "sources: {b: {host: h, password: two}}", []),
    "another config": ("sources: {a: {host: h}}", "sources: {b: {host: i}}", []),
    "another section": ("streams: {a: {note: x}}", "pipelines: {b: {text: x}}", []),
    "what stays is no candidate": ("streams: {a: {note: x}}", "streams: {a: {note: x}, b: {note: x}}", []),
    "it cannot be told which of two comes from it": (
        "streams: {a: {note: x}}", "streams: {b: {note: x}, c: {note: x}}", [],
    ),
    "nor from which of two it comes": ("streams: {a: {note: x}, b: {note: x}}", "streams: {c: {note: x}}", []),
    "instances are told apart by their key": (
        "streams: {a: {for_each: [eu, us], note: x}}",
        "streams: {b: {for_each: [eu, us], note: x}}",
        ["streams.a/eu, streams.b/eu", "streams.a/us, streams.b/us"],
    ),
    "an instance that gets another key": (
        "streams: {a: {for_each: [eu, us], note: x}}",
        "streams: {a: {for_each: [eu, 'the us'], note: x}}",
        ['streams.a/us, streams.a["the us"]'],
    ),
    "with what refers to it": (
        "sources: {a: {host: h}}\npipelines: {p: {source: sources.a, text: t}}",
        "sources: {b: {host: h}}\npipelines: {q: {source: sources.b, text: t}}",
        ["sources.a, sources.b", "pipelines.p, pipelines.q"],
    ),
    "what refers to another one is another config": (
        "sources: {a: {host: h}, k: {host: k}}\npipelines: {p: {source: sources.a}}",
        "sources: {a: {host: h}, k: {host: k}}\npipelines: {q: {source: sources.k}}",
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("was", "now", "pairs"), RENAMED.values(), ids=RENAMED)
def test_what_looks_like_a_rename_is_told_with_the_text_to_paste(was: str, now: str, pairs: list[str]) -> None:
    told = World.applied(was).make_plan(now).diagnostics
    moves = [yaml.safe_load("\n".join(one.help[1:]))["moved"][0] for one in told]
    assert [f"{move['from']}, {move['to']}" for move in moves] == pairs


def test_a_rename_that_cannot_be_made_as_written_is_told_beside_the_cycle() -> None:
    """The new one waits for the name, the old one for its holder, and that one for the new one."""
    world = World.applied("sources: {a: {name: same, host: h}}\npipelines: {p: {source: sources.a}}")
    with pytest.raises(DiagnosticError) as raised:
        world.make_plan("sources: {b: {name: same, host: h}}\npipelines: {p: {source: sources.b}}")
    assert [one.code for one in raised.value.diagnostics] == ["cycle", "looks-like-rename"]
    assert raised.value.diagnostics[1].help[1:] == ("moved:", "  - {from: sources.a, to: sources.b}")


def test_the_warning_says_what_happens_otherwise_and_where() -> None:
    world = World.applied("streams: {clicks: {note: x}}")
    world.drift("streams.clicks", events=5)
    assert world.make_plan("streams: {views: {note: x}}").diagnostics == (
        Diagnostic(
            "looks-like-rename",
            "streams.clicks goes and streams.views comes, with the same config",
            Severity.WARNING,
            span=Span("stack.yaml", 4, 11, 4, 16),
            help=(
                "As written the stream is deleted and made anew: DATA LOSS. If it is a rename add:",
                "moved:",
                "  - {from: streams.clicks, to: streams.views}",
            ),
        ),
    )


def test_a_destroy_renames_nothing() -> None:
    plan = World.applied("streams: {a: {note: x}}").make_plan("streams: {b: {note: x}}", asked(destroy=True))
    assert plan.diagnostics == ()


def crowd(key: str, number: int, alike: bool) -> str:
    lines = [f"  {key}{n}: {{note: {'x' if alike else f'x{n}'}}}" for n in range(number)]
    return "\n".join(["streams:", *lines])


@pytest.mark.parametrize(("alike", "compared"), [(False, 2000), (True, 0)], ids=["all differ", "all alike"])
def test_each_that_goes_or_comes_is_looked_at_once(alike: bool, compared: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()

    def count(name: str) -> None:
        real = getattr(renames, name)

        def counting(*arguments: object) -> object:
            calls[name] += 1
            return real(*arguments)

        monkeypatch.setattr(renames, name, counting)

    world = World.applied(crowd("a", 2000, alike))
    count("_digest")
    count("same")
    world.make_plan(crowd("b", 2000, alike))
    assert (calls["_digest"], calls["same"]) == (4000, compared)
