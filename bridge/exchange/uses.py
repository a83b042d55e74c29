"""The kind and the hours of numbers as people write them, such as `070-174 06 05 mobil mån-fre 08:00-16:30`.

Written in one language, and read in both. A text that is written comes back the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.kernel.week import Weekday
from bridge.domain.telephony.hours import Hours, NumberKind, NumberUse, fault_of, uses_of
from bridge.domain.telephony.numbers import MOST_CHARACTERS, national, parse_number
from bridge.exchange.reasons import RowReason

MOST_USE_CHARACTERS: Final = 600
"""A longer text of one number is refused unread."""
_WEEK: Final = tuple(Weekday)
_KINDS: Final[Mapping[Language, Mapping[NumberKind, str]]] = {
    Language.SV: {
        NumberKind.MOBILE: "mobil",
        NumberKind.FIXED: "fast",
        NumberKind.SATELLITE: "satellit",
        NumberKind.OTHER: "annat",
    },
    Language.EN: {
        NumberKind.MOBILE: "mobile",
        NumberKind.FIXED: "fixed",
        NumberKind.SATELLITE: "satellite",
        NumberKind.OTHER: "other",
    },
}
_DAYS: Final[Mapping[Language, tuple[str, ...]]] = {
    Language.SV: ("mån", "tis", "ons", "tor", "fre", "lör", "sön"),
    Language.EN: ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
}
_KIND_OF: Final = {
    **{word: kind for words in _KINDS.values() for kind, word in words.items()},
    **dict.fromkeys(
        ("mob", "mobiltel", "mobiltelefon", "mobilnummer", "mobilnr", "cell", "cellphone"), NumberKind.MOBILE
    ),
    **dict.fromkeys(("fasttelefon", "växel", "vxl", "landline", "switchboard"), NumberKind.FIXED),
    **dict.fromkeys(("sat", "satellittelefon", "satphone", "iridium"), NumberKind.SATELLITE),
    **dict.fromkeys(("övrig", "övrigt"), NumberKind.OTHER),
}
_DAY_OF: Final = {
    **{name: _WEEK[place] for names in _DAYS.values() for place, name in enumerate(names)},
    **{
        name: _WEEK[place]
        for names in (
            ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
            ("mo", "tu", "we", "th", "fr", "sa", "su"),
            ("må", "ti", "on", "to", "fr", "lö", "sö"),
        )
        for place, name in enumerate(names)
    },
}
_USE: Final = re.compile(
    r"([+0-9(][+0-9()\s.\u2010-\u2015-]*?)(?:\s+|$)(?=[^+0-9()\s.]|[0-9]{1,2}[:.][0-9]{2}\s*[-–]|$)(.*)"
)
_STRETCH: Final = re.compile(
    r"(?P<days>[^0-9]*?)\s*(?P<begins>[0-9]{1,2}[:.][0-9]{2})\s*[-–]\s*(?P<ends>[0-9]{1,2}[:.][0-9]{2})"
)
_BETWEEN_HOURS: Final = ", "


# --- written ---


def use_text(use: NumberUse, language: Language) -> str:
    """The number, its kind and its hours."""
    return " ".join(one for one in (shown_number(use.number), how_text(use, language)) if one)


def how_text(use: NumberUse, language: Language) -> str:
    """The kind and the hours alone."""
    return f"{_KINDS[language][use.kind]} {hours_text(use.hours, language)}".strip()


def hours_text(hours: Iterable[Hours], language: Language) -> str:
    """Such as `mån-fre 08:00-16:30, lör 10:00-14:00`; empty for always."""
    return _BETWEEN_HOURS.join(_stretch_text(one, language) for one in hours)


def _stretch_text(hours: Hours, language: Language) -> str:
    return f"{' '.join(_runs(hours.weekdays, language))} {hours.begins}-{hours.ends}".strip()


def _runs(weekdays: Sequence[Weekday], language: Language) -> Iterator[str]:
    """Days that follow each other are written as from and to."""
    places = [_WEEK.index(one) for one in weekdays]
    names = _DAYS[language]
    while places:
        run = 1
        while run < len(places) and places[run] == places[0] + run:
            run += 1
        first, last, places = places[0], places[run - 1], places[run:]
        yield names[first] if first == last else f"{names[first]}-{names[last]}"


def shown_number(number: str) -> str:
    """The national form, in groups: a spreadsheet leaves it alone. E.164 where it would not come back the same."""
    written = national(number)
    try:
        return written if parse_number(written) == number else number
    except Unusable:
        return number


# --- read ---


def read_use(text: str) -> NumberUse:
    """One number with its kind and hours.

    Raises:
        Unusable: The number, the kind or the hours are none.
    """
    plain = " ".join(text.split())
    found = _USE.fullmatch(plain) if len(plain) <= MOST_USE_CHARACTERS else None
    if found is None or len(found[1]) > MOST_CHARACTERS:
        raise Unusable(RowReason.NO_USE(text=plain[:60]))
    return read_how(parse_number(found[1]), found[2])


def read_how(number: str, text: str) -> NumberUse:
    """The kind and hours of a number, of which each may be left out.

    Raises:
        Unusable: There is something else.
    """
    plain = " ".join(text.split()).casefold()
    if len(plain) > MOST_USE_CHARACTERS:
        raise Unusable(RowReason.NO_USE(text=plain[:60]))
    first, _, rest = plain.partition(" ")
    kind = _KIND_OF.get(first.strip(".,:"))
    pieces = [one.strip() for one in (plain if kind is None else rest).split(",") if one.strip()]
    use = NumberUse(number, kind or NumberKind.OTHER, tuple(_hours_of(one) for one in pieces))
    fault = fault_of(use)
    if fault is not None:
        raise Unusable(fault)
    return next(iter(uses_of((number,), (use,))), use)


def _hours_of(text: str) -> Hours:
    found = _STRETCH.fullmatch(text)
    if found is None:
        raise Unusable(RowReason.NO_HOURS(text=text[:60]))
    begins, ends = (found[name].replace(".", ":").rjust(5, "0") for name in ("begins", "ends"))
    return Hours(_days_of(found["days"]), begins, ends)


def _days_of(text: str) -> tuple[Weekday, ...]:
    """Empty: every day."""
    days: set[Weekday] = set()
    for word in re.sub(r"\s*[-–]\s*", "-", text).replace("&", " ").split():
        if word in ("alla", "dagar", "dagligen", "daily", "och", "and", "+"):
            continue
        first, dash, last = word.partition("-")
        names = (first, last) if dash else (first, first)
        ends = [_DAY_OF.get(name.strip(".")) for name in names]
        if ends[0] is None or ends[1] is None:
            raise Unusable(RowReason.NO_HOURS(text=word[:60]))
        at, until = _WEEK.index(ends[0]), _WEEK.index(ends[1])
        days |= {_WEEK[place % len(_WEEK)] for place in range(at, until + 1 + (len(_WEEK) if until < at else 0))}
    return tuple(one for one in _WEEK if one in days)


def kind_of(words: Iterable[str]) -> NumberKind | None:
    """The kind that one of these words names, where one does."""
    return next((_KIND_OF[one.casefold().strip(".:")] for one in words if one.casefold().strip(".:") in _KIND_OF), None)
