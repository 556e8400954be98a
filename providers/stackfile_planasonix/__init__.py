"""The Planasonix provider. What it takes for granted of the API, and where that is known from, is in
docs/providers/planasonix.md."""

from __future__ import annotations

from stackfile_planasonix.provider import Planasonix

__all__ = ["Planasonix"]
