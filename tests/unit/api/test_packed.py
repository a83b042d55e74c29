"""The console comes compressed to those who take it. The API's answers and pages with secrets come as they are."""

import httpx
import pytest

from bridge.api.packed import AS_THEY_ARE
from tests.unit.api.conftest import ADDRESS

TAKES = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("path", ["/static/console.js", "/static/console.css", "/openapi.json"])
async def test_a_part_of_the_console_is_small_and_the_same(host: httpx.AsyncClient, path: str) -> None:
    whole = await host.get(ADDRESS + path, headers={"Accept-Encoding": "identity"})
    packed = await host.get(ADDRESS + path, headers=TAKES)
    assert "content-encoding" not in whole.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert packed.content == whole.content
    assert packed.num_bytes_downloaded < len(whole.content) / 2


@pytest.mark.parametrize("path", ["/api/v1/conferences?limit=1000", "/api/v1/me", "/login", "/metrics"])
async def test_an_answer_with_a_secret_tells_nothing_by_its_length(host: httpx.AsyncClient, path: str) -> None:
    answer = await host.get(ADDRESS + path, headers=TAKES)
    assert answer.is_success
    assert path.startswith(AS_THEY_ARE)
    assert "content-encoding" not in answer.headers
