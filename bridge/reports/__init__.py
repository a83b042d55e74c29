"""The report of a call-out: a value, and its writers for a spreadsheet and for paper."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.domain.conference.records import Seat
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.language import Language
from bridge.reports import minutes
from bridge.reports.paper import NotWritten, document
from bridge.reports.report import Quorum, Report, Stretch, report_of
from bridge.reports.spreadsheet import sheet

__all__ = ["NotWritten", "Quorum", "Report", "ReportWriters", "Stretch", "document", "minutes", "report_of", "sheet"]


@dataclass(frozen=True)
class ReportWriters:
    """The means to make a report.

    Attributes:
        spoken: The stretches of speech of a conference, from its people and notes, between two instants in seconds
            since 1970.
        sheet: The report as CSV.
        document: The report as PDF; blocking. Raises `NotWritten` and `TimeoutError`.
    """

    spoken: Callable[[Sequence[Seat], Sequence[Note], float, float], Sequence[Stretch]]
    sheet: Callable[[Report, Language], bytes]
    document: Callable[[Report, Language], bytes]
