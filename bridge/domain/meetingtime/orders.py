"""The commands about a meeting's time: each is carried out or refused, and audited."""

from bridge.domain.conference import orders
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.meetingtime import keeping, prompts
from bridge.domain.meetingtime.commands import ExtendMeeting, SetEnd


def set_end(step: Step, actor: str, command: SetEnd) -> None:
    """The end that it has already changes nothing."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    if command.ends_at_s is not None and command.ends_at_s <= step.at_s:
        step.reply = Refused("invalid", ConferenceReason.ENDS_IN_THE_PAST(), "ends_at")
        return
    step.reply = Done(conference.id)
    if command.ends_at_s != conference.ends_at_s:
        keeping.set_end(step, conference, command.ends_at_s, actor, prompts.TIME_CHANGED)
        step.audit(actor, "conference.set_end", conference.id, ends_at_s=command.ends_at_s)


def extend(step: Step, actor: str, command: ExtendMeeting) -> None:
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    ends_at_s = keeping.extend(step, conference, command.by_s, actor)
    step.audit(actor, "conference.extend", conference.id, by_s=command.by_s, ends_at_s=ends_at_s)
    step.reply = Done(conference.id)
