"""The members of a function that a file can hold, and the headings of their columns.

The headings are a vocabulary of files, in the languages of those who write them. No page shows them.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.language import Language


class Member(StrEnum):
    """A member of a function or its organisation. The value is its name in the API."""

    ID = "id"
    ORGANISATION_ID = "organisation_id"
    ORGANISATION = "organisation"
    FUNCTION = "function"
    NUMBERS = "numbers"
    NUMBER_USES = "number_uses"
    ISSIS = "issis"
    LANGUAGE = "language"
    EMAIL = "email"
    RADIO_ORDERS = "radio_orders"
    PHONE_ORDERS = "phone_orders"
    DEPUTIES = "deputy_ids"


SEVERAL: Final = frozenset({Member.NUMBERS, Member.NUMBER_USES, Member.ISSIS, Member.DEPUTIES})
"""Members that may have several columns, read in their order."""

HEADINGS: Final[Mapping[Language, Mapping[Member, str]]] = {
    Language.SV: {
        Member.ID: "Id",
        Member.ORGANISATION_ID: "Organisations-id",
        Member.ORGANISATION: "Organisation",
        Member.FUNCTION: "Funktion",
        Member.NUMBERS: "Telefon",
        Member.NUMBER_USES: "Nummerslag och tider",
        Member.ISSIS: "ISSI",
        Member.LANGUAGE: "Språk",
        Member.EMAIL: "E-post",
        Member.RADIO_ORDERS: "Order via radio",
        Member.PHONE_ORDERS: "Order via telefon",
        Member.DEPUTIES: "Ersättare",
    },
    Language.EN: {
        Member.ID: "Id",
        Member.ORGANISATION_ID: "Organisation id",
        Member.ORGANISATION: "Organisation",
        Member.FUNCTION: "Function",
        Member.NUMBERS: "Telephone",
        Member.NUMBER_USES: "Kinds and hours of numbers",
        Member.ISSIS: "ISSI",
        Member.LANGUAGE: "Language",
        Member.EMAIL: "E-mail",
        Member.RADIO_ORDERS: "Orders by radio",
        Member.PHONE_ORDERS: "Orders by telephone",
        Member.DEPUTIES: "Deputies",
    },
}
"""The headings that are written, in their order."""

_OTHERS: Final[Mapping[Member, tuple[str, ...]]] = {
    Member.ID: ("function id", "funktions-id", "funktionsid"),
    Member.ORGANISATION_ID: ("organisationsid", "aktörs-id", "aktörsid", "org-id"),
    Member.ORGANISATION: (
        *("aktör", "organization", "organisationsnamn", "org", "myndighet", "företag", "company"),
        *("organization name", "organization 1 - name", "organisation name", "kommun", "verksamhet"),
    ),
    Member.FUNCTION: (
        *("roll", "befattning", "job title", "role", "funktionsnamn", "function name", "organization title"),
        *("organization 1 - title", "tjänst", "titel", "title"),  # Outlook has “Mr” under the last
    ),
    Member.NUMBERS: (
        *("tel", "tfn", "tele", "telnr", "telefonnummer", "telefonnr", "nummer", "phone", "phone number", "number"),
        *(
            "numbers",
            "mobil",
            "mobiltelefon",
            "mobilnummer",
            "mobilnr",
            "mobile",
            "mobile phone",
            "cell",
            "jourtelefon",
        ),
        *("journummer", "jour", "telefon arbete", "arbetstelefon", "business phone", "work phone", "home phone"),
        *("telefon hem", "hemtelefon", "primary phone", "other phone", "telefon dag", "telefon natt", "växel"),
        *("phone - value", "telefon mobil", "telefon jour"),
    ),
    Member.NUMBER_USES: ("nummerslag", "number kinds and hours", "telefontider"),
    Member.ISSIS: ("rakel", "rakelnummer", "rakel issi", "issis", "issi-nummer", "radio"),
    Member.LANGUAGE: ("lang",),
    Member.EMAIL: (
        *("epost", "e-postadress", "epostadress", "mejl", "mail", "email", "e-mail address", "email address"),
        "e-mail - value",
    ),
    Member.RADIO_ORDERS: ("radio orders", "radioorder", "order per radio"),
    Member.PHONE_ORDERS: ("phone orders", "telefonorder", "order per telefon"),
    Member.DEPUTIES: ("ersättare id", "deputy", "deputy ids", "ersattare"),
}
_PUNCTUATION: Final = re.compile(r"[\s,.:_()/*-]+")
_COUNT: Final = re.compile(r"(?<=\D)\d{1,2}(?=\D|$)")
"""As in `Telefon 2` and `Phone 1 - Value`."""


def _plain(heading: str) -> str:
    folded = unicodedata.normalize("NFC", heading).casefold()
    return _PUNCTUATION.sub(" ", folded).strip()


_KNOWN: Final[Mapping[str, tuple[Member, int]]] = {
    _plain(name): (member, rank)
    for member in Member
    for rank, name in reversed(
        list(enumerate((*(headings[member] for headings in HEADINGS.values()), member.value, *_OTHERS[member])))
    )
}
"""Heading → its member, and how well it names it: 0 best."""
_COUNTED: Final = 1_000
"""A heading with a count is a further column, behind all without one."""


def ranked(heading: str) -> tuple[Member, int] | None:
    """The member that a column of this heading holds, and how well it says so: 0 is best. `None`: none is known."""
    plain = _plain(heading)
    found = _KNOWN.get(plain)
    if found is not None:
        return found
    counted = _KNOWN.get(_plain(_COUNT.sub(" ", plain)))
    return (counted[0], counted[1] + _COUNTED) if counted is not None else None


def member_of(heading: str) -> Member | None:
    """The member that a column of this heading holds; `None`: of none that is known."""
    found = ranked(heading)
    return found[0] if found is not None else None
