"""The directory as a file that comes back unchanged through `read` and `plan`.

CSV is written for Excel: UTF-8 with a mark, semicolons, CRLF. No cell can be executed, nor lose its zeros
(`bridge.exchange.texts.guarded`). vCard is 3.0, which every telephone reads.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.language import Language
from bridge.domain.telephony.hours import NumberKind
from bridge.exchange.cards import (
    ORGANISATION_KIND,
    X_DEPUTY,
    X_ID,
    X_ISSI,
    X_KIND,
    X_NUMBER_USE,
    X_ORGANISATION_ID,
    X_PHONE_ORDERS,
    X_RADIO_ORDERS,
)
from bridge.exchange.members import HEADINGS, Member
from bridge.exchange.texts import guarded
from bridge.exchange.uses import shown_number, use_text

DELIMITER: Final = ";"
_BETWEEN: Final = " | "
"""Between two numbers, radios or deputies. No spreadsheet makes a date or a number of what holds it."""
_MARK: Final = "\ufeff"
_TRUTHS: Final = {
    Language.SV: {True: "ja", False: "nej"},
    Language.EN: {True: "yes", False: "no"},
}
_NUMBERS: Final = frozenset({Member.NUMBERS, Member.ISSIS})
_LONGEST_LINE_BYTES: Final = 75
"""RFC 2426 §2.6."""


def csv_of(organisations: Iterable[Organisation], functions: Iterable[Function], language: Language) -> bytes:
    """A row for each function, and one for each organisation without any, in order of name."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=DELIMITER, lineterminator="\r\n")
    writer.writerow(HEADINGS[language].values())
    for organisation, function in _in_order(organisations, functions):
        texts = _texts(organisation, function, language)
        writer.writerow(guarded(texts.get(one, ""), keeps_numbers=one in _NUMBERS) for one in HEADINGS[language])
    return (_MARK + out.getvalue()).encode()


def vcards_of(organisations: Iterable[Organisation], functions: Iterable[Function]) -> bytes:
    """A card for each function, and one for each organisation without any, in order of name."""
    cards = (_card(organisation, function) for organisation, function in _in_order(organisations, functions))
    return "".join(_folded(line) for card in cards for line in card).encode()


def _in_order(
    organisations: Iterable[Organisation], functions: Iterable[Function]
) -> Iterator[tuple[Organisation, Function | None]]:
    of: dict[str, list[Function]] = {}
    for function in functions:
        of.setdefault(function.organisation_id, []).append(function)
    for organisation in sorted(organisations, key=lambda one: (one.name.casefold(), one.id)):
        own = sorted(of.get(organisation.id, ()), key=lambda one: (one.name.casefold(), one.id))
        yield from ((organisation, one) for one in own or (None,))


def _texts(organisation: Organisation, function: Function | None, language: Language) -> Mapping[Member, str]:
    texts = {Member.ORGANISATION_ID: organisation.id, Member.ORGANISATION: organisation.name}
    if function is None:
        return texts
    return texts | {
        Member.ID: function.id,
        Member.FUNCTION: function.name,
        Member.NUMBERS: _BETWEEN.join(shown_number(one) for one in function.numbers),
        Member.NUMBER_USES: _BETWEEN.join(use_text(one, language) for one in function.number_uses),
        Member.ISSIS: _BETWEEN.join(str(one) for one in function.issis),
        Member.LANGUAGE: function.language.value,
        Member.EMAIL: function.email or "",
        Member.RADIO_ORDERS: _TRUTHS[language][function.radio_orders],
        Member.PHONE_ORDERS: _TRUTHS[language][function.phone_orders],
        Member.DEPUTIES: _BETWEEN.join(function.deputy_ids),
    }


def _card(organisation: Organisation, function: Function | None) -> Sequence[str]:
    begin = ("BEGIN:VCARD", "VERSION:3.0", f"ORG:{_escaped(organisation.name)}")
    of_ours = f"{X_ORGANISATION_ID}:{_escaped(organisation.id)}"
    if function is None:
        name = _escaped(organisation.name)
        return (*begin, f"FN:{name}", f"N:{name};;;;", of_ours, f"{X_KIND}:{ORGANISATION_KIND}", "END:VCARD")
    name = _escaped(function.name)
    mobile = {one.number for one in function.number_uses if one.kind is NumberKind.MOBILE}
    uses = [use_text(one, Language.EN) for one in function.number_uses]
    return (
        *begin,
        f"FN:{name}",
        f"N:{name};;;;",
        f"ROLE:{name}",
        *(f"TEL;TYPE={'CELL' if number in mobile else 'VOICE'}:{number}" for number in function.numbers or ("",)),
        f"EMAIL:{_escaped(function.email or '')}",
        of_ours,
        f"{X_ID}:{_escaped(function.id)}",
        *(f"{X_NUMBER_USE}:{_escaped(text)}" for text in uses or ("",)),
        *(f"{X_ISSI}:{issi}" for issi in function.issis or ("",)),
        f"X-SAMBAND-LANGUAGE:{function.language.value}",
        f"{X_RADIO_ORDERS}:{_TRUTHS[Language.EN][function.radio_orders]}",
        f"{X_PHONE_ORDERS}:{_TRUTHS[Language.EN][function.phone_orders]}",
        *(f"{X_DEPUTY}:{_escaped(key)}" for key in function.deputy_ids or ("",)),
        "END:VCARD",
    )


def _escaped(text: str) -> str:
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line of at most 75 octets, and its continuations; no letter is cut."""
    lines, now, used = [], "", 0
    for character in line:
        size = len(character.encode("utf-8", "replace"))
        if used + size > _LONGEST_LINE_BYTES:
            lines.append(now)
            now, used = " ", 1
        now += character
        used += size
    return "\r\n".join((*lines, now)) + "\r\n"
