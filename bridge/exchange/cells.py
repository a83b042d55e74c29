"""The texts of one cell as values: numbers, ISSIs, and the rest. Each reader tells what it guesses."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.telephony.hours import NumberKind, NumberUse
from bridge.domain.telephony.numbers import MOST_CHARACTERS, SWEDEN, NumberFault, is_premium, parse_number
from bridge.exchange.members import Member
from bridge.exchange.reasons import GuessReason, RowReason
from bridge.exchange.rows import Told
from bridge.exchange.uses import kind_of, read_use

MOST_NUMBERS: Final = 10
MOST_ISSIS: Final = 20
LAST_ISSI: Final = 16_777_215
"""24 bits."""
_SHOWN: Final = 60

_SEPARATORS: Final = re.compile(
    r"[\r\n|,/&]|;(?!\s*(?:ext|phone-context|isub|postd|x)\b)|\s(?:el\.?|eller|och|samt|or|and)\s", re.IGNORECASE
)
"""Between two numbers. A semicolon may also begin a parameter of a `tel:` URI (RFC 3966)."""
_LIST_SEPARATORS: Final = re.compile(r"[\r\n|;]")
_FORMULA_TEXT: Final = re.compile(r'=\s*"((?:[^"]|"")*)"')
"""Excel's way to keep zeros: `="0701…"`."""
_POWER_OF_TEN: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
_DECIMALS: Final = re.compile(r"([0-9]{4,})[.,]0{1,2}")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_PHONE_CONTEXT: Final = re.compile(r";\s*phone-context=[^;]*", re.IGNORECASE)
_LABEL_WORDS: Final = (
    r"(?:tel|tfn|tele|telefon|phone|mobil|mob|mobiltel|mobiltelefon|mobile|växel|vxl|jour|jourtel|journummer|direkt|dir"
    r"|arbete|arb|work|hem|home|dag|dagtid|natt|nattetid|kontorstid|övrig tid|dygnet runt|24/7|primär|sekundär"
    r"|satellit|sat|fast)"
)
_LABELLED: Final = re.compile(
    rf"(?:{_LABEL_WORDS}\.?\s*:?\s*(?=[+0-9(]))?([+0-9(][^A-Za-z]*?)\s*(?:\(?{_LABEL_WORDS}\)?)?", re.IGNORECASE
)
"""A number with a word before it or behind it that says when or where it is answered."""
_DASHES: Final = frozenset("-–—")
"""A cell that says that there is nothing."""
_LONGEST_AREA_CODE: Final = 4
_LONGEST_SUBSCRIBER: Final = 9
"""Digits of a Swedish number without its leading 0."""
_SHORTEST_SUBSCRIBER: Final = 7
_EMAIL: Final = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")
MOST_EMAIL_CHARACTERS: Final = 254

_LANGUAGES: Final = {
    **dict.fromkeys(("sv", "svenska", "swedish", "se", "swe", "sv-se"), Language.SV),
    **dict.fromkeys(("en", "engelska", "english", "eng", "en-gb", "en-us"), Language.EN),
}
_TRUTHS: Final = {
    **dict.fromkeys(("ja", "j", "yes", "y", "true", "sant", "1", "x"), True),
    **dict.fromkeys(("nej", "n", "no", "false", "falskt", "0"), False),
}


@dataclass(slots=True)
class Notes:
    """Everything that is told of a row while it is read."""

    guesses: list[Told] = field(default_factory=list)
    faults: list[Told] = field(default_factory=list)
    kinds: dict[str, NumberKind] = field(default_factory=dict)
    """The kinds that are told beside the numbers, by number."""


def short(text: str) -> str:
    """A text of a file as a reason shows it."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def numbers_of(texts: Sequence[str], notes: Notes, kinds: Sequence[NumberKind | None] = ()) -> tuple[str, ...]:
    """Telephone numbers as E.164, those of all columns in their order.

    Args:
        texts: One of each column.
        notes: Guesses, faults, and the kinds that are told beside the numbers.
        kinds: The kind that the heading of each column tells.
    """
    pieces = [
        (piece, kind) for text, kind in zip_longest(texts, kinds[: len(texts)]) for piece in _pieces_of(text, notes)
    ]
    if len(pieces) > MOST_NUMBERS:  # a number takes long to read, and a hostile cell has thousands
        notes.faults.append(Told(Member.NUMBERS, RowReason.TOO_MANY_NUMBERS(most=MOST_NUMBERS)))
        return ()
    found = []
    for piece, kind in pieces:
        number = _number(_without_dress(piece), notes)
        if number is not None:
            found.append(number)
            if kind is not None:
                notes.kinds.setdefault(number, kind)
    return tuple(found)


def uses_of_cells(texts: Iterable[str], notes: Notes) -> tuple[NumberUse, ...]:
    """The kinds and hours of numbers, each beside its number."""
    pieces = [piece for text in texts for piece in _LIST_SEPARATORS.split(text) if _without_dress(piece)]
    if len(pieces) > MOST_NUMBERS:
        notes.faults.append(Told(Member.NUMBER_USES, RowReason.TOO_MANY_NUMBERS(most=MOST_NUMBERS)))
        return ()
    found = []
    for piece in pieces:
        try:
            found.append(read_use(_without_dress(piece)))
        except Unusable as error:
            notes.faults.append(Told(Member.NUMBER_USES, error.reason))
    return tuple(found)


def _pieces_of(cell: str, notes: Notes) -> list[str]:
    """The texts of single numbers in a cell."""
    text = _without_dress(cell)
    if _POWER_OF_TEN.fullmatch(text):
        notes.faults.append(Told(Member.NUMBERS, RowReason.POWER_OF_TEN(text=short(text))))
        return []
    if (whole := _DECIMALS.fullmatch(text)) is not None:
        notes.guesses.append(Told(Member.NUMBERS, GuessReason.DECIMALS(text=short(text))))
        text = whole[1]
    pieces = [piece for piece in _SEPARATORS.split(_PHONE_CONTEXT.sub("", text)) if piece.strip()]
    if (joined := _slashed(text, pieces, notes)) is not None:
        return [joined]
    if len(pieces) > 1:
        guess = GuessReason.SEVERAL_NUMBERS(text=short(text), count=len(pieces))
        notes.guesses.append(Told(Member.NUMBERS, guess))
    return pieces


def _without_dress(text: str) -> str:
    """Without the ways of a spreadsheet to keep a text as it is."""
    bare = text.strip()
    if (formula := _FORMULA_TEXT.fullmatch(bare)) is not None:
        bare = formula[1].replace('""', '"').strip()
    bare = bare.removeprefix("'").strip()
    return "" if bare in _DASHES else bare


def _slashed(text: str, pieces: list[str], notes: Notes) -> str | None:
    """`08/465 004 01`: a slash between area code and number, as it was once written."""
    if len(pieces) != 2 or "/" not in text or len(re.sub(r"\D", "", pieces[0])) > _LONGEST_AREA_CODE:
        return None
    try:
        number = parse_number("-".join(pieces))
    except Unusable:
        return None
    notes.guesses.append(Told(Member.NUMBERS, GuessReason.SLASH_IN_AREA_CODE(text=short(text), number=number)))
    return number


def _number(text: str, notes: Notes) -> str | None:
    number = _read_number(text, notes)
    if number is not None and is_premium(number):
        notes.guesses.append(Told(Member.NUMBERS, GuessReason.PREMIUM(number=number)))
    return number


def _read_number(text: str, notes: Notes) -> str | None:
    labelled = _LABELLED.fullmatch(text) if len(text) <= 2 * MOST_CHARACTERS else None
    if labelled is not None and labelled[1].strip() != text:
        number = _read_number(labelled[1].strip(), notes)
        if number is not None:
            notes.guesses.append(Told(Member.NUMBERS, GuessReason.LABELLED(text=short(text), number=number)))
            if (kind := kind_of(re.findall(r"[^\W\d]+", text))) is not None:
                notes.kinds[number] = kind
        return number
    try:
        return parse_number(text)
    except Unusable as error:
        if error.reason.code == NumberFault.NO_CODE and (guessed := _guessed(text, notes)) is not None:
            return guessed
        notes.faults.append(Told(Member.NUMBERS, error.reason))
        return None


def _guessed(text: str, notes: Notes) -> str | None:
    """A number whose 0 or plus a spreadsheet has dropped."""
    digits = re.sub(r"[^0-9]", "", text)
    lost_zero = _SHORTEST_SUBSCRIBER <= len(digits) <= _LONGEST_SUBSCRIBER
    if not lost_zero and not digits.startswith(SWEDEN):
        return None
    try:
        number = parse_number(f"0{digits}" if lost_zero else f"+{digits}")
    except Unusable:
        return None
    guess = GuessReason.LOST_ZERO if lost_zero else GuessReason.NO_PLUS
    notes.guesses.append(Told(Member.NUMBERS, guess(text=short(text), number=number)))
    return number


def issis_of(texts: Iterable[str], notes: Notes) -> tuple[Issi, ...]:
    """Radios' identities in their order, 1…16777215 each."""
    pieces: list[str] = []
    for cell in texts:
        text = _without_dress(cell)
        if _POWER_OF_TEN.fullmatch(text):
            notes.faults.append(Told(Member.ISSIS, RowReason.POWER_OF_TEN(text=short(text))))
        elif _GROUPED.fullmatch(text):
            notes.faults.append(Told(Member.ISSIS, RowReason.ISSI_GROUPED(text=short(text))))
        else:
            pieces += [piece for piece in _SEPARATORS.split(text) if piece.strip()]
    if len(pieces) > MOST_ISSIS:
        notes.faults.append(Told(Member.ISSIS, RowReason.TOO_MANY_ISSIS(most=MOST_ISSIS)))
        return ()
    found = (_issi(piece, notes) for piece in pieces)
    return tuple(one for one in found if one is not None)


def _issi(text: str, notes: Notes) -> Issi | None:
    digits = "".join(_without_dress(text).split())  # spaces stand between thousands
    if (whole := _DECIMALS.fullmatch(digits)) is not None:
        notes.guesses.append(Told(Member.ISSIS, GuessReason.DECIMALS(text=short(text))))
        digits = whole[1]
    if digits.isascii() and digits.isdigit() and len(digits) < _SHOWN and 1 <= int(digits) <= LAST_ISSI:
        return Issi(int(digits))
    notes.faults.append(Told(Member.ISSIS, RowReason.NO_ISSI(text=short(text), most=LAST_ISSI)))
    return None


def language_of(text: str, notes: Notes) -> Language | None:
    """`None` where nothing is said, or nothing that is understood."""
    found = _LANGUAGES.get(text.strip().casefold())
    if found is None and text.strip():
        notes.faults.append(Told(Member.LANGUAGE, RowReason.NO_LANGUAGE(text=short(text))))
    return found


def truth_of(text: str, notes: Notes, member: Member = Member.RADIO_ORDERS) -> bool | None:
    """`None` where nothing is said, or nothing that is understood."""
    found = _TRUTHS.get(text.strip().casefold())
    if found is None and text.strip():
        notes.faults.append(Told(member, RowReason.NO_TRUTH(text=short(text))))
    return found


def email_of(text: str, notes: Notes) -> str | None:
    """`None` where there is none, or it is no address."""
    address = text.strip()
    if not address:
        return None
    if len(address) <= MOST_EMAIL_CHARACTERS and _EMAIL.fullmatch(address):
        return address
    notes.faults.append(Told(Member.EMAIL, RowReason.NO_EMAIL(text=short(text))))
    return None


def names_of(texts: Iterable[str]) -> list[str]:
    """The ids or names in a list."""
    pieces = (piece.strip() for text in texts for piece in _LIST_SEPARATORS.split(text))
    return [piece for piece in pieces if piece]
