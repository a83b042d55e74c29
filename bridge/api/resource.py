"""A resource of the API: where it lies, and that each request of it is by somebody known."""

from typing import Final

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from bridge.api.security import authenticate

API: Final = "/api/v1"


def resource(path: str, tag: str) -> APIRouter:
    """The router of a resource, whose routes are whole: an application takes them as they are.

    `include_router` would read the signature of each once more for every application: a second of processor time.

    Args:
        path: Below `/api/v1`; may be empty.
        tag: The heading in the description of the API.
    """
    return APIRouter(prefix=f"{API}{path}", tags=[tag], dependencies=[Depends(authenticate)])


def must_be_whole(route: BaseRoute) -> None:
    """A router that was not made by `resource` would lie elsewhere, and be open to everybody.

    Raises:
        RuntimeError: This route is of such a router.
    """
    if isinstance(route, APIRoute) and route.path.startswith(f"{API}/"):
        asks = any(one.dependency is authenticate for one in route.dependencies)
    else:
        asks = False
    if not asks:
        raise RuntimeError(f"{route} asks nobody who they are: make its router by resource()")
