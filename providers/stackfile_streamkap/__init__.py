"""Streamkap: managed change data capture, over its REST API."""

from stackfile_streamkap.provider import Streamkap

__all__ = ["Streamkap"]
