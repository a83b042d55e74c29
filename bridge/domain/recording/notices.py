"""Everybody on a telephone hears in their own language that the meeting is recorded. The time is kept.

A newcomer hears it at the door. All others hear it in a whisper, again until it has been heard to its end.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import legs, people, rooms, voices
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.passing import NOTICES
from bridge.domain.conference.records import CONFERENCES, Conference, RecordingState, Seat, SeatState
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.ids import ChannelId, PlaybackId
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.recording import prompts
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.telephony.events import MixJoined, PlaybackEnded

AGAIN_S: Final = 45.0
"""A whisper may wait half a minute for announcements."""


def begin_anew(step: Step, conference: Conference) -> None:
    """A recording begins in the middle of the meeting: those who are there are to hear it."""
    for one in people.present(step, conference.id):
        if one.notice_heard_at_s is not None:
            step.put(replace(one, notice_heard_at_s=None))


def tell_all(step: Step, conference: Conference) -> None:
    """The recording runs: those who are there and have not heard it hear it now."""
    for one in people.present(step, conference.id):
        _tell(step, one, prompts.MEETING_RECORDING_STARTED)


def came_in(step: Step, event: MixJoined) -> None:
    """Somebody is in the meeting. It was not said at the door where it was not to be recorded then."""
    _tell_on(step, event.channel)


def overdue(step: Step, subject: str) -> None:
    """A whisper was not heard to its end."""
    _tell_on(step, ChannelId(subject))


def _tell_on(step: Step, channel: ChannelId) -> None:
    seat = people.seat(step, channel)
    if seat is not None:
        _tell(step, seat, conference_prompts.ENTRY_RECORDED)


def _tell(step: Step, seat: Seat, said: Prompt) -> None:
    channel = legs.channel_of(step.node, seat)
    is_there = seat.state is SeatState.PRESENT and channel is not None
    is_recorded = step.node[CONFERENCES][seat.conference].recording.state is RecordingState.ON
    if channel is None or not is_there or not is_recorded or seat.notice_heard_at_s is not None:
        return
    if rooms.is_aside(step.node, seat):  # not recorded; they come back with another `MixJoined`
        return
    playback = PlaybackId(step.mint("playback"))
    step.set_in(NOTICES, channel, playback)
    step.start_timer(ConferenceTimer.NOTICE, channel, AGAIN_S)
    voices.whisper(step, seat, said, manner=Manner.VITAL, playback=playback)


def heard(step: Step, event: PlaybackEnded) -> None:
    """A notice has been heard to its end."""
    if step.node[NOTICES].get(event.channel) != event.playback or event.failed:
        return
    step.drop_from(NOTICES, event.channel)
    step.stop_timer(ConferenceTimer.NOTICE, event.channel)
    seat = people.seat(step, event.channel)
    if seat is not None:
        step.put(replace(seat, notice_heard_at_s=event.at_s))
        step.note(seat.conference, RecordingNote.NOTICE_HEARD, seat.id)
