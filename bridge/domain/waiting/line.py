"""The line of those who wait. Each hears words and a tone on a channel of their own, in no mix: nobody hears anybody.

Words are one playback of about a quarter of a minute, and the end of it begins the next. No time ends the waiting.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import entry, legs, people, rooms, seats
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.passing import WAITS, Wait
from bridge.domain.conference.records import PARTICIPANTS, Conference, Seat, SeatState
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, ParticipantId, PlaybackId
from bridge.domain.kernel.order import oldest_first
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import JoinMix, Play, StopPlaying
from bridge.domain.telephony.events import PlaybackEnded
from bridge.domain.telephony.state import TELEPHONY
from bridge.domain.waiting import prompts
from bridge.domain.waiting.notes import WaitingNote
from bridge.domain.waiting.timers import WaitingTimer

OVERDUE_S: Final = 120.0
"""Words and tone have ended after this, whatever is reported. An operator's own music may be a minute long."""
SHORTEST_S: Final = 1.0
"""Words that end sooner were not said."""
AGAIN_S: Final = 2.0
"""Words that could not be said are tried again after this."""


def of(step: Step, conference: ConferenceId) -> list[Seat]:
    """Those who wait, the first first."""
    waiting = [
        one
        for one in step.node[PARTICIPANTS].values()
        if one.conference == conference and one.state is SeatState.WAITING
    ]
    return oldest_first(waiting, lambda one: one.waits_since_s)


def let_in(step: Step, conference: Conference, seat: Seat) -> None:
    """Into the meeting. A caller who still hears the words at the door comes in at their end."""
    channel = legs.channel_of(step.node, seat)
    is_in_line = seat.id in step.node[WAITS]
    _hush(step, seat, channel)
    seat = replace(seat, state=SeatState.JOINING, waits_since_s=None)
    step.put(seat)
    step.note(conference.id, WaitingNote.LET_IN, seat.id, name=seat.name)
    rooms.make_sure_of(step, seat)
    if is_in_line and channel is not None:
        entry.let_in(step, conference, seat, channel)


def tell(step: Step, conference: Conference, said: Prompt) -> None:
    """A host's words, to everybody who is in the line now."""
    for seat in of(step, conference.id):
        wait = step.node[WAITS].get(seat.id)
        if wait is not None and wait.hears is None:
            _hush(step, seat, legs.channel_of(step.node, seat))
            _say(step, seat, said)


def listen(step: Step, seat: Seat, room: MixId, longest_s: float) -> None:
    """They hear a host in that mix instead of the words, and are not heard. Past its time the words go on."""
    channel = legs.channel_of(step.node, seat)
    if channel is None:
        return
    _hush(step, seat, channel)
    step.set_in(WAITS, seat.id, Wait(hears=room))
    step.do(JoinMix(channel, room, heard=False))
    step.start_timer(WaitingTimer.WAITING_WORDS, seat.id, longest_s + AGAIN_S)


def not_listening(step: Step, seat: Seat) -> None:
    """They could not be put there: they hear the words."""
    wait = step.node[WAITS].get(seat.id)
    if wait is not None and wait.hears is not None:
        _pause(step, seat.id)


def left_alone(step: Step, room: MixId) -> None:
    """Nobody speaks there any more. The words begin when they are out of that mix."""
    for participant, wait in list(step.node[WAITS].items()):
        if wait.hears == room:
            _pause(step, participant)


def send_away(step: Step, seat: Seat, channel: ChannelId, said: Prompt) -> None:
    """A last word, and the line is hung up."""
    _hush(step, seat, channel)
    seats.leave(step, seat)
    entry.say_and_hang_up(step, channel, seat.language, said)


def send_all_away(step: Step, conference: Conference) -> None:
    """The conference is over."""
    for seat in of(step, conference.id):
        channel = legs.channel_of(step.node, seat)
        if channel is not None:
            send_away(step, seat, channel, conference_prompts.MEETING_ENDED)


def said(step: Step, event: PlaybackEnded) -> None:
    """Their words have ended: the next begin. Words that failed at once are not tried without a pause."""
    seat = people.seat(step, event.channel)
    wait = step.node[WAITS].get(seat.id) if seat is not None else None
    if seat is None or wait is None or wait.playback != event.playback:
        return
    if event.failed or step.at_s - wait.began_at_s < SHORTEST_S:
        _pause(step, seat.id)
    else:
        _say_place(step, seat)


def not_said(step: Step, channel: ChannelId, playback: PlaybackId) -> None:
    """The order to say them failed."""
    seat = people.seat(step, channel)
    wait = step.node[WAITS].get(seat.id) if seat is not None else None
    if seat is not None and wait is not None and wait.playback == playback:
        _pause(step, seat.id)


def due(step: Step, subject: str) -> None:
    """Nobody has told the end of the words, or the pause is over."""
    seat = step.node[PARTICIPANTS].get(ParticipantId(subject))
    if seat is not None and seat.id in step.node[WAITS]:
        _hush(step, seat, legs.channel_of(step.node, seat))
        _say_place(step, seat)


def keep(step: Step) -> None:
    """People who have come into the line hear its words. Those who wait no more have none."""
    for participant, wait in list(step.node[WAITS].items()):
        seat = step.node[PARTICIPANTS].get(participant)
        if seat is None or seat.state is not SeatState.WAITING:
            step.drop_from(WAITS, participant)
            step.stop_timer(WaitingTimer.WAITING_WORDS, participant)
        elif wait.playback is None and not wait.pauses and wait.hears is None:
            _say_place(step, seat)


def _say_place(step: Step, seat: Seat) -> None:
    place = [one.id for one in of(step, seat.conference)].index(seat.id) + 1
    is_led = people.host_of(step, seat.conference) is not None
    _say(
        step,
        seat,
        *(() if is_led else (prompts.WAITING_NO_HOST,)),
        prompts.WAITING_PLACE,
        phrases.number(place),
    )


def _say(step: Step, seat: Seat, *words: Prompt) -> None:
    channel = legs.channel_of(step.node, seat)
    if channel is None or not step.node[TELEPHONY].up:
        _pause(step, seat.id)
        return
    playback = PlaybackId(step.mint("playback"))
    step.set_in(WAITS, seat.id, Wait(playback, step.at_s))
    step.do(Play(channel, playback, (*words, prompts.TONE_WAITING), seat.language))
    step.start_timer(WaitingTimer.WAITING_WORDS, seat.id, OVERDUE_S)


def _pause(step: Step, participant: ParticipantId) -> None:
    step.set_in(WAITS, participant, Wait(pauses=True))
    step.start_timer(WaitingTimer.WAITING_WORDS, participant, AGAIN_S)


def _hush(step: Step, seat: Seat, channel: ChannelId | None) -> None:
    """Their words end, and no others follow."""
    wait = step.node[WAITS].get(seat.id)
    if wait is None:
        return
    if wait.playback is not None and channel is not None:
        step.do(StopPlaying(channel, wait.playback))
    step.drop_from(WAITS, seat.id)
    step.stop_timer(WaitingTimer.WAITING_WORDS, seat.id)
