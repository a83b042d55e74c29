"""The rules of disposal."""

from collections.abc import Sequence

from bridge.domain.kernel.reasons import Reason
from bridge.domain.retention.reasons import RetentionReason
from bridge.domain.retention.records import Disposal, DisposalState, Kept


def not_disposable(recordings: Sequence[Kept]) -> Reason | None:
    """Why these cannot be disposed of; `None`: they can. The first that is at fault is named."""
    if not recordings:
        return RetentionReason.NOTHING()
    for one in recordings:
        if not one.is_archived:
            return RetentionReason.NOT_KEPT(recording=one.recording)
        if one.hold is not None:
            return RetentionReason.HELD(recording=one.recording, hold=one.hold)
        if one.proposed_in is not None:
            return RetentionReason.IN_ANOTHER(recording=one.recording, disposal=one.proposed_in)
    return None


def not_decided_by(disposal: Disposal, principal: str, recordings: Sequence[Kept]) -> Reason | None:
    """Why this principal (name) cannot decide on it now; `None`: they can."""
    if disposal.state is not DisposalState.PROPOSED:
        return RetentionReason.SETTLED(state=disposal.state.value)
    if disposal.proposed_by == principal:
        return RetentionReason.SAME_PERSON()
    return not_disposable(recordings)
