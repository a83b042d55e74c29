"""No request under /api/v1 is answered to somebody unknown."""

import pytest
from fastapi import APIRouter

from bridge.api.resource import API, must_be_whole, resource


@pytest.mark.parametrize("router", [APIRouter(), APIRouter(prefix=f"{API}/alarms"), APIRouter(prefix="/alarms")])
def test_a_router_that_asks_nobody_who_they_are_is_refused_at_the_start(router: APIRouter) -> None:
    router.add_api_route("/list", lambda: None)
    with pytest.raises(RuntimeError, match="asks nobody who they are"):
        must_be_whole(router.routes[0])


def test_a_resource_lies_under_the_api_and_asks() -> None:
    router = resource("/alarms", "alarms")
    router.add_api_route("/list", lambda: None)
    must_be_whole(router.routes[0])
