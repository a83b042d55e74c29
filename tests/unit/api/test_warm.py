"""A controller that has come into control answers its first request without building anything."""

from typing import Any

import httpx
import pytest
from fastapi import routing
from fastapi.dependencies import utils

from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import Region

PAGES = ("/api/v1/conferences", "/api/v1/functions", "/login", "/readyz", "/nowhere")


async def test_no_request_builds_a_route(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """To read the signatures of all takes a second, in the loop. A busy controller then looks like one that hangs."""
    app = region.app()
    read: list[str] = []
    reads = utils.get_dependant

    def noted(**of: Any) -> Any:
        read.append(of["path"])
        return reads(**of)

    monkeypatch.setattr(routing, "get_dependant", noted)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client:
        answers = [(await client.get(path)).status_code for path in PAGES]
    assert answers[:3] == [401, 401, 200]
    assert read == []
