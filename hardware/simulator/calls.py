"""Call control of a terminal: its view of the group call of its talkgroup, told through the PEI."""

import asyncio
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from hardware.simulator.indications import Writer
from hardware.simulator.network import Network
from hardware.simulator.pei import CmeError
from hardware.simulator.settings import Profile, TerminalSettings
from hardware.simulator.station import Station
from hardware.simulator.talkgroup import HANG_TIME_OVER, Talkgroup

USER_REQUEST: Final = 1
PREEMPTED: Final = 9
OUT_OF_SERVICE_CAUSE: Final = 37
"""Disconnect causes; `HANG_TIME_OVER` is another."""
SETUP_TIMEOUT_S: Final = 10.0
PRIORITY_EMERGENCY_CALL: Final = 15

NOT_POSSIBLE_NOW: Final = 3
"""CME code: command not possible in the current state."""

VOICE: Final = (0, 0)
"""Layer 1 and 2 of AT+CTSP for voice call signalling."""

GRANTED: Final = 0
NOT_GRANTED: Final = 1
QUEUED: Final = 2
OTHER_GRANTED: Final = 3
"""Values of TxGrant."""


@dataclass(slots=True)
class GroupCall:
    """The terminal's view of the call of its talkgroup."""

    instance: int
    gssi: int
    connected: bool = False
    transmitting: bool = False
    asking: bool = False
    talker: int | None = None


class CallControl(Station):
    """One group call at a time. `answered` is set when the network has answered the demand of a command,
    `call_is_up` when the call is connected."""

    def __init__(self, issi: int, network: Network, profile: Profile, settings: TerminalSettings) -> None:
        super().__init__(issi)
        self.network = network
        self.profile = profile
        self.settings = settings
        self.current: GroupCall | None = None
        self.answered = asyncio.Event()
        self.call_is_up = asyncio.Event()
        self._instances = cycle(profile.instances)
        self._tot: asyncio.TimerHandle | None = None
        self._guard: asyncio.TimerHandle | None = None
        self._setup: asyncio.TimerHandle | None = None

    @property
    def writer(self) -> Writer:
        return Writer(self.network.home, self.settings.identity)

    def indicate(self, row: tuple[int, int], text: str) -> None:
        """Tell the TE, if it asked for the service with this layer 1 and 2."""
        raise NotImplementedError

    def talkgroup(self) -> Talkgroup:
        """The selected one."""
        raise NotImplementedError

    # Requests of the TE

    def dial_group(self, talkgroup: Talkgroup, priority: int = 0) -> None:
        self.answered.clear()
        self.call_is_up.clear()
        if self.current is None:
            self.current = GroupCall(next(self._instances), talkgroup.gssi)
            self.indicate(VOICE, self.writer.call_progress(self.current.instance))
            loop = asyncio.get_running_loop()
            self._setup = loop.call_later(SETUP_TIMEOUT_S, self._setup_failed, self.current)
        if self.current.transmitting:
            raise CmeError(NOT_POSSIBLE_NOW)
        self.current.asking = True
        self.network.demand(self, talkgroup, priority, setup=not self.current.connected)

    def _setup_failed(self, started: GroupCall) -> None:
        if self.current is started and not started.connected:
            self.leave_call(HANG_TIME_OVER)

    def fail_call(self, cause: int) -> None:
        """A call to somebody who cannot be called: progress, then release."""
        instance = next(self._instances)
        self.indicate(VOICE, self.writer.call_progress(instance))
        self.network.later(
            self.network.settings.grant_delay_ms / 1000,
            self.indicate,
            VOICE,
            self.writer.released(instance, cause),
        )

    def call_of(self, instance: int) -> GroupCall:
        """CME 3 if there is no such call."""
        if self.current is None or self.current.instance != instance:
            raise CmeError(NOT_POSSIBLE_NOW)
        return self.current

    def demand(self, instance: int, priority: int) -> None:
        """AT+CTXD."""
        ongoing = self.call_of(instance)
        if ongoing.transmitting or not ongoing.connected:
            raise CmeError(NOT_POSSIBLE_NOW)
        ongoing.asking = True
        self.network.demand(self, self.talkgroup(), priority, setup=False)

    def cease(self, instance: int) -> None:
        """AT+CUTXC. Takes back a demand that is not answered yet."""
        self.call_of(instance).asking = False
        self._give_back("released")

    def cease_if_there(self, instance: int) -> None:
        """The call may have ended between the command and its turn."""
        if self.settings.release_says == "only_ok":
            return
        if self.current is not None and self.current.instance == instance:
            self.cease(instance)

    def hang_up(self) -> None:
        """ATH: leaves the call; the others stay in it."""
        self._give_back("hung_up", told=False)
        self.leave_call(USER_REQUEST)

    def _give_back(self, reason: str, *, told: bool = True) -> None:
        ongoing = self.current
        if ongoing is None:
            return
        ongoing.asking = False
        talked = ongoing.transmitting
        self.stop_transmitting()
        self.network.talkgroups[ongoing.gssi].cease(self, reason)
        if talked and told:
            self.indicate(VOICE, self.writer.ceased(ongoing.instance))

    def stop_transmitting(self) -> None:
        if self.current is not None:
            self.current.transmitting = False
        if self._tot is not None:
            self._tot.cancel()
            self._tot = None

        if self._guard is not None:
            self._guard.cancel()
            self._guard = None

    def fed(self) -> None:
        """The program has written something: the watchdog box begins to wait anew."""
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None
        if self.settings.guard_s is not None and self.current is not None and self.current.transmitting:
            self._guard = asyncio.get_running_loop().call_later(self.settings.guard_s, self._give_back, "guard")

    def leave_call(self, cause: int) -> None:
        if self.current is None:
            return
        ongoing, self.current = self.current, None
        if self._setup is not None:
            self._setup.cancel()
        self.network.talkgroups[ongoing.gssi].cease(self)
        self.answered.set()
        self.call_is_up.set()
        self.indicate(VOICE, self.writer.released(ongoing.instance, cause))

    # Indications of the network

    def setup_answered(self, gssi: int) -> None:
        if self.current is not None and not self.current.connected:
            self.current.connected = True
            self.indicate(VOICE, self.writer.connected(self.current.instance))
            self.call_is_up.set()

    def setup_denied(self, gssi: int, cause: int) -> None:
        if self.current is not None and not self.current.connected:
            self.leave_call(cause)

    def granted(self, gssi: int) -> None:
        ongoing = self.current or GroupCall(next(self._instances), gssi)
        self.current = ongoing
        self.setup_answered(gssi)
        ongoing.asking, ongoing.transmitting, ongoing.talker = False, True, None
        self._tot = asyncio.get_running_loop().call_later(self.settings.tot_s, self._time_is_out)
        self.fed()
        self.indicate(VOICE, self.writer.grant(ongoing.instance, GRANTED))
        self.answered.set()

    def refused(self, gssi: int, *, may_ask_again: bool) -> None:
        self._answer(NOT_GRANTED, may_ask_again=may_ask_again)

    def queued(self, gssi: int) -> None:
        self._answer(QUEUED, may_ask_again=True)

    def _answer(self, grant: int, *, may_ask_again: bool) -> None:
        if self.current is not None:
            self.current.asking = grant == QUEUED
            self.indicate(VOICE, self.writer.grant(self.current.instance, grant, may_ask=may_ask_again))
        self.answered.set()

    def _time_is_out(self) -> None:
        ongoing = self.current
        if ongoing is None:
            return
        self.stop_transmitting()
        self.network.talkgroups[ongoing.gssi].cease(self, "tot")
        match self.settings.tot_says:
            case "cdtxc":
                self.indicate(VOICE, self.writer.ceased(ongoing.instance))
            case "not_granted":
                self.indicate(VOICE, self.writer.grant(ongoing.instance, NOT_GRANTED))
            case "interrupt":
                self.indicate(VOICE, self.writer.interrupted(ongoing.instance, NOT_GRANTED))
            case "nothing":
                pass

    def withdrawn(self, gssi: int, talker: int, *, emergency: bool) -> None:
        ongoing = self.current
        if ongoing is None:
            return
        self.stop_transmitting()
        match self.settings.preempt_says:
            case "ctxi":
                self.indicate(VOICE, self.writer.interrupted(ongoing.instance, OTHER_GRANTED, talker))
                ongoing.talker = talker
            case "ctxg":
                self.indicate(VOICE, self.writer.grant(ongoing.instance, OTHER_GRANTED, may_ask=False, talker=talker))
                ongoing.talker = talker
            case "ctcr":
                self.leave_call(PREEMPTED)

    def talker_started(self, gssi: int, talker: int, *, emergency: bool) -> None:
        if self.current is None:
            self.current = GroupCall(next(self._instances), gssi)
            self._tell_of_call(self.current, talker, emergency=emergency)
        elif emergency:
            self._call_info(self.current, talker, emergency=True)
        ongoing = self.current
        if not ongoing.connected:
            ongoing.connected = True
            self.indicate(VOICE, self.writer.connected(ongoing.instance))
            self.call_is_up.set()
        already_told = ongoing.talker == talker
        ongoing.talker, ongoing.asking = talker, False
        if not already_told:
            self._tell_of_talker(ongoing.instance, talker)
        self.answered.set()

    def _tell_of_call(self, ongoing: GroupCall, caller: int, *, emergency: bool) -> None:
        if self.settings.repeat_call_info:
            self._call_info(ongoing, None, emergency=emergency)
        self._call_info(ongoing, caller, emergency=emergency)

    def _call_info(self, ongoing: GroupCall, caller: int | None, *, emergency: bool) -> None:
        priority = PRIORITY_EMERGENCY_CALL if emergency else 0
        self.indicate(VOICE, self.writer.incoming_call(ongoing.instance, caller, ongoing.gssi, priority))

    def _tell_of_talker(self, instance: int, talker: int) -> None:
        if self.settings.talker_id != "with_grant":
            self.indicate(VOICE, self.writer.grant(instance, OTHER_GRANTED))
        if self.settings.talker_id != "missing":
            self.indicate(VOICE, self.writer.grant(instance, OTHER_GRANTED, talker=talker))

    def talker_ceased(self, gssi: int) -> None:
        if self.current is not None:
            self.current.talker = None
            self.indicate(VOICE, self.writer.ceased(self.current.instance))

    def released(self, gssi: int, cause: int) -> None:
        if self.current is not None and self.current.gssi == gssi and self.current.connected:
            self.leave_call(cause)
