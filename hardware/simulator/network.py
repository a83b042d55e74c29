"""The radio network behind the terminals."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any, Final

from hardware.simulator import sds
from hardware.simulator.air import AirLog, EventLog
from hardware.simulator.identity import HomeNetwork
from hardware.simulator.settings import NetworkSettings, changed
from hardware.simulator.signals import speech_like
from hardware.simulator.station import Station
from hardware.simulator.talkgroup import Talkgroup
from hardware.simulator.users import User

SETUP_SHARE: Final = 0.6
"""The part of the grant delay after which a dialled call is connected (+CTCC). The rest goes by until the grant."""


class Network:
    """Talkgroups, users, terminals and what passes between them.

    `inbox` has every SDS and status that reached a scripted user; the last 1000 are kept.
    """

    def __init__(self, home: HomeNetwork, settings: NetworkSettings | None = None, seed: int = 1) -> None:
        self.home = home
        self.settings = settings or NetworkSettings()
        self.air = AirLog()
        self.events = EventLog()
        self.talkgroups: dict[int, Talkgroup] = {}
        self.users: dict[int, User] = {}
        self.inbox: list[dict[str, Any]] = []
        self._terminals: list[Station] = []
        self._random = random.Random(seed)
        self._reference = 0
        self._timers: set[asyncio.TimerHandle] = set()

    def add_talkgroup(self, gssi: int, name: str) -> Talkgroup:
        made = Talkgroup(gssi, name, lambda: self.settings, self._stations, self.air, self.events)
        return self.talkgroups.setdefault(gssi, made)

    def add_user(self, issi: int, name: str) -> User:
        return self.users.setdefault(issi, User(issi, name, self._reached_user))

    def add_terminal(self, terminal: Station) -> None:
        self._terminals.append(terminal)

    def change(self, **changes: object) -> None:
        """Raises ValueError for what cannot be set."""
        self.settings = changed(self.settings, **changes)

    def tick(self, at_s: float) -> None:
        for user in list(self.users.values()):
            user.tick(at_s)

    def close(self) -> None:
        for talkgroup in self.talkgroups.values():
            talkgroup.close()
        for user in self.users.values():
            user.release()
        for timer in self._timers:
            timer.cancel()

    def _stations(self) -> Iterator[Station]:
        yield from list(self._terminals)
        yield from list(self.users.values())

    # The floor, as terminals ask for it

    def demand(self, station: Station, talkgroup: Talkgroup, priority: int, *, setup: bool) -> None:
        """A terminal asks to talk, with `setup` for the call as well. The answer comes after the grant delay."""
        self.events.add("demand", gssi=talkgroup.gssi, issi=station.issi, priority=priority)
        behaviour = self._next_behaviour()
        if behaviour == "no_answer":
            return
        delay_s = self._grant_delay_s()

        def connect() -> None:
            talkgroup.answer_setup(station)
            talkgroup.later(station, priority, delay_s * (1 - SETUP_SHARE), decide)

        def decide() -> None:
            self._decide(behaviour, station, talkgroup, priority)

        if setup and behaviour == "release":
            talkgroup.later(station, priority, delay_s, lambda: self._deny(station, talkgroup))
        elif setup:
            talkgroup.later(station, priority, delay_s * SETUP_SHARE, connect)
        else:
            talkgroup.later(station, priority, delay_s, decide)

    def _deny(self, station: Station, talkgroup: Talkgroup) -> None:
        """The call is ended before it is up."""
        talkgroup.cease(station)
        station.setup_denied(talkgroup.gssi, self.settings.release_cause)

    def _decide(self, behaviour: str, station: Station, talkgroup: Talkgroup, priority: int) -> None:
        match behaviour:
            case "not_granted":
                talkgroup.cease(station)
                station.refused(talkgroup.gssi, may_ask_again=self.settings.may_ask_again)
            case "release":
                talkgroup.cease(station)
                station.released(talkgroup.gssi, self.settings.release_cause)
            case "queue":
                talkgroup.enqueue(station, priority, self.settings.queue_ms / 1000)
            case "grant_to_another" if (rival := self._rival()) is not None:
                talkgroup.cease(station)
                rival.press(talkgroup, speech_like(self.settings.rival_talks_s), 0, self.settings.user_tot_s)
            case _:
                talkgroup.decide(station, priority)

    def _rival(self) -> User | None:
        return next(iter(self.users.values()), None)

    def _next_behaviour(self) -> str:
        behaviour = self.settings.behaviour
        times = self.settings.behaviour_times
        if times == 1:
            self.change(behaviour="grant", behaviour_times=0)
        elif times > 1:
            self.change(behaviour_times=times - 1)
        return behaviour

    def _grant_delay_s(self) -> float:
        jitter_ms = self._random.uniform(-1, 1) * self.settings.grant_jitter_ms
        return max(self.settings.grant_delay_ms + jitter_ms, 0.0) / 1000

    # Short data

    def later(self, delay_s: float, action: Any, *args: object) -> None:
        """Call something after a delay, unless the network is closed first."""
        self._timers = {timer for timer in self._timers if not timer.cancelled() and timer.when() > self._now_s()}
        self._timers.add(asyncio.get_running_loop().call_later(delay_s, action, *args))

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()

    def next_reference(self) -> int:
        self._reference = self._reference % 255 + 1
        return self._reference

    def carry(self, sender: Station, called: int, service: int, data: bytes, bits: int) -> None:
        """Bring a message to whom it is for: one station, or all who listen to a talkgroup. Unknown: it is lost."""
        for station in list(self._stations()):
            in_group = called in self.talkgroups and station.listens_to(called)
            if station is not sender and (station.issi == called or in_group):
                station.message(sender.issi, called, service, data, bits)
        if called in self.talkgroups:
            for user in self.users.values():
                if user is not sender:
                    user.message(sender.issi, called, service, data, bits)

    def _reached_user(self, user: User, sender: int, called: int, service: int, data: bytes) -> None:
        transfer = sds.read_transfer(data) if service == sds.SDS_TYPE_4 else None
        entry = {
            "receiver": user.issi,
            "called": called,
            "sender": sender,
            "service": service,
            "hex": data.hex().upper(),
            "text": transfer.text if transfer else None,
            "part": transfer.part if transfer else None,
        }
        self.inbox = [*self.inbox[-999:], entry]
        self.events.add("sds_received", **entry)
        if transfer and transfer.wants_report and transfer.reference is not None and called == user.issi:
            self.later(self.settings.sds_report_ms / 1000, self._report, user, sender, transfer.reference)

    def _report(self, user: User, receiver: int, reference: int) -> None:
        match self.settings.report:
            case "standard":
                data = sds.report_pdu(reference, self.settings.report_status)
                self.carry(user, receiver, sds.SDS_TYPE_4, data, 32)
            case "short":
                self.carry(user, receiver, sds.STATUS, sds.short_report(reference), 16)
            case "none":
                pass
