"""The way into a conference's mix, and out of it."""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import floor as floors
from bridge.domain.conference import floor_control, legs, people, prompts, roles, rooms, secrecy, voices
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import EMPTY_SINCE_S, HEARD, SEATS, WAITS, Wait
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    FloorMode,
    LegKind,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel import again
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, PlaybackId, TrunkName
from bridge.domain.kernel.phrases import Manner
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import ChannelEffect, HangUpLeg, JoinMix, Play, Whisper

LEG_END_S: Final = 0.5
"""A hang-up takes the channel out of the mix first; the end of the channel is reported within so long."""


def admit(step: Step, participant: Seat, channel: ChannelId, trunk: TrunkName) -> Seat:
    """Give somebody a seat; they are put into the mix by `take_seat` when their last prompt has ended.

    Returns:
        The seat with its leg.
    """
    encrypted = secrecy.is_encrypted(step, trunk)
    seat = legs.begin(step, participant, LegKind.PHONE, channel=channel, encrypted=encrypted)
    step.put(seat)
    rooms.make_sure_of(step, seat)
    return seat


def take_seat(step: Step, participant: Seat) -> None:
    """Into the mix, with the microphone as mute and floor say. `JOIN` looks whether they came there. Those
    who are not let in yet are in the waiting room from now on."""
    channel = legs.channel_of(step.node, participant)
    if channel is None:
        return
    if step.node[CONFERENCES][participant.conference].state is ConferenceState.ENDED:
        step.do(HangUpLeg(channel))
        return
    if participant.state is SeatState.WAITING:
        step.set_in(WAITS, participant.id, Wait())
        return
    step.do(_join(step, participant, channel))


def join_of(step: Step, participant: Seat) -> JoinMix | None:
    """The order that puts somebody on the way in into the mix, as things are now. `None` when it is not wanted."""
    channel = legs.channel_of(step.node, participant)
    if channel is None or participant.state is not SeatState.JOINING:
        return None
    if step.node[CONFERENCES][participant.conference].state is ConferenceState.ENDED:
        return None
    return _join(step, participant, channel)


def _join(step: Step, participant: Seat, channel: ChannelId) -> JoinMix:
    heard = voices.shall_be_heard(step.node, participant)
    step.set_in(HEARD, channel, heard)
    step.start_timer(ConferenceTimer.JOIN, channel, step.node.policy[ConferencePolicy].join_s)
    return JoinMix(channel, participant.room, heard)


def ask_to_wait(step: Step, participant: Seat) -> None:
    """Words instead of silence for somebody who is not in the mix yet."""
    channel = legs.channel_of(step.node, participant)
    if channel is not None:
        playback = PlaybackId(step.mint("playback"))
        step.do(Play(channel, playback, (prompts.ENTRY_WAIT,), participant.language))


def seated(step: Step, participant: Seat, channel: ChannelId) -> None:
    """Asterisk says that they are in the mix."""
    step.stop_timer(ConferenceTimer.JOIN, channel)
    if participant.state is not SeatState.JOINING:
        return
    again.forget_subject(step, channel, ChannelEffect)  # a track of where they were still ends
    conference = step.node[CONFERENCES][participant.conference]
    alone = not people.present(step, conference.id)
    is_new = participant.joined_at_s is None
    step.put(replace(participant, state=SeatState.PRESENT, joined_at_s=step.at_s))
    step.note(conference.id, ConferenceNote.JOINED, participant.id, name=participant.name, by=participant.kind.value)
    step.stop_timer(ConferenceTimer.CONFERENCE_EMPTY, conference.id)
    if conference.state is ConferenceState.OPEN:
        step.drop_from(EMPTY_SINCE_S, conference.id)
        started_at_s = conference.started_at_s or step.at_s
        conference = replace(conference, state=ConferenceState.ACTIVE, started_at_s=started_at_s)
        step.put(conference)
    if is_new:
        participant = roles.by_rank(step, step.node[PARTICIPANTS][participant.id])
    conference = step.node[CONFERENCES][conference.id]
    floor_control.change_floor(step, conference, floors.come_back(conference.floor, participant.id, step.at_s))
    _host_takes_lecture(step, step.node[CONFERENCES][conference.id], participant)
    voices.refresh_microphones(step, conference.id)
    if is_new and participant.is_kept_together:
        step.do(Whisper(channel, (prompts.ENTRY_RESCUED,), participant.language))
    elif alone:
        step.do(Whisper(channel, (prompts.MEETING_ALONE,), participant.language, Manner.COURTESY))


def left_mix(step: Step, participant: Seat, channel: ChannelId) -> None:
    """Asterisk says that they are in the mix no more. Most often they hang up; `JOIN` looks whether they did."""
    if participant.state is SeatState.PRESENT:
        step.start_timer(ConferenceTimer.JOIN, channel, LEG_END_S)


def move(step: Step, participant: Seat, room: MixId) -> None:
    """Into another room of the conference, on the same leg. A place in the floor's queue, and the floor, stay behind.

    Somebody on the way in, or whose line is lost, comes into the new room in the end. `JOIN` looks whether they came
    there.
    """
    if participant.room == room or participant.state is SeatState.LEFT:
        return
    if participant.talking and not rooms.is_aside(step.node, participant):
        step.note(participant.conference, ConferenceNote.TALK_STOPPED, participant.id)
    step.put(replace(participant, room=room, talking=False))
    participant = step.node[PARTICIPANTS][participant.id]
    conference = step.node[CONFERENCES][participant.conference]
    if rooms.is_aside(step.node, participant):
        host = people.host_of(step, conference.id)
        floor_control.change_floor(step, conference, floors.leave(conference.floor, participant.id, host, step.at_s))
    elif participant.state is SeatState.PRESENT:
        _host_takes_lecture(step, conference, participant)
    channel = legs.channel_of(step.node, participant)
    if channel is not None:
        rooms.make_sure_of(step, participant)
        if channel in step.node[HEARD]:
            step.do(_join(step, participant, channel))


def put_back(step: Step, participant: Seat) -> None:
    """On the line and not in the mix: they hear nobody, and nobody hears them. On the way in again, in their seat."""
    leg = legs.live(step.node, participant)
    if leg is None or leg.channel is None:
        return
    if participant.state is SeatState.PRESENT:
        leave(step, participant, state=SeatState.JOINING)
        legs.let_go(step, leg)
        participant = replace(step.node[PARTICIPANTS][participant.id], left_at_s=None)
        step.put(participant)
        step.set_in(SEATS, leg.channel, leg.id)
        rooms.make_sure_of(step, participant)
    take_seat(step, participant)


def _host_takes_lecture(step: Step, conference: Conference, participant: Seat) -> None:
    is_free_lecture = conference.floor.mode is FloorMode.LECTURE and conference.floor.holder is None
    if is_free_lecture and participant.role is Role.HOST and not rooms.is_aside(step.node, participant):
        floor_control.change_floor(step, conference, floors.give(conference.floor, participant.id, step.at_s))


def leave(
    step: Step,
    participant: Seat,
    *,
    state: SeatState = SeatState.LEFT,
    cause: int | None = None,
) -> None:
    """They are gone: hung up, removed, their talkgroup unpatched, or their line lost (`LOST`). Or they are out of the
    mix, and on the way in again (`JOINING`) on the same leg.

    Args:
        state: The seat from now on.
        cause: Q.850 cause of the leg's end, where one is known.
    """
    if participant.state is SeatState.LEFT:
        return
    was_present = participant.state is SeatState.PRESENT
    step.put(replace(participant, state=state, left_at_s=step.at_s, talking=False))
    if state is not SeatState.JOINING:
        legs.end(step, participant, cause)
    conference = step.node[CONFERENCES].get(participant.conference)
    if state is SeatState.LOST:
        step.start_timer(ConferenceTimer.SEAT_KEPT, participant.id, step.node.policy[ConferencePolicy].seat_kept_s)
    if state is SeatState.LEFT:
        _forget_earliest_left(step, participant.conference)
    if conference is None or not was_present:
        return
    kind = ConferenceNote.LINE_LOST if state is SeatState.LOST else ConferenceNote.LEFT
    step.note(conference.id, kind, participant.id, name=participant.name)
    floor_control.leave_floor(step, conference, participant.id, may_return=state is not SeatState.LEFT)
    if not any(one.kind is not LegKind.RADIO for one in people.present(step, conference.id)):
        _empty(step, step.node[CONFERENCES][conference.id])


def _forget_earliest_left(step: Step, conference: ConferenceId) -> None:
    """A standing conference shows the latest who left it; the store keeps them all."""
    left = [
        one for one in step.node[PARTICIPANTS].values() if one.conference == conference and one.state is SeatState.LEFT
    ]
    for one in left[: max(0, len(left) - step.node.policy[ConferencePolicy].most_left)]:
        forget(step, one)


def _empty(step: Step, conference: Conference) -> None:
    if conference.state is ConferenceState.ACTIVE:
        step.put(replace(conference, state=ConferenceState.OPEN))
        step.set_in(EMPTY_SINCE_S, conference.id, step.at_s)
        step.start_timer(ConferenceTimer.CONFERENCE_EMPTY, conference.id, step.node.policy[ConferencePolicy].empty_s)


def still_empty(step: Step, conference: Conference) -> None:
    """The empty conference has stayed so: those who left it are forgotten."""
    if conference.state is not ConferenceState.OPEN:
        return
    for one in list(step.node[PARTICIPANTS].values()):
        if one.conference == conference.id and one.state is SeatState.LEFT:
            forget(step, one)


def forget(step: Step, participant: Seat) -> None:
    """The node forgets somebody who has left; the store keeps them."""
    legs.forget(step, participant)
    step.forget(participant)
