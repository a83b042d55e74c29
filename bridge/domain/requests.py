"""What people ask for through API, console and CLI: each command is carried out or refused, and audited."""

from typing import assert_never

from bridge.domain import callout, ending, entry, keypad, meeting, patching, prompts, reach, shortdata
from bridge.domain import commands as c
from bridge.domain import floor as floors
from bridge.domain.effects import HangUpLeg, SetHeard
from bridge.domain.model import (
    Conference,
    ConferenceRecording,
    ConferenceState,
    Floor,
    Participant,
    ParticipantKind,
    ParticipantState,
    PatchState,
)
from bridge.domain.turn import Turn


def carry_out(turn: Turn, actor: str, command: c.Command) -> None:
    """Sets `turn.reply`; a refusal changes nothing."""
    match command:
        case c.OpenConference():
            _open(turn, actor, command)
        case c.StartActivation():
            callout.start(turn, actor, command)
        case c.CallOut():
            _call_out(turn, actor, command)
        case c.CancelActivation():
            _cancel_activation(turn, actor, command)
        case c.AddPatch() | c.RemovePatch() | c.ApprovePatch() | c.ExtendPatch() | c.SetPatch() | c.KeyRadio():
            _about_patch(turn, actor, command)
        case c.SendSds() | c.SendStatus():
            shortdata.send(turn, actor, command)
        case c.SetMuted() | c.RemoveParticipant() | c.RequestFloor():
            _about_participant(turn, actor, command)
        case (
            c.EndConference()
            | c.LockConference()
            | c.MuteAll()
            | c.SetFloorMode()
            | c.GiveFloor()
            | c.TakeFloor()
            | c.SetRecording()
        ):
            _about_conference(turn, actor, command)
        case _:
            assert_never(command)


# --- conferences ---


def _open(turn: Turn, actor: str, command: c.OpenConference) -> None:
    if command.conference in turn.node.conferences:
        turn.reply = c.Done(command.conference)
        return
    turn.put(
        Conference(
            id=command.conference,
            mix=command.mix,
            name=command.name,
            number=command.number,
            created_at_s=turn.at_s,
            language=command.language,
            exercise=command.exercise,
            forum=command.forum,
            emergency=command.emergency,
            floor=Floor(mode=command.floor_mode),
            recording=ConferenceRecording(wanted=command.recorded),
        )
    )
    turn.audit(actor, "conference.open", command.conference, name=command.name, recorded=command.recorded)
    turn.reply = c.Done(command.conference)


ConferenceCommand = (
    c.EndConference | c.LockConference | c.MuteAll | c.SetFloorMode | c.GiveFloor | c.TakeFloor | c.SetRecording
)


def _about_conference(turn: Turn, actor: str, command: ConferenceCommand) -> None:
    conference = turn.node.conferences.get(command.conference)
    if conference is None:
        turn.reply = c.Refused("not_found", "there is no such conference")
        return
    if conference.state is ConferenceState.ENDED:
        already_so = isinstance(command, c.EndConference)
        turn.reply = c.Done(conference.id) if already_so else c.Refused("ended", "the conference has ended")
        return
    turn.reply = c.Done(conference.id)
    match command:
        case c.EndConference():
            ending.end(turn, conference)
            turn.audit(actor, "conference.end", conference.id)
        case c.LockConference():
            keypad.set_locked(turn, conference, command.locked)
            turn.audit(actor, "conference.lock", conference.id, locked=command.locked)
        case c.MuteAll():
            keypad.mute_all(turn, conference)
            turn.audit(actor, "conference.mute_all", conference.id)
        case c.SetFloorMode():
            meeting.set_floor_mode(turn, conference, command.mode)
            turn.audit(actor, "floor.mode", conference.id, mode=command.mode.value)
        case c.GiveFloor():
            _give(turn, actor, conference, command)
        case c.TakeFloor():
            meeting.release_floor(turn, conference)
            turn.audit(actor, "floor.take", conference.id)
        case c.SetRecording():
            _record(turn, actor, conference, command)
        case _:
            assert_never(command)


def _give(turn: Turn, actor: str, conference: Conference, command: c.GiveFloor) -> None:
    if command.participant is None:
        if not conference.floor.queue:
            turn.reply = c.Refused("conflict", "nobody waits for the word", "participant")
            return
    else:
        present = _present(turn, conference, command.participant)
        if present is None:
            turn.reply = c.Refused("not_found", "that participant is not in the conference", "participant")
            return
        if not reach.can_speak(turn, present):
            reason = f"the talkgroup {present.name} cannot be reached now"
            turn.reply = c.Refused("conflict", reason, "participant", retry=True)
            return
    meeting.change_floor(turn, conference, floors.give(conference.floor, command.participant, turn.at_s))
    holder = turn.node.conferences[conference.id].floor.holder
    turn.audit(actor, "floor.give", conference.id, participant=holder)


def _record(turn: Turn, actor: str, conference: Conference, command: c.SetRecording) -> None:
    turn.audit(actor, "recording.start" if command.on else "recording.stop", conference.id)
    if not command.on:
        meeting.stop_recording(turn, conference, announced=conference.state is ConferenceState.ACTIVE)
    elif conference.state is ConferenceState.ACTIVE:
        meeting.start_recording(turn, conference, announced=True)
    else:
        meeting.want_recording(turn, conference)


# --- participants ---

ParticipantCommand = c.SetMuted | c.RemoveParticipant | c.RequestFloor


def _present(turn: Turn, conference: Conference, participant: str) -> Participant | None:
    for one in turn.present(conference.id):
        if one.id == participant:
            return one
    return None


def _about_participant(turn: Turn, actor: str, command: ParticipantCommand) -> None:
    conference = turn.node.conferences.get(command.conference)
    participant = turn.node.participants.get(command.participant)
    if conference is None or participant is None or participant.conference != conference.id:
        turn.reply = c.Refused("not_found", "there is no such participant in this conference")
        return
    if participant.state is ParticipantState.LEFT:
        turn.reply = c.Refused("conflict", "the participant has left the conference")
        return
    turn.reply = c.Done(participant.id)
    match command:
        case c.SetMuted():
            meeting.set_muted(turn, participant, command.muted, by_host=True)
            turn.audit(actor, "participant.mute", participant.id, muted=command.muted)
        case c.RemoveParticipant():
            _remove(turn, actor, participant)
        case c.RequestFloor() if participant.state is not ParticipantState.PRESENT:
            turn.reply = c.Refused("conflict", "the participant is not in the meeting yet", retry=True)
        case c.RequestFloor():
            ask = meeting.request_floor if command.wanted else meeting.withdraw_request
            ask(turn, participant)
        case _:
            assert_never(command)


def _remove(turn: Turn, actor: str, participant: Participant) -> None:
    if participant.kind is ParticipantKind.RADIO:
        patch = turn.patch_of(participant.patch) if participant.patch else None
        if patch is not None:
            patching.remove(turn, actor, patch)
        return
    turn.audit(actor, "participant.remove", participant.id)
    channel, was_present = participant.channel, participant.state is ParticipantState.PRESENT
    if participant.state is ParticipantState.LOST:
        meeting.leave(turn, participant)
    elif channel is not None and was_present:
        turn.do(SetHeard(channel, False))
        meeting.leave(turn, participant)
        entry.say_and_hang_up(turn, channel, participant.language, prompts.MEETING_REMOVED)
    elif channel is not None:
        turn.do(HangUpLeg(channel))


# --- call-outs, patches ---


def _call_out(turn: Turn, actor: str, command: c.CallOut) -> None:
    if command.activation.targets and callout.running(turn, command.activation) is None:
        _open(turn, actor, command.opening)
    callout.start(turn, actor, command.activation)


def _cancel_activation(turn: Turn, actor: str, command: c.CancelActivation) -> None:
    activation = turn.node.activations.get(command.activation)
    if activation is None:
        turn.reply = c.Refused("not_found", "there is no such activation")
        return
    callout.cancel(turn, activation)
    turn.audit(actor, "activation.cancel", activation.id)
    turn.reply = c.Done(activation.id)


def _about_patch(
    turn: Turn,
    actor: str,
    command: c.AddPatch | c.RemovePatch | c.ApprovePatch | c.ExtendPatch | c.SetPatch | c.KeyRadio,
) -> None:
    match command:
        case c.AddPatch():
            patching.add(turn, actor, command)
        case c.RemovePatch():
            _remove_patch(turn, actor, command)
        case c.ApprovePatch():
            patching.approve(turn, actor, command)
        case c.ExtendPatch():
            patching.extend(turn, actor, command)
        case c.SetPatch():
            patching.change(turn, actor, command)
        case c.KeyRadio():
            patching.key(turn, command)
        case _:
            assert_never(command)


def _remove_patch(turn: Turn, actor: str, command: c.RemovePatch) -> None:
    patch = turn.node.patches.get(command.patch)
    if patch is None or patch.conference != command.conference:
        turn.reply = c.Refused("not_found", "there is no such patch in this conference")
        return
    if patch.state is not PatchState.REMOVED:
        patching.remove(turn, actor, patch, at_once=command.at_once)
    turn.reply = c.Done(patch.id)
