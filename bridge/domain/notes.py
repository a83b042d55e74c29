"""Every kind of line in a conference's timeline, of all rooms."""

from typing import Final

from bridge.domain.kernel.journal import NoteKind
from bridge.domain.step import CAPABILITIES

NOTE_KINDS: Final[tuple[type[NoteKind], ...]] = tuple(room.notes for room in CAPABILITIES if room.notes is not None)
"""Each room's enumeration."""
