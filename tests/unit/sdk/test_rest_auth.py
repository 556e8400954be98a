"""Tokens: fetched once, renewed in time, renewed after a 401, never in a text."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from stackfile.errors import Ambiguous, AuthFailed, Unreachable
from stackfile.sdk.rest import HeaderAuth, NoAuth, Token, TokenAuth, bearer
from stackfile.testing.simulator import SimulatedClock


class Desk:
    """Gives out numbered tokens."""

    def __init__(self, clock: SimulatedClock, lives: float | None) -> None:
        self.clock, self.lives, self.given = clock, lives, 0

    async def fetch(self) -> Token:
        self.given += 1
        number = self.given
        await self.clock.sleep(0.1)
        return Token(f"token-{number}", self.lives)


def _of(number: int) -> Mapping[str, str]:
    return {"Authorization": f"Bearer token-{number}"}


def test_a_token_is_fetched_once_for_all_that_wait_for_it() -> None:
    clock = SimulatedClock()
    desk = Desk(clock, 3600)
    auth = TokenAuth(desk.fetch, clock)

    async def run() -> list[Mapping[str, str]]:
        return await asyncio.gather(*(auth.headers() for _ in range(5)))

    assert asyncio.run(run()) == [_of(1)] * 5


@pytest.mark.parametrize(("lives", "renewed_at"), [(3600.0, 3540.0), (100.0, 80.0), (None, None)])
def test_a_token_is_renewed_before_it_ends(lives: float | None, renewed_at: float | None) -> None:
    clock = SimulatedClock()
    desk = Desk(clock, lives)
    auth = TokenAuth(desk.fetch, clock)

    async def at(moment: float) -> Mapping[str, str]:
        clock.advance(moment - clock.monotonic())
        return await auth.headers()

    async def run() -> None:
        assert await at(0.0) == _of(1)
        if renewed_at is None:
            assert await at(1e9) == _of(1)
        else:
            assert await at(renewed_at - 0.01) == _of(1)
            assert await at(renewed_at) == _of(2)

    asyncio.run(run())


def test_a_refused_token_is_renewed_once_for_all_that_it_was_refused_to() -> None:
    clock = SimulatedClock()
    desk = Desk(clock, None)
    auth = TokenAuth(desk.fetch, clock)

    async def run() -> None:
        old = await auth.headers()
        assert await asyncio.gather(*(auth.refused(old) for _ in range(5))) == [True] * 5
        assert await auth.headers() == _of(2)

    asyncio.run(run())


def test_fixed_headers_have_nothing_better_to_offer_after_a_401() -> None:
    async def run() -> None:
        for auth in (NoAuth(), HeaderAuth("X-Api-Key", "k"), bearer("t")):
            assert await auth.refused(await auth.headers()) is False

    asyncio.run(run())


def test_a_sign_in_without_an_answer_does_not_put_the_request_behind_it_in_doubt() -> None:
    async def fetch() -> Token:
        raise Ambiguous("500 on POST /token; it may have happened", "POST", "/token", 500)

    with pytest.raises(Unreachable, match=r"^no token: 500 on POST /token"):
        asyncio.run(TokenAuth(fetch, SimulatedClock()).headers())


@pytest.mark.parametrize("text", ["", "secret-1\n", " secret-1", "secret\n-1", "sécret-1", "secret\x00-1"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(text: str) -> None:
    async def fetch() -> Token:
        return Token(text)

    for make in (lambda: bearer(text), lambda: asyncio.run(TokenAuth(fetch, SimulatedClock()).headers())):
        with pytest.raises(AuthFailed) as caught:
            make()
        assert "cret" not in str(caught.value)


def test_a_token_does_not_show_itself() -> None:
    assert repr(Token("secret-1", 60.0)) == "Token(lives=60.0)"
