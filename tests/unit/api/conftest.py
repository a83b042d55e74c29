from collections.abc import AsyncIterator

import httpx
import pytest

from tests.unit.api.region import Region, a_region

ADDRESS = "http://127.0.0.1:8080"


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        yield made


@pytest.fixture
async def stranger(region: Region) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(region.app()), base_url=ADDRESS) as client:
        yield client


@pytest.fixture
async def host(region: Region) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with the operator's token."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()),
        base_url=ADDRESS + "/api/v1",
        headers={"Authorization": f"Bearer {region.operator}"},
    ) as client:
        yield client
