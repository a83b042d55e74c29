"""The command of a situation report: carried out or refused, and audited without its text."""

from bridge.domain.conference.records import CONFERENCES
from bridge.domain.kernel.ids import SituationReportId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.situation.commands import GiveSituationReport
from bridge.domain.situation.notes import SituationNote
from bridge.domain.situation.reasons import SituationReason
from bridge.domain.situation.records import MOST_NEEDS, MOST_TEXT, SituationReport


def give(step: Step, actor: str, command: GiveSituationReport) -> None:
    """The store keeps it, and the node forgets it at once: its size does not grow with reports."""
    for field, said, most in (("text", command.text, MOST_TEXT), ("needs", command.needs, MOST_NEEDS)):
        if len(said) > most:
            step.reply = Refused("invalid", SituationReason.TOO_LONG(most=most), field)
            return
    if not command.text.strip() and not command.needs.strip():
        step.reply = Refused("invalid", SituationReason.EMPTY(), "text")
        return
    report = SituationReport(
        id=SituationReportId(f"{command.meeting}/{command.organisation_id}"),
        meeting=command.meeting,
        organisation_id=command.organisation_id,
        organisation=command.organisation,
        text=command.text,
        needs=command.needs,
        given_by=actor,
        given_at_s=step.at_s,
    )
    step.put(report)
    step.forget(report)
    if command.conference is not None and command.conference in step.node[CONFERENCES]:
        step.note(command.conference, SituationNote.SITUATION_REPORT, organisation=command.organisation)
    step.audit(actor, "situation_report.give", command.meeting, organisation=command.organisation)
    step.reply = Done(report.id)
