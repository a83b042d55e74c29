"""A radio terminal: its part in group calls, told through the PEI."""

import asyncio
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any, Final

from hardware.simulator import sds
from hardware.simulator.audio import AudioSide
from hardware.simulator.indications import Writer
from hardware.simulator.network import Network
from hardware.simulator.pei import CmeError, Pei, Routing
from hardware.simulator.settings import Profile, TerminalSettings, changed
from hardware.simulator.signals import Samples
from hardware.simulator.station import Station
from hardware.simulator.talkgroup import EMERGENCY, HANG_TIME_OVER, Talkgroup

REGISTERED: Final = 1
SEARCHING: Final = 0
OUT_OF_SERVICE_CAUSE: Final = 37
USER_REQUEST: Final = 1
NOT_REACHABLE: Final = 3
PREEMPTED: Final = 9
UNKNOWN_IDENTITY: Final = 16
SETUP_TIMEOUT_S: Final = 10.0
ANSWER_WAIT_S: Final = 1.0
"""OK comes after this at the latest, also when the network says nothing."""
PRIORITY_EMERGENCY_CALL: Final = 15

NOT_POSSIBLE_NOW: Final = 3
WRONG_PARAMETER: Final = 34
OUT_OF_SERVICE: Final = 30
BUSY_SIGNALLING: Final = 42

VOICE: Final = (0, 0)
GROUPS: Final = (1, 11)
STATUS: Final = (2, 20)

GRANTED: Final = 0
NOT_GRANTED: Final = 1
QUEUED: Final = 2
OTHER_GRANTED: Final = 3


@dataclass(slots=True)
class GroupCall:
    """The terminal's view of the call of its talkgroup."""

    instance: int
    gssi: int
    connected: bool = False
    transmitting: bool = False
    asking: bool = False
    talker: int | None = None


class Terminal(Station):
    """One terminal of the network. `pei` and `audio` are its two connectors."""

    def __init__(
        self, name: str, issi: int, network: Network, profile: Profile, settings: TerminalSettings, audio: AudioSide
    ) -> None:
        super().__init__(issi)
        self.name = name
        self.network = network
        self.profile = profile
        self.settings = settings
        self.audio = audio
        self.pei: Pei
        self.routing = Routing()
        self.registration = REGISTERED
        self.registration_reports = False
        self.mode = 0
        self.selected: int | None = None
        self.current: GroupCall | None = None
        self.frozen = False
        self.answered = asyncio.Event()
        """Set when the network has answered the demand that a command made; `connected_event` when the call is up."""
        self.connected_event = asyncio.Event()
        self._instances = cycle(profile.instances)
        self._attaching = False
        self._tot: asyncio.TimerHandle | None = None
        self._setup: asyncio.TimerHandle | None = None

    @property
    def writer(self) -> Writer:
        return Writer(self.network.home, self.settings.identity)

    @property
    def in_service(self) -> bool:
        return self.registration in (REGISTERED, 5) and self.mode == 0

    def change(self, **changes: object) -> None:
        """Raises ValueError for what cannot be set."""
        self.settings = changed(self.settings, **changes)
        self.audio.idle_noise_dbfs = self.settings.idle_noise_dbfs
        self.audio.codec_delay_ms = self.settings.codec_delay_ms

    def indicate(self, row: tuple[int, int], text: str) -> None:
        """Tell the TE, if it asked for this service."""
        if self.routing.wants(*row):
            self.pei.say(text)

    # What the TE asks for

    def talkgroup(self) -> Talkgroup:
        """The selected one. CME 30 out of service, 3 without a selection."""
        if not self.in_service:
            raise CmeError(OUT_OF_SERVICE)
        if self.selected is None:
            raise CmeError(NOT_POSSIBLE_NOW)
        return self.network.talkgroups[self.selected]

    def select(self, gssi: int | None) -> None:
        """Attach to a talkgroup: CME 34 if the codeplug lacks it, 42 while attaching, 3 while transmitting."""
        if not self.in_service:
            raise CmeError(OUT_OF_SERVICE)
        if gssi is not None and gssi not in self.network.talkgroups:
            raise CmeError(WRONG_PARAMETER)
        if self._attaching:
            raise CmeError(BUSY_SIGNALLING)
        if self.current is not None and self.current.transmitting:
            raise CmeError(NOT_POSSIBLE_NOW)
        self._attaching = True
        self.network.later(self.settings.attach_ms / 1000, self._attached, gssi)

    def _attached(self, gssi: int | None) -> None:
        self._attaching = False
        if not self.in_service:
            return
        if gssi != self.selected:
            self._leave_call(USER_REQUEST)
        self.selected = gssi
        self.network.events.add("talkgroup_selected", issi=self.issi, gssi=gssi)
        self.indicate(GROUPS, self.writer.group(gssi))
        self._enter_late()

    def _enter_late(self) -> None:
        talkgroup = self.network.talkgroups.get(self.selected or 0)
        if talkgroup is not None and talkgroup.talker is not None and talkgroup.talker is not self:
            self.talker_started(talkgroup.gssi, talkgroup.talker.issi, emergency=talkgroup.emergency)

    def dial_group(self, talkgroup: Talkgroup, priority: int = 0) -> None:
        self.answered.clear()
        self.connected_event.clear()
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
            self._leave_call(HANG_TIME_OVER)

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
        if self.current is not None and self.current.instance == instance:
            self.cease(instance)

    def hang_up(self) -> None:
        """ATH: leaves the call; the others stay in it."""
        self._give_back("hung_up", told=False)
        self._leave_call(USER_REQUEST)

    def _give_back(self, reason: str, *, told: bool = True) -> None:
        ongoing = self.current
        if ongoing is None:
            return
        ongoing.asking = False
        talked = ongoing.transmitting
        self._stop_transmitting()
        self.network.talkgroups[ongoing.gssi].cease(self, reason)
        if talked and told:
            self.indicate(VOICE, self.writer.ceased(ongoing.instance))

    def _stop_transmitting(self) -> None:
        if self.current is not None:
            self.current.transmitting = False
        if self._tot is not None:
            self._tot.cancel()
            self._tot = None

    def _leave_call(self, cause: int) -> None:
        if self.current is None:
            return
        ongoing, self.current = self.current, None
        if self._setup is not None:
            self._setup.cancel()
        self.network.talkgroups[ongoing.gssi].cease(self)
        self.answered.set()
        self.connected_event.set()
        self.indicate(VOICE, self.writer.released(ongoing.instance, cause))

    # What the network tells

    def listens_to(self, gssi: int) -> bool:
        return self.in_service and self.selected == gssi

    def setup_answered(self, gssi: int) -> None:
        if self.current is not None and not self.current.connected:
            self.current.connected = True
            self.indicate(VOICE, self.writer.connected(self.current.instance))
            self.connected_event.set()

    def granted(self, gssi: int) -> None:
        ongoing = self.current or GroupCall(next(self._instances), gssi)
        self.current = ongoing
        self.setup_answered(gssi)
        ongoing.asking, ongoing.transmitting, ongoing.talker = False, True, None
        self._tot = asyncio.get_running_loop().call_later(self.settings.tot_s, self._time_is_out)
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
        self._stop_transmitting()
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
        self._stop_transmitting()
        match self.settings.preempt_says:
            case "ctxi":
                self.indicate(VOICE, self.writer.interrupted(ongoing.instance, OTHER_GRANTED, talker))
                ongoing.talker = talker
            case "ctxg":
                self.indicate(VOICE, self.writer.grant(ongoing.instance, OTHER_GRANTED, may_ask=False, talker=talker))
                ongoing.talker = talker
            case "ctcr":
                self._leave_call(PREEMPTED)

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
            self.connected_event.set()
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
            self._leave_call(cause)

    def heard(self, gssi: int, frame: Samples, *, clocked: bool) -> None:
        if not self.frozen:
            self.audio.play(frame, clocked=clocked)

    def message(self, sender: int, called: int, service: int, data: bytes, bits: int) -> None:
        if not self.in_service:
            return
        digits = data.hex().upper()
        match self.settings.sds_length:
            case "four_less" if service == sds.SDS_TYPE_4:
                bits -= 4
            case "odd" if service == sds.SDS_TYPE_4:
                digits, bits = digits[:-1], bits - 4
            case _:
                pass
        row = STATUS if service == sds.STATUS else (3, data[0])
        self.indicate(row, self.writer.message(service, sender, called, bits, digits))

    # The microphone input

    def transmit(self, frame: Samples, at_s: float) -> bool:
        """20 ms from the audio peer. True if it went on the air."""
        ongoing = self.current
        if ongoing is None or not ongoing.transmitting or self.frozen:
            return False
        return self.network.talkgroups[ongoing.gssi].put(self, frame, at_s, clocked=False)

    def state(self) -> dict[str, Any]:
        ongoing = self.current
        return {
            "name": self.name,
            "issi": self.issi,
            "registration": self.registration,
            "mode": self.mode,
            "talkgroup": self.selected,
            "in_call": ongoing is not None,
            "instance": ongoing.instance if ongoing else None,
            "transmitting": bool(ongoing and ongoing.transmitting),
            "asking": bool(ongoing and ongoing.asking),
            "talker": ongoing.talker if ongoing else None,
            "echo": self.pei.echo,
            "pei_open": self.pei.open,
            "routing": sorted(self.routing.rows),
            "audio_connected": self.audio.connected,
            "audio": asdict(self.audio.counts),
        }


class TerminalFaults:
    """What happens to a terminal from outside: coverage, power, the people beside it."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def set_registration(self, state: int) -> None:
        """0 searching, 1 home, 2 no network, 3 rejected, 4 unknown, 5 visited. Without service the call is lost."""
        terminal = self._terminal
        was_in_service = terminal.in_service
        terminal.registration = state
        if was_in_service and not terminal.in_service:
            self._drop_out("registration_lost")
            terminal._leave_call(OUT_OF_SERVICE_CAUSE)  # noqa: SLF001
        terminal.network.events.add("registration", issi=terminal.issi, state=state)
        if terminal.registration_reports:
            terminal.pei.say(terminal.writer.registration(state))
        if terminal.in_service and not was_in_service:
            terminal._enter_late()  # noqa: SLF001

    def change_cell(self) -> None:
        """The call waits while the terminal moves to another cell, then goes on."""
        terminal = self._terminal
        if terminal.current is None:
            return
        terminal.frozen = True
        terminal.indicate(VOICE, terminal.writer.wait(terminal.current.instance))
        terminal.network.later(terminal.settings.cell_change_ms / 1000, self._cell_changed)

    def _cell_changed(self) -> None:
        terminal = self._terminal
        terminal.frozen = False
        ongoing = terminal.current
        if ongoing is None:
            return
        if terminal.settings.cell_change_says == "ctxn":
            terminal.indicate(VOICE, terminal.writer.goes_on(ongoing.instance))
        elif ongoing.transmitting:
            terminal.indicate(VOICE, terminal.writer.grant(ongoing.instance, GRANTED))
        elif ongoing.talker is not None:
            terminal.indicate(VOICE, terminal.writer.grant(ongoing.instance, OTHER_GRANTED, talker=ongoing.talker))

    def press_locally(self, *, emergency: bool = False) -> None:
        """Somebody presses the fist microphone, or the emergency key, at the terminal itself."""
        terminal = self._terminal
        talkgroup = terminal.talkgroup()
        priority = EMERGENCY if emergency else 0
        ongoing = terminal.current
        if ongoing is None or not ongoing.connected:
            terminal.dial_group(talkgroup, priority)
            return
        terminal.indicate(VOICE, f"+CTXD: {ongoing.instance},{priority}")
        terminal.demand(ongoing.instance, priority)

    def release_locally(self) -> None:
        terminal = self._terminal
        if terminal.current is not None:
            terminal.indicate(VOICE, f"+CUTXC: {terminal.current.instance}")
            terminal.cease(terminal.current.instance)

    def switch_mode(self, mode: int) -> None:
        """Somebody turns the terminal to direct mode (1) or back (0)."""
        terminal = self._terminal
        if mode != 0:
            self._drop_out("registration_lost")
            terminal._leave_call(OUT_OF_SERVICE_CAUSE)  # noqa: SLF001
        terminal.mode = mode
        terminal.pei.say(f"+CTOM: {mode}")

    def power_cycle(self) -> None:
        """Off and on: everything volatile is gone, the selected talkgroup stays."""
        terminal = self._terminal
        boot_s = terminal.settings.boot_ms / 1000
        terminal.pei.dead = True
        self._drop_out("power")
        terminal._leave_call(OUT_OF_SERVICE_CAUSE)  # noqa: SLF001
        terminal.registration, terminal.registration_reports, terminal.frozen = SEARCHING, False, False
        terminal.routing.rows.clear()
        terminal.pei.echo = True
        terminal.pei.forget_commands()
        terminal.network.later(boot_s, self._booted)
        terminal.network.later(2 * boot_s, self.set_registration, REGISTERED)

    def _booted(self) -> None:
        self._terminal.pei.dead = False
        self._terminal.pei.fall_asleep()
        self._terminal.network.events.add("booted", issi=self._terminal.issi)

    def _drop_out(self, reason: str) -> None:
        """Gone from the air without a word to anybody."""
        terminal = self._terminal
        ongoing = terminal.current
        terminal._stop_transmitting()  # noqa: SLF001
        if ongoing is not None:
            talkgroup = terminal.network.talkgroups[ongoing.gssi]
            talkgroup.lose(terminal, reason)
