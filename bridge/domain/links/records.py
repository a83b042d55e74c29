"""A link in a message: the record."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ActivationId, ConferenceId, LinkId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class LinkKind(StrEnum):
    REPORT = "report"
    """Send the situation report of one organisation to one meeting."""
    ANSWER = "answer"
    """Answer a call-out for one function, with the code that stands in the message."""
    EVALUATION = "evaluation"
    """Evaluate a conference that has ended, for one function."""


@dataclass(frozen=True, slots=True)
class Link(Record):
    """One link, and the one thing that it is good for. Its address is made of the id and of a key in no table."""

    id: LinkId
    kind: LinkKind
    created_at_s: float
    expires_at_s: float
    language: Language = Language.SV
    """Of its page."""
    organisation_id: str = ""
    organisation: str = ""
    function: str = ""
    subject: str = ""
    """The meeting or call-out in words, as the page shows it."""
    meeting: str | None = None
    """The meeting that is reported to, as `SituationReport.meeting`."""
    activation: ActivationId | None = None
    target: TargetId | None = None
    conference: ConferenceId | None = None
    questions: tuple[str, ...] = ()
    """Of an evaluation."""
    wrong: int = 0
    """So many wrong codes were typed."""
    used_at_s: float | None = None
    """The latest use."""
    ended_at_s: float | None = None


LINKS: Final = Records[LinkId, Link]("links", Link, "link")
"""Those that have not expired."""
MOST_WRONG: Final = 5
"""After so many wrong codes a link is good for nothing: a code of four digits is soon guessed."""
