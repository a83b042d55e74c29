"""The figures of side rooms."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SideRoomPolicy:
    recall_warning_s: float = 10.0
    """From the warning in a side room to the way back into the meeting."""
    empty_s: float = 300.0
    """A side room that its last person has left is closed after this."""
    consultations_recorded: bool = False
    """Two who talk in private during a recorded meeting are heard in their own tracks, and in no mix."""
