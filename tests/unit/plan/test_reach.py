"""Provider instances that a plan needs, and objects that none of them reaches any more."""

from __future__ import annotations

import pytest

from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.stackfile import ProviderUse
from stackfile.plan.reach import provider_uses
from tests.unit.plan.world import CATALOG, World, configured

VAULT = "version: 1\nname: t\nproviders: {v: {type: vault, url: x}}\n"


def test_a_provider_without_settings_may_be_gone_before_its_objects() -> None:
    world = World.applied("streams: {a: {}}")
    configuration = configured("locals: {}")
    assert configuration.providers == {}
    assert provider_uses(configuration, world.state, CATALOG) == {"cloud": ProviderUse("cloud", "cloud", {})}


def test_a_provider_that_is_there_is_used_as_it_is() -> None:
    world = World.applied(VAULT + "streams: {a: {}}")
    configuration = configured(VAULT)
    assert provider_uses(configuration, world.state, CATALOG) == configuration.providers


def test_objects_of_a_provider_that_is_gone_are_named() -> None:
    world = World.applied(VAULT + "streams: {a: {}, b: {}, c: {}, d: {}, e: {}}")
    with pytest.raises(DiagnosticError) as caught:
        provider_uses(configured("locals: {}"), world.state, CATALOG)
    says = (
        "`v` is no longer a provider of the stackfile, but the state has objects of it:"
        " streams.a, streams.b, streams.c and 2 more"
    )
    assert caught.value.diagnostics == (
        Diagnostic(
            "provider-gone",
            says,
            help=(
                "Put `v` back under providers: as it was, and take it out once its objects are deleted.",
                "To plan without them: --exclude provider:v",
            ),
        ),
    )


def test_objects_of_a_provider_that_needs_settings_are_not_reached_without() -> None:
    world = World.applied("version: 1\nname: t\nproviders: {vault: {url: x}}\nstreams: {a: {}}")
    with pytest.raises(DiagnosticError):
        provider_uses(configured("locals: {}"), world.state, CATALOG)


def test_a_name_that_is_another_service_now_is_told() -> None:
    world = World.applied(VAULT + "streams: {a: {}}")
    with pytest.raises(DiagnosticError) as caught:
        provider_uses(configured("version: 1\nname: t\nproviders: {v: {type: cloud}}\n"), world.state, CATALOG)
    assert caught.value.diagnostics[0].message == (
        "`v` is cloud now, and was vault, but the state has objects of it: streams.a"
    )


def test_what_is_excluded_need_not_be_reached() -> None:
    world = World.applied(VAULT + "streams: {a: {}}")
    assert provider_uses(configured("locals: {}"), world.state, CATALOG, frozenset({"v"})) == {}
