"""Telephone numbers: E.164, digits only. What passes here may be put into a dial string, so nothing else may pass.

The plan of numbers is the library's (`phonenumbers`, Google's metadata of each country); the rules beside it are ours.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers as plan

MOST_CHARACTERS: Final = 40
"""A longer text is refused unread."""
SWEDEN: Final = "46"

_SEPARATORS: Final = frozenset("-.()")
"""What RFC 3966 lets stand between the digits of a number, beside the spaces and dashes of `_is_gap`."""
_PREMIUM: Final = ("+46900", "+46939", "+46944")
"""0900, 0939 and 0944: the caller pays for what is said. The library does not know every one of them."""
_AREAS_OF_THREE: Final = re.compile(r"\+46(200|77[0-9])([0-9]+)")
"""0200 and 077x, which the library groups as 020 and 077: people write and say them as codes of four digits."""


class NumberError(ValueError):
    """Not a telephone number. The text names the fault and the remedy."""


def parse_number(text: str, country: str = SWEDEN) -> str:
    """A number as people write it → E.164 with plus.

    Args:
        text: `08-555 55 55`, `+46 (0)8 555 55 55`, `0046…`, `tel:+46…`. Spaces, dashes, full stops, parentheses and
            invisible marks of direction are dropped; digits of every width are taken.
        country: The country code that a leading single 0 stands for.

    Raises:
        NumberError: A character that no number has (it is named, with its place), a short number such as 112, a
            number without area or country code, or one that is too short or too long for its country.
    """
    if len(text) > MOST_CHARACTERS:
        raise NumberError("a telephone number has at most 15 digits")
    compact = _compact(text)
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    region = plan.region_code_for_country_code(int(country))
    if compact.startswith("0") and _is_short(compact[1:], country):
        compact = compact[1:]
    if not compact.startswith(("+", "0")):
        raise _without_code(compact, country)
    try:
        number = plan.parse(compact, region)
    except plan.NumberParseException as error:
        raise NumberError(f"a telephone number has 7 to 15 digits with its country code: {_fault(error)}") from None
    parsed = plan.format_number(number, plan.PhoneNumberFormat.E164)
    if plan.is_valid_short_number(number):
        raise _short(parsed)
    _must_be_possible(number)
    if parsed.startswith("+460"):
        raise NumberError("a Swedish number has no 0 after +46: take the 0 out")
    return parsed


def national(number: str) -> str:
    """An E.164 number as it is written and read aloud in Sweden: `+4685555555` → `08-555 55 55`.

    A foreign number stays E.164.
    """
    if not number.startswith(f"+{SWEDEN}"):
        return number
    if (coded := _AREAS_OF_THREE.fullmatch(number)) is not None:
        return f"0{coded[1]}-{_pairs(coded[2])}"
    try:
        parsed = plan.parse(number)
    except plan.NumberParseException:
        return number
    return plan.format_number(parsed, plan.PhoneNumberFormat.NATIONAL)


@lru_cache(maxsize=4096)
def is_premium(number: str) -> bool:
    """Whether the caller of an E.164 number pays for what is said (0900, 0939, 0944 and their like abroad)."""
    if number.startswith(_PREMIUM):
        return True
    try:
        parsed = plan.parse(number)
    except plan.NumberParseException:
        return False
    return plan.number_type(parsed) == plan.PhoneNumberType.PREMIUM_RATE


def dialled_forms(number: str, country: str = SWEDEN) -> tuple[str, ...]:
    """How callers and trunks may write one of our own numbers: E.164, without plus, 00 and the national form."""
    digits = number.removeprefix("+")
    bare = f"0{digits.removeprefix(country)}" if digits.startswith(country) else digits
    return tuple(dict.fromkeys((f"+{digits}", digits, f"00{digits}", bare)))


def _compact(text: str) -> str:
    """Digits with at most one + before them."""
    number = text.strip()
    if number[:4].lower() == "tel:":
        number = number[4:]
    kept: list[str] = []
    for place, character in enumerate(number, 1):
        plain = unicodedata.normalize("NFKC", character)
        if _is_digit(character, plain) or (plain == "+" and not kept):
            kept.append(plain)
        elif not _is_gap(character):
            raise NumberError(f"a telephone number holds digits only: {_named(character)} in place {place} is none")
    if not any(character != "+" for character in kept):
        raise NumberError("a telephone number holds digits: write +46… or 0…")
    return "".join(kept)


def _is_digit(character: str, plain: str) -> bool:
    """0…9 of any width; not a digit of another script, a raised or a circled one."""
    return unicodedata.category(character) == "Nd" and plain.isascii()


def _is_gap(character: str) -> bool:
    """A space, a dash, or a mark of direction or width that a copied number brings along unseen."""
    return character in _SEPARATORS or character in "\t\u2212" or unicodedata.category(character) in ("Zs", "Pd", "Cf")


def _named(character: str) -> str:
    shown = f"“{character}” " if character.isprintable() else ""
    return f"{shown}(U+{ord(character):04X})"


def _is_short(digits: str, country: str) -> bool:
    return country == SWEDEN and plan.is_valid_short_number(
        plan.PhoneNumber(country_code=int(country), national_number=int(digits or "0"))
    )


def _short(number: str) -> NumberError:
    return NumberError(f"{number.removeprefix(f'+{SWEDEN}')} is a short number, which is never called out to")


def _without_code(digits: str, country: str) -> NumberError:
    if _is_short(digits, country):
        return _short(digits)
    return NumberError("a telephone number begins with + and country code, or with 0 and area code")


def _must_be_possible(number: plan.PhoneNumber) -> None:
    match plan.is_possible_number_with_reason(number):
        case plan.ValidationResult.IS_POSSIBLE:
            return
        case plan.ValidationResult.TOO_LONG:
            raise NumberError("the number has more digits than its country's numbers have: is it two numbers?")
        case plan.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise NumberError("the area code is missing: write +46… or 0…")
        case _:
            raise NumberError("the number has fewer digits than its country's numbers have")


def _fault(error: plan.NumberParseException) -> str:
    if error.error_type == plan.NumberParseException.INVALID_COUNTRY_CODE:
        return "there is no such country code"
    return "it is too short or too long"


def _pairs(digits: str) -> str:
    """`123456` → `12 34 56`; of an odd count the first group has three."""
    first = 3 if len(digits) % 2 else 2
    return " ".join((digits[:first], *(digits[at : at + 2] for at in range(first, len(digits), 2))))
