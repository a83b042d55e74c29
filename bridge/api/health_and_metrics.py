"""Watching the program: `/healthz`, `/readyz`, `/metrics`. They need no token, and show no person, number or code."""

import time
from collections import Counter as Count
from collections.abc import Iterable, Mapping
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.dependencies import Dependencies, TheDependencies
from bridge.api.language import asked_for, tags
from bridge.domain.alarms.counts import counts_of, told
from bridge.domain.callout.records import ATTEMPTS, AttemptState
from bridge.domain.conference.passing import ENTRIES, EntryPhase
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, ConferenceState, SeatState
from bridge.domain.guessing.records import GUESSES
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.reasons import WELL, Reason, as_json, without_evidence
from bridge.domain.radio.records import PATCHES, TERMINALS, PatchState
from bridge.domain.telephony.state import TELEPHONY
from bridge.service.health import merged
from bridge.service.lookups import patch_on
from bridge.words import missing, say

router = APIRouter(tags=["watch"])
OK: Final = "ok"
ESSENTIAL: Final = frozenset({"database", "engine", "asterisk"})


def readiness(parts: Dependencies) -> Mapping[str, Reason]:
    """Part → `WELL` or the reason why not."""
    return merged(parts.health)


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """The process answers."""
    return "ok\n"


@router.get("/readyz")
async def readyz(parts: TheDependencies, request: Request) -> JSONResponse:
    """Every part with its reason; 503 when one is missing without which no meeting can be held.

    A trunk that does not answer, or a terminal that is unplugged, is named among the degraded: meetings go on.
    """
    found, language = readiness(parts), asked_for(request.headers)
    degraded = [part for part, reason in found.items() if reason != WELL]
    ready = ESSENTIAL.isdisjoint(degraded)
    answer = {
        "ready": ready,
        "degraded": degraded,
        "parts": {part: say(reason, language) if reason != WELL else OK for part, reason in found.items()},
        "alarms": told(parts.control.node()),
        "reasons": {part: as_json(without_evidence(found[part])) for part in degraded},
    }
    return JSONResponse(answer, 200 if ready else 503, headers=tags(language))


class Metrics:
    """The registry of one application: gauges read from the node when asked, and the latency of requests."""

    def __init__(self, parts: Dependencies) -> None:
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
    def __init__(self, parts: Dependencies) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        node = self._parts.control.node()
        yield _gauge(
            "samband_conferences",
            "Conferences by state.",
            "state",
            Count(str(one.state) for one in node[CONFERENCES].values() if one.state is not ConferenceState.ENDED),
        )
        yield _gauge(
            "samband_participants",
            "Participants present, by kind.",
            "kind",
            Count(str(one.kind) for one in node[PARTICIPANTS].values() if one.state is SeatState.PRESENT),
        )
        yield _gauge(
            "samband_outgoing_calls",
            "Calls of call-outs under way, by state.",
            "state",
            Count(str(one.state) for one in node[ATTEMPTS].values() if one.state is not AttemptState.ENDED),
        )
        yield _gauge(
            "samband_patches",
            "Radio patches by state.",
            "state",
            Count(str(one.state) for one in node[PATCHES].values() if one.state is not PatchState.REMOVED),
        )
        wrong = sum(one.wrong for one in node[GUESSES].values())
        yield CounterMetricFamily("samband_wrong_codes", "Codes that opened nothing.", value=wrong)
        held = sum(one.phase is EntryPhase.HELD for one in node[ENTRIES].values())
        yield GaugeMetricFamily(
            "samband_callers_held", "Callers whose code waits, since codes are guessed.", value=held
        )
        names = sorted(self._parts.release)
        release = GaugeMetricFamily("samband_release_info", "1 for the version at work.", labels=names)
        release.add_metric([self._parts.release[name] for name in names], 1)
        yield release
        terminals = GaugeMetricFamily("samband_terminal_info", "1 in the state it has.", labels=["terminal", "state"])
        for terminal in node[TERMINALS].values():
            terminals.add_metric([terminal.name, terminal.state], 1)
        yield terminals
        yield from _paths(self._parts)
        yield from _alarms(node)
        orders = CounterMetricFamily("samband_radio_orders", "Orders by coded short data.", labels=["result"])
        for result, count in self._parts.orders().items():
            orders.add_metric([result], count)
        yield orders
        text = "SMS and reports that came in and are no answer of a person, by cause. They change nothing."
        unheard = CounterMetricFamily("samband_sms_not_heard", text, labels=["reason"])
        for reason_of, count in self._parts.unheard().items():
            unheard.add_metric([reason_of], count)
        yield unheard
        numbers = Count(self._parts.service.number_tests.counts)
        yield _gauge("samband_numbers_tested", "Numbers that take an SMS, by what their tests told.", "result", numbers)
        yield GaugeMetricFamily("samband_telephony_up", "Whether Asterisk is connected.", value=int(node[TELEPHONY].up))
        text = "Words that were asked for and are not in the catalogue."
        yield CounterMetricFamily("samband_words_missing", text, value=missing.total())
        ready = GaugeMetricFamily("samband_part_ready", "Whether a part is ready.", labels=["part"])
        for part, reason in readiness(self._parts).items():
            ready.add_metric([part], int(reason == WELL))
        yield ready


def _alarms(node: Node) -> Iterable[Metric]:
    """The counts of the strip."""
    active = GaugeMetricFamily("samband_alarms", "Alarms that are not parked, by priority.", labels=["priority"])
    fresh = GaugeMetricFamily(
        "samband_alarms_unacknowledged", "Alarms that nobody has acknowledged, by priority.", labels=["priority"]
    )
    for priority, one in counts_of(node).items():
        active.add_metric([priority.value], one.active)
        fresh.add_metric([priority.value], one.unacknowledged)
    yield active
    yield fresh


def _paths(parts: Dependencies) -> Iterable[Metric]:
    """One gauge for each figure of a patched terminal's audio path."""
    families: dict[str, GaugeMetricFamily] = {}
    node = parts.control.node()
    alarms = GaugeMetricFamily("samband_terminal_alarms", "How many alarms the terminal has.", labels=["terminal"])
    for terminal in node[TERMINALS].values():
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
    return str(getattr(scope.get("route"), "path", "none"))


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
