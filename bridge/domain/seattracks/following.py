"""A track for each participant on a telephone: their voice alone, beside the meeting's mix and on its clock.

A track is a recording of one seat. It begins with the mix, and ends with it. Those who come back into their seat go on
in the same track. Sound goes into it only while they are heard in the main room, on the record. So nobody who is
muted, by whomever, is in their track. In a side room they are away, and the archive marks that stretch. Two who talk in
private are away too, unless the setting `side_rooms.consultations_recorded` has it in their tracks.

Each such stretch is a *part*, a file of its own with its own instant. The archive puts silence between the parts.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import legs, people, rooms
from bridge.domain.conference.passing import HEARD, SEATS
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    ROOMS,
    LegKind,
    OffRecord,
    RecordingState,
    Seat,
    SeatState,
)
from bridge.domain.kernel.ids import ChannelId, RecordingId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.recording import recordings
from bridge.domain.recording.effects import StartLegTrack, StopLegTrack
from bridge.domain.recording.events import LegTrackStopped
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.passing import TAPED, Taped
from bridge.domain.recording.policy import RecordingPolicy, Tracks
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording, RecordingKind
from bridge.domain.telephony.events import LegEnded, TalkingStopped
from bridge.domain.telephony.state import TELEPHONY

ANEW_S: Final = 300.0
"""A part that is older ends at the next pause of speech, and another begins. A telephone's clock is off by up to 50
parts in a million, which makes 15 ms in so long."""


def follow(step: Step) -> None:
    """After every event: each telephone's voice is recorded, or not, as its meeting says."""
    if step.node[TAPED] or _is_anything_to_begin(step):
        for seat in list(step.node[PARTICIPANTS].values()):
            channel = legs.channel_of(step.node, seat)
            if channel is not None:
                _follow(step, seat, channel)
        for channel in [one for one in step.node[TAPED] if one not in step.node[SEATS]]:
            _stop(step, channel)  # another leg carries the seat
    _close(step)


def _is_anything_to_begin(step: Step) -> bool:
    """Every event comes here, and a county has hundreds of seats. They are looked at where a meeting is recorded, and
    nowhere else."""
    if step.node.policy[RecordingPolicy].tracks is not Tracks.PARTICIPANTS:
        return False
    return any(one.recording.state is RecordingState.ON for one in step.node[CONFERENCES].values())


def _follow(step: Step, seat: Seat, channel: ChannelId) -> None:
    mix = _mix_of(step, seat, channel)
    taped = step.node[TAPED].get(channel)
    if taped is None and mix is not None:
        track = _track_of(step, seat, mix)
        step.set_in(TAPED, channel, Taped(track.id, seat.conference, step.at_s))
        step.do(StartLegTrack(channel, track.id))
    elif taped is not None and (mix is None or step.node[RECORDINGS].get(taped.recording, mix).beside != mix.id):
        _stop(step, channel)


def _mix_of(step: Step, seat: Seat, channel: ChannelId) -> Recording | None:
    """The recording that their voice goes into, as long as it does."""
    side = step.node[CONFERENCES][seat.conference].recording
    is_on = side.state is RecordingState.ON and side.off_record is OffRecord.NO
    is_heard = seat.state is SeatState.PRESENT and step.node[HEARD].get(channel, False)
    is_wanted = step.node.policy[RecordingPolicy].tracks is Tracks.PARTICIPANTS and seat.kind is not LegKind.RADIO
    if not is_wanted or not is_on or not is_heard or _is_away(step, seat) or side.recording is None:
        return None
    return step.node[RECORDINGS].get(side.recording)


def _is_away(step: Step, seat: Seat) -> bool:
    """Whether what they say is for others than the meeting, and not recorded."""
    return rooms.is_aside(step.node, seat) and not step.node[ROOMS][seat.room].recorded


def _track_of(step: Step, seat: Seat, mix: Recording) -> Recording:
    """The seat's track beside this mix, made where there is none."""
    for one in step.node[RECORDINGS].values():
        if one.seat == seat.id and one.beside == mix.id and one.state is ArchiveState.RECORDING:
            return one
    recording = RecordingId(step.mint("recording"))
    track = Recording(recording, seat.conference, mix.started_at_s, seat=seat.id, beside=mix.id)
    step.put(track)
    return track


def _stop(step: Step, channel: ChannelId) -> None:
    taped = step.node[TAPED][channel]
    if not taped.stopping:
        step.set_in(TAPED, channel, replace(taped, stopping=True))
        step.do(StopLegTrack(channel, taped.recording))


def stopped(step: Step, event: LegTrackStopped) -> None:
    """Nothing of this telephone is recorded now. Where it is wanted again, `follow` begins another part."""
    taped = step.node[TAPED].get(event.channel)
    if taped is not None and taped.stopping:
        step.drop_from(TAPED, event.channel)


def leg_ended(step: Step, event: LegEnded) -> None:
    gone(step, event.channel)


def gone(step: Step, channel: ChannelId) -> None:
    """The line is no more, and what was recorded of it has ended with it."""
    step.drop_from(TAPED, channel)


def pauses(step: Step, event: TalkingStopped) -> None:
    """They pause: an old part may end here, so that the next begins at its true time."""
    taped = step.node[TAPED].get(event.channel)
    if taped is not None and step.at_s - taped.since_s >= ANEW_S:
        _stop(step, event.channel)


def failed(step: Step, channel: ChannelId, reason: Reason) -> None:
    """It is tried again. The timeline tells it once, and the track itself is marked; the mix has their voice."""
    taped, seat = step.node[TAPED].get(channel), people.seat(step, channel)
    if taped is None or taped.failed:
        return
    step.set_in(TAPED, channel, replace(taped, failed=True))
    track = step.node[RECORDINGS].get(taped.recording)
    if track is not None and track.cut_short is None:
        step.put(replace(track, cut_short=reason))
    if seat is not None:
        step.note(taped.conference, RecordingNote.TRACK_FAILED, seat.id, reason=reason)


def begin_again(step: Step, effect: StartLegTrack) -> StartLegTrack | None:
    """The order as it is wanted after a pause."""
    taped = step.node[TAPED].get(effect.channel)
    return effect if taped is not None and taped.recording == effect.recording and not taped.stopping else None


def end_again(step: Step, effect: StopLegTrack) -> StopLegTrack | None:
    taped = step.node[TAPED].get(effect.channel)
    return effect if taped is not None and taped.stopping else None


def found(step: Step, channel: ChannelId) -> None:
    """The line has outlived a connection, and a part of its track too, perhaps. It ends, and another begins as it is
    wanted now."""
    seat = people.seat(step, channel)
    track = None if seat is None else _open_track(step, seat)
    if seat is not None and track is not None:
        step.set_in(TAPED, channel, Taped(track.id, seat.conference, step.at_s, stopping=True))
        step.do(StopLegTrack(channel, track.id))


def _open_track(step: Step, seat: Seat) -> Recording | None:
    found = (one for one in step.node[RECORDINGS].values() if one.seat == seat.id and one.is_track)
    return next((one for one in found if one.state is ArchiveState.RECORDING), None)


def _close(step: Step) -> None:
    """A mix that is over takes its tracks along, once nothing is written into them any more."""
    if not step.node[TELEPHONY].up:
        return  # something may still be written
    written = {one.recording for one in step.node[TAPED].values()}
    for track in list(step.node[RECORDINGS].values()):
        if (
            track.kind is not RecordingKind.PARTICIPANT
            or track.state is not ArchiveState.RECORDING
            or track.id in written
        ):
            continue
        conference = step.node[CONFERENCES].get(track.conference)
        if conference is None or conference.recording.recording != track.beside:
            recordings.recording_closed(step, track, None)
