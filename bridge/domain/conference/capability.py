"""The conference, as the step sees it."""

from collections.abc import Callable
from typing import Final

from bridge.domain.conference import entry, keypad, orders, people, prompts, questions, returning, roles, seats, voices
from bridge.domain.conference.commands import (
    LockConference,
    MuteAll,
    OpenConference,
    PassOn,
    RequestFloor,
    SetFloorMode,
    SetMuted,
    SetRole,
    TakeFloor,
    UndoMuteAll,
)
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import ENTRIES, Entry
from bridge.domain.conference.records import CONFERENCES, LEGS, PARTICIPANTS, ROOMS, SeatState
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.capability import Capability, Due, carries_out, on, when_due
from bridge.domain.kernel.ids import ChannelId, ConferenceId, ParticipantId
from bridge.domain.kernel.step import Step
from bridge.domain.kernel.timers import TimerKind
from bridge.domain.telephony.events import (
    DigitPressed,
    MixJoined,
    MixLeft,
    PlaybackEnded,
    TalkingStarted,
    TalkingStopped,
)
from bridge.domain.telephony.timers import PromptTimer


def _digit(step: Step, event: DigitPressed) -> None:
    caller, participant = step.node[ENTRIES].get(event.channel), people.seat(step, event.channel)
    if caller is not None:
        entry.press(step, caller, event.digit)
    elif participant is not None:
        keypad.press(step, participant, event.digit)


def _played(step: Step, event: PlaybackEnded) -> None:
    caller = step.node[ENTRIES].get(event.channel)
    if caller is not None:
        entry.played(step, caller, event.playback)


def _talking(step: Step, event: TalkingStarted | TalkingStopped) -> None:
    participant = people.seat(step, event.channel)
    if participant is not None and participant.state is not SeatState.WAITING:
        voices.talking(step, participant, isinstance(event, TalkingStarted))


def _joined(step: Step, event: MixJoined) -> None:
    participant = people.seat(step, event.channel)
    if participant is not None and participant.room == event.mix:
        seats.seated(step, participant, event.channel)


def _left(step: Step, event: MixLeft) -> None:
    participant = people.seat(step, event.channel)
    if participant is not None and participant.room == event.mix:
        seats.left_mix(step, participant, event.channel)


def _caller_timer(kind: TimerKind, rule: Callable[[Step, Entry], None]) -> Due:
    def due(step: Step, subject: str) -> None:
        caller = step.node[ENTRIES].get(ChannelId(subject))
        if caller is not None:
            rule(step, caller)

    return when_due(kind, due)


def _keys_due(step: Step, subject: str) -> None:
    participant = people.seat(step, ChannelId(subject))
    if participant is not None:
        keypad.forget_pending(step, participant)


def _empty_due(step: Step, subject: str) -> None:
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    if conference is not None:
        seats.still_empty(step, conference)


def _keep(step: Step) -> None:
    questions.keep(step)
    roles.keep(step)


CONFERENCE: Final = Capability(
    "conference",
    records=(CONFERENCES, ROOMS, PARTICIPANTS, LEGS),
    heed=(
        on(DigitPressed, _digit),
        on(PlaybackEnded, _played),
        on(TalkingStarted, _talking),
        on(TalkingStopped, _talking),
        on(MixJoined, _joined),
        on(MixLeft, _left),
    ),
    commands=(
        carries_out(OpenConference, orders.open_conference),
        carries_out(LockConference, orders.lock),
        carries_out(PassOn, orders.pass_on),
        carries_out(MuteAll, orders.mute_all),
        carries_out(UndoMuteAll, orders.undo_mute_all),
        carries_out(SetFloorMode, orders.set_floor_mode),
        carries_out(TakeFloor, orders.take_floor),
        carries_out(SetMuted, orders.set_muted),
        carries_out(SetRole, orders.set_role),
        carries_out(RequestFloor, orders.request_floor),
    ),
    timers=(
        _caller_timer(ConferenceTimer.ENTRY_DIGITS, entry.pause),
        _caller_timer(ConferenceTimer.ENTRY_BRAKE, entry.say_wrong),
        _caller_timer(ConferenceTimer.ENTRY_HELD, entry.held_due),
        _caller_timer(ConferenceTimer.ENTRY_REMIND, entry.remind),
        _caller_timer(ConferenceTimer.ENTRY_NAME, entry.name_overdue),
        _caller_timer(PromptTimer.PROMPT, entry.prompt_overdue),
        when_due(ConferenceTimer.KEYS, _keys_due),
        when_due(ConferenceTimer.QUESTION, lambda step, subject: questions.due(step, ParticipantId(subject))),
        when_due(ConferenceTimer.CONFERENCE_EMPTY, _empty_due),
        when_due(ConferenceTimer.SEAT_KEPT, lambda step, subject: returning.due(step, ParticipantId(subject))),
    ),
    notes=ConferenceNote,
    prompts=prompts,
    keys=keypad.CONFERENCE_KEYS,
    resume=returning.resume,
    keep=_keep,
)
