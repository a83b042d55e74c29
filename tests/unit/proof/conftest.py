"""A region in memory, and a host at its API."""

from tests.unit.api.conftest import host, region

__all__ = ["host", "region"]
