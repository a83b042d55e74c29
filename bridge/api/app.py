"""The application, put together from its routers."""

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from bridge.api import console, health_and_metrics, hooks, linked, problems, upkeep_page
from bridge.api.bodies import Bounded
from bridge.api.dependencies import Dependencies
from bridge.api.described import described
from bridge.api.packed import Packed
from bridge.api.resource import API, must_be_whole
from bridge.api.routes import (
    accounts,
    activations,
    alarms,
    archive,
    audit,
    conferences,
    decisions,
    directory,
    evaluations,
    events,
    exchange,
    exercises,
    floor,
    keeping,
    mailings,
    me,
    messages,
    overview,
    packages,
    participants,
    patches,
    proofs,
    readiness,
    recordings,
    roll_calls,
    rooms,
    rota,
    schedules,
    sds,
    sessions,
    situation,
    speaking,
    terminals,
    tokens,
    trunks,
    upkeep,
    waiting,
)
from bridge.api.routes import settings as settings_route
from bridge.api.security import Brake, Guard
from bridge.api.settings import ApiSettings


def create_app(parts: Dependencies, settings: ApiSettings) -> FastAPI:
    """Build the API and the console.

    Args:
        parts: The ports and values that requests use.
        settings: The `[api]` table.
    """
    metrics = health_and_metrics.Metrics(parts)
    app = FastAPI(
        title="Samband",
        version="1",
        description="Telephone and radio bridge for crisis coordination.",
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(Guard, hosts=settings.hosts),
            Middleware(health_and_metrics.Timed, metrics=metrics),
            Middleware(Bounded, most_bytes=settings.largest_body_bytes),
            Middleware(Packed),
        ],
    )
    app.state.parts = parts
    app.state.settings = settings
    app.state.brake = Brake(settings.wrong_tokens)
    problems.install(app)

    app.router.routes.extend(_resources())
    for part in (health_and_metrics, hooks, upkeep_page, linked):
        app.router.routes.extend(part.router.routes)
    console.install(app)

    @app.get("/metrics", tags=["watch"], response_class=Response)
    async def metrics_page() -> Response:
        return metrics.response()

    document = app.openapi
    app.openapi = lambda: app.openapi_schema or described(document(), API)  # type: ignore[method-assign]
    return app


def _resources() -> list[BaseRoute]:
    """Every resource under /api/v1."""
    resources = (
        accounts,
        activations,
        alarms,
        archive,
        packages,
        audit,
        conferences,
        decisions,
        evaluations,
        events,
        exchange,
        exercises,
        floor,
        keeping,
        mailings,
        me,
        messages,
        overview,
        participants,
        patches,
        proofs,
        recordings,
        rooms,
        roll_calls,
        rota,
        schedules,
        sds,
        readiness,
        sessions,
        settings_route,
        situation,
        speaking,
        terminals,
        tokens,
        trunks,
        upkeep,
        waiting,
    )
    routers = (*directory.ROUTERS, *(module.router for module in resources))
    found = [route for router in routers for route in router.routes]
    for route in found:
        must_be_whole(route)
    return found
