"""Signing in: access tokens for credentials or a refresh token, and who one is."""

from __future__ import annotations

from datetime import timedelta

from stackfile.testing.simulator import Answer, Endpoint, Request, Tokens
from stackfile_streamkap.simulator.project import SERVICE, TENANT, Project, body_of, refuse

CLIENT_ID = "sandbox-client"
SECRET = "sandbox-client-secret"  # noqa: S105 - of a service that is none


class Entrance:
    """Casing as the API has it: requests in snake_case, answers in camelCase."""

    def __init__(self, project: Project) -> None:
        self.tokens = Tokens(project.conditions.clock, prefix="streamkap-access")
        self._project = project
        self._refresh: set[str] = set()

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("POST", "/auth/access-token", self._sign_in, open=True),
            Endpoint("POST", "/auth/access-token/refresh", self._renew, open=True),
            Endpoint("GET", "/auth/whoami", self._whoami),
        ]

    def _sign_in(self, request: Request) -> Answer:
        body = body_of(request, "client_id", "secret")
        if (body["client_id"], body["secret"]) != (CLIENT_ID, SECRET):
            refuse(401, "Invalid client credentials")
        return self._issued()

    def _renew(self, request: Request) -> Answer:
        """A refresh token counts once, and the answer has the next one."""
        token = body_of(request, "refresh_token")["refresh_token"]
        if token not in self._refresh:
            refuse(401, "Invalid refresh token")
        self._refresh.discard(token)
        return self._issued()

    def _issued(self) -> Answer:
        token = self.tokens.issue()
        refresh = f"streamkap-refresh-{self.tokens.issued:04d}"
        self._refresh.add(refresh)
        ends = self._project.conditions.clock.now() + timedelta(seconds=self.tokens.life)
        body = {"accessToken": token, "refreshToken": refresh}
        return Answer(200, {**body, "expires": ends.isoformat(), "expiresIn": int(self.tokens.life)})

    def _whoami(self, request: Request) -> Answer:
        who = {"tenant_id": TENANT, "service_id": SERVICE, "sub": CLIENT_ID, "token_type": "tenantApiToken"}
        return Answer(200, who)
