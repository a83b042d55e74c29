"""Why a mailing was not written."""

from bridge.domain.kernel.reasons import ReasonCode


class MailingReason(ReasonCode):
    TOO_LATE = "mailing_too_late"
    SUPERSEDED = "mailing_superseded"
    """A message of an earlier one was withdrawn, since a later one tells more."""
    TOO_MANY = "too_many_mailings", "most"
