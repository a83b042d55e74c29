"""Talkgroups patched into conferences, and the terminals that carry them: the records."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ConferenceId, Gssi, Issi, ParticipantId, PatchId, RecordingId, TerminalName
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records, Table


class PatchState(StrEnum):
    PENDING_APPROVAL = "asked"
    """Waits for somebody's approval; nothing is connected yet."""
    OFFLINE = "offline"
    """The terminal is not ready, or not on the talkgroup yet."""
    IDLE = "idle"
    RECEIVING = "receiving"
    """A radio user talks."""
    DEMANDING = "demanding"
    """Somebody in the meeting talks; transmission is demanded, the speech is held."""
    QUEUED = "queued"
    """The network has queued the demand."""
    TRANSMITTING = "transmitting"
    PAUSING = "pausing"
    """Between two transmissions, so that others can break in."""
    WAITING = "waiting"
    """Refused or lost; the speech is held until the channel is free or the retry is due."""
    REMOVED = "removed"


class Keying(StrEnum):
    """The means by which the way from the meeting to the air is opened."""

    VOICE = "voice"
    """Anybody's speech in the meeting."""
    FLOOR = "floor"
    """Speech while somebody in the meeting, not on the radio, has been given the floor."""
    KEY = "key"
    """Speech while a participant has keyed `*0`, until they key it again."""


class Precedence(StrEnum):
    """The side that goes first when the meeting and a radio user talk at the same time. An emergency is never talked
    over."""

    RADIO = "radio"
    """The meeting's speech is held until the radio user is done."""
    PHONE = "phone"
    """The meeting asks the network to let it break in; what cannot is held."""


@dataclass(frozen=True, slots=True)
class Patch(Record):
    """A talkgroup patched (*sammankopplad*) into a conference through one terminal."""

    id: PatchId
    conference: ConferenceId
    terminal: TerminalName
    gssi: Gssi
    participant: ParticipantId
    name: str
    state: PatchState = PatchState.OFFLINE
    talker: Issi | None = None
    emergency: bool = False
    voice_held: bool = False
    """Speech from the meeting waits for the channel."""
    transmission_began_at_s: float | None = None
    reason: Reason | None = None
    """Why the patch is offline or waiting."""
    created_at_s: float = 0.0
    keying: Keying = Keying.VOICE
    keyed_by: ParticipantId | None = None
    """With `Keying.KEY`: whose key holds the way open."""
    precedence: Precedence = Precedence.RADIO
    asked_by: str = ""
    """The person who asked for the patch."""
    terminals: tuple[TerminalName, ...] = ()
    """Those that may serve this talkgroup by the directory; empty: all."""
    approved_by: str | None = None
    """The person who approved it, where the talkgroup demands approval: never the person who asked."""
    lease_s: float | None = None
    """How long it was asked for, from when it is connected."""
    lease_until_s: float | None = None
    """Removed then, unless the lease is extended; `None`: no end."""
    idle_s: float | None = None
    """Removed when nobody has talked in either direction for so long; `None`: never."""
    used_at_s: float = 0.0
    """When somebody last talked in either direction."""
    notice: bool = True
    """The talkgroup hears, in words on the air, that the patch begins and ends."""
    spoken_end: bool = False
    """Each turn from the meeting ends with a spoken KOM, the patch with KLART SLUT."""
    talk_began_at_s: float | None = None
    """When the radio user who talks now began."""
    breaking_in: bool = False
    """The channel is asked for although a radio user talks (`Precedence.PHONE`)."""
    announced: bool = False
    """The link has been announced, in the meeting and on the air."""
    ending: bool = False
    """A KOM is on its way; the transmission ends with it."""
    looped: bool = False
    """The received sound is one of our own transmissions come back: it is not let through."""
    closing: bool = False
    """The talkgroup hears that the patch ends; the meeting is not connected to it any more."""
    track: RecordingId | None = None
    """The recording of this talkgroup that runs now."""


@dataclass(frozen=True, slots=True)
class TerminalView:
    """A radio terminal's state, as last reported."""

    name: TerminalName
    state: str = "absent"
    reason: Reason | None = None
    issi: Issi | None = None
    gssi: Gssi | None = None
    signal_dbm: int | None = None
    model: str | None = None
    battery_percent: int | None = None
    alarms: tuple[str, ...] = ()
    """Its faults, snake_case: `weak_signal`, `low_battery`…"""
    alarm_times_s: tuple[float, ...] = ()
    """When each of `alarms` was raised; of what happens in an instant, when it last happened."""
    talkgroups: tuple[tuple[Gssi, str], ...] = ()
    """Those in its codeplug with their names, as far as it tells."""
    detail: dict[str, str | int | float | bool | None] = field(default_factory=dict)


PATCHES: Final = Records[PatchId, Patch]("patches", Patch, "patch")
TERMINALS: Final = Table[TerminalName, TerminalView]("terminals")
