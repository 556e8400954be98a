"""The REST half of the SDK: what a provider of a service that speaks HTTP and JSON is made of.

    client = RestClient(settings.url, session, Service(rate=Rate(per_second=20)), bearer(settings.token))

A run may put into `Session.options`: `transport` (an httpx transport, for simulators and tests), `shared` (a map that
all sessions of the run have in common: the budget of a host is in it), `trace` (called with an `Exchange` for each
request), `redact` (masks the run's secrets in texts) and `random` (0 to 1, for the jitter).
"""

from __future__ import annotations

from stackfile.sdk.rest.answer import Exchange, Lost, Response
from stackfile.sdk.rest.auth import Auth, HeaderAuth, NoAuth, Token, TokenAuth, bearer
from stackfile.sdk.rest.budget import Budget, Budgets, Rate
from stackfile.sdk.rest.client import RestClient, Service
from stackfile.sdk.rest.failure import by_status
from stackfile.sdk.rest.kind import RestKind, Updates
from stackfile.sdk.rest.listing import Listing
from stackfile.sdk.rest.pages import Cursor, LinkHeader, Offset, OnePage, PageNumber, Pages, every_item
from stackfile.sdk.rest.retry import Retry

__all__ = [
    "RestClient",
    "RestKind",
    "Service",
    "Updates",
    "Response",
    "Exchange",
    "Lost",
    "Auth",
    "NoAuth",
    "HeaderAuth",
    "bearer",
    "Token",
    "TokenAuth",
    "Rate",
    "Budget",
    "Budgets",
    "Retry",
    "by_status",
    "Pages",
    "OnePage",
    "PageNumber",
    "Offset",
    "Cursor",
    "LinkHeader",
    "every_item",
    "Listing",
]
