"""How the program is watched: `/healthz`, `/readyz`, `/metrics`. No token: they tell no names, numbers or codes."""

import time
from collections import Counter as Count
from collections.abc import Iterable, Mapping
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.parts import Parts, TheParts
from bridge.api.radio_views import patch_on
from bridge.domain.model import AttemptState, ConferenceState, ParticipantState, PatchState

router = APIRouter(tags=["watch"])
OK: Final = "ok"
API: Final = "/api/v1"
ESSENTIAL: Final = frozenset({"database", "engine", "asterisk"})


def readiness(parts: Parts) -> Mapping[str, str]:
    """Part → `ok` or the reason why not."""
    return {part: reason for source in parts.health for part, reason in source.health().items()}


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """The process answers."""
    return "ok\n"


@router.get("/readyz")
async def readyz(parts: TheParts) -> JSONResponse:
    """Every part with its reason; 503 when one is missing without which no meeting can be held.

    A trunk that does not answer, or a terminal that is unplugged, is named among the degraded: meetings go on.
    """
    told = readiness(parts)
    degraded = [part for part, reason in told.items() if reason != OK]
    ready = ESSENTIAL.isdisjoint(degraded)
    return JSONResponse({"ready": ready, "degraded": degraded, "parts": dict(told)}, 200 if ready else 503)


class Metrics:
    """The registry of one application: gauges read from the node when asked, and the latency of requests."""

    def __init__(self, parts: Parts) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_NodeCollector(parts))
        self.latency_s = Histogram(
            "samband_http_request_seconds",
            "Time to answer a request.",
            ["method", "route", "status"],
            registry=self.registry,
        )

    def response(self) -> Response:
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class _NodeCollector(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        node = self._parts.control.node()
        yield _gauge(
            "samband_conferences",
            "Conferences by state.",
            "state",
            Count(str(one.state) for one in node.conferences.values() if one.state is not ConferenceState.ENDED),
        )
        yield _gauge(
            "samband_participants",
            "Participants present, by kind.",
            "kind",
            Count(str(one.kind) for one in node.participants.values() if one.state is ParticipantState.PRESENT),
        )
        yield _gauge(
            "samband_outgoing_calls",
            "Calls of call-outs under way, by state.",
            "state",
            Count(str(one.state) for one in node.attempts.values() if one.state is not AttemptState.ENDED),
        )
        yield _gauge(
            "samband_patches",
            "Radio patches by state.",
            "state",
            Count(str(one.state) for one in node.patches.values() if one.state is not PatchState.REMOVED),
        )
        terminals = GaugeMetricFamily("samband_terminal_info", "1 in the state it has.", labels=["terminal", "state"])
        for terminal in node.terminals.values():
            terminals.add_metric([terminal.name, terminal.state], 1)
        yield terminals
        yield from _paths(self._parts)
        orders = CounterMetricFamily("samband_radio_orders", "Orders by coded short data.", labels=["result"])
        for result, count in self._parts.orders().items():
            orders.add_metric([result], count)
        yield orders
        yield GaugeMetricFamily("samband_telephony_up", "Whether Asterisk is connected.", value=int(node.telephony_up))
        ready = GaugeMetricFamily("samband_part_ready", "Whether a part is ready.", labels=["part"])
        for part, reason in readiness(self._parts).items():
            ready.add_metric([part], int(reason == OK))
        yield ready


def _paths(parts: Parts) -> Iterable[Metric]:
    """What the audio path of each patched terminal tells, one gauge for each of its figures."""
    families: dict[str, GaugeMetricFamily] = {}
    node = parts.control.node()
    alarms = GaugeMetricFamily("samband_terminal_alarms", "How many alarms the terminal has.", labels=["terminal"])
    for terminal in node.terminals.values():
        alarms.add_metric([terminal.name], len(terminal.alarms))
        patch = patch_on(node, terminal.name)
        if patch is None:
            continue
        for name, value in (parts.levels(patch.id) or {}).items():
            text = "Of a radio's audio path: see the API's terminals/{name}/levels."
            family = GaugeMetricFamily(f"samband_radio_{name}", text, labels=["terminal", "gssi"])
            families.setdefault(name, family).add_metric([terminal.name, str(patch.gssi)], float(value))
    yield alarms
    yield from families.values()


def _gauge(name: str, text: str, label: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _route(scope: Scope) -> str:
    """The route's template; one name for all that match none, so that strangers cannot make new series."""
    path: str = getattr(scope.get("route"), "path", "none")
    inside = scope["path"].startswith(API) and path != "none" and not path.startswith(API)
    return API + path if inside else path


class Timed:
    """ASGI middleware: how long each request took until its answer began, by route (never by the raw path)."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = _route(scope)
                labels = (scope["method"] if route != "none" else "none", route, str(message["status"]))
                self._metrics.latency_s.labels(*labels).observe(time.perf_counter() - began_s)
            await send(message)

        await self._app(scope, receive, send_timed)
