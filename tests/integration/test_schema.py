"""The API does what its own description says, whatever a stranger asks: drawn from `openapi.json` by Schemathesis.

Each request is drawn some times. No answer may be a fault of the program, or have a status that is not described. Its
body has the form of its schema. 503 is described: a device that is away says so.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.unit.api.region import Region, a_region

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.core.failures import FailureGroup
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

pytestmark = [pytest.mark.silent, pytest.mark.slow, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]
ADDRESS: Final = "http://127.0.0.1:8080"
EXAMPLES: Final = 6
"""Of each request. There are more than two hundred: it takes half a minute of processor time."""
CHECKS: Final = [status_code_conformance, content_type_conformance, response_schema_conformance]
WITHIN_S: Final = 20.0
ENDLESS: Final = frozenset({"/api/v1/events"})
"""A stream has no end."""


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        yield made


def drawn(document: dict[str, Any]) -> list[Any]:
    """Cases of every request."""
    found: list[Any] = []
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # a document of ours has no fault
        if operation.path in ENDLESS or not operation.path.startswith("/api/v1"):
            continue

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def draw(case: Any) -> None:
            found.append(case)

        draw()
    return found


async def test_every_request_answers_as_its_description_says(region: Region) -> None:
    app = region.app()
    cases = await asyncio.to_thread(drawn, app.openapi())
    assert len({(one.operation.method, one.operation.path) for one in cases}) > 200
    faults: list[str] = []
    headers = {"Authorization": f"Bearer {region.operator}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, headers=headers) as client:
        for case in cases:
            asked = case.as_transport_kwargs(base_url=ADDRESS)
            asked.pop("cookies", None)
            request = client.build_request(
                asked["method"],
                asked["url"],
                params=asked.get("params"),
                headers={**asked.get("headers", {}), **headers},
                json=asked.get("json"),
                content=asked.get("data"),
            )
            async with asyncio.timeout(WITHIN_S):
                answer = await client.send(request)
            faults += [f"{case.operation.method.upper()} {case.operation.path}: {one}" for one in wrong(case, answer)]
    assert sorted(set(faults)) == []


def wrong(case: Any, answer: httpx.Response) -> Sequence[str]:
    if answer.status_code >= 500 and answer.status_code != 503:
        return [f"{answer.status_code} {answer.text[:300]}"]
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as faults:
        return [f"{one.title}: {one.message} {answer.text[:200]}" for one in faults.exceptions]
    return []
