"""How all parts are, from every part that can say so."""

from collections.abc import Iterable, Mapping

from bridge.domain.kernel.reasons import WELL, Reason
from bridge.ports import Health


def merged(sources: Iterable[Health]) -> Mapping[str, Reason]:
    """Part → `WELL` or the reason why not. Where two sources tell of one part, neither hides the other's trouble."""
    found: dict[str, Reason] = {}
    for source in sources:
        for part, reason in source.health().items():
            if found.get(part, WELL) == WELL:
                found[part] = reason
    return found
