"""A situation report: the record."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.ids import SituationReportId
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records

MOST_TEXT: Final = 2000
"""Characters of a report."""
MOST_NEEDS: Final = 1000
"""Characters of its needs."""


@dataclass(frozen=True, slots=True)
class SituationReport(Record):
    """The latest report of one organisation to one meeting. A later one takes its place."""

    id: SituationReportId
    """The meeting and the organisation: a meeting has one of each."""
    meeting: str
    """A date of the schedule, by its id; else a conference, by its id."""
    organisation_id: str
    organisation: str
    """Its name as it was then."""
    text: str
    needs: str
    given_by: str
    given_at_s: float


SITUATION_REPORTS: Final = Records[SituationReportId, SituationReport](
    "situation_reports", SituationReport, "situation_report"
)
"""Each is in the node only for the step that keeps it: nobody decides by it."""
