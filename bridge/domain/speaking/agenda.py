"""The speaking list against those who are here. Pure functions on values."""

from collections.abc import Iterable, Sequence

from bridge.domain.conference.records import Seat
from bridge.domain.speaking.records import SpeakingItem


def is_meant(item: SpeakingItem, seat: Seat) -> bool:
    """Whether the item names this seat. A function may be named with its organisation."""
    if item.participant is not None:
        return item.participant == seat.id
    by_function = item.function is None or _alike(item.function, seat.function)
    by_organisation = item.organisation is None or _alike(item.organisation, seat.organisation)
    return by_function and by_organisation and (item.function is not None or item.organisation is not None)


def _alike(named: str, own: str | None) -> bool:
    return own is not None and named.strip().casefold() == own.strip().casefold()


def applied(items: Iterable[SpeakingItem], here: Sequence[Seat]) -> tuple[Seat, ...]:
    """Those of the list who are here and have not spoken, in its order. Each stands in it once.

    Args:
        items: The speaking list.
        here: Everybody who may speak, in the order in which an organisation's people are taken.
    """
    found: dict[str, Seat] = {}
    for item in items:
        if item.is_done:
            continue
        seat = next((one for one in here if one.id not in found and is_meant(item, one)), None)
        if seat is not None:
            found[seat.id] = seat
    return tuple(found.values())


def done_by(items: Sequence[SpeakingItem], seat: Seat) -> int | None:
    """The place of the item that a turn of this seat fulfils."""
    return next((at for at, item in enumerate(items) if not item.is_done and is_meant(item, seat)), None)
