"""Commands that concern more than one room."""

from bridge.domain.conference import entry, floor_control, legs, orders, prompts, rooms, seats
from bridge.domain.conference import floor as floors
from bridge.domain.conference.commands import EndConference, GiveFloor, RemoveParticipant
from bridge.domain.conference.reasons import FloorReason
from bridge.domain.conference.records import CONFERENCES, LegKind, Role, Seat, SeatState
from bridge.domain.decisions import orders as decision_orders
from bridge.domain.decisions.commands import ReadBackDecision
from bridge.domain.decisions.reasons import DecisionReason
from bridge.domain.decisions.records import DecisionState
from bridge.domain.joint import conduct, ending, reach
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.radio import patches, patching
from bridge.domain.telephony.effects import HangUpLeg, SetHeard
from bridge.domain.waiting import line
from bridge.domain.waiting import prompts as waiting_prompts


def end(step: Step, actor: str, command: EndConference) -> None:
    """A conference that has ended already is ended: nothing is refused."""
    conference = step.node[CONFERENCES].get(command.conference)
    if conference is None:
        step.reply = orders.NO_CONFERENCE
        return
    if ending.end(step, conference):
        step.audit(actor, "conference.end", conference.id)
    step.reply = Done(conference.id)


def give_floor(step: Step, actor: str, command: GiveFloor) -> None:
    """The floor goes to those who can be heard: a talkgroup must be within reach."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    to = None
    if command.participant is None:
        if floors.next_up(conference.floor) is None:
            step.reply = Refused("conflict", FloorReason.NOBODY_WAITS(), "participant")
            return
    else:
        to = orders.present(step, conference, command.participant)
        if to is None:
            step.reply = Refused("not_found", FloorReason.NOT_PRESENT(), "participant")
            return
        if to.role is Role.LISTENER:
            step.reply = Refused("conflict", FloorReason.LISTENER(), "participant")
            return
        if rooms.is_aside(step.node, to):
            step.reply = Refused("conflict", FloorReason.ASIDE(), "participant")
            return
        if not reach.can_speak(step, to):
            reason = FloorReason.TALKGROUP_UNREACHABLE(talkgroup=to.name)
            step.reply = Refused("conflict", reason, "participant", retry=True)
            return
    floor_control.give_floor(step, conference, to)
    holder = step.node[CONFERENCES][conference.id].floor.holder
    step.audit(actor, "floor.give", conference.id, participant=holder)
    step.reply = Done(conference.id)


def read_back(step: Step, actor: str, command: ReadBackDecision) -> None:
    """The meeting hears a decision once more, with its sound where that is still recorded here."""
    decision = decision_orders.standing(step, orders.running(step, command.conference), command.decision)
    if decision is None:
        return
    if decision.state is DecisionState.SPEAKING:
        step.reply = Refused("conflict", DecisionReason.NOT_SPOKEN_YET(number=decision.number), retry=True)
        return
    conduct.read_back(step, decision, actor)
    step.audit(actor, "decision.read_back", decision.conference, decision=decision.id)
    step.reply = Done(decision.id)


def remove(step: Step, actor: str, command: RemoveParticipant) -> None:
    """Out of the conference: a telephone hears so and is hung up, a talkgroup is unpatched."""
    participant = orders.taking_part(step, command.conference, command.participant)
    if participant is None:
        return
    step.reply = Done(participant.id)
    if participant.kind is LegKind.RADIO:
        patch_id = legs.patch_of(step.node, participant)
        patch = patches.patch_of(step, patch_id) if patch_id is not None else None
        if patch is not None:
            patching.remove(step, actor, patch)
        return
    step.audit(actor, "participant.remove", participant.id)
    _remove_telephone(step, participant)


def _remove_telephone(step: Step, participant: Seat) -> None:
    channel, was_present = legs.channel_of(step.node, participant), participant.state is SeatState.PRESENT
    if participant.state is SeatState.LOST:
        seats.leave(step, participant)
    elif channel is not None and participant.state is SeatState.WAITING:
        line.send_away(step, participant, channel, waiting_prompts.WAITING_REMOVED)
    elif channel is not None and was_present:
        step.do(SetHeard(channel, False))
        seats.leave(step, participant)
        entry.say_and_hang_up(step, channel, participant.language, prompts.MEETING_REMOVED)
    elif channel is not None:
        step.do(HangUpLeg(channel))
