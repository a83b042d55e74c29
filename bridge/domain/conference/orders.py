"""The commands of a conference, from API, console and CLI: each is carried out or refused, and audited."""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import door, floor_control, people, roles, rooms, secrecy, voices
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
from bridge.domain.conference.reasons import ConferenceReason, FloorReason
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceRecording,
    ConferenceState,
    Floor,
    LegKind,
    MuteOwner,
    Role,
    Seat,
    SeatState,
    Secrecy,
)
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step

MOST_CO_HOSTS: Final = 8
"""So many lead a meeting beside the person whose it is."""
NO_CONFERENCE: Final = Refused("not_found", ConferenceReason.NO_SUCH_CONFERENCE())


def running(step: Step, conference: ConferenceId) -> Conference | None:
    """The conference, unless it is unknown or has ended; then `step.reply` refuses."""
    found = step.node[CONFERENCES].get(conference)
    if found is None:
        step.reply = NO_CONFERENCE
        return None
    if found.state is ConferenceState.ENDED:
        step.reply = Refused("ended", ConferenceReason.ENDED())
        return None
    return found


def taking_part(step: Step, conference: ConferenceId, participant: ParticipantId) -> Seat | None:
    """The participant, unless they are unknown or have left; then `step.reply` refuses."""
    found = step.node[PARTICIPANTS].get(participant)
    if conference not in step.node[CONFERENCES] or found is None or found.conference != conference:
        step.reply = Refused("not_found", ConferenceReason.NO_SUCH_PARTICIPANT())
        return None
    if found.state is SeatState.LEFT:
        step.reply = Refused("conflict", ConferenceReason.PARTICIPANT_LEFT())
        return None
    return found


def present(step: Step, conference: Conference, participant: ParticipantId) -> Seat | None:
    return next((one for one in people.present(step, conference.id) if one.id == participant), None)


def open_conference(step: Step, actor: str, command: OpenConference) -> None:
    if command.conference in step.node[CONFERENCES]:
        step.reply = Done(command.conference)
        return
    taken = door.led_to(step.node, command.direct_number) if command.direct_number else None
    if taken is not None:
        reason = ConferenceReason.DIRECT_NUMBER_TAKEN(number=taken.direct_number, name=taken.name)
        step.reply = Refused("conflict", reason, "direct_number")
        return
    if command.secrecy is Secrecy.NATIONAL:
        step.reply = Refused("invalid", ConferenceReason.NATIONAL_SECURITY(), "secrecy")
        return
    if command.secrecy is Secrecy.SECRET and not secrecy.is_reachable(step):
        step.reply = Refused("conflict", ConferenceReason.NO_LINE_FOR_SECRECY(), "secrecy")
        return
    if command.ends_at_s is not None and command.ends_at_s <= step.at_s:
        step.reply = Refused("invalid", ConferenceReason.ENDS_IN_THE_PAST(), "ends_at")
        return
    is_secret = command.secrecy is Secrecy.SECRET
    conference = Conference(
        id=command.conference,
        name=command.name,
        number=command.number,
        created_at_s=step.at_s,
        language=command.language,
        exercise=command.exercise,
        forum=command.forum,
        emergency=command.emergency,
        secrecy=command.secrecy,
        door=command.door,
        locked=is_secret and not command.door.waiting_room,
        floor=Floor(mode=command.floor_mode),
        recording=ConferenceRecording(wanted=command.recorded),
        direct_number=command.direct_number,
        direct_code=command.direct_code,
        ends_at_s=command.ends_at_s,
        opened_by=command.opened_by,
    )
    step.put(conference)
    rooms.open_main(step, conference, command.mix)
    label = {"secrecy": command.secrecy.value} if is_secret else {}
    step.audit(actor, "conference.open", command.conference, name=command.name, recorded=command.recorded, **label)
    step.reply = Done(command.conference)


def lock(step: Step, actor: str, command: LockConference) -> None:
    conference = running(step, command.conference)
    if conference is not None:
        door.set_locked(step, conference, command.locked)
        step.audit(actor, "conference.lock", conference.id, locked=command.locked)
        step.reply = Done(conference.id)


def pass_on(step: Step, actor: str, command: PassOn) -> None:
    """The person whose it was has no part in it any more, unless they stay."""
    conference = running(step, command.conference)
    if conference is None:
        return
    former = conference.opened_by
    if former == command.to:
        step.reply = Refused("conflict", ConferenceReason.ALREADY_THEIRS(name=command.to), "to")
        return
    beside = tuple(one for one in conference.co_hosts if one not in (former, command.to))
    if former is not None and command.stays:
        beside = (*beside, former)
    if len(beside) > MOST_CO_HOSTS:
        step.reply = Refused("conflict", ConferenceReason.TOO_MANY_LEAD(most=MOST_CO_HOSTS), "stays")
        return
    step.put(
        replace(
            conference,
            opened_by=command.to,
            co_hosts=beside,
            handed_from=former,
            handed_by=actor,
            handed_at_s=step.at_s,
        )
    )
    step.note(conference.id, ConferenceNote.PASSED_ON, to=command.to)
    step.audit(actor, "conference.pass_on", conference.id, former=former, to=command.to, stays=former in beside)
    step.reply = Done(conference.id)


def mute_all(step: Step, actor: str, command: MuteAll) -> None:
    conference = running(step, command.conference)
    if conference is not None:
        voices.mute_all(step, conference)
        step.audit(actor, "conference.mute_all", conference.id)
        step.reply = Done(conference.id)


def undo_mute_all(step: Step, actor: str, command: UndoMuteAll) -> None:
    """With nothing to undo nothing changes, and nothing is refused."""
    conference = running(step, command.conference)
    if conference is not None:
        if voices.undo_mute_all(step, conference):
            step.audit(actor, "conference.undo_mute_all", conference.id)
        step.reply = Done(conference.id)


def set_floor_mode(step: Step, actor: str, command: SetFloorMode) -> None:
    conference = running(step, command.conference)
    if conference is not None:
        floor_control.set_floor_mode(step, conference, command.mode)
        step.audit(actor, "floor.mode", conference.id, mode=command.mode.value)
        step.reply = Done(conference.id)


def take_floor(step: Step, actor: str, command: TakeFloor) -> None:
    conference = running(step, command.conference)
    if conference is not None:
        floor_control.release_floor(step, conference)
        step.audit(actor, "floor.take", conference.id)
        step.reply = Done(conference.id)


def set_muted(step: Step, actor: str, command: SetMuted) -> None:
    participant = taking_part(step, command.conference, command.participant)
    if participant is not None:
        voices.set_muted(step, participant, command.muted, by=MuteOwner.HOST)
        step.audit(actor, "participant.mute", participant.id, muted=command.muted)
        step.reply = Done(participant.id)


def set_role(step: Step, actor: str, command: SetRole) -> None:
    participant = taking_part(step, command.conference, command.participant)
    if participant is None:
        return
    if participant.kind is LegKind.RADIO and command.role not in (Role.PARTICIPANT, Role.LISTENER):
        step.reply = Refused("conflict", ConferenceReason.TALKGROUP_CANNOT_LEAD(), "role")
        return
    roles.set_role(step, participant, command.role)
    step.audit(actor, "participant.role", participant.id, role=command.role.value)
    step.reply = Done(participant.id)


def request_floor(step: Step, actor: str, command: RequestFloor) -> None:
    """Asking leaves a line in the timeline, and none in the audit log: it changes nothing for others."""
    participant = taking_part(step, command.conference, command.participant)
    if participant is None:
        return
    if participant.state is not SeatState.PRESENT:
        step.reply = Refused("conflict", ConferenceReason.PARTICIPANT_NOT_IN_YET(), retry=True)
        return
    if participant.role is Role.LISTENER and command.wanted:
        step.reply = Refused("conflict", FloorReason.LISTENER())
        return
    if rooms.is_aside(step.node, participant) and command.wanted:
        step.reply = Refused("conflict", FloorReason.ASIDE())
        return
    if command.wanted:
        floor_control.request_floor(step, participant, command.kind)
    else:
        floor_control.withdraw_request(step, participant)
    step.reply = Done(participant.id)
