"""A partial release: which stretches of a meeting are silenced, who is unnamed, and on what ground. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.domain.kernel.ids import ParticipantId, RecordingId

MOST_MASKS: Final = 500
MOST_GROUND: Final = 500
"""Characters of a ground."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A stretch that is not released, in seconds from the beginning of its recording."""

    recording: RecordingId
    start_s: float
    end_s: float
    ground: str
    """Such as the section of the law."""


@dataclass(frozen=True, slots=True)
class Release:
    """The parts that are left out of the material, and why.

    Attributes:
        masks: The stretches, in any order.
        ground: Of the release as a whole.
        receiver: To whom it goes.
        unnamed: People whose names are left out.
        has_tone: A quiet tone stands where sound was taken out, and not silence.
    """

    ground: str
    receiver: str = ""
    masks: tuple[Mask, ...] = ()
    unnamed: frozenset[ParticipantId] = frozenset()
    has_tone: bool = True

    def of(self, recording: RecordingId) -> tuple[Mask, ...]:
        """Those of one recording, in order."""
        return tuple(sorted((one for one in self.masks if one.recording == recording), key=lambda one: one.start_s))


def as_values(release: Release) -> dict[str, Any]:
    """As JSON has it, for what keeps it."""
    return {
        "ground": release.ground,
        "receiver": release.receiver,
        "masks": [[one.recording, one.start_s, one.end_s, one.ground] for one in release.masks],
        "unnamed": sorted(release.unnamed),
        "tone": release.has_tone,
    }


def from_values(kept: Mapping[str, Any]) -> Release:
    """The release of which `as_values` was kept."""
    masks = tuple(Mask(RecordingId(key), start_s, end_s, ground) for key, start_s, end_s, ground in kept["masks"])
    unnamed = frozenset(ParticipantId(one) for one in kept["unnamed"])
    return Release(kept["ground"], kept["receiver"], masks, unnamed, kept["tone"])


Stretch = tuple[float, float]


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time, without overlaps, in order."""
    found: list[Stretch] = []
    for start_s, end_s in sorted(one for one in stretches if one[0] < one[1]):
        if found and start_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_s))
        else:
            found.append((start_s, end_s))
    return found


def touches(start_s: float, end_s: float, stretches: Sequence[Stretch]) -> bool:
    """Whether any of it lies in them."""
    return any(start_s < until_s and from_s < max(end_s, start_s + 0.001) for from_s, until_s in stretches)
