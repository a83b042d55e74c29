"""A resource of the API: where it lies, and that each request of it is by somebody known."""

from typing import Final

from fastapi import APIRouter, Depends

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
