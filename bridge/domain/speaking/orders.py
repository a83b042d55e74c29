"""The commands of this room: each is carried out or refused, and audited."""

from dataclasses import replace

from bridge.domain.conference import orders
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import PARTICIPANTS
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.speaking.commands import SetSpeakingList, SetTurnLimit
from bridge.domain.speaking.notes import SpeakingNote
from bridge.domain.speaking.records import SPEAKING, Speaking


def set_list(step: Step, actor: str, command: SetSpeakingList) -> None:
    """The items take their places in the line by `turns.keep`, as people are here."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    for item in command.items:
        named = step.node[PARTICIPANTS].get(item.participant) if item.participant is not None else None
        if item.participant is not None and (named is None or named.conference != conference.id):
            step.reply = Refused("not_found", ConferenceReason.NO_SUCH_PARTICIPANT(), "participant")
            return
    step.put(replace(of(step, conference.id), items=command.items))
    step.note(conference.id, SpeakingNote.LIST, items=len(command.items))
    step.audit(actor, "speaking.list", conference.id, items=len(command.items))
    step.reply = Done(conference.id)


def set_turn_limit(step: Step, actor: str, command: SetTurnLimit) -> None:
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    step.put(replace(of(step, conference.id), turn_s=command.turn_s, turn_ends=command.turn_ends))
    ends = command.turn_ends.value if command.turn_ends is not None else None
    step.audit(actor, "speaking.turn_limit", conference.id, turn_s=command.turn_s, ends=ends)
    step.reply = Done(conference.id)


def of(step: Step, conference: ConferenceId) -> Speaking:
    """The conference's record; an empty one until something is set."""
    return step.node[SPEAKING].get(conference) or Speaking(conference, conference)
