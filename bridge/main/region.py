"""The example region of a first start: a forum, its list of functions at some twenty organisations, a talkgroup.

Functions, never persons. The region is invented, and none of its telephone numbers rings anywhere. They are in the
ranges that PTS keeps for fiction (08-465 004 00…99 and 070-174 06 05…99).
"""

from typing import Final

from bridge.domain.conference.records import ForumLevel
from bridge.domain.directory.records import (
    ActivationList,
    DirectoryEntry,
    Forum,
    Function,
    Organisation,
    Talkgroup,
)
from bridge.domain.kernel.ids import Gssi, Issi
from bridge.ports import Directory

FORUM: Final = "forum-inriktande"
LIST: Final = "lista-inriktande"
GROUP: Final = Gssi(2401)
GROUP_NAME: Final = "SAMV LEDN 1"
FIELD_UNITS: Final = {1401001: "Insatsledare räddningstjänst", 1401002: "Polis yttre befäl", 1401003: "Ambulans 331"}

_DUTY: Final = (
    ("lansstyrelsen", "Länsstyrelsen Exempellän", "TiB"),
    ("region", "Region Exempellän", "TiB"),
    ("polisen", "Polisen", "Vakthavande befäl"),
    ("raddningstjansten", "Räddningstjänsten Exempel", "Inre befäl"),
    ("sos-alarm", "SOS Alarm", "Operativ ledning"),
    ("forsvarsmakten", "Försvarsmakten", "Vakthavande befäl"),
    ("trafikverket", "Trafikverket", "Trafikledning"),
    ("elnat", "Exempel Elnät", "Driftledning"),
    ("vatten", "Exempelvatten", "Jour"),
    ("kollektivtrafik", "Exempeltrafiken", "Trafikledning"),
    ("sveriges-radio", "Radio Exempel", "Vakthavande redaktör"),
    ("ekopinge", "Eköpings kommun", "TiB"),
    ("granstad", "Granstads kommun", "TiB"),
    ("havsvik", "Havsviks kommun", "TiB"),
    ("kvarnberg", "Kvarnbergs kommun", "TiB"),
    ("ljungby-strand", "Ljungstrands kommun", "TiB"),
    ("norrtorp", "Norrtorps kommun", "TiB"),
    ("sjolunda", "Sjölunda kommun", "TiB"),
    ("skogsas", "Skogsåsa kommun", "TiB"),
    ("vastanfors", "Västanå kommun", "TiB"),
)


def entries() -> list[DirectoryEntry]:
    """Everything of the example region, in an order in which it can be stored."""
    organisations = [Organisation(key, name) for key, name, _ in _DUTY]
    duty = [_function(index, key, role) for index, (key, _, role) in enumerate(_DUTY)]
    units = [
        Function(f"falt-{issi}", "raddningstjansten", name, issis=(Issi(issi),)) for issi, name in FIELD_UNITS.items()
    ]
    call_list = ActivationList(LIST, "Inriktande nivå", tuple(function.id for function in duty))
    forum = Forum(FORUM, "Inriktande nivå", ForumLevel.DIRECTING, LIST, GROUP)
    return [*organisations, *duty, *units, call_list, Talkgroup(GROUP, GROUP_NAME), forum]


def _function(index: int, organisation: str, role: str) -> Function:
    numbers = (f"+468465004{index:02d}", f"+467017406{10 + index:02d}")
    return Function(f"{organisation}-{index:02d}", organisation, role, numbers)


async def seed(directory: Directory) -> bool:
    """Put the example region into an empty directory. A directory that holds anything is left alone."""
    if await directory.list(Organisation):
        return False
    for entry in entries():
        await directory.put("samband", entry)
    return True
