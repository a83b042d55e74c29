"""A line on hold is out of the room. A line that sounds without a pause is told, or isolated by policy. One without any
sign of life is shown, until it is found to be lost.

A telephone that mutes by silence does neither. Talk is detected before the microphone's switch. So an isolated line is
heard by us, and let in again when it pauses.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import floor_control, people, voices
from bridge.domain.conference.passing import SEATS
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, FloorMode, LegKind, MuteOwner, Seat, SeatState
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.step import Step
from bridge.domain.linewatch import prompts
from bridge.domain.linewatch.notes import LineNote
from bridge.domain.linewatch.passing import ACCEPTED
from bridge.domain.linewatch.policy import Isolates, LinePolicy
from bridge.domain.linewatch.timers import LineTimer
from bridge.domain.telephony.events import (
    LegHeld,
    LegResumed,
    LiveChannel,
    RtpResumed,
    RtpStopped,
    TalkingStarted,
    TalkingStopped,
    TelephonyUp,
)

_ON_THE_LINE: Final = frozenset({SeatState.WAITING, SeatState.JOINING, SeatState.PRESENT})


def held(step: Step, event: LegHeld) -> None:
    seat = people.seat(step, event.channel)
    if seat is not None:
        _hold(step, seat)


def resumed(step: Step, event: LegResumed) -> None:
    seat = people.seat(step, event.channel)
    if seat is not None:
        _resume(step, seat)


def telephony_up(step: Step, event: TelephonyUp) -> None:
    """A line may have been put on hold, or have come back, while no controller was there. Silence is found anew."""
    for seat in [one for one in step.node[PARTICIPANTS].values() if one.silent_line]:
        step.put_passing(replace(seat, silent_line=False))
    for channel in event.channels:
        if channel.id in step.node[SEATS]:
            _compare(step, channel)


def _compare(step: Step, channel: LiveChannel) -> None:
    seat = people.seat(step, channel.id)
    if seat is not None:
        (_hold if channel.held else _resume)(step, seat)


def _hold(step: Step, seat: Seat) -> None:
    if seat.state not in _ON_THE_LINE or MuteOwner.HOLD in seat.muted_by:
        return
    conference = step.node[CONFERENCES][seat.conference]
    voices.own_mute(step, seat, MuteOwner.HOLD, muted=True)
    step.note(seat.conference, LineNote.HELD, seat.id, name=seat.name)
    if conference.floor.holder == seat.id and conference.floor.mode is not FloorMode.OPEN:
        floor_control.release_floor(step, conference)


def _resume(step: Step, seat: Seat) -> None:
    if MuteOwner.HOLD not in seat.muted_by:
        return
    voices.own_mute(step, seat, MuteOwner.HOLD, muted=False)
    step.note(seat.conference, LineNote.RESUMED, seat.id, name=seat.name)
    voices.whisper(step, step.node[PARTICIPANTS][seat.id], prompts.LINE_RESUMED)


def rtp_stopped(step: Step, event: RtpStopped) -> None:
    seat = people.seat(step, event.channel)
    if seat is not None and seat.state in _ON_THE_LINE and not seat.silent_line:
        step.put_passing(replace(seat, silent_line=True))
        step.note(seat.conference, LineNote.SILENT_LINE, seat.id, name=seat.name)


def rtp_resumed(step: Step, event: RtpResumed) -> None:
    seat = people.seat(step, event.channel)
    if seat is not None and seat.silent_line:
        step.put_passing(replace(seat, silent_line=False))
        step.note(seat.conference, LineNote.LINE_SOUNDS, seat.id, name=seat.name)


def sounds(step: Step, event: TalkingStarted) -> None:
    seat = people.seat(step, event.channel)
    if seat is not None and seat.state is SeatState.PRESENT:
        step.start_timer(LineTimer.CEASELESS, seat.id, step.node.policy[LinePolicy].ceaseless_s)


def pauses(step: Step, event: TalkingStopped) -> None:
    seat = people.seat(step, event.channel)
    if seat is not None:
        _quiet(step, seat)


def due(step: Step, subject: str) -> None:
    """It has sounded for so long without a pause."""
    seat = step.node[PARTICIPANTS].get(ParticipantId(subject))
    if seat is None or seat.state is not SeatState.PRESENT or MuteOwner.HOLD in seat.muted_by:
        return
    was_heard = not seat.muted
    seat = replace(seat, ceaseless=True)
    step.put_passing(seat)
    step.note(seat.conference, LineNote.CEASELESS, seat.id, name=seat.name)
    if _is_isolated(step, seat):
        voices.own_mute(step, seat, MuteOwner.NOISE, muted=True)
        step.note(seat.conference, LineNote.ISOLATED, seat.id, name=seat.name)
        voices.whisper(step, seat, prompts.LINE_ISOLATED)
    if was_heard:
        voices.whisper_to_hosts(step, seat.conference, prompts.LINE_CEASELESS)


def _is_isolated(step: Step, seat: Seat) -> bool:
    """The holder of the floor was given the word by people. A line that a person lets be heard stays heard."""
    conference = step.node[CONFERENCES][seat.conference]
    if seat.muted or conference.floor.holder == seat.id or seat.id in step.node[ACCEPTED]:
        return False
    match step.node.policy[LinePolicy].isolates:
        case Isolates.ALWAYS:
            return True
        case Isolates.RADIO:
            return any(one.kind is LegKind.RADIO for one in people.present(step, seat.conference))
        case Isolates.NEVER:
            return False


def keep(step: Step) -> None:
    """A mute that a person has lifted is not set again. A line that is gone sounds no more."""
    now, before = step.node[PARTICIPANTS], step.before[PARTICIPANTS]
    if now is before:
        return
    for participant in [one for one in now.values() if one.silent_line and one.state not in _ON_THE_LINE]:
        step.put_passing(replace(participant, silent_line=False))
    for participant in [one for one in now.values() if one.ceaseless]:
        if participant.state is not SeatState.PRESENT:
            _quiet(step, participant)
        elif MuteOwner.NOISE in _owners(before.get(participant.id)) - participant.muted_by:
            step.set_in(ACCEPTED, participant.id, step.at_s)
    for gone in [one for one in step.node[ACCEPTED] if one not in now]:
        step.drop_from(ACCEPTED, gone)


def _owners(seat: Seat | None) -> frozenset[MuteOwner]:
    return seat.muted_by if seat is not None else frozenset()


def _quiet(step: Step, seat: Seat) -> None:
    step.stop_timer(LineTimer.CEASELESS, seat.id)
    if not seat.ceaseless:
        return
    seat = replace(seat, ceaseless=False)
    step.put_passing(seat)
    step.note(seat.conference, LineNote.QUIET, seat.id, name=seat.name)
    voices.own_mute(step, seat, MuteOwner.NOISE, muted=False)
