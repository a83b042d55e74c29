"""The end of a conference: farewell in the meeting and on the air, then everybody is hung up and all is taken down."""

from dataclasses import replace

from bridge.domain import meeting, patching, prompts, radiolink
from bridge.domain.effects import DestroyMix, HangUpLeg, SayOnAir, WithdrawCodes
from bridge.domain.events import TimerKind
from bridge.domain.model import Conference, ConferenceState, NoteKind, ParticipantState, Patch, PatchState
from bridge.domain.turn import Turn

LOOK_AGAIN_S = 1.0


def end(turn: Turn, conference: Conference) -> None:
    """Say farewell, then hang everybody up. No new caller gets in from now on."""
    if conference.state is ConferenceState.ENDED:
        return
    turn.put(replace(conference, state=ConferenceState.ENDED, ended_at_s=turn.at_s))
    turn.note(conference.id, NoteKind.ENDED)
    turn.do(WithdrawCodes(conference.id))
    for patch in turn.patches_of(conference.id):
        radiolink.refresh_arming(turn, patch)  # before anything is said that is meant for telephones
    anybody = bool(turn.present(conference.id))
    if anybody:
        meeting.announce(turn, conference, prompts.MEETING_ENDED)
    for patch in turn.patches_of(conference.id):
        if patch.notice and not patch.closing and patch.state not in (PatchState.ASKED, PatchState.OFFLINE):
            said = (prompts.AIR_CLOSED, prompts.AIR_OUT) if patch.spoken_end else (prompts.AIR_CLOSED,)
            turn.do(SayOnAir(patch.id, said, conference.language))
    if anybody or any(_speaks(patch) for patch in turn.patches_of(conference.id)):
        turn.start_timer(TimerKind.CONFERENCE_END, conference.id, turn.node.policy.meeting.end_after_s)
    else:
        # At once: with nobody in it, it is forgotten with the last call to it, and its mix would be left standing.
        finish(turn, turn.node.conferences[conference.id])


def farewell_over(turn: Turn, conference: Conference) -> None:
    """The farewell in the meeting is said; one that is still on the air, or waits for it, is given its time."""
    waited_s = turn.at_s - (conference.ended_at_s or turn.at_s)
    busy = any(_speaks(patch) for patch in turn.patches_of(conference.id))
    if busy and waited_s < turn.node.policy.radio.closing_s:
        turn.start_timer(TimerKind.CONFERENCE_END, conference.id, LOOK_AGAIN_S)
        return
    finish(turn, conference)


def _speaks(patch: Patch) -> bool:
    return patch.voice_held or patch.state in (PatchState.DEMANDING, PatchState.QUEUED, PatchState.TRANSMITTING)


def finish(turn: Turn, conference: Conference) -> None:
    """Close the recordings, hang up, take the mix down, and forget what is finished."""
    if conference.state is not ConferenceState.ENDED:
        return
    meeting.stop_recording(turn, conference)
    for participant in list(turn.node.participants.values()):
        if participant.conference != conference.id:
            continue
        if participant.state is not ParticipantState.LEFT:
            if participant.channel is not None:
                turn.do(HangUpLeg(participant.channel))
            meeting.leave(turn, participant)
        turn.forget(turn.node.participants[participant.id])
    for patch in turn.patches_of(conference.id):
        turn.note(conference.id, NoteKind.UNPATCHED, patch.participant, gssi=patch.gssi)
        patching.finish(turn, patch)
        turn.forget(turn.node.patches[patch.id])
    turn.do(DestroyMix(conference.mix))
    if turn.node.conferences[conference.id].recording.recording is None:
        meeting.forget_if_finished(turn, conference.id)
