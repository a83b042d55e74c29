"""Telephone numbers: the one door. Every number that is dialled, stored or compared has passed `parse_number`.

E.164 with plus is stored, and `national` is shown. A number that passes here may be put into a dial string, so nothing
else may pass. The plan of numbers is the library's (`phonenumbers`, Google's metadata of each country); the rules
beside it are ours.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

import phonenumbers as plan

from bridge.domain.kernel.reasons import ReasonCode, Unusable

MOST_CHARACTERS: Final = 40
"""A longer text is refused unread."""
SWEDEN: Final = "46"
"""The country code that a leading single 0 stands for."""

_MOST_PREFIX_DIGITS: Final = 15
_SEPARATORS: Final = frozenset("-.()")
"""RFC 3966 lets these stand between the digits of a number, beside the spaces and dashes of `_is_gap`."""
_EXTENSION: Final = re.compile(
    r"(?:;\s*ext\s*=\s*|(?:anknytning|ankn|ank|extension|extn|ext|lokal|x)[\s.:]*|#\s*)([0-9]{1,7})\s*$", re.IGNORECASE
)
"""How people and RFC 3966 write a number behind a switchboard's."""
_SWEDISH: Final = f"+{SWEDEN}"
_MOBILE: Final = (plan.PhoneNumberType.MOBILE, plan.PhoneNumberType.FIXED_LINE_OR_MOBILE)
_PREMIUM: Final = ("+46900", "+46939", "+46944")
"""0900, 0939 and 0944: the caller pays for what is said. The library does not know every one of them."""
_AREAS_OF_THREE: Final = re.compile(r"\+46(200|77[0-9])([0-9]+)")
"""0200 and 077x, which the library groups as 020 and 077. People write and say them as codes of four digits."""


_PLAIN: Final = re.compile(r"(?:\+46[ -]?|0)([1-9](?:[ -]?[0-9]){6,8})")
"""A Swedish number as most people write it, 7…9 digits after the 0. None of that length is short, nor impossible."""


class NumberFault(ReasonCode):
    """Why a text is no telephone number."""

    LONG_TEXT = "number_long_text"
    STRAY_CHARACTER = "number_stray_character", "character", "place"
    EXTENSION = "number_extension", "extension"
    NO_DIGITS = "number_no_digits"
    SHORT_NUMBER = "number_short_number", "number"
    NO_CODE = "number_no_code"
    NO_AREA_CODE = "number_no_area_code"
    NO_SUCH_COUNTRY = "number_no_such_country"
    TOO_SHORT = "number_too_short"
    TOO_LONG = "number_too_long"
    ZERO_AFTER_CODE = "number_zero_after_code", "number"


class NumberError(Unusable):
    """Not a telephone number. The text names the fault and the remedy.

    Attributes:
        fault: The kind of fault.
        data: The evidence: the character and its place, the short number, or the extension.
        reason: Both, for people.
    """

    def __init__(self, fault: NumberFault, text: str, **data: str | int) -> None:
        super().__init__(fault(**data))
        self.args = (text,)
        self.fault = fault
        self.data = data


def parse_number(text: str) -> str:
    """A number as people write it → E.164 with plus.

    Args:
        text: `08-555 55 55`, `+46 (0)8 555 55 55`, `0046…`, `tel:+46…`. Spaces, dashes, full stops, parentheses and
            invisible marks of direction are dropped; digits of every width are taken.

    Raises:
        NumberError: It has a character that no number has, which is named with its place. Or it is an extension behind
            a switchboard's number, or a short number such as 112. Or it has no area or country code, or is too short or
            too long for its country.
    """
    if len(text) <= MOST_CHARACTERS and (plain := _PLAIN.fullmatch(text)) is not None:
        return _SWEDISH + plain[1].replace(" ", "").replace("-", "")  # a list of thousands is read at once
    compact = _compact(text)
    if compact.startswith("0") and _is_short(compact[1:]):
        compact = compact[1:]
    if not compact.startswith(("+", "0")):
        raise _without_code(compact)
    try:
        number = plan.parse(compact, plan.region_code_for_country_code(int(SWEDEN)))
    except plan.NumberParseException as error:
        raise _unreadable(error) from None
    parsed = plan.format_number(number, plan.PhoneNumberFormat.E164)
    if plan.is_valid_short_number(number):
        raise _short(parsed.removeprefix(f"+{SWEDEN}"))
    _must_be_possible(number)
    _must_have_no_zero(parsed)
    return parsed


def parse_prefix(text: str) -> str:
    """The beginning of numbers as people write it → the beginning of E.164: `08` → `+468`, `0047` → `+47`.

    Raises:
        NumberError: As from `parse_number`, or no country's numbers begin so.
    """
    compact = _compact(text)
    if compact.startswith("0"):
        compact = f"+{SWEDEN}{compact[1:]}"
    if not compact.startswith("+"):
        raise _without_code(compact)
    digits = compact[1:]
    if len(digits) > _MOST_PREFIX_DIGITS:
        raise NumberError(NumberFault.TOO_LONG, "a telephone number has at most 15 digits")
    _must_have_no_zero(compact)
    codes = [str(code) for code in plan.COUNTRY_CODE_TO_REGION_CODE]
    if not any(code.startswith(digits) or digits.startswith(code) for code in codes):
        raise NumberError(NumberFault.NO_SUCH_COUNTRY, f"there is no country code that begins as {compact} does")
    return compact


def national(number: str) -> str:
    """An E.164 number as it is written and read aloud in Sweden: `+4685555555` → `08-555 55 55`.

    A foreign number keeps its country code and is grouped as its country does: `+4722123456` → `+47 22 12 34 56`. Any
    other text is given back as it is.
    """
    if (coded := _AREAS_OF_THREE.fullmatch(number)) is not None:
        return f"0{coded[1]}-{_pairs(coded[2])}"
    try:
        parsed = plan.parse(number)
    except plan.NumberParseException:
        return number
    if not number.startswith(f"+{SWEDEN}"):
        return plan.format_number(parsed, plan.PhoneNumberFormat.INTERNATIONAL)
    written = plan.format_number(parsed, plan.PhoneNumberFormat.NATIONAL)
    return written if written.startswith("0") else number  # of no area that the library knows: left as it is


@lru_cache(maxsize=4096)
def range_of(number: str) -> str:
    """The range of an E.164 number, by its costs: a country (`+47`), or a kind that costs (`premium +46900`)."""
    if is_premium(number):
        return f"premium {number[:6]}"
    if number.startswith(_SWEDISH):
        return _SWEDISH
    try:
        return f"+{plan.parse(number).country_code}"
    except plan.NumberParseException:
        return number[:4]


@lru_cache(maxsize=4096)
def is_premium(number: str) -> bool:
    """Whether the caller of an E.164 number pays for what is said (0900, 0939, 0944 and their like abroad)."""
    if number.startswith(_PREMIUM):
        return True
    if number.startswith(_SWEDISH):  # a call-out asks of hundreds in one step, and reading a number takes long
        return _swedish_premium().fullmatch(number, len(_SWEDISH)) is not None
    try:
        parsed = plan.parse(number)
    except plan.NumberParseException:
        return False
    return plan.number_type(parsed) == plan.PhoneNumberType.PREMIUM_RATE


@lru_cache(maxsize=4096)
def takes_sms(number: str) -> bool:
    """Whether an E.164 number is a mobile telephone's, as far as its country's plan of numbers tells."""
    try:
        parsed = plan.parse(number)
    except plan.NumberParseException:
        return False
    return plan.number_type(parsed) in _MOBILE


@cache
def _swedish_premium() -> re.Pattern[str]:
    """The library's own pattern of such national numbers."""
    known = plan.PhoneMetadata.metadata_for_region("SE")
    return re.compile((known and known.premium_rate and known.premium_rate.national_number_pattern) or "(?!)")


def dialled_forms(number: str) -> tuple[str, ...]:
    """How callers and trunks may write one of our own numbers: E.164, without plus, 00 and the national form."""
    digits = number.removeprefix("+")
    bare = f"0{digits.removeprefix(SWEDEN)}" if digits.startswith(SWEDEN) else digits
    return tuple(dict.fromkeys((f"+{digits}", digits, f"00{digits}", bare)))


def _compact(text: str) -> str:
    """Digits with at most one + before them; a leading 00 is a +."""
    if len(text) > MOST_CHARACTERS:
        raise NumberError(NumberFault.LONG_TEXT, "a telephone number has at most 15 digits")
    number = text.strip()
    if number[:4].lower() == "tel:":
        number = number[4:]
    if (extension := _EXTENSION.search(number)) is not None:
        raise NumberError(
            NumberFault.EXTENSION,
            f"an extension ({extension[1]}) cannot be dialled: give the direct number",
            extension=extension[1],
        )
    kept: list[str] = []
    for place, character in enumerate(number, 1):
        plain = unicodedata.normalize("NFKC", character)
        if _is_digit(character, plain) or (plain == "+" and not kept):
            kept.append(plain)
        elif not _is_gap(character):
            raise _stray(character, place)
    compact = "".join(kept)
    if compact.startswith("00"):
        compact = f"+{compact[2:]}"
    if compact in ("", "+"):
        raise NumberError(NumberFault.NO_DIGITS, "a telephone number holds digits: write +46… or 0…")
    return compact


def _is_digit(character: str, plain: str) -> bool:
    """0…9 of any width; not a digit of another script, a raised or a circled one."""
    return unicodedata.category(character) == "Nd" and plain.isascii()


def _is_gap(character: str) -> bool:
    """A space, a dash, or a mark of direction or width that a copied number brings along unseen."""
    return character in _SEPARATORS or character in "\t\u2212" or unicodedata.category(character) in ("Zs", "Pd", "Cf")


def _stray(character: str, place: int) -> NumberError:
    named = f"“{character}” (U+{ord(character):04X})" if character.isprintable() else f"(U+{ord(character):04X})"
    return NumberError(
        NumberFault.STRAY_CHARACTER,
        f"a telephone number holds digits only: {named} in place {place} is none",
        character=named,
        place=place,
    )


def _is_short(digits: str) -> bool:
    return plan.is_valid_short_number(plan.PhoneNumber(country_code=int(SWEDEN), national_number=int(digits or "0")))


def _short(digits: str) -> NumberError:
    return NumberError(
        NumberFault.SHORT_NUMBER, f"{digits} is a short number, which is never called out to", number=digits
    )


def _without_code(digits: str) -> NumberError:
    if _is_short(digits):
        return _short(digits)
    return NumberError(
        NumberFault.NO_CODE, "a telephone number begins with + and country code, or with 0 and area code"
    )


def _must_be_possible(number: plan.PhoneNumber) -> None:
    match plan.is_possible_number_with_reason(number):
        case plan.ValidationResult.IS_POSSIBLE:
            return
        case plan.ValidationResult.TOO_LONG:
            raise NumberError(
                NumberFault.TOO_LONG, "the number has more digits than its country's numbers have: is it two numbers?"
            )
        case plan.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise NumberError(NumberFault.NO_AREA_CODE, "the area code is missing: write +46… or 0…")
        case _:
            raise NumberError(NumberFault.TOO_SHORT, "the number has fewer digits than its country's numbers have")


def _must_have_no_zero(number: str) -> None:
    if number.startswith(f"+{SWEDEN}0"):
        raise NumberError(
            NumberFault.ZERO_AFTER_CODE, "a Swedish number has no 0 after +46: take the 0 out", number=number
        )


def _unreadable(error: plan.NumberParseException) -> NumberError:
    whole = "a telephone number has 7 to 15 digits with its country code"
    match error.error_type:
        case plan.NumberParseException.INVALID_COUNTRY_CODE:
            return NumberError(NumberFault.NO_SUCH_COUNTRY, f"{whole}: there is no such country code")
        case plan.NumberParseException.TOO_LONG:
            return NumberError(NumberFault.TOO_LONG, f"{whole}: it is too long")
        case _:
            return NumberError(NumberFault.TOO_SHORT, f"{whole}: it is too short")


def _pairs(digits: str) -> str:
    """`123456` → `12 34 56`; of an odd count the first group has three."""
    first = 3 if len(digits) % 2 else 2
    return " ".join((digits[:first], *(digits[at : at + 2] for at in range(first, len(digits), 2))))
