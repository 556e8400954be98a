"""Signing in: access tokens for credentials or a refresh token, and who one is."""

from __future__ import annotations

from datetime import timedelta

from stackfile.testing.simulator import Answer, Endpoint, Request, Tokens
from stackfile_streamkap.simulator.project import SERVICE, TENANT, Project, body_of, refuse

CLIENT_ID = "sandbox-client"
READER_ID = "sandbox-reader"
"""May read and nothing else; its secret is the same."""
LATER_ID = "sandbox-later"
"""Is shown the connectors of a service that is ahead of the provider; its secret is the same."""
SECRET = "sandbox-client-secret"  # noqa: S105 - of a service that is none


class Entrance:
    """Casing as the API has it: requests in snake_case, answers in camelCase."""

    def __init__(self, project: Project) -> None:
        self.tokens = Tokens(project.conditions.clock, prefix="streamkap-access")
        self._project = project
        self._readers: set[str] = set()
        self._refresh: dict[str, str] = {}

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("POST", "/auth/access-token", self._sign_in, open=True),
            Endpoint("POST", "/auth/access-token/refresh", self._renew, open=True),
            Endpoint("GET", "/auth/whoami", self._whoami),
        ]

    def guard(self, request: Request) -> Answer | None:
        """What a request is turned away with; None: it may pass."""
        if not self.tokens.holds(request.headers):
            return Answer(401, {"detail": "Invalid or expired token"})
        if request.method != "GET" and request.headers.get("authorization") in self._readers:
            what = request.path.strip("/").partition("/")[0]
            return Answer(403, {"detail": f"Missing permission write:{what}"})
        return None

    def _sign_in(self, request: Request) -> Answer:
        body = body_of(request, "client_id", "secret")
        if body["client_id"] not in (CLIENT_ID, READER_ID, LATER_ID) or body["secret"] != SECRET:
            refuse(401, "Invalid client credentials")
        return self._issued(body["client_id"])

    def _renew(self, request: Request) -> Answer:
        """A refresh token counts once, and the answer has the next one."""
        client_id = self._refresh.pop(body_of(request, "refresh_token")["refresh_token"], None)
        if client_id is None:
            refuse(401, "Invalid refresh token")
        return self._issued(client_id)

    def _issued(self, client_id: str) -> Answer:
        token = self.tokens.issue()
        if client_id == READER_ID:
            self._readers.add(f"Bearer {token}")
        if client_id == LATER_ID:
            self._project.ahead.add(f"Bearer {token}")
        refresh = f"streamkap-refresh-{self.tokens.issued:04d}"
        self._refresh[refresh] = client_id
        ends = self._project.conditions.clock.now() + timedelta(seconds=self.tokens.life)
        body = {"accessToken": token, "refreshToken": refresh}
        return Answer(200, {**body, "expires": ends.isoformat(), "expiresIn": int(self.tokens.life)})

    def _whoami(self, request: Request) -> Answer:
        who = {"tenant_id": TENANT, "service_id": SERVICE, "sub": CLIENT_ID, "token_type": "tenantApiToken"}
        return Answer(200, who)
