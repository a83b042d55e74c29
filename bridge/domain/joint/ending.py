"""The end of a conference. Farewell is said in the meeting and on the air. Then everybody is hung up, and all is taken
down."""

from dataclasses import replace

from bridge.domain.conference import keypad, legs, people, rooms, seats, voices
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.effects import WithdrawCodes
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import KEYS, Keys
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    Seat,
    SeatState,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.step import Step
from bridge.domain.radio import link, patches, patching
from bridge.domain.radio import prompts as radio_prompts
from bridge.domain.radio.effects import SayOnAir
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PATCHES, Patch, PatchState
from bridge.domain.recording import recordings
from bridge.domain.telephony.effects import HangUpLeg
from bridge.domain.waiting import line

LOOK_AGAIN_S = 1.0
END_CONFIRM_S = 10.0


def end(step: Step, conference: Conference) -> bool:
    """Say farewell, then hang everybody up. No new caller gets in from now on.

    Returns:
        False when it has ended already.
    """
    if conference.state is ConferenceState.ENDED:
        return False
    step.put(replace(conference, state=ConferenceState.ENDED, ended_at_s=step.at_s))
    step.note(conference.id, ConferenceNote.ENDED)
    step.do(WithdrawCodes(conference.id))
    for patch in patches.patches_of(step, conference.id):
        link.refresh_arming(step, patch)  # before anything is said that is meant for telephones
    line.send_all_away(step, conference)
    anybody = bool(people.present(step, conference.id))
    if anybody:
        voices.last_words(step, conference, conference_prompts.MEETING_ENDED)
    for patch in patches.patches_of(step, conference.id):
        if patch.notice and not patch.closing and patch.state not in (PatchState.PENDING_APPROVAL, PatchState.OFFLINE):
            said = (
                (radio_prompts.AIR_CLOSED, radio_prompts.AIR_OUT) if patch.spoken_end else (radio_prompts.AIR_CLOSED,)
            )
            step.do(SayOnAir(patch.id, said, conference.language))
    if anybody or any(_speaks(patch) for patch in patches.patches_of(step, conference.id)):
        step.start_timer(ConferenceTimer.CONFERENCE_END, conference.id, step.node.policy[ConferencePolicy].end_after_s)
    else:
        # Take it down at once. With nobody in it, it is forgotten with the last call to it, and its mix would be left.
        finish(step, step.node[CONFERENCES][conference.id])
    return True


def farewell_over(step: Step, conference: Conference) -> None:
    """The farewell in the meeting is said. A farewell that is still on the air, or waits for it, gets its time."""
    waited_s = step.at_s - (conference.ended_at_s or step.at_s)
    busy = any(_speaks(patch) for patch in patches.patches_of(step, conference.id))
    if busy and waited_s < step.node.policy[RadioPolicy].closing_s:
        step.start_timer(ConferenceTimer.CONFERENCE_END, conference.id, LOOK_AGAIN_S)
        return
    finish(step, conference)


def _speaks(patch: Patch) -> bool:
    return patch.voice_held or patch.state in (PatchState.DEMANDING, PatchState.QUEUED, PatchState.TRANSMITTING)


def finish(step: Step, conference: Conference) -> None:
    """Close the recordings, hang up, take the mix down, and forget what is finished."""
    if conference.state is not ConferenceState.ENDED:
        return
    recordings.stop_recording(step, conference)
    for participant in list(step.node[PARTICIPANTS].values()):
        if participant.conference != conference.id:
            continue
        if participant.state is not SeatState.LEFT:
            channel = legs.channel_of(step.node, participant)
            if channel is not None:
                step.do(HangUpLeg(channel))
            seats.leave(step, participant)
        seats.forget(step, step.node[PARTICIPANTS][participant.id])
    for patch in patches.patches_of(step, conference.id):
        step.note(conference.id, RadioNote.UNPATCHED, patch.participant, gssi=patch.gssi)
        patching.finish(step, patch)
        step.forget(step.node[PATCHES][patch.id])
    rooms.close_all(step, conference)


def by_key(step: Step, conference: Conference, host: Seat) -> None:
    """Keyed twice within `END_CONFIRM_S` it ends the conference; once it asks for that."""
    channel = legs.channel_of(step.node, host)
    if channel is None:
        return
    asked_at_s = step.node[KEYS].get(channel, Keys()).end_asked_at_s
    if asked_at_s is None or step.at_s - asked_at_s > END_CONFIRM_S:
        step.set_in(KEYS, channel, replace(step.node[KEYS].get(channel, Keys()), end_asked_at_s=step.at_s))
        voices.whisper(step, host, conference_prompts.MEETING_END_CONFIRM)
    elif end(step, conference):
        keypad.audit(step, host, "conference.end")
