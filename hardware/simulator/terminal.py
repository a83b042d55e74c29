"""A radio terminal: registration, talkgroup, short data and its two connectors."""

from dataclasses import asdict
from typing import Any, Final

from hardware.simulator import sds
from hardware.simulator.audio import AudioSide
from hardware.simulator.calls import NOT_POSSIBLE_NOW, USER_REQUEST, CallControl
from hardware.simulator.network import Network
from hardware.simulator.pei import CmeError, Pei, Routing
from hardware.simulator.settings import Profile, TerminalSettings, changed
from hardware.simulator.signals import Samples
from hardware.simulator.talkgroup import Talkgroup

SEARCHING: Final = 0
REGISTERED: Final = 1
REGISTERED_VISITED: Final = 5

OUT_OF_SERVICE: Final = 30
WRONG_PARAMETER: Final = 34
BUSY_SIGNALLING: Final = 42
"""CME codes."""

GROUPS: Final = (1, 11)
STATUS: Final = (2, 20)
"""Layer 1 and 2 of AT+CTSP for group management and for status messages."""


class Terminal(CallControl):
    """One terminal of the network. `pei` and `audio` are its two connectors."""

    def __init__(
        self, name: str, issi: int, network: Network, profile: Profile, settings: TerminalSettings, audio: AudioSide
    ) -> None:
        super().__init__(issi, network, profile, settings)
        self.name = name
        self.audio = audio
        self.pei: Pei
        self.routing = Routing()
        self.registration = REGISTERED
        self.registration_reports = False
        self.mode = 0
        self.selected: int | None = None
        self.frozen = False
        """Between two cells: hears and sends nothing."""
        self._attaching = False

    @property
    def in_service(self) -> bool:
        return self.registration in (REGISTERED, REGISTERED_VISITED) and self.mode == 0

    def change(self, **changes: object) -> None:
        """Raises ValueError for what cannot be set."""
        self.settings = changed(self.settings, **changes)
        self.audio.idle_noise_dbfs = self.settings.idle_noise_dbfs
        self.audio.codec_delay_ms = self.settings.codec_delay_ms

    def indicate(self, row: tuple[int, int], text: str) -> None:
        """Tell the TE, if it asked for this service."""
        if self.routing.wants(*row):
            self.pei.say(text)

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
        self.attach(gssi)

    def attach(self, gssi: int | None) -> None:
        """Stand on a talkgroup from now on, and tell so."""
        if not self.in_service:
            return
        if gssi != self.selected:
            self.leave_call(USER_REQUEST)
        self.selected = gssi
        self.network.events.add("talkgroup_selected", issi=self.issi, gssi=gssi)
        self.indicate(GROUPS, self.writer.group(gssi))
        self.enter_late()

    def enter_late(self) -> None:
        talkgroup = self.network.talkgroups.get(self.selected or 0)
        if talkgroup is not None and talkgroup.talker is not None and talkgroup.talker is not self:
            self.talker_started(talkgroup.gssi, talkgroup.talker.issi, emergency=talkgroup.emergency)

    def listens_to(self, gssi: int) -> bool:
        return self.in_service and self.selected == gssi

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
