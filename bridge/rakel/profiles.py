"""Terminal models: what differs between them, as data. Chosen by name in the `[[terminal]]` table.

Each value has its reason. Where only the hardware can settle a value it is marked "to be measured", and can be set per
terminal in the settings.
"""

from dataclasses import dataclass
from typing import Final

from bridge.rakel.pei.codes import AiMode

Route = tuple[int, ...]
"""Profile, layer 1 and maybe layer 2 of `AT+CTSP`: profile 1 routes to us, 2 to us and the terminal's own display."""

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
class TerminalProfile:
    """One model. Baud rates are tried in order when the settings name none."""

    name: str
    description: str
    bauds: tuple[int, ...]
    rtscts: bool
    """Hardware flow control; must be as in the terminal's codeplug."""
    mode: AiMode
    routes: tuple[Route, ...]
    gap_s: float
    """Pause between a result and the next command."""
    reselect_s: float
    """Least time between two changes of talkgroup."""
    sds_reports: bool
    """Ask for delivery reports by SDS-TL."""
    sds_series: bool = False
    """Cut longer texts with headers that receivers put together, not with `1/3` in clear. Off: not every receiver reads
    them, and a text not shown is worse than one in pieces; to be measured with the region's own receivers."""
    notes: tuple[str, ...] = ()
    """What the person who wires and programs it must know."""


MTM5400: Final = TerminalProfile(
    name="mtm5400",
    description="Motorola MTM5400, mobile",
    bauds=(
        38400,
        9600,
        115200,
    ),  # set in the codeplug; 38400 is what most public safety terminals have, 9600 is CPS's own
    rtscts=False,  # three wires by default; required when the codeplug says so: to be measured
    mode=AiMode.TRUNKED,
    routes=(_VOICE, _GROUPS, _STATUS, *_TEXTS),
    gap_s=0.05,  # working programs leave 0…200 ms; to be measured
    reselect_s=2.0,  # working programs leave 2 s between changes of group
    sds_reports=True,
    notes=(
        "PEI is RS-232 on the front DB9 with data expansion head PMLN4908, 3.3 V TTL on the rear 26 pins otherwise.",
        "Active data cable PMKN4104; programming cables are no PEI cables.",
        "Codeplug: tick ETSI group format, ETSI AT SDS/Status format and, where shown, Extended ETSI addressing.",
        "Tie pin 25 (ignition); pin 23 low is power-on and alarm.",
    ),
)
MTM800E: Final = TerminalProfile(
    name="mtm800e",
    description="Motorola MTM800 Enhanced, mobile",
    bauds=(9600, 38400, 115200),
    rtscts=False,
    mode=AiMode.TRUNKED,
    routes=(_VOICE, _GROUPS, _STATUS, *_TEXTS),
    gap_s=0.05,
    reselect_s=2.0,
    sds_reports=True,
    notes=(
        "PEI is 3.3 V TTL on the rear 20 pins (19 RXD, 20 TXD). The MTM800 without E lacks PEI functions.",
        "Codeplug: accessory type Handset, not Line In, or there is no audio either way.",
        "Keep off pin 6 (12 V is flash mode) and pin 9 (emergency).",
        "Says 84 bits for short data and sends 22 hex digits.",
    ),
)
SIMULATED: Final = TerminalProfile(
    name="simulated",
    description="The simulated terminal in hardware/simulator",
    bauds=(115200,),
    rtscts=False,
    mode=AiMode.TRUNKED,
    routes=(_VOICE, _GROUPS, _STATUS, *_TEXTS),
    gap_s=0.0,
    reselect_s=0.0,
    sds_reports=True,
)

PROFILES: Final = {profile.name: profile for profile in (MTM5400, MTM800E, SIMULATED)}
