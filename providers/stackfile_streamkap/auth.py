"""From a client id and its secret to access tokens, refreshed ahead of their end."""

from __future__ import annotations

from stackfile.errors import AuthFailed, Rejected
from stackfile.sdk.provider import Clock
from stackfile.sdk.rest import Response, RestClient, Token, TokenAuth

_PATH = "/auth/access-token"


class SignIn:
    """Fetches tokens: with the refresh token where there is one that is taken, else with the credentials.

    Requests are in snake_case, answers in camelCase (docs.streamkap.com, api-quickstart, "Authentication").
    """

    def __init__(self, client: RestClient, client_id: str, secret: str) -> None:
        self._client = client
        self._credentials = {"client_id": client_id, "secret": secret}
        self._refresh = ""
        client.hide(secret)

    def auth(self, clock: Clock) -> TokenAuth:
        return TokenAuth(self.fetch, clock)

    async def fetch(self) -> Token:
        if self._refresh:
            try:
                return self._taken(await self._post(f"{_PATH}/refresh", {"refresh_token": self._refresh}))
            except Rejected:
                self._refresh = ""
        try:
            return self._taken(await self._post(_PATH, self._credentials))
        except Rejected as error:
            error.message += (
                "; are client_id and secret those of one API token of this project? They stand under `providers:`, or "
                "in STREAMKAP_CLIENT_ID and STREAMKAP_SECRET"
            )
            raise

    async def _post(self, path: str, body: dict[str, str]) -> Response:
        return await self._client.request("POST", path, json=body, safe=True)

    def _taken(self, answer: Response) -> Token:
        found = answer.json if isinstance(answer.json, dict) else {}
        token, refresh, lives = found.get("accessToken"), found.get("refreshToken"), found.get("expiresIn")
        if not isinstance(token, str):
            raise AuthFailed(f"POST {_PATH}: an answer without an accessToken; is the host right?", "POST", _PATH)
        if isinstance(refresh, str) and refresh:
            self._refresh = refresh
            self._client.hide(refresh)
        return Token(token, float(lives) if isinstance(lives, int | float) else None)
