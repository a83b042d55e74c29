"""The passing state of what knows several rooms, which a restart may lose."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.callout.written_answers import Written
from bridge.domain.kernel.ids import Issi, TargetId, TerminalName
from bridge.domain.kernel.tables import Table


@dataclass(frozen=True, slots=True)
class RadioAnswer:
    """An answer that was taken from a radio. Its sender gets a receipt."""

    issi: Issi
    terminal: TerminalName
    """The terminal that it came to."""
    written: Written


RADIO_ANSWERS: Final = Table[TargetId, RadioAnswer]("radio_answers")
"""The latest of each target that is known."""
