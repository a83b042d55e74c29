"""The floor of one talkgroup: one talker at a time, hang time, queue, pre-emption."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from hardware.simulator.air import AirLog, EventLog, Lateness, Transmission
from hardware.simulator.settings import NetworkSettings
from hardware.simulator.signals import Samples
from hardware.simulator.station import Station

PREEMPTIVE: Final = 2
EMERGENCY: Final = 3
"""Transmit demand priorities (0 low, 1 high)."""

HANG_TIME_OVER: Final = 13
"""Disconnect cause: expiry of timer."""


@dataclass(slots=True)
class Demand:
    station: Station
    priority: int
    timer: asyncio.TimerHandle | None = None
    queued: bool = False

    def cancel(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Talkgroup:
    """One talkgroup's call. At most one demand per station is open; a second one replaces the first."""

    def __init__(
        self,
        gssi: int,
        name: str,
        settings: Callable[[], NetworkSettings],
        stations: Callable[[], Iterable[Station]],
        air: AirLog,
        events: EventLog,
    ) -> None:
        self.gssi = gssi
        self.name = name
        self.up = False
        self.talker: Station | None = None
        self.emergency = False
        self.linked: Talkgroup | None = None
        """Linked by the network (`link`): who talks in one is heard in both."""
        self._relayed: Station | None = None
        """The linked talkgroup's talker, heard here too."""
        self._settings = settings
        self._stations = stations
        self._air = air
        self._events = events
        self._priority = 0
        self._transmission: Transmission | None = None
        self._demands: dict[int, Demand] = {}
        self._hang: asyncio.TimerHandle | None = None

    def link(self, other: "Talkgroup") -> None:
        """From now on a talker of either is a talker of both, shown and heard with the talker's own identity."""
        self.linked, other.linked = other, self

    # Asking for the floor

    def decide(self, station: Station, priority: int) -> bool:
        """Answer a demand now, by who holds the floor. True if it was granted."""
        self._forget(station)
        if (self.talker or self._relayed) in (None, station):
            self._grant(station, priority)
            return True
        if self._relayed is None and priority >= PREEMPTIVE and priority > self._priority:
            self._preempt(station, priority)
            return True
        match self._settings().when_busy:
            case "queue":
                self.enqueue(station, priority)
            case "reject":
                self._events.add("refused", gssi=self.gssi, issi=station.issi)
                station.refused(self.gssi, may_ask_again=self._settings().may_ask_again)
            case "ignore":
                pass
        return False

    def enqueue(self, station: Station, priority: int, grant_after_s: float | None = None) -> None:
        """Report to it that it waits. It is served when the floor is free, or after `grant_after_s` if it is free
        then."""
        self._forget(station)
        demand = Demand(station, priority, queued=True)
        self._demands[station.issi] = demand
        if grant_after_s is not None:
            demand.queued = False
            demand.timer = asyncio.get_running_loop().call_later(grant_after_s, self._wait_is_over, demand)
        station.queued(self.gssi)

    def later(self, station: Station, priority: int, delay_s: float, decide: Callable[[], None]) -> None:
        """Call `decide` after a delay, unless the demand is taken back first."""
        self._forget(station)
        timer = asyncio.get_running_loop().call_later(delay_s, decide)
        self._demands[station.issi] = Demand(station, priority, timer)

    def answer_setup(self, station: Station) -> None:
        """The call is up. Without a talker it lasts for the hang time."""
        self.up = True
        if self.talker is None:
            self._start_hang_time()
        station.setup_answered(self.gssi)

    def _wait_is_over(self, demand: Demand) -> None:
        if self.talker is None:
            self._forget(demand.station)
            self._grant(demand.station, demand.priority)
        else:
            demand.queued = True

    def _forget(self, station: Station) -> None:
        demand = self._demands.pop(station.issi, None)
        if demand is not None:
            demand.cancel()

    def _preempt(self, station: Station, priority: int) -> None:
        loser = self.talker
        self._end_transmission("preempted")
        if loser is not None:
            loser.withdrawn(self.gssi, station.issi, emergency=priority >= EMERGENCY)
        self._grant(station, priority)

    def _grant(self, station: Station, priority: int) -> None:
        self._stop_hang_time()
        if self._transmission is not None:
            self._end_transmission("released")
        self.up = True
        self.talker = station
        self._priority = priority
        self.emergency = priority >= EMERGENCY
        self._transmission = self._air.begin(self.gssi, station.issi, asyncio.get_running_loop().time())
        self._events.add("transmission_started", gssi=self.gssi, issi=station.issi)
        station.granted(self.gssi)
        for other in self._others(station):
            other.talker_started(self.gssi, station.issi, emergency=self.emergency)
        if self.linked is not None:
            self.linked.relay(station, emergency=self.emergency)

    def relay(self, station: Station | None, *, emergency: bool = False) -> None:
        """The linked talkgroup's talker, or that it has none any more."""
        self._relayed = station
        if station is None:
            for other in self._stations():
                if other.listens_to(self.gssi):
                    other.talker_ceased(self.gssi)
            self._start_hang_time()
            return
        self._stop_hang_time()
        self.up = True
        for other in self._others(station):
            other.talker_started(self.gssi, station.issi, emergency=emergency)

    # Giving it back

    def cease(self, station: Station, reason: str = "released") -> bool:
        """Take back a demand or end a transmission. True if it had the floor."""
        self._forget(station)
        if self.talker is not station:
            return False
        self._end_transmission(reason)
        for other in self._others(station):
            other.talker_ceased(self.gssi)
        self._start_hang_time()
        self._serve_queue()
        return True

    def lose(self, station: Station, reason: str = "lost") -> None:
        """The talker is out of coverage: nobody learns that it ceased, the call ends when the network notices."""
        self._forget(station)
        if self.talker is station:
            self._end_transmission(reason)
            self._start_hang_time()

    def put(self, station: Station, frame: Samples, at_s: float, *, clocked: bool) -> bool:
        """20 ms from a station. True if it is the talker, whose alone goes on the air. The transmission counts the
        audio that its radio throws away there."""
        if self.talker is not station or self._transmission is None:
            return False
        if not self._transmission.add(frame, at_s, self._lateness()):
            return True
        for other in self._others(station):
            other.heard(self.gssi, frame, clocked=clocked)
        if self.linked is not None:
            self.linked.relay_frame(station, frame, clocked=clocked)
        return True

    def _lateness(self) -> Lateness:
        settings = self._settings()
        return Lateness(settings.late_ms / 1000, None if settings.buffer_ms is None else settings.buffer_ms / 1000)

    def relay_frame(self, station: Station, frame: Samples, *, clocked: bool) -> None:
        for other in self._others(station):
            other.heard(self.gssi, frame, clocked=clocked)

    def release(self, cause: int) -> None:
        """End the call for everybody."""
        self._stop_hang_time()
        if self._transmission is not None:
            self._end_transmission("released")
        self.up = False
        self.emergency = False
        self._events.add("call_released", gssi=self.gssi, cause=cause)
        for station in self._stations():
            station.released(self.gssi, cause)

    def close(self) -> None:
        self._stop_hang_time()
        for demand in self._demands.values():
            demand.cancel()

    def _end_transmission(self, reason: str) -> None:
        if self._transmission is None or self.talker is None:
            return
        self._transmission.end_s = asyncio.get_running_loop().time()
        self._transmission.reason = reason
        issi = self.talker.issi
        samples = self._transmission.samples
        self._transmission = None
        self.talker = None
        if self.linked is not None:
            self.linked.relay(None)
        self._events.add("transmission_ended", gssi=self.gssi, issi=issi, reason=reason, samples=samples)

    def _serve_queue(self) -> None:
        waiting = [demand for demand in self._demands.values() if demand.queued]
        if waiting:
            first = max(waiting, key=lambda demand: demand.priority)
            self._forget(first.station)
            self._grant(first.station, first.priority)

    def _others(self, station: Station) -> list[Station]:
        return [other for other in self._stations() if other is not station and other.listens_to(self.gssi)]

    def _start_hang_time(self) -> None:
        self._stop_hang_time()
        hang_time_s = self._settings().hang_time_s
        self._hang = asyncio.get_running_loop().call_later(hang_time_s, self.release, HANG_TIME_OVER)

    def _stop_hang_time(self) -> None:
        if self._hang is not None:
            self._hang.cancel()
            self._hang = None
