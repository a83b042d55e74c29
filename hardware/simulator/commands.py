"""The AT commands of the terminal (EN 300 392-5; V.250 for the basic ones)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final

from hardware.simulator import sds
from hardware.simulator.calls import NOT_POSSIBLE_NOW
from hardware.simulator.identity import GROUP_NUMBER_TYPE, NUMBER_TYPE, read_ssi
from hardware.simulator.pei import CmeError, UnknownCommandError
from hardware.simulator.settings import TerminalSettings
from hardware.simulator.terminal import OUT_OF_SERVICE, WRONG_PARAMETER, Terminal

NOT_SUPPORTED: Final = 4
SYNTAX: Final = 35
USER_DATA_WRONG: Final = 32
"""CME codes."""
NOT_REACHABLE: Final = 3
UNKNOWN_IDENTITY: Final = 16
"""Disconnect causes."""
ANSWER_WAIT_S: Final = 1.0
"""OK of a dialled call comes after this at the latest, also when the network says nothing."""
POINT_TO_MULTIPOINT: Final = 1
MAX_SDS_BITS: Final = 1184
SERVICE_CENTRE: Final = 16_777_184

ROUTABLE: Final = {
    0: frozenset({0}),
    1: frozenset({11}),
    2: frozenset({20}),
    3: frozenset(range(256)),
}
"""Layer 1 of AT+CTSP with the layer 2 values this terminal has."""
NEEDS_GPS: Final = frozenset({3, 131})

Handler = Callable[[re.Match[str], bytes | None], Awaitable[list[str]]]


class Commands:
    """Carries out command lines. One per terminal; keeps the parameters that stay until ATZ."""

    def __init__(self, terminal: Terminal, default_settings: Callable[[], TerminalSettings]) -> None:
        self._terminal = terminal
        self._settings = default_settings
        self._comms_type = 0
        self._sds_service = sds.SDS_TYPE_4
        self._volume = 50
        self._list_range = (1, 2000)
        self._sds_instance = 0
        table: list[tuple[str, Handler]] = [
            (r"AT", self._nothing),
            (r"ATE([01]?)", self._echo),
            (r"ATZ\d?", self._reset),
            (r"ATI\d?", self._identify),
            (r"ATD\s*(\d+)", self._dial),
            (r"ATH\d?", self._hang_up),
            (r"ATA", self._answer),
            (r'AT\+CSCS="?(8859-1|UCS2|ASCII)"?', self._nothing),
            (r"AT\+IFC=\d,\d", self._nothing),
            (r"AT\+CTSCAN=[01]", self._nothing),
            (r"AT\+GM(I|M|R)\??", self._device),
            (r"AT\+GSR\?", self._serial),
            (r"AT\+CNUMF\?", self._numbers),
            (r"AT\+CNUM([SD])=\?", self._list_limits),
            (r"AT\+CNUM[SD]=0,(\d+),(\d+)", self._list_select),
            (r"AT\+CNUM([SD])\?", self._list_read),
            (r"AT\+CTOM\?", self._mode_read),
            (r"AT\+CTOM=(\d+)(?:,\d+)?", self._mode_set),
            (r"AT\+CTSP\?", self._routing_read),
            (r"AT\+CTSP=(\d+),(\d+)(?:,(\d+))?(?:,\d+)*", self._routing_set),
            (r"AT\+CTSDC=([\d,]+)", self._call_parameters),
            (r"AT\+CTGS\?", self._group_read),
            (r"AT\+CTGS=(\d+)(?:,(\d+)((?:,\d+)*))?", self._group_select),
            (r"AT\+CREG\?", self._registration_read),
            (r"AT\+CREG=([012])", self._registration_reports),
            (r"AT\+CSQ\??", self._signal),
            (r"AT\+GCLI\?", self._cells),
            (r"AT\+CBC\?", self._battery),
            (r"AT\+CLVL\?", self._volume_read),
            (r"AT\+CLVL=(\d{1,3})", self._volume_set),
            (r"AT\+CTXD=(\d+)(?:,([0-3]))?", self._transmit_demand),
            (r"AT\+CUTXC=(\d+)", self._transmit_cease),
            (r"AT\+CTSDS=(\d+)(?:,\d*)*", self._message_parameters),
            (r"AT\+CMGS=\?", self._message_limits),
            (r"AT\+CMGS=(\d+),(\d+)", self._message_send),
        ]
        self._table = [(re.compile(pattern, re.IGNORECASE), handler) for pattern, handler in table]

    async def handle(self, line: str, data: bytes | None) -> list[str]:
        """Do one command; gives its information lines.

        Raises:
            CmeError: Refused, with the reason.
            UnknownCommandError: No such command.
        """
        for pattern, handler in self._table:
            if match := pattern.fullmatch(line):
                return await handler(match, data)
        if not line.upper().startswith("AT"):
            raise CmeError(SYNTAX)
        known = line.upper().split("=")[0].rstrip("?")
        if any(
            re.sub(r"\\|\(.*", "", pattern.pattern).split("=")[0].rstrip("?") == known for pattern, _ in self._table
        ):
            raise CmeError(WRONG_PARAMETER)
        raise UnknownCommandError

    # V.250

    async def _nothing(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return []

    async def _echo(self, match: re.Match[str], data: bytes | None) -> list[str]:
        self._terminal.pei.echo = match[1] == "1"
        return []

    async def _reset(self, match: re.Match[str], data: bytes | None) -> list[str]:
        self._terminal.routing.rows.clear()
        self._terminal.registration_reports = False
        self._terminal.pei.echo = True
        self._comms_type = 0
        self._sds_service = sds.SDS_TYPE_4
        return []

    async def _identify(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return [self._terminal.profile.manufacturer, self._terminal.profile.model]

    async def _device(self, match: re.Match[str], data: bytes | None) -> list[str]:
        profile = self._terminal.profile
        value = {"I": profile.manufacturer, "M": profile.model, "R": profile.revision}[match[1].upper()]
        return [f"+GM{match[1].upper()}: {value}"]

    async def _serial(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return [f"+GSR: {self._terminal.issi:010d}"]

    # Identity and lists

    async def _numbers(self, match: re.Match[str], data: bytes | None) -> list[str]:
        form = self._settings().identity
        own = self._terminal.network.home.write(self._terminal.issi, form)
        return [f"+CNUMF: {NUMBER_TYPE[form]},{own}", f"2,{SERVICE_CENTRE}", f"3,{SERVICE_CENTRE}"]

    async def _list_limits(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return [f"+CNUM{match[1].upper()}: (0),(1-2000),(1-2000)"]

    async def _list_select(self, match: re.Match[str], data: bytes | None) -> list[str]:
        self._list_range = (int(match[1]), int(match[2]))
        return []

    async def _list_read(self, match: re.Match[str], data: bytes | None) -> list[str]:
        form = self._settings().identity
        home = self._terminal.network.home
        first, last = self._list_range
        groups = list(self._terminal.network.talkgroups.values())[first - 1 : last]
        rows = [f"{GROUP_NUMBER_TYPE[form]},{home.write(group.gssi, form)},{group.name}" for group in groups]
        code = f"+CNUM{match[1].upper()}: "
        match self._settings().list_form:
            case "header":
                return [f"{code}{len(rows)}", *rows]
            case "prefixed":
                return [code + row for row in rows]
            case "first_row":
                return [code + rows[0], *rows[1:]] if rows else []

    # Mode, routing, registration

    async def _mode_read(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return [f"+CTOM: {self._terminal.mode}"]

    async def _mode_set(self, match: re.Match[str], data: bytes | None) -> list[str]:
        mode = int(match[1])
        if mode > 6:
            raise CmeError(WRONG_PARAMETER)
        if mode != 0 and not self._settings().dmo_allowed:
            raise CmeError(NOT_SUPPORTED)
        if mode != self._terminal.mode and self._terminal.current is not None:
            raise CmeError(NOT_POSSIBLE_NOW)
        self._terminal.mode = mode
        return [f"+CTOM: {mode}"]

    async def _routing_read(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return [f"+CTSP: 2,{layer1},{layer2}" for layer1, layer2 in sorted(self._terminal.routing.rows)]

    async def _routing_set(self, match: re.Match[str], data: bytes | None) -> list[str]:
        profile, layer1, layer2 = int(match[1]), int(match[2]), int(match[3] or 0)
        if profile > 2 or layer2 not in ROUTABLE.get(layer1, frozenset()):
            raise CmeError(WRONG_PARAMETER)
        if layer1 == 3 and layer2 in NEEDS_GPS:
            raise CmeError(NOT_POSSIBLE_NOW)
        self._terminal.routing.set(profile, layer1, layer2)
        return []

    async def _registration_read(self, match: re.Match[str], data: bytes | None) -> list[str]:
        state = self._terminal.registration if self._terminal.mode == 0 else 2
        return [self._terminal.writer.registration(state)]

    async def _registration_reports(self, match: re.Match[str], data: bytes | None) -> list[str]:
        self._terminal.registration_reports = match[1] != "0"
        return []

    async def _signal(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return [f"+CSQ: {self._settings().rssi if self._terminal.in_service else 99},99"]

    async def _cells(self, match: re.Match[str], data: bytes | None) -> list[str]:
        """Serving cell and one neighbour: location area, carrier, level, C1 or C2."""
        if not self._terminal.in_service:
            return ["+GCLI: 0"]
        rssi = self._settings().rssi
        return ["+GCLI: 2", f"1,0E1A,{rssi},30", f"2,0E2B,{max(rssi - 8, 0)},14"]

    async def _battery(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return ["+CBC: 0,100"]

    async def _volume_read(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return [f"+CLVL: {self._volume}"]

    async def _volume_set(self, match: re.Match[str], data: bytes | None) -> list[str]:
        self._volume = int(match[1])
        return []

    # Talkgroup and calls

    async def _group_read(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return [self._terminal.writer.group(self._terminal.selected)]

    async def _group_select(self, match: re.Match[str], data: bytes | None) -> list[str]:
        kind = int(match[1])
        if kind > 7 or (kind != 0 and match[2] is None):
            raise CmeError(WRONG_PARAMETER)
        if kind in (0, 1):
            self._terminal.select(None if kind == 0 else read_ssi(match[2]))
        return []

    async def _call_parameters(self, match: re.Match[str], data: bytes | None) -> list[str]:
        """AI service, identity type, area, hook, simplex, e2ee, comms type, slots, RqTx, priority, CLIR."""
        parameters = match[1].split(",")
        self._comms_type = int(parameters[6]) if len(parameters) > 6 and parameters[6] else 0
        return []

    async def _dial(self, match: re.Match[str], data: bytes | None) -> list[str]:
        number = read_ssi(match[1])
        terminal = self._terminal
        if not terminal.in_service:
            raise CmeError(OUT_OF_SERVICE)
        if self._comms_type != POINT_TO_MULTIPOINT or number != terminal.selected:
            terminal.fail_call(NOT_REACHABLE if number in terminal.network.users else UNKNOWN_IDENTITY)
            return []
        if terminal.current is not None and terminal.current.transmitting:
            raise CmeError(NOT_POSSIBLE_NOW)
        if self._settings().ok_order == "first":
            asyncio.get_running_loop().call_soon(terminal.dial_group, terminal.talkgroup())
            return []
        terminal.dial_group(terminal.talkgroup())
        match self._settings().ok_order:
            case "after_ctcc":
                await self._at_most(terminal.call_is_up)
            case "last":
                await self._at_most(terminal.answered)
        return []

    @staticmethod
    async def _at_most(event: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(ANSWER_WAIT_S):
                await event.wait()
        except TimeoutError:
            return

    async def _hang_up(self, match: re.Match[str], data: bytes | None) -> list[str]:
        self._terminal.hang_up()
        return []

    async def _answer(self, match: re.Match[str], data: bytes | None) -> list[str]:
        """There are no hook-signalled calls to answer here."""
        raise CmeError(NOT_POSSIBLE_NOW)

    async def _transmit_demand(self, match: re.Match[str], data: bytes | None) -> list[str]:
        self._terminal.demand(int(match[1]), int(match[2] or 0))
        return []

    async def _transmit_cease(self, match: re.Match[str], data: bytes | None) -> list[str]:
        instance = int(match[1])
        self._terminal.call_of(instance)
        asyncio.get_running_loop().call_soon(self._terminal.cease_if_there, instance)
        return []

    # Short data

    async def _message_parameters(self, match: re.Match[str], data: bytes | None) -> list[str]:
        service = int(match[1])
        if service not in range(9, 14):
            raise CmeError(WRONG_PARAMETER)
        self._sds_service = service
        return []

    async def _message_limits(self, match: re.Match[str], data: bytes | None) -> list[str]:
        return ["+CMGS: (0-16777214,00000001-10231638316777214,1-255,0-999),(8-1184)"]

    async def _message_send(self, match: re.Match[str], data: bytes | None) -> list[str]:
        called, bits = read_ssi(match[1]), int(match[2])
        if called is None or not 8 <= bits <= MAX_SDS_BITS:
            raise CmeError(WRONG_PARAMETER)
        payload = self._user_data(data or b"", bits)
        terminal, network = self._terminal, self._terminal.network
        if not terminal.in_service:
            raise CmeError(OUT_OF_SERVICE)
        life = terminal.pei.life
        await asyncio.sleep(network.settings.sds_accept_ms / 1000)
        if life != terminal.pei.life:
            raise CmeError(OUT_OF_SERVICE)  # said to nobody: it was switched off meanwhile
        instance, self._sds_instance = self._sds_instance, (self._sds_instance + 1) % 256
        network.later(
            network.settings.sds_sent_ms / 1000, self._message_sent, instance, called, self._sds_service, payload, bits
        )
        return [f"+CMGS: {instance}"]

    @staticmethod
    def _user_data(data: bytes, bits: int) -> bytes:
        """CME 32 for what is no hexadecimal or not as long as said."""
        try:
            payload = bytes.fromhex(data.decode("ascii"))
        except ValueError as error:
            raise CmeError(USER_DATA_WRONG) from error
        if len(payload) != (bits + 7) // 8:
            raise CmeError(USER_DATA_WRONG)
        return payload

    def _message_sent(self, instance: int, called: int, service: int, payload: bytes, bits: int) -> None:
        """On the air, also when the receiver is switched off."""
        terminal, network = self._terminal, self._terminal.network
        sent = terminal.in_service and network.settings.sds_outcome == "sent"
        terminal.pei.say(f"+CMGS: {instance},{4 if sent else 5},{network.next_reference()}")
        if sent:
            network.carry(terminal, called, service, payload, bits)
