"""The API's own description, as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any


def document() -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "stackfile engine", "version": "1"}, "paths": {}}
