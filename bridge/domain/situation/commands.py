"""The command of a situation report."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId


@dataclass(frozen=True, slots=True)
class GiveSituationReport(Command):
    """The report of one organisation. It takes the place of an earlier one."""

    meeting: str
    organisation_id: str
    organisation: str
    text: str
    needs: str = ""
    conference: ConferenceId | None = None
    """The open conference of the meeting: its timeline tells that the report has come."""
