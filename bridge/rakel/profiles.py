"""Terminal models: their differences, as data. The `[[terminal]]` table chooses one by name.

Every value has its reason in `why`. The reason begins with its evidence. **T** is the trace of a real terminal, **C**
working programs, **S** the standard as others quote it. **D** is a manual or a maker's or user's page, **I** inferred.
**M** is general knowledge, to be verified. Where only the hardware can settle a value the reason says so, and the
settings can override it.

`LENIENCIES` holds for every model: any may need it, and it harms none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from bridge.rakel.pei.codes import AiMode

Route = tuple[int, ...]
"""Profile, layer 1 and maybe layer 2 of `AT+CTSP`. Profile 1 routes to us, 2 to us and the terminal's own display."""

_VOICE: Final[Route] = (2, 0, 0)
"""Voice call signalling; without it a terminal is silent about calls."""
_GROUPS: Final[Route] = (1, 1, 11)
"""Group management: unsolicited `+CTGS` when somebody turns the knob."""
_STATUS: Final[Route] = (2, 2, 20)
"""Statuses, to both: with 1 a Motorola loses its own emergency function."""
_TEXTS: Final[tuple[Route, ...]] = ((1, 3, 2), (1, 3, 9), (1, 3, 130), (1, 3, 137), (1, 3, 138), (1, 3, 140))
"""Simple, simple immediate, text, immediate, text with header, concatenated. Never 224: Motorola carries remote AT
commands in it."""


@dataclass(frozen=True, slots=True)
class LineSpeed:
    """How the serial line is set, always 8N1."""

    baud: int
    rtscts: bool

    def __str__(self) -> str:
        """Alike in every language."""
        return f"{self.baud} baud{' + RTS/CTS' if self.rtscts else ''}"


@dataclass(frozen=True, slots=True)
class Leniency:
    """A way in which real terminals differ from the text of the standard, and how it is read."""

    name: str
    seen: str
    read: str


LENIENCIES: Final = (
    Leniency(
        "sds_odd_nibble", "C Sepura SEG3900 and STP9240 give 21 hex digits", "a digit is added, then cut to the bits"
    ),
    Leniency(
        "sds_length", "T MTM800E and MTP6650 say 84 bits and give 22 digits", "cut to the whole bytes of the bits"
    ),
    Leniency("no_blank", "T `+CTXG:0,3,0,0`", "the blank after the colon may be missing"),
    Leniency("no_talker", "T `+CTXG: 1,3,0,0` while another talks", "TxGrant decides, never the number of fields"),
    Leniency("wrong_network", "T 753 02361 before a right SSI, in direct mode", "matched by SSI, by its length"),
    Leniency(
        "list_header", "T `+CNUMS: 4` before the rows on one make, the code before the first row on another", "both"
    ),
    Leniency("wake_up", "T `+CME ERROR: 35` to the first commands after power-up", "`AT` until OK"),
    Leniency("interrupt", "I `+CTXI`, `+CTXW`, `+CTXN` were never seen", "every field but the instance may be missing"),
)


@dataclass(frozen=True, slots=True)
class TerminalProfile:
    """One model. The serial line is tried with every pair of baud rate and flow control that the settings leave open.
    All rates with the first flow control come first, then all with the next."""

    name: str
    description: str
    bauds: tuple[int, ...]
    flow_controls: tuple[bool, ...]
    """Hardware flow control (RTS/CTS) off or on, in the order tried."""
    mode: AiMode
    routes: tuple[Route, ...]
    call_parameters: str
    """The parameters of `AT+CTSDC=` for speech to a group."""
    gap_s: float
    """Pause between a result and the next command."""
    reselect_s: float
    """Least time between two changes of talkgroup."""
    group_page: int
    """Rows of a group list asked for at a time; 0 asks for the whole list at once."""
    sds_reports: bool
    """Ask for delivery reports by SDS-TL."""
    sds_bits: int
    """The largest short data that it is given to send, headers and all."""
    sds_series: bool
    """Cut longer texts with headers that receivers put together, not with `1/3` in clear."""
    emergency_priority: int
    """Call priority, 0…15, from which a call is an emergency."""
    why: Mapping[str, str] = field(default_factory=dict)
    """The reason of every value above but name and description."""
    notes: tuple[str, ...] = ()
    """Notes for the person who wires and programs it."""

    def speeds(self, baud: int | None, rtscts: bool | None) -> tuple[LineSpeed, ...]:
        """The pairs to try, in order, where the settings name `baud` or `rtscts` or leave them open."""
        bauds = self.bauds if baud is None else (baud,)
        flows = self.flow_controls if rtscts is None else (rtscts,)
        return tuple(LineSpeed(at, flow) for flow, at in product(flows, bauds))


_COMMON: Final = {
    "mode": "S TMO is 0; the meeting's talkgroups are in the network. Changing it drops the attachment.",
    "routes": "C rows of working programs; voice (2,0,0) first, the others may be refused with CME 3 or 39 (T). Status"
    " with 2, not 1: with 1 a Motorola loses its emergency function (D). The wording of profile and layers is M:"
    " setting `routes`.",
    "call_parameters": "T,C `0,0,0,1,1,0,1,1,0,0`: speech, SSI, direct set-up, simplex, one to many, one slot, we talk"
    " first, priority 0. Hook, simplex and RqTx are I: setting `call_parameters`.",
    "reselect_s": "C working programs leave 2 s between two changes of group.",
    "group_page": "T `+CNUMS: (0),(1-2000),(1-2000)`: the list can be asked for by parts. At 9600 baud no"
    " press waits longer than a second behind it.",
    "sds_reports": "C,T only the receiver's report proves delivery; the terminal says sent also when that one is off.",
    "sds_bits": "C,T terminals say 1184 bits, and about 668 were found to work on a real one: setting `sds_bits`.",
    "sds_series": "I off: not every receiver puts headers together, and a text not shown is worse than one in pieces."
    " To be measured with the region's own receivers: setting `sds_series`.",
    "emergency_priority": "M 15 is the emergency's in EN 300 392-2; not seen on a real line: setting"
    " `emergency_priority`.",
}
_MOTOROLA: Final = _COMMON | {
    "flow_controls": "D three wires by default; RTS/CTS is required when the codeplug says so, so it is tried last.",
    "gap_s": "C working programs leave 0 to 200 ms; to be measured: setting `gap_s`.",
}
_CALL: Final = "0,0,0,1,1,0,1,1,0,0"

MTM5400: Final = TerminalProfile(
    name="mtm5400",
    description="Motorola MTM5400, mobile",
    bauds=(38400, 9600, 115200),
    flow_controls=(False, True),
    mode=AiMode.TRUNKED,
    routes=(_VOICE, _GROUPS, _STATUS, *_TEXTS),
    call_parameters=_CALL,
    gap_s=0.05,
    reselect_s=2.0,
    group_page=20,
    sds_reports=True,
    sds_bits=668,
    sds_series=False,
    emergency_priority=15,
    why=_MOTOROLA
    | {"bauds": "D,C set in the codeplug; 38400 is what most public safety terminals have, 9600 is the CPS default."},
    notes=(
        "PEI is RS-232 on the front DB9 with data expansion head PMLN4908. Else it is 3.3 V TTL on the rear 26 pins.",
        "Active data cable PMKN4104; programming cables are no PEI cables.",
        "Codeplug: tick ETSI group format, ETSI AT SDS/Status format and, where shown, Extended ETSI addressing.",
        "Tie pin 25 (ignition); pin 23 low is power-on and alarm.",
    ),
)
MTM800E: Final = replace(
    MTM5400,
    name="mtm800e",
    description="Motorola MTM800 Enhanced, mobile",
    bauds=(9600, 38400, 115200),
    why=_MOTOROLA | {"bauds": "D,T 9600 is the CPS default and was used in the traces; 38400 and 115200 are seen."},
    notes=(
        "PEI is 3.3 V TTL on the rear 20 pins (19 RXD, 20 TXD). The MTM800 without E lacks PEI functions.",
        "Codeplug: accessory type Handset, not Line In, or there is no audio either way.",
        "Keep off pin 6 (12 V is flash mode) and pin 9 (emergency).",
        "Says 84 bits for short data and sends 22 hex digits.",
    ),
)
_SEPURA: Final = _COMMON | {
    "bauds": "D 38400 is the only rate seen; set in the customisation. 9600 and 115200 are tried after it (I).",
    "flow_controls": "I nothing is known; FTL runs terminals with RTS/CTS on (C), so both are tried.",
    "gap_s": "I as the slowest of working programs, until measured: setting `gap_s`.",
}
_SEPURA_NOTES: Final = (
    "Nothing here was seen on this model. The maker's Data Interface User Guide (MOD-14-1758) is under"
    " non-disclosure and was not used. Ask the maker for it and compare.",
    "Speed and flow control must be as in the customisation of the terminal.",
    "Short data may come with an odd number of hex digits (seen on SEG3900 and STP9240).",
)
SEPURA_SRG: Final = replace(
    MTM5400,
    name="sepura-srg",
    description="Sepura SRG3900 and like it (SRG2000, SRG3500), mobile",
    bauds=(38400, 9600, 115200),
    gap_s=0.2,
    why=_SEPURA,
    notes=("SvxLink names the SRG2200 among its terminals: may work, no warranty.", *_SEPURA_NOTES),
)
SEPURA_SCG: Final = replace(
    SEPURA_SRG,
    name="sepura-scg",
    description="Sepura SCG22 series, mobile",
    why=_SEPURA | {"bauds": "I as the SRG; nothing of this series was found. Set in the customisation."},
    notes=_SEPURA_NOTES,
)
SIMULATED: Final = replace(
    MTM5400,
    name="simulated",
    description="The simulated terminal in hardware/simulator",
    bauds=(115200,),
    flow_controls=(False,),
    gap_s=0.0,
    reselect_s=0.0,
    sds_bits=1184,
    why=_COMMON
    | {
        "sds_bits": "it takes what it says that it takes",
        "bauds": "a pty has no speed",
        "flow_controls": "a pty has no modem lines",
        "gap_s": "it takes commands at any pace",
        "reselect_s": "it takes changes of group at any pace",
    },
    notes=(),
)

PROFILES: Final = {profile.name: profile for profile in (MTM5400, MTM800E, SEPURA_SRG, SEPURA_SCG, SIMULATED)}
